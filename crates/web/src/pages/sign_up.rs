//! The page where people make an account for themselves.
//!
//! Spec: Initiating User Registration via OpenID Connect §4.1

use serde::Serialize;

use super::{ClientView, Href, RealmView, Text, View};

/// The sign-up page. It posts `flow`, `csrf`, `username`, `password`, `email` and `name` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct SignUp {
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
    /// The user name, as far as it was typed or is known already.
    pub username: String,
    /// The e-mail address, likewise.
    pub email: String,
    /// What to be called, likewise.
    pub name: String,
    /// How many characters a password has at least.
    pub least: usize,
    /// Why the last attempt failed.
    pub error: Option<FieldError>,
    /// Where those sign in who have an account.
    pub sign_in: Href,
}

/// What is wrong, and with which field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's id.
    pub field: &'static str,
    /// A message under `sign_up.error`.
    pub text: Text,
}

impl View for SignUp {
    const TEMPLATE: &'static str = "sign_up.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        ["username", "password", "email", "name", "sign-up", "to-sign-in"]
            .map(str::to_owned)
            .into()
    }
}
