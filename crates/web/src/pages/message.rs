//! The sign-out question, and pages that only say something.
//!
//! Spec: OpenID Connect RP-Initiated Logout §2 (the user is asked).

use serde::Serialize;

use super::{Label, Link, RealmView, Text, View};

/// The question whether to sign out. It posts `csrf` and `fields` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct SignOut {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// The app that asks for it.
    pub client_name: Option<Label>,
    /// Where the form is sent.
    pub action: String,
    /// What must come back with the form.
    pub csrf: String,
    /// What else is sent: name and value, verbatim.
    pub fields: Vec<(String, String)>,
}

impl View for SignOut {
    const TEMPLATE: &'static str = "sign_out.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        vec!["sign-out".to_owned()]
    }
}

/// A page that says something.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// The realm.
    pub realm: RealmView,
    /// What it is about.
    pub title: Text,
    /// What it says.
    pub text: Text,
    /// The way on.
    pub link: Option<Link>,
}

impl View for Message {
    const TEMPLATE: &'static str = "message.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        Vec::new()
    }
}
