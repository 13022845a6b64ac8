//! `client_ca` and `crl` of a realm: who vouches for the certificates of clients, and what they have taken back.
//!
//! Accepted: names of PEM files, and PEM itself, as export writes it. What is in the files is kept, not their names: what
//! counts later is what was applied.

use model::{Clock, Realm};
use x509::{Certificate, PemError, RevocationList, certificates, pem, revocation_lists};

use super::{
    document::Span,
    reader::{Located, Report, Table},
};
use crate::Kind;

/// Reads both into the realm.
pub(super) fn read(table: &mut Table<'_, '_>, realm: &mut Realm) {
    let (report, now) = (table.report, Clock::system().now());
    for (text, span) in texts(table, "client_ca") {
        let Some(found) = found(report, "client_ca", &span, certificates(&text)) else {
            continue;
        };
        for der in found {
            check_authority(report, &span, &der, now);
            realm.client_ca.push(pem("CERTIFICATE", &der));
        }
    }
    for (text, span) in texts(table, "crl") {
        let Some(found) = found(report, "crl", &span, revocation_lists(&text)) else {
            continue;
        };
        for der in found {
            check_list(report, &span, &der, now);
            realm.crl.push(pem("X509 CRL", &der));
        }
    }
    check_together(report, &table.span_of("crl"), realm);
}

/// Reads whose passkeys are known to keep their keys in hardware: the certificates of their makers.
pub(super) fn read_passkey_ca(table: &mut Table<'_, '_>, realm: &mut Realm) {
    let report = table.report;
    for (text, span) in texts(table, "passkey_ca") {
        for der in found(report, "passkey_ca", &span, certificates(&text)).unwrap_or_default() {
            if !Certificate::parse(&der).is_ok_and(|certificate| certificate.is_authority()) {
                let problem = "passkey_ca has a certificate that is not of an authority, so it vouches for nothing";
                let remedy = "name the root certificate that the maker of the devices publishes";
                report.error(&span, problem, remedy);
            }
            realm.passkey_ca.push(pem("CERTIFICATE", &der));
        }
    }
}

/// The PEM texts of a key, each with its place.
fn texts(table: &mut Table<'_, '_>, key: &'static str) -> Vec<(String, Span)> {
    let report = table.report;
    let text = |named: Located<String>| {
        if named.value.trim_start().starts_with("-----BEGIN") {
            return Some((named.value, named.span));
        }
        let path = report.document.resolve(&named.value);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some((text, named.span)),
            Err(error) => {
                let problem = format!("{key}: {} cannot be read ({error})", path.display());
                let remedy = "make the PEM file, or correct its name (relative names are relative to this file)";
                report.error(&named.span, problem, remedy);
                None
            }
        }
    };
    table
        .texts(key)
        .unwrap_or_default()
        .into_iter()
        .filter_map(text)
        .collect()
}

fn found<T>(report: &Report<'_>, key: &str, span: &Span, read: Result<Vec<T>, PemError>) -> Option<Vec<T>> {
    read.inspect_err(|error| report.error(span, format!("{key} {error}"), "write PEM, as openssl does"))
        .ok()
}

fn check_authority(report: &Report<'_>, span: &Span, der: &[u8], now: i64) {
    let Ok(certificate) = Certificate::parse(der) else {
        let remedy = "replace it by the authority's certificate";
        report.error(span, "client_ca has a certificate that cannot be read", remedy);
        return;
    };
    let name = certificate.subject();
    if !certificate.is_authority() {
        let problem = format!("client_ca: {name} is not the certificate of an authority, so it vouches for nobody");
        let remedy = "name the authority that issued it, or use self_signed_tls_client_auth for a single client";
        report.error(span, problem, remedy);
    }
    if !certificate.validity().contains(now) {
        let problem = format!("client_ca: the certificate of {name} has expired or is not valid yet");
        let remedy = "replace it by a current one, or remove it";
        report.warning_of(Kind::ClientCaExpired, span, problem, remedy);
    }
}

fn check_list(report: &Report<'_>, span: &Span, der: &[u8], now: i64) {
    match RevocationList::parse(der) {
        Err(_) => report.error(
            span,
            "crl has a list that cannot be read",
            "replace it by a current one",
        ),
        Ok(list) if list.next_update.is_none_or(|until| until < now) => report.warning_of(
            Kind::CrlExpired,
            span,
            format!(
                "the crl of {} is past its nextUpdate: every client of that authority is refused",
                list.issuer
            ),
            "get the current list and apply it",
        ),
        Ok(_) => {}
    }
}

/// Lists are asked about everybody once there is one.
fn check_together(report: &Report<'_>, span: &Span, realm: &Realm) {
    if realm.crl.is_empty() {
        return;
    }
    if realm.client_ca.is_empty() {
        let remedy = "add client_ca, or remove crl";
        report.error(
            span,
            "crl is for the authorities of client_ca, of which there are none",
            remedy,
        );
    }
    let lists = realm
        .crl
        .iter()
        .filter_map(|text| revocation_lists(text).ok())
        .flatten();
    let known: Vec<_> = lists
        .filter_map(|der| Some(RevocationList::parse(&der).ok()?.issuer))
        .collect();
    let authorities = realm
        .client_ca
        .iter()
        .filter_map(|text| certificates(text).ok())
        .flatten();
    for der in authorities {
        let Ok(certificate) = Certificate::parse(&der) else {
            continue;
        };
        let name = certificate.subject();
        if !known.contains(&name) {
            let problem = format!("{name} has no list in crl: every client of that authority is refused");
            report.warning(span, problem, "add its list, an empty one if nothing was revoked");
        }
    }
}
