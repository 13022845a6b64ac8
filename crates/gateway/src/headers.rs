//! Which headers cross the gateway.
//! Spec: RFC 9110 §7.6.1, §6.6.2, §10.1.4, RFC 9440 §4, RFC 9112 §6.1
//!
//! What is said from hop to hop ends here, in both directions: the fixed list, and what `Connection` names. What only this
//! gateway may say to an upstream is removed from clients' requests, also where a program behind CGI or WSGI would read
//! the same name: such programs see `_` and `-` alike.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRANSFER_ENCODING},
};

use enforcement::gate;

use crate::Failure;

/// Removes from a request what its upstream must not see.
pub(crate) fn clean_request(headers: &mut HeaderMap, passes_authorization: bool) {
    // RFC 9110 §10.1.4: a client that takes trailers says so to each hop; so do we, for it.
    let takes_trailers = lists(headers, &TE, "trailers");
    remove_named_by_connection(headers);
    remove(headers, |name| {
        is_of_hop(name) || is_reserved(name) || !passes_authorization && matches!(name, "authorization" | "dpop")
    });
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if !passes_authorization {
        gate::strip_api_key(headers);
    }
}

/// Removes from an answer what its client must not see.
pub(crate) fn clean_response(headers: &mut HeaderMap) -> Result<(), Failure> {
    if let Some(coding) = headers.get(TRANSFER_ENCODING) {
        // hyper has undone `chunked` and nothing else; who takes the rest for the body reads something else than was sent.
        if !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(Failure::Malformed("an unknown transfer coding".to_owned()));
        }
        // RFC 9112 §6.1: "the Transfer-Encoding overrides the Content-Length".
        headers.remove(CONTENT_LENGTH);
    }
    remove_named_by_connection(headers);
    // What the upstream is made of is nobody's business; and refusals are explained by the gateway alone.
    remove(headers, |name| {
        is_of_hop(name) || matches!(name, "server" | "sekisho-explain")
    });
    Ok(())
}

/// What each hop says for itself. `Trailer` is not here: trailers are passed on, and it says which (RFC 9110 §6.6.2).
fn is_of_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "transfer-encoding"
            | "upgrade"
    )
}

fn remove_named_by_connection(headers: &mut HeaderMap) {
    if let Some(connection) = headers.get(CONNECTION) {
        // By far the most clients name nothing here that is not in the list.
        if !connection.as_bytes().eq_ignore_ascii_case(b"keep-alive") || headers.get_all(CONNECTION).iter().count() > 1
        {
            for name in listed(headers, &CONNECTION) {
                headers.remove(name);
            }
        }
    }
}

/// Most messages have few headers and nothing to remove: to look at each takes less than to look for each.
fn remove(headers: &mut HeaderMap, is_unwanted: impl Fn(&str) -> bool) {
    let unwanted = headers.keys().filter(|name| is_unwanted(name.as_str()));
    for name in unwanted.cloned().collect::<Vec<HeaderName>>() {
        headers.remove(name);
    }
}

/// The header names that a header lists.
fn listed(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderName> {
    items(headers, name)
        .filter_map(|item| HeaderName::from_bytes(item.as_bytes()).ok())
        .collect()
}

/// Whether a header lists a word.
pub(crate) fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(word))
}

fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether only the gateway may say this to an upstream.
fn is_reserved(name: &str) -> bool {
    if name.contains('_') {
        let name = name.replace('_', "-");
        return is_ours(&name)
            || matches!(
                name.as_str(),
                "content-length" | "transfer-encoding" | "proxy-authorization" | "x-fapi-interaction-id"
            );
    }
    is_ours(name)
}

fn is_ours(name: &str) -> bool {
    gate::is_reserved(name)
        || name.starts_with("x-forwarded-")
        || matches!(name, "forwarded" | "x-real-ip" | "client-cert" | "client-cert-chain")
}

/// Whether the client waits for `100 Continue` before it sends a body.
pub(crate) fn waits_to_go_on(headers: &HeaderMap) -> bool {
    headers
        .get(EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let parsed = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().unwrap();
            let value: HeaderValue = value.parse().unwrap();
            (name, value)
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(parsed) {
            headers.append(name, value);
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_is_said_from_hop_to_hop_ends_here() {
        let mut request = headers(&[
            ("connection", "close, X-Private"),
            ("connection", "x-other"),
            ("x-private", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic eDp5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("te", "gzip"),
            ("trailer", "x-sum"),
            ("accept", "*/*"),
        ]);
        clean_request(&mut request, false);
        assert_eq!(names(&request), ["accept", "trailer"]);
    }

    #[test]
    fn a_client_that_takes_trailers_still_does() {
        let mut request = headers(&[("te", "gzip, trailers"), ("connection", "te")]);
        clean_request(&mut request, false);
        assert_eq!(request.get(TE).unwrap(), "trailers");
    }

    #[test]
    fn a_client_says_nothing_in_the_place_of_the_gateway() {
        let mut request = headers(&[
            ("sekisho-subject", "admin"),
            ("sekisho_subject", "admin"),
            ("Sekisho-Anything", "x"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x_forwarded_for", "6.6.6.6"),
            ("x-forwarded-prefix", "/x"),
            ("forwarded", "for=6.6.6.6"),
            ("x-real-ip", "6.6.6.6"),
            ("client-cert", ":MAA=:"),
            ("content_length", "5"),
            ("transfer_encoding", "chunked"),
            ("api_key", "mine"),
            ("x-request-id", "1"),
        ]);
        clean_request(&mut request, false);
        assert_eq!(names(&request), ["api_key", "x-request-id"]);
    }

    #[test]
    fn a_token_stays_here_unless_the_api_wants_it() {
        let sent = [
            ("authorization", "DPoP t"),
            ("dpop", "proof"),
            ("x-api-key", "sekisho_x"),
            ("cookie", "a=b"),
        ];
        let mut request = headers(&sent);
        clean_request(&mut request, false);
        assert_eq!(names(&request), ["cookie"]);
        let mut request = headers(&sent);
        clean_request(&mut request, true);
        assert_eq!(names(&request), ["authorization", "cookie", "dpop", "x-api-key"]);
    }

    #[test]
    fn an_answer_says_nothing_of_its_upstream_nor_of_its_hop() {
        let mut answer = headers(&[
            ("server", "Apache/2.4.1"),
            ("connection", "x-inner"),
            ("x-inner", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("sekisho-explain", "x"),
            ("set-cookie", "a=b"),
            ("access-control-allow-origin", "*"),
        ]);
        assert_eq!(clean_response(&mut answer), Ok(()));
        assert_eq!(names(&answer), ["access-control-allow-origin", "set-cookie"]);
    }

    #[test]
    fn an_answer_in_an_unknown_coding_is_none() {
        let mut answer = headers(&[("transfer-encoding", "gzip, chunked")]);
        assert!(matches!(clean_response(&mut answer), Err(Failure::Malformed(_))));
    }
}
