//! What a browser loads in a frame, so that an app forgets its user.
//!
//! Spec: OpenID Connect Front-Channel Logout §2, §3
//!
//! `iss` and `sid` are always there, whether or not the client registered that it needs them.

use url::Url;

use crate::redirect_uri;

/// The registered URI with `iss` and `sid`; a registered query "MUST be retained".
pub fn uri(registered: &str, issuer: &str, sid: &str) -> String {
    redirect_uri::with_query(registered, &[("iss", issuer), ("sid", sid)])
}

/// The origin of a URI, as browsers write it (RFC 6454 §6.1); `None` for what is not of the Web.
pub fn origin(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Conformance: FC-02 FC-03
    #[test]
    fn the_registered_query_stays_and_issuer_and_session_are_added() {
        let added = "iss=https%3A%2F%2Fid.example%2Fbank&sid=s1";
        for (registered, expected) in [
            ("https://app.example/bye", format!("https://app.example/bye?{added}")),
            (
                "https://app.example/bye?a=b",
                format!("https://app.example/bye?a=b&{added}"),
            ),
        ] {
            assert_eq!(uri(registered, "https://id.example/bank", "s1"), expected);
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (uri, expected) in [
            ("https://App.example:443/cb?x", Some("https://app.example")),
            ("http://localhost:8081/cb", Some("http://localhost:8081")),
            ("https://é.example/", Some("https://xn--9ca.example")),
            ("com.example.app:/cb", None),
            ("no uri", None),
        ] {
            assert_eq!(origin(uri).as_deref(), expected, "{uri}");
        }
    }
}
