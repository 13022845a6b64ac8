//! The sign-in page: user name and password.

use serde::Serialize;

use super::{ClientView, Href, PasskeyForm, RealmView, Text, View, passkey};

/// The sign-in page. It posts `flow`, `csrf`, `username`, `password` and `remember` (`yes`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the account page.
    pub client: Option<ClientView>,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// The user name, when it is known already.
    pub username: String,
    /// Whether the user may stay signed in when the browser is closed.
    pub remember: bool,
    /// Why the last attempt failed: a message under `sign_in.error`.
    pub error: Option<Text>,
    /// What happened before: a message under `sign_in.notice`.
    pub notice: Option<Text>,
    /// Another way: a passkey.
    pub passkey: Option<PasskeyForm>,
    /// Another way: where the browser is asked for a certificate.
    pub certificate: Option<Href>,
    /// Where those make an account who have none; none where the organisation makes them.
    pub sign_up: Option<Href>,
    /// Another way: where a code is sent by mail.
    pub email_code: Option<Href>,
    /// Where a link to a new password is sent.
    pub forgotten: Option<Href>,
}

impl View for SignIn {
    const TEMPLATE: &'static str = "sign_in.html";

    fn script(&self) -> Option<&'static str> {
        self.passkey.as_ref().map(|_| passkey::SCRIPT)
    }

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        let to_sign_up = self.sign_up.iter().map(|_| "to-sign-up");
        let remember = self.remember.then_some("remember");
        let passkey = self.passkey.iter().flat_map(|_| ["passkey-form", "use-passkey"]);
        let certificate = self.certificate.iter().map(|_| "use-certificate");
        let email_code = self.email_code.iter().map(|_| "use-email-code");
        let forgotten = self.forgotten.iter().map(|_| "forgotten");
        ["username", "password", "sign-in"]
            .into_iter()
            .chain(email_code)
            .chain(forgotten)
            .chain(passkey)
            .chain(certificate)
            .chain(to_sign_up)
            .chain(remember)
            .map(str::to_owned)
            .collect()
    }
}
