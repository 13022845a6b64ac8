//! Authorities of clients, and their lists of revoked certificates, that are out of date.
//!
//! Spec: RFC 5280 §4.1.2.5, §5.1.2.5

use x509::{Certificate, RevocationList, certificates, revocation_lists};

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    for text in &patient.realm.client_ca {
        for der in certificates(text).unwrap_or_default() {
            let Ok(authority) = Certificate::parse(&der) else {
                continue;
            };
            if !authority.validity().contains(patient.now) {
                let problem = format!(
                    "client_ca: the certificate of {} has expired or is not valid yet: it vouches for nobody",
                    authority.subject()
                );
                let remedy = "replace it by a current one, and apply it";
                findings.push(patient.finding(Kind::ClientCaExpired, problem, remedy));
            }
        }
    }
    for text in &patient.realm.crl {
        for der in revocation_lists(text).unwrap_or_default() {
            let Ok(list) = RevocationList::parse(&der) else {
                continue;
            };
            if list.next_update.is_none_or(|until| until < patient.now) {
                let problem = format!(
                    "the crl of {} is past its nextUpdate: every client of that authority is refused",
                    list.issuer
                );
                let remedy = "get the current list and apply it, each time before nextUpdate";
                findings.push(patient.finding(Kind::CrlExpired, problem, remedy));
            }
        }
    }
    findings
}
