//! The access token of a request, or its API key.
//! Spec: RFC 6750 §2.1, RFC 9449 §7.1
//!
//! Accepted: an API key as `Authorization: Bearer`, or in `X-API-Key`. What else an API has in a header of that name is none
//! of our business: only what begins as our keys do counts.
//!
//! Deliberately not: the form body (§2.2) and the query (§2.3), which OAuth 2.1 leaves out.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use protocol::{ApiKeySecret, BearerError, BearerToken, TokenCredentials, TokenScheme, api_key, dpop};

use crate::Refusal;

/// Takes the token from the one `Authorization` header, or an API key from `X-API-Key`. `query` is the request's query, undecoded.
pub fn credentials(headers: &HeaderMap, query: Option<&str>) -> Result<TokenCredentials, Refusal> {
    // RFC 6750 §2: "Clients MUST NOT use more than one method to transmit the token in each request", and this
    // one is refused even alone, so that clients do not come to rely on it.
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if pairs.into_iter().any(|(name, _)| name == "access_token") {
        return Err(Refusal::TokenInQuery);
    }
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let presented = match (values.next(), api_key(headers)?) {
        (None, None) => return Err(Refusal::NoCredentials),
        (Some(_), Some(_)) => return Err(Refusal::RepeatedCredentials),
        (None, Some(key)) => key,
        (Some(_), None) if values.next().is_some() => return Err(Refusal::RepeatedCredentials),
        (Some(value), None) => {
            let value = value.to_str().map_err(|_| Refusal::MalformedCredentials)?;
            TokenCredentials::from_authorization(value).map_err(|error| match error {
                // Another scheme is no attempt to present a token.
                BearerError::OtherScheme => Refusal::NoCredentials,
                BearerError::Malformed => Refusal::MalformedCredentials,
            })?
        }
    };
    let text = presented.token.as_str();
    if ApiKeySecret::is_meant(text) && ApiKeySecret::parse(text).is_err() {
        return Err(Refusal::MistypedKey);
    }
    Ok(presented)
}

/// The API key in the header for it.
fn api_key(headers: &HeaderMap) -> Result<Option<TokenCredentials>, Refusal> {
    let mut keys = headers
        .get_all(api_key::HEADER)
        .iter()
        .filter(|value| value.as_bytes().starts_with(api_key::PREFIX.as_bytes()));
    let Some(value) = keys.next() else {
        return Ok(None);
    };
    if keys.next().is_some() {
        return Err(Refusal::RepeatedCredentials);
    }
    let token = value.to_str().ok().and_then(|text| BearerToken::from_token(text).ok());
    let scheme = TokenScheme::Bearer;
    token
        .map(|token| Some(TokenCredentials { scheme, token }))
        .ok_or(Refusal::MistypedKey)
}

/// The scheme by which a call presents its token, or tries to.
pub fn tried_scheme(headers: &HeaderMap) -> TokenScheme {
    let mut schemes = headers.get_all(AUTHORIZATION).iter().filter_map(|value| {
        let (scheme, _) = value.to_str().ok()?.split_once(' ')?;
        Some(scheme.eq_ignore_ascii_case(dpop::SCHEME))
    });
    if schemes.any(|is_dpop| is_dpop) {
        TokenScheme::Dpop
    } else {
        TokenScheme::Bearer
    }
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
    use protocol::{ApiKeySecret, TokenScheme};

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

    /// What `credentials` makes of these values of `X-API-Key`, with or without an `Authorization`.
    fn by_key(keys: &[&str], authorization: &[&str]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append("X-API-Key", HeaderValue::from_bytes(key.as_bytes()).unwrap());
        }
        for value in authorization {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        credentials(&headers, None).map(|read| read.token.as_str().to_owned())
    }

    #[test]
    fn an_api_key_comes_as_bearer_or_in_its_own_header() {
        let key = ApiKeySecret::from_random([[1; 16], [2; 16]]);
        let key = key.as_str();
        let bearer = format!("Bearer {key}");
        assert_eq!(by_key(&[key], &[]).as_deref(), Ok(key));
        assert_eq!(by_key(&[], &[&bearer]).as_deref(), Ok(key));
        // A header of this name may be the API's own.
        assert_eq!(by_key(&["something else", key], &[]).as_deref(), Ok(key));
        assert_eq!(by_key(&["something else"], &["Bearer abc"]).as_deref(), Ok("abc"));
        assert_eq!(by_key(&["something else"], &[]), Err(Refusal::NoCredentials));
    }

    #[test]
    fn two_credentials_are_refused_and_a_mistyped_key_is_told_at_once() {
        let key = ApiKeySecret::from_random([[1; 16], [2; 16]]);
        let (key, mistyped) = (key.as_str(), key.as_str().replace('0', "O"));
        assert_ne!(key, mistyped);
        for (keys, authorization) in [
            (&[key][..], &["Bearer abc"][..]),
            (&[key], &["Basic YTpi"]),
            (&[key, key], &[]),
        ] {
            assert_eq!(by_key(keys, authorization), Err(Refusal::RepeatedCredentials));
        }
        let cut = &key[..key.len() - 1];
        for wrong in [mistyped.as_str(), cut, "sekisho_", "sekisho_ \u{e9}"] {
            assert_eq!(by_key(&[wrong], &[]), Err(Refusal::MistypedKey), "{wrong}");
        }
        for wrong in [mistyped.as_str(), cut] {
            let bearer = format!("Bearer {wrong}");
            assert_eq!(by_key(&[], &[&bearer]), Err(Refusal::MistypedKey), "{wrong}");
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
