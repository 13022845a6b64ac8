//! The access token of a request.
//! Spec: RFC 6750 §2.1
//!
//! Deliberately not: the form body (§2.2) and the query (§2.3), which OAuth 2.1 leaves out.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use protocol::{BearerError, BearerToken};

use crate::Refusal;

/// Takes the token from the one `Authorization` header. `query` is the request's query, undecoded.
pub fn bearer_token(headers: &HeaderMap, query: Option<&str>) -> Result<BearerToken, Refusal> {
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
    BearerToken::from_authorization(value).map_err(|error| match error {
        // Another scheme is no attempt to present a token.
        BearerError::OtherScheme => Refusal::NoCredentials,
        BearerError::Malformed => Refusal::MalformedCredentials,
    })
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    use super::bearer_token;
    use crate::Refusal;

    fn token(authorization: &[&str], query: Option<&str>) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        bearer_token(&headers, query).map(|token| token.as_str().to_owned())
    }

    // Conformance: F1B-RS-02 F2-RS-01
    #[test]
    fn the_token_comes_from_the_one_authorization_header() {
        assert_eq!(token(&["Bearer abc.def"], None).as_deref(), Ok("abc.def"));
        assert_eq!(
            token(&["bearer abc"], Some("page=2&access_tokens=x")).as_deref(),
            Ok("abc")
        );
    }

    #[test]
    fn no_header_or_another_scheme_is_no_credentials() {
        for headers in [&[][..], &["Basic YTpi"], &["DPoP abc"], &[""]] {
            assert_eq!(token(headers, None), Err(Refusal::NoCredentials), "{headers:?}");
        }
    }

    #[test]
    fn two_headers_are_refused_even_if_they_agree() {
        for headers in [
            ["Bearer a", "Bearer a"],
            ["Bearer a", "Basic YTpi"],
            ["Basic YTpi", "Bearer a"],
        ] {
            assert_eq!(token(&headers, None), Err(Refusal::RepeatedCredentials));
        }
    }

    // Conformance: F1B-RS-03 F2-RS-01
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
        for header in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \u{e9}"] {
            assert_eq!(token(&[header], None), Err(Refusal::MalformedCredentials), "{header}");
        }
    }
}
