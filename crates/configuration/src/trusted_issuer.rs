//! `[[trusted_issuer]]`: another issuer, whose assertions are believed here.
//!
//! Spec: RFC 7523 §3 (who issues assertions), RFC 8693 §2.1, RFC 7591 §2.3, CIBA §7.1

use model::{SubjectClaim, TrustedFor, TrustedIssuer};
use url::Url;

use super::{
    client::to_json,
    reader::{Located, Table, is_nothing},
};

const PURPOSES: &[(&str, TrustedFor)] = &[
    ("jwt-bearer", TrustedFor::JwtBearer),
    ("token-exchange", TrustedFor::TokenExchange),
    ("software-statement", TrustedFor::SoftwareStatement),
    ("login-hint", TrustedFor::LoginHint),
];
const SUBJECTS: &[(&str, SubjectClaim)] = &[
    ("sub", SubjectClaim::Sub),
    ("username", SubjectClaim::Username),
    ("email", SubjectClaim::Email),
];

/// Reads one issuer. `own` is the realm's.
pub(super) fn read(mut table: Table<'_, '_>, own: &str) -> Option<Located<TrustedIssuer>> {
    let issuer = table.required_text("issuer", "https://login.partner.example");
    if let Some(issuer) = issuer.as_ref().filter(|issuer| issuer.value == own) {
        let remedy = "remove it: the realm's own tokens are believed as far as they go";
        table.report.error(&issuer.span, "the realm trusts itself", remedy);
    }
    let (jwks, jwks_uri) = keys(&mut table);
    let purposes = purposes(&mut table);
    let subject = table.one_of("subject", SUBJECTS, &[]).map(|subject| subject.value);
    let span = issuer
        .as_ref()
        .map_or_else(|| table.span.clone(), |issuer| issuer.span.clone());
    table.finish();
    let value = TrustedIssuer {
        issuer: issuer?.value,
        jwks,
        jwks_uri,
        purposes,
        subject: subject.unwrap_or_default(),
    };
    Some(Located { value, span })
}

fn purposes(table: &mut Table<'_, '_>) -> Vec<TrustedFor> {
    const REMEDY: &str =
        "name at least one: \"jwt-bearer\", \"token-exchange\", \"software-statement\" or \"login-hint\"";
    let named = table.some_of("purposes", PURPOSES, &[]).unwrap_or_default();
    let report = table.report;
    match table.entries().iter().find(|entry| entry.key == "purposes") {
        None => report.absent(
            &table.span,
            "[[trusted_issuer]] does not say for what it is trusted",
            REMEDY,
        ),
        Some(entry) if is_nothing(&entry.node.item) => report.error(&entry.node.span, "purposes is empty", REMEDY),
        Some(_) => {}
    }
    let mut purposes: Vec<TrustedFor> = Vec::new();
    for purpose in named {
        if !purposes.contains(&purpose.value) {
            purposes.push(purpose.value);
        }
    }
    purposes
}

fn keys(table: &mut Table<'_, '_>) -> (Option<jose::KeySet>, Option<String>) {
    let report = table.report;
    let entry = table.entry("jwks");
    let jwks = entry.and_then(
        |entry| match serde_json::from_value::<jose::KeySet>(to_json(&entry.node)) {
            Ok(keys) if keys.keys.is_empty() => {
                report.error(
                    &entry.node.span,
                    "jwks has no key",
                    "write { keys = [ … ] } with its public keys",
                );
                None
            }
            Ok(keys) => Some(keys),
            Err(error) => {
                let remedy = "write { keys = [ … ] } with public keys (RFC 7517)";
                report.error(&entry.node.span, format!("jwks is not a key set: {error}"), remedy);
                None
            }
        },
    );
    let uri = table.text("jwks_uri");
    if let Some(uri) = uri.as_ref().filter(|uri| !is_safe(&uri.value)) {
        let remedy = "write an https URL: keys are only as good as the connection that they come by";
        report.error(&uri.span, "jwks_uri is not an https URL", remedy);
    }
    match (entry, &uri) {
        (None, None) => {
            let remedy = "add jwks_uri = \"https://…\", or jwks with its public keys";
            report.absent(&table.span, "[[trusted_issuer]] has no keys", remedy);
        }
        (Some(_), Some(uri)) => report.error(&uri.span, "jwks and jwks_uri are both given", "keep one of the two"),
        _ => {}
    }
    (jwks, uri.map(|uri| uri.value))
}

/// https, or the loopback address, which `[outgoing] allow` must name.
fn is_safe(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        let is_loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        url.scheme() == "https" && url.has_host() || url.scheme() == "http" && is_loopback
    })
}
