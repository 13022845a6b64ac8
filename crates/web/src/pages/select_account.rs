//! The page on which a user says whether to go on as who they are here, or as somebody else.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`prompt=select_account`)
//!
//! A browser holds one session, so there is one account to choose, or another one to sign in with.

use serde::Serialize;

use super::{ClientView, Href, Label, RealmView, Text, View};

/// The page. It posts `flow`, `csrf` and `account` (`this` or `another`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct SelectAccount {
    /// The realm.
    pub realm: RealmView,
    /// The app that asks.
    pub client: ClientView,
    /// The user who is signed in, as they know themselves.
    pub user: Label,
    /// The name that they sign in with.
    pub username: Label,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// Why the last answer was not taken: a message under `select_account.error`.
    pub error: Option<Text>,
}

impl View for SelectAccount {
    const TEMPLATE: &'static str = "select_account.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        ["continue", "another-account"].map(str::to_owned).into()
    }
}
