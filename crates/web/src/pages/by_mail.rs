//! Pages by which people get mail before they have signed in: a code to sign in with, a link to a new password.

use serde::Serialize;

use super::{ClientView, FieldError, Href, Label, RealmView, Text, View};

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailKind {
    /// A code to sign in with.
    Code,
    /// A link to a new password.
    Link,
}

/// Asks to whom to send it. It posts `flow`, `csrf` and `username` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct AskByMail {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the user's own pages.
    pub client: Option<ClientView>,
    /// What is to be sent.
    pub kind: MailKind,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// What was typed.
    pub username: String,
    /// Why nothing was sent: a message under `by_mail.error`.
    pub error: Option<Text>,
    /// The sign-in page.
    pub back: Href,
}

impl View for AskByMail {
    const TEMPLATE: &'static str = "ask_by_mail.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        let button = match self.kind {
            MailKind::Code => "send-code",
            MailKind::Link => "send-link",
        };
        ["username", button].map(str::to_owned).into()
    }
}

/// Asks for the code that may have been sent. It posts `flow`, `csrf`, `sent` and `code` to `action`, and `flow`, `csrf` and
/// `username` for another one.
#[derive(Debug, Clone, Serialize)]
pub struct EnterMailCode {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the user's own pages.
    pub client: Option<ClientView>,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// What the code hangs on, sealed.
    pub sent: String,
    /// What was typed.
    pub username: String,
    /// For how many minutes a code is good.
    pub minutes: i64,
    /// Why the last one was not taken: a message under `by_mail.error`.
    pub error: Option<Text>,
    /// The sign-in page.
    pub back: Href,
}

impl View for EnterMailCode {
    const TEMPLATE: &'static str = "enter_mail_code.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        ["code", "continue", "send-code"].map(str::to_owned).into()
    }
}

/// Where a link leads to a new password. It posts `csrf`, `flow`, `password` and `code` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct SetPassword {
    /// The realm.
    pub realm: RealmView,
    /// The name that the user signs in with, also for the browser's password store.
    pub username: Label,
    /// Where the form is sent.
    pub action: String,
    /// What must come back with the form: what was in the link.
    pub csrf: String,
    /// The flow in which the link was asked for; empty: none.
    pub flow: String,
    /// How many characters a password has at least.
    pub least: usize,
    /// Whether a code of a second factor must come with it.
    pub wants_code: bool,
    /// Why the last attempt failed, and at which field.
    pub error: Option<FieldError>,
}

impl View for SetPassword {
    const TEMPLATE: &'static str = "set_password.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        let code = self.wants_code.then_some("code");
        let fixed = ["password", "set-password"].into_iter();
        fixed.chain(code).map(str::to_owned).collect()
    }
}

/// Where an invitation leads who has a password. It posts `csrf` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct Invited {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// Where the form is sent.
    pub action: String,
    /// What must come back with the form: what was in the link.
    pub csrf: String,
}

impl View for Invited {
    const TEMPLATE: &'static str = "invited.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        vec!["accept".to_owned()]
    }
}
