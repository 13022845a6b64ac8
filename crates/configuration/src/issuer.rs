//! The form of an issuer identifier.
//!
//! Spec: RFC 8414 §2, OpenID Connect Discovery §3
//!
//! Accepted: "a URL that uses the https scheme and has no query or fragment components"; http for this machine alone.

use url::{Host, Url};

use super::reader::{Located, Report};

/// The first segments of endpoints and pages: a realm's path may not begin with one.
const ENDPOINTS: &[&str] = &[
    ".well-known",
    "account",
    "admin",
    "assets",
    "authorize",
    "bc-authorize",
    "consent",
    "device",
    "device_authorization",
    "flows",
    "forward-auth",
    "grants",
    "introspect",
    "jwks",
    "logout",
    "not-me",
    "par",
    "register",
    "revocations",
    "revoke",
    "scim",
    "select-account",
    "session",
    "sign-in",
    "sign-up",
    "token",
    "userinfo",
];

/// Whether browsers and apps reach the URL safely: by https, or without leaving this machine.
pub(super) fn is_https_or_local(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_local(url))
}

/// Whether the host is this machine.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Complains of an issuer that cannot be one.
pub(super) fn check(report: &Report<'_>, issuer: &Located<String>) {
    if let Some((problem, remedy)) = problem("the issuer", &issuer.value) {
        report.error(&issuer.span, problem, remedy);
    }
}

/// Complains of a URL at which mutual TLS cannot be asked for. It has the form of an issuer, and is not the realm's own.
pub(super) fn check_mtls(report: &Report<'_>, mtls: &Located<String>, issuer: &str) {
    if mtls.value.eq_ignore_ascii_case(issuer) {
        let remedy = "remove it, or give the URL of the listener that asks for certificates";
        report.error(&mtls.span, "mtls is the issuer itself", remedy);
    } else if let Some((problem, remedy)) = problem("mtls", &mtls.value) {
        report.error(&mtls.span, problem, remedy);
    }
}

fn problem(what: &str, issuer: &str) -> Option<(String, String)> {
    const EXAMPLE: &str = "write a URL like https://id.example.com";
    let no = |problem: &str, remedy: &str| Some((format!("{what} {issuer} {problem}"), remedy.to_owned()));
    let Ok(url) = Url::parse(issuer) else {
        return no("is not a URL", EXAMPLE);
    };
    if !matches!(url.scheme(), "https" | "http") {
        return no("is not a web address", EXAMPLE);
    }
    if !is_https_or_local(&url) {
        return no(
            "is reached without encryption",
            "use https; http is for localhost alone",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return no("has a query or a fragment", "leave out what begins with ? or #");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return no("has a user name or password", "leave out what stands before @");
    }
    if issuer.ends_with('/') {
        return no("ends with a slash", "leave the slash out");
    }
    // Everybody compares issuers character by character, so there must be one way to write it.
    let normal = url.as_str().trim_end_matches('/');
    if normal != issuer {
        return no("is not written in its normal form", &format!("write {normal}"));
    }
    let segment = url.path().split('/').nth(1).unwrap_or_default();
    if ENDPOINTS.contains(&segment) {
        return no(
            &format!("begins its path with the name of an endpoint, {segment}"),
            "choose another path",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_that_work() {
        for good in [
            "https://id.example.com",
            "https://id.example.com/bank",
            "https://id.example.com:8443/bank/one",
            "http://localhost:8080",
            "http://bank.localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "https://id.example.com/tokens",
        ] {
            assert_eq!(problem("the issuer", good), None);
        }
    }

    #[test]
    fn no_realm_takes_the_place_of_a_route() {
        for path in web::CLAIMED {
            let segment = path.split('/').nth(1).unwrap();
            assert!(ENDPOINTS.contains(&segment), "{path}");
            assert!(
                problem("the issuer", &format!("https://id.example.com{path}")).is_some(),
                "{path}"
            );
        }
    }

    // Conformance: META-01
    #[test]
    fn issuers_that_do_not() {
        for (bad, why) in [
            ("id.example.com", "not a URL"),
            ("ftp://id.example.com", "web address"),
            ("http://id.example.com", "without encryption"),
            ("http://localhost.example.com", "without encryption"),
            ("https://id.example.com?x", "query"),
            ("https://id.example.com#x", "fragment"),
            ("https://a:b@id.example.com", "user name"),
            ("https://id.example.com/", "slash"),
            ("https://id.example.com/bank/", "slash"),
            ("https://ID.example.com", "normal form"),
            ("https://id.example.com:443", "normal form"),
            ("https://id.example.com/a/../b", "normal form"),
            ("https://id.example.com/token", "endpoint"),
            ("https://id.example.com/sign-in/x", "endpoint"),
        ] {
            let (problem, remedy) = problem("the issuer", bad).expect(bad);
            assert!(problem.contains(why) && !remedy.is_empty(), "{bad}: {problem}");
        }
    }
}
