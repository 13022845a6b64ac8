//! The page that asks for a certificate as a further factor.

use serde::Serialize;

use super::{ClientView, Href, Label, Link, RealmView, Text, View};

/// Leads to where the browser is asked for a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct FactorCertificate {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to; none for the user's own pages.
    pub client: Option<ClientView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// Where that is; none where certificates are not asked for any more.
    pub show: Option<Href>,
    /// Other ways that would do.
    pub others: Vec<Link>,
    /// Why the last one was not taken: a message under `certificate.error`.
    pub error: Option<Text>,
}

impl View for FactorCertificate {
    const TEMPLATE: &'static str = "factor_certificate.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        self.show.iter().map(|_| "use-certificate".to_owned()).collect()
    }
}
