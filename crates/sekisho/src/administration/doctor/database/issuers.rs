//! Issuers that are not reached safely, or that share an origin.

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let realm = &patient.realm;
    let plain = (!realm.is_https() && !is_loopback(&realm.issuer)).then(|| {
        patient.finding(
            Kind::IssuerWithoutTls,
            "the issuer is reached without TLS: whoever sees the traffic can read passwords and tokens",
            "give the realm an https issuer, and a listener with tls or a proxy in front of it",
        )
    });
    let origin = realm.origin();
    let shares_origin = |other: &&String| *other != &realm.issuer && origin_of(other) == origin;
    let shared = patient.issuers.iter().find(shares_origin).map(|other| {
        patient.finding(
            Kind::SharedOrigin,
            format!("the realm shares the origin {origin} with {other}: to browsers they are one"),
            "trust both alike, or give each realm a host of its own",
        )
    });
    plain.into_iter().chain(shared).collect()
}

/// Whether a realm is for this machine alone, as in development.
pub(in super::super) fn is_loopback(issuer: &str) -> bool {
    let host = issuer
        .split_once("://")
        .map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost")
}

fn origin_of(issuer: &str) -> &str {
    let start = issuer.find("://").map_or(0, |at| at + 3);
    let end = issuer.get(start..).and_then(|rest| rest.find('/'));
    end.and_then(|end| issuer.get(..start + end)).unwrap_or(issuer)
}
