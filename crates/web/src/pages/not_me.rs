//! The page behind the link in the mail about a new browser.

use serde::Serialize;

use super::{RealmView, View};

/// The question whether to end what began there. It posts `t` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct NotMePage {
    /// The realm.
    pub realm: RealmView,
    /// Where the form is sent.
    pub action: String,
    /// What the link carries.
    pub link: String,
}

impl View for NotMePage {
    const TEMPLATE: &'static str = "not_me.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        vec!["not-me".to_owned()]
    }
}
