//! The access token of a request.
//! Spec: RFC 6750 §2.1, RFC 9449 §7.1
//!
//! Deliberately not: the form body (§2.2) and the query (§2.3), which OAuth 2.1 leaves out.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use protocol::{BearerError, TokenCredentials};

use crate::Refusal;

/// Takes the token from the one `Authorization` header. `query` is the request's query, undecoded.
pub fn credentials(headers: &HeaderMap, query: Option<&str>) -> Result<TokenCredentials, Refusal> {
    // RFC 6750 §2: "Clients MUST NOT use more than one method to transmit the token in each request", and this
    // one is refused even alone, so that clients do not come to rely on it.
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if pairs.into_iter().any(|(name, _)| name == "access_token") {
        return Err(Refusal::TokenInQuery);
    }
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoCredentials)?;
    if values.next().is_some() {
        return Err(Refusal::RepeatedCredentials);
    }
    let value = value.to_str().map_err(|_| Refusal::MalformedCredentials)?;
    TokenCredentials::from_authorization(value).map_err(|error| match error {
        // Another scheme is no attempt to present a token.
        BearerError::OtherScheme => Refusal::NoCredentials,
        BearerError::Malformed => Refusal::MalformedCredentials,
    })
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
    use protocol::TokenScheme;

    use super::credentials;
    use crate::Refusal;

    fn read(authorization: &[&str], query: Option<&str>) -> Result<(TokenScheme, String), Refusal> {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        credentials(&headers, query).map(|read| (read.scheme, read.token.as_str().to_owned()))
    }

    fn token(authorization: &[&str], query: Option<&str>) -> Result<String, Refusal> {
        read(authorization, query).map(|(_, token)| token)
    }

    // Conformance: F1B-RS-02 F2-RS-01 B88
    #[test]
    fn the_token_comes_from_the_one_authorization_header() {
        assert_eq!(token(&["Bearer abc.def"], None).as_deref(), Ok("abc.def"));
        assert_eq!(
            token(&["bearer abc"], Some("page=2&access_tokens=x")).as_deref(),
            Ok("abc")
        );
        for header in ["DPoP abc", "dpop abc", "DPOP abc"] {
            assert_eq!(read(&[header], None), Ok((TokenScheme::Dpop, "abc".to_owned())));
        }
    }

    #[test]
    fn no_header_or_another_scheme_is_no_credentials() {
        for headers in [&[][..], &["Basic YTpi"], &[""]] {
            assert_eq!(token(headers, None), Err(Refusal::NoCredentials), "{headers:?}");
        }
    }

    #[test]
    fn two_headers_are_refused_even_if_they_agree() {
        for headers in [
            ["Bearer a", "Bearer a"],
            ["Bearer a", "DPoP a"],
            ["Bearer a", "Basic YTpi"],
            ["Basic YTpi", "Bearer a"],
        ] {
            assert_eq!(token(&headers, None), Err(Refusal::RepeatedCredentials));
        }
    }

    // Conformance: F1B-RS-03 F2-RS-01 B84
    #[test]
    fn a_token_in_the_query_is_refused_in_every_spelling() {
        for query in [
            "access_token=a",
            "x=1&access_token=a",
            "access%5Ftoken=a",
            "access_token",
            "access_token=",
        ] {
            assert_eq!(token(&[], Some(query)), Err(Refusal::TokenInQuery), "{query}");
            assert_eq!(token(&["Bearer a"], Some(query)), Err(Refusal::TokenInQuery), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_malformed() {
        for header in [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a,b",
            "Bearer \u{e9}",
            "DPoP",
            "DPoP a b",
        ] {
            assert_eq!(token(&[header], None), Err(Refusal::MalformedCredentials), "{header}");
        }
    }
}
