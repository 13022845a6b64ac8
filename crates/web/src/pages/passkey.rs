//! What a page needs to ask a browser for a passkey, and the page that asks for one as a further factor.

use serde::Serialize;

use super::{ClientView, Href, Label, Link, RealmView, Text, View};

/// The script of pages that ask for a passkey.
pub const SCRIPT: &str = "passkey.js";

/// The form `passkey-form`. Its script posts `flow`, `csrf`, `method` (`passkey`), `challenge` and `credential` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct PasskeyForm {
    /// Where it is sent.
    pub action: String,
    /// The flow's id; empty on the user's own pages.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// `get` or `create` of `navigator.credentials`.
    pub ceremony: &'static str,
    /// What it is handed, as JSON.
    pub options: String,
    /// The challenge, sealed; it comes back with the answer.
    pub challenge: String,
    /// What the button says: a message's key.
    pub button: &'static str,
    /// Whether the page has fields for name and password too: then the browser offers passkeys in the first.
    pub is_beside_password: bool,
}

/// Asks for a passkey as a further factor.
#[derive(Debug, Clone, Serialize)]
pub struct FactorPasskey {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the user's own pages.
    pub client: Option<ClientView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// The form.
    pub passkey: PasskeyForm,
    /// Other ways that would do.
    pub others: Vec<Link>,
    /// Why the last one was not taken: a message under `passkey.error`.
    pub error: Option<Text>,
}

impl View for FactorPasskey {
    const TEMPLATE: &'static str = "factor_passkey.html";
    const SCRIPT: Option<&'static str> = Some(SCRIPT);

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        ["passkey-form", "use-passkey"].map(str::to_owned).into()
    }
}

/// Asks the browser to make a passkey.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolPasskey {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// The form, which also posts `name`.
    pub passkey: PasskeyForm,
    /// The way back.
    pub account: Href,
    /// Why the last one was not taken: a message under `passkey.error`.
    pub error: Option<Text>,
}

impl View for EnrolPasskey {
    const TEMPLATE: &'static str = "enrol_passkey.html";
    const SCRIPT: Option<&'static str> = Some(SCRIPT);

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["passkey-form", "passkey-name", "use-passkey"]
            .map(str::to_owned)
            .into()
    }
}
