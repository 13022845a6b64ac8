//! The page that posts an authorization response to the app.
//!
//! Spec: OAuth 2.0 Form Post Response Mode. Its script sends the form at once; its button does it without.

use serde::Serialize;

use super::{Label, RealmView, View, realm_view::redirect_host};

/// The page. It is answered with [`super::csp::form_post`].
#[derive(Debug, Clone, Serialize)]
pub struct FormPost {
    /// The realm.
    pub realm: RealmView,
    /// The redirect URI.
    pub action: String,
    /// What to call the place it leads to.
    pub host: Label,
    /// The parameters of the response: name and value, verbatim.
    pub fields: Vec<(String, String)>,
}

impl FormPost {
    /// The page that posts these parameters to a redirect URI, which was validated.
    pub fn new(realm: RealmView, redirect_uri: &str, fields: Vec<(String, String)>) -> Self {
        Self {
            realm,
            action: redirect_uri.to_owned(),
            host: redirect_host(redirect_uri).unwrap_or_default(),
            fields,
        }
    }
}

impl View for FormPost {
    const TEMPLATE: &'static str = "form_post.html";
    const SCRIPT: Option<&'static str> = Some("form_post.js");

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["form-post", "continue"].map(str::to_owned).into()
    }
}
