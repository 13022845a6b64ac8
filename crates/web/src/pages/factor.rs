//! The page on which a further factor is proved, and the one that says that there is none yet.

use protocol::Method;
use serde::Serialize;

use super::{ClientView, Href, Label, Link, RealmView, Text, View};

/// Asks for a code. It posts `flow`, `csrf`, `method` and `code` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct Factor {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the user's own pages.
    pub client: Option<ClientView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// The method.
    pub method: &'static str,
    /// What the user is asked to do: a message's key.
    pub lead: &'static str,
    /// What a code looks like: a message's key.
    pub hint: &'static str,
    /// Whether a code is made of digits.
    pub is_number: bool,
    /// Other ways that would do.
    pub others: Vec<Link>,
    /// Where somebody who lost a device enrols another one.
    pub account: Option<Href>,
    /// Why the last code was not taken: a message under `factor.error`.
    pub error: Option<Text>,
}

impl View for Factor {
    const TEMPLATE: &'static str = "factor.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        ["code", "continue"].map(str::to_owned).into()
    }
}

/// Asks for the code that was mailed. It posts `flow`, `csrf`, `method` and `code` to `action`, and `flow`, `csrf` and
/// `decision` (`send`) for a code to be mailed.
#[derive(Debug, Clone, Serialize)]
pub struct FactorEmailCode {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the user's own pages.
    pub client: Option<ClientView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// Where the forms are sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// Whether a code was mailed.
    pub is_sent: bool,
    /// For how many minutes a code is good.
    pub minutes: i64,
    /// Other ways that would do.
    pub others: Vec<Link>,
    /// Why the last code was not taken, or none was sent: a message under `by_mail.error` or `factor.error`.
    pub error: Option<Text>,
}

impl View for FactorEmailCode {
    const TEMPLATE: &'static str = "factor_email_code.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        let typed: &[&str] = if self.is_sent { &["code", "continue"] } else { &[] };
        let all = typed.iter().copied().chain(["send-code"]);
        all.map(str::to_owned).collect()
    }
}

/// What an account lacks, of which one would do.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lack {
    /// A further factor.
    Factor,
    /// A confirmed address for a code by mail.
    Address,
    /// Either.
    Both,
}

impl Lack {
    /// Of these methods one is wanted; none: a factor.
    pub fn of(methods: &[Method]) -> Self {
        match methods {
            [Method::EmailCode] => Self::Address,
            methods if methods.contains(&Method::EmailCode) => Self::Both,
            _ => Self::Factor,
        }
    }
}

/// Says that something must be enrolled first. It posts `flow`, `csrf` and `decision` (`back`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolFirst {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to.
    pub client: Option<ClientView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// Whether something was enrolled that does not count yet.
    pub is_waiting: bool,
    /// What the account lacks.
    pub lack: Lack,
    /// Where it is enrolled.
    pub account: Href,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// Whether there is an app to go back to.
    pub can_go_back: bool,
}

impl View for EnrolFirst {
    const TEMPLATE: &'static str = "enrol_first.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        let back = self.can_go_back.then(|| "back-to-app".to_owned());
        std::iter::once("to-account".to_owned()).chain(back).collect()
    }
}
