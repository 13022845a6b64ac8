//! The pages that ask for a certificate: as a further factor, and to enrol it.

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

/// A certificate becomes its owner's. It posts `csrf` and `voucher` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolCertificate {
    /// The realm.
    pub realm: RealmView,
    /// The subject of the certificate that was shown.
    pub subject: Label,
    /// What it proved, sealed; empty: nothing was shown yet.
    pub voucher: String,
    /// Where the browser is asked for one; none where it is not.
    pub show: Option<Href>,
    /// Where the form is sent.
    pub action: String,
    /// The way back.
    pub account: Href,
    /// What must come back with the form.
    pub csrf: String,
    /// Why the last one was not taken: a message under `certificate.error`.
    pub error: Option<Text>,
}

impl View for EnrolCertificate {
    const TEMPLATE: &'static str = "enrol_certificate.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        let next = match &self.show {
            _ if !self.voucher.is_empty() => Some("enrol"),
            Some(_) => Some("use-certificate"),
            None => None,
        };
        next.into_iter().chain(["to-account"]).map(str::to_owned).collect()
    }
}
