//! What a user proves who they are with: how it is enrolled, named, confirmed and given up.

use serde::Serialize;

use super::{Href, Label, RealmView, Text, View};

/// Something that the user has, as lists and pages show it. Times are unix seconds.
#[derive(Debug, Clone, Serialize)]
pub struct FactorView {
    /// Its id.
    pub id: String,
    /// The method.
    pub method: &'static str,
    /// What it is: a message under `account.factor`.
    pub title: Text,
    /// What its user calls it.
    pub name: Label,
    /// When it was enrolled.
    pub since: i64,
    /// When it was used last.
    pub last_used: Option<i64>,
    /// Whether it counts.
    pub state: FactorState,
    /// From when on it counts, or will count.
    pub counts_from: Option<i64>,
    /// How many codes are left, of those that are used once.
    pub left: Option<u64>,
}

/// Whether something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorState {
    /// It does.
    Active,
    /// It will, when its time has come.
    Delayed,
    /// Its user must confirm it by mail.
    Unconfirmed,
    /// The operator must say so.
    Unapproved,
}

/// An authenticator app gets its secret. It posts `csrf`, `enrolment` and `code` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolTotp {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// The secret in base32, in groups.
    pub secret: String,
    /// The same as a picture, for a camera.
    pub picture: Option<String>,
    /// The same as an address, which opens an app on this device.
    pub app: Href,
    /// Where the form is sent.
    pub action: String,
    /// The way back.
    pub account: Href,
    /// What must come back with the form.
    pub csrf: String,
    /// The enrolment, sealed.
    pub enrolment: String,
    /// Why the code was not taken: a message under `enrol.error`.
    pub error: Option<Text>,
}

impl View for EnrolTotp {
    const TEMPLATE: &'static str = "enrol_totp.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["totp-secret", "code", "continue"].map(str::to_owned).into()
    }
}

/// Recovery codes, shown once. It posts `csrf` and `enrolment` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct RecoveryCodes {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// The codes.
    pub codes: Vec<String>,
    /// Where the form is sent.
    pub action: String,
    /// The way back.
    pub account: Href,
    /// What must come back with the form.
    pub csrf: String,
    /// The enrolment, sealed.
    pub enrolment: String,
}

impl View for RecoveryCodes {
    const TEMPLATE: &'static str = "recovery_codes.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["recovery-codes", "continue"].map(str::to_owned).into()
    }
}

/// One of the user's authenticators. It posts `csrf`, `id` and `name` to `rename`, `csrf` and `id` to `remove`.
#[derive(Debug, Clone, Serialize)]
pub struct AuthenticatorPage {
    /// The realm.
    pub realm: RealmView,
    /// What it is.
    pub factor: FactorView,
    /// Whether nothing else that the account has would do for apps that need two factors.
    pub is_last: bool,
    /// Whether it can have a name.
    pub can_be_named: bool,
    /// Where its name is sent.
    pub rename: String,
    /// Where it is given up.
    pub remove: String,
    /// The way back.
    pub account: Href,
    /// What must come back with each form.
    pub csrf: String,
}

impl View for AuthenticatorPage {
    const TEMPLATE: &'static str = "authenticator.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        let name = self.can_be_named.then_some(["name", "rename"]).into_iter().flatten();
        name.chain(["remove"]).map(str::to_owned).collect()
    }
}

/// The question of the mail about a new authenticator. It posts `csrf` and `decision` (`mine` or `not-mine`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmEnrolment {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// What was enrolled: a message under `account.factor`.
    pub title: Text,
    /// When.
    pub since: i64,
    /// From when on it counts at the earliest.
    pub counts_from: i64,
    /// Where the form is sent.
    pub action: String,
    /// What must come back with the form: what was in the link.
    pub csrf: String,
}

impl View for ConfirmEnrolment {
    const TEMPLATE: &'static str = "confirm_enrolment.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["mine", "not-mine"].map(str::to_owned).into()
    }
}
