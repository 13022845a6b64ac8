//! Whether a request means one thing to everybody who reads it.
//! Spec: RFC 9112 §3.2, §6.1, §6.3, RFC 9110 §7.2, §9.3.6, §9.3.8
//!
//! hyper refuses conflicting lengths, folded lines, spaces before a colon, and transfer codings that do not end in
//! `chunked`; where a length stands beside a coding it drops the length and closes the connection after the answer, as
//! RFC 9112 §6.3 wants. Here is what it lets pass: nothing of it is needed by anybody honest, and two readers may
//! understand it in two ways.

use http::{
    HeaderMap, Method, Request, StatusCode, Uri, Version, header,
    uri::{Authority, PathAndQuery},
};

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misshapen {
    /// A transfer coding besides `chunked`, or more than one.
    #[error("the only transfer coding here is chunked, once")]
    TransferCoding,
    /// No host, or more than one.
    #[error("a request names its host exactly once")]
    Host,
    /// The request's target names another host than its `Host`.
    #[error("the host of the request's target is not the one in its header Host")]
    OtherHost,
    /// `CONNECT` and `TRACE`, which no API behind a gateway answers.
    #[error("this method is not forwarded")]
    Method,
    /// A target without a path.
    #[error("the target of a request is a path")]
    Target,
}

impl Misshapen {
    /// The status that the client gets.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TransferCoding | Self::Host | Self::OtherHost | Self::Target => StatusCode::BAD_REQUEST,
        }
    }
}

/// Checks a request as it came, and answers whom it is for.
pub fn check<B>(request: &Request<B>) -> Result<Authority, Misshapen> {
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Misshapen::Method);
    }
    // `http://host?query` has a query and no path: it would be matched without the slash that the upstream is sent.
    let target = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
    if !target.starts_with('/') {
        return Err(Misshapen::Target);
    }
    check_coding(request.headers())?;
    let host = host(request.headers())?;
    match (host, request.uri().authority()) {
        (Some(host), Some(target)) if !is_same(&host, target, request.uri()) => Err(Misshapen::OtherHost),
        (Some(host), _) => Ok(host),
        // HTTP/2 has the host in its target alone.
        (None, Some(target)) if request.version() == Version::HTTP_2 && !target.as_str().contains('@') => {
            Ok(target.clone())
        }
        (None, _) => Err(Misshapen::Host),
    }
}

fn check_coding(headers: &HeaderMap) -> Result<(), Misshapen> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(only), None) if only.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Misshapen::TransferCoding),
    }
}

/// What the header says; `None`: there is none.
fn host(headers: &HeaderMap) -> Result<Option<Authority>, Misshapen> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let Some(host) = hosts.next() else {
        return Ok(None);
    };
    let is_only = hosts.next().is_none();
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    host.filter(|host| is_only && !host.as_str().contains('@'))
        .map(Some)
        .ok_or(Misshapen::Host)
}

/// "When an origin server receives a request with an absolute-form of request-target, the origin server MUST ignore the
/// received Host header field (if any) and instead use the host information of the request-target" (RFC 9112 §3.2.2):
/// who reads only one of them must find the same.
fn is_same(host: &Authority, target: &Authority, uri: &Uri) -> bool {
    let usual = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual);
    host.host().eq_ignore_ascii_case(target.host()) && port(host) == port(target)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn checked(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<String, Misshapen> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap()).map(|authority| authority.to_string())
    }

    #[test]
    fn a_request_names_one_host() {
        let host = ("host", "api.example");
        assert_eq!(checked("GET", "/a", &[host]), Ok("api.example".to_owned()));
        assert_eq!(checked("GET", "/a", &[]), Err(Misshapen::Host));
        assert_eq!(checked("GET", "/a", &[host, host]), Err(Misshapen::Host));
        for bad in ["", "a b", "user@api.example", "a/b"] {
            assert_eq!(checked("GET", "/a", &[("host", bad)]), Err(Misshapen::Host), "{bad}");
        }
    }

    #[test]
    fn an_absolute_target_is_for_the_same_host() {
        let host = ("host", "api.example");
        let good = Ok("api.example".to_owned());
        assert_eq!(checked("GET", "http://api.example/a", &[host]), good);
        assert_eq!(checked("GET", "http://API.example:80/a", &[host]), good);
        assert_eq!(checked("GET", "https://api.example:443/a", &[host]), good);
        for other in ["http://other.example/a", "http://api.example:81/a", "http://x@other/a"] {
            assert_eq!(checked("GET", other, &[host]), Err(Misshapen::OtherHost), "{other}");
        }
        assert_eq!(checked("GET", "http://api.example", &[host]), good);
        assert_eq!(checked("GET", "http://api.example?a", &[host]), Err(Misshapen::Target));
    }

    #[test]
    fn a_body_is_chunked_once_or_has_a_length() {
        let with = |codings: &[&str]| {
            let mut headers = vec![("host", "a")];
            headers.extend(codings.iter().map(|coding| ("transfer-encoding", *coding)));
            checked("POST", "/", &headers)
        };
        assert!(with(&["chunked"]).is_ok() && with(&["Chunked"]).is_ok());
        for codings in [
            &["gzip, chunked"][..],
            &["chunked", "chunked"],
            &["chunked, chunked"],
            &["xchunked"],
            &["identity"],
            &[""],
        ] {
            assert_eq!(with(codings), Err(Misshapen::TransferCoding), "{codings:?}");
        }
    }

    #[test]
    fn what_no_api_answers_is_not_forwarded() {
        assert_eq!(checked("TRACE", "/", &[("host", "a")]), Err(Misshapen::Method));
        assert_eq!(checked("CONNECT", "a:443", &[("host", "a")]), Err(Misshapen::Method));
        assert_eq!(checked("OPTIONS", "*", &[("host", "a")]), Err(Misshapen::Target));
    }
}
