//! The page where users who are signed in change their password.

use serde::Serialize;

use super::{FieldError, Href, Label, RealmView, View};

/// The page. It posts `csrf`, `old`, `new` and `others` (`end`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct ChangePassword {
    /// The realm.
    pub realm: RealmView,
    /// The name that the user signs in with, also for the browser's password store.
    pub username: Label,
    /// Where the form is sent.
    pub action: String,
    /// What must come back with the form.
    pub csrf: String,
    /// How many characters a password has at least.
    pub least: usize,
    /// Whether other browsers are to be signed out.
    pub ends_others: bool,
    /// Why the last attempt failed, and at which field.
    pub error: Option<FieldError>,
    /// The account page.
    pub back: Href,
}

impl View for ChangePassword {
    const TEMPLATE: &'static str = "change_password.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["old", "new", "others", "change-password"].map(str::to_owned).into()
    }
}
