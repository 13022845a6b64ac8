//! `/forward-auth`: a proxy asks whether a call may go on to an API.
//!
//! Spec: RFC 6750 §3, RFC 9440 §2
//!
//! Accepted: proxies of `[proxy] forward_auth`, which say by `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri`, each once,
//! what was called, and send the header of the call along. It answers for the APIs of all realms, at any issuer's path.
//! Answered: 200 with the header fields that tell the API who calls, or 401 and 403, which is all that some proxies pass on:
//! what would be 400 is 403. A body is never seen here.

use std::{net::IpAddr, sync::Arc, time::Instant};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use enforcement::{
    Answer,
    gate::{BodyProblem, Call, CallBody, Decide, Decision, Permitted},
};
use explanation::{Reason, catalogue::gate};
use protocol::{ClientCertificate, dpop::NONCE_HEADER};
use realm::trail;
use traffic::{Decided, Ending, Through, TraceContext};

use crate::{
    app::App,
    respond::{Why, no_store},
};

const PATH: &str = "/forward-auth";

/// Whether a request is one of a proxy that asks, as far as its path says. Where no proxy may ask, there is no such path.
pub fn is_for(app: &App, path: &str) -> bool {
    let base = path.strip_suffix(PATH).filter(|_| !app.proxies.forward_auth.is_empty());
    base.is_some_and(|base| base.is_empty() || app.realms.is_base(base))
}

/// Answers a proxy.
pub async fn answer(app: &App, peer: Option<IpAddr>, request: &Parts) -> Response {
    let Some(peer) = peer.filter(|peer| app.proxies.may_ask(*peer)) else {
        return refuse(
            &gate::STRANGER,
            "Who asks is none of the networks of [proxy] forward_auth.\n".to_owned(),
        );
    };
    let (began, headers) = (Instant::now(), &request.headers);
    let trace = TraceContext::of(headers);
    trail::belongs_to(trace.trace_id());
    let asked = match Asked::read(headers) {
        Ok(asked) => asked,
        Err(name) => {
            let text = format!("The proxy must say by {name}, once, what was called.\n");
            return refuse(&gate::NOT_FORWARDED, text);
        }
    };
    // A certificate on the proxy's own connection is the proxy's.
    let certificate = request.extensions.get::<Arc<ClientCertificate>>();
    let call = Call {
        method: asked.method,
        scheme: Some(asked.scheme),
        authority: asked.host,
        target: asked.uri,
        headers,
        certificate: certificate
            .filter(|_| app.proxies.says_certificates(peer))
            .map(Arc::as_ref),
        address: Some(app.proxies.address(peer, headers)),
        body: CallBody::Hidden,
    };
    let decision = match app.gate.decide_here(&call).await {
        // No body can be waited for here, and the gate was told so.
        Decision::NeedsBody(pending) => app.gate.finish(*pending, Err(BodyProblem::Incomplete)).await,
        decision => decision,
    };
    let mut response = match &decision {
        Decision::Permitted(permitted) => permit(permitted),
        Decision::Denied(denied) => deny(denied.answer()),
        Decision::NeedsBody(_) => StatusCode::FORBIDDEN.into_response(),
    };
    let id = trail::so_far().id;
    let ending = Ending {
        through: Through::ForwardAuth,
        version: request.version,
        status: response.status().as_u16(),
        failed: None,
        took: began.elapsed(),
        bytes: None,
        id: id.as_str(),
        trace: &trace,
    };
    app.traffic.ended(&call, &Decided::of(&decision), &ending);
    trace.pass_on(response.headers_mut());
    response
}

/// What a proxy says was called.
struct Asked<'a> {
    method: &'a str,
    scheme: &'a str,
    host: &'a str,
    uri: &'a str,
}

impl<'a> Asked<'a> {
    /// Otherwise the name of the field that is missing, there twice, or no such thing.
    fn read(headers: &'a HeaderMap) -> Result<Self, &'static str> {
        let one = |name: &'static str| {
            let mut values = headers.get_all(name).iter();
            let (value, second) = (values.next(), values.next());
            let value = value.filter(|_| second.is_none()).and_then(|value| value.to_str().ok());
            value.filter(|value| !value.is_empty()).ok_or(name)
        };
        let is_token = |value: &&str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        Ok(Self {
            method: Some(one("X-Forwarded-Method")?)
                .filter(is_token)
                .ok_or("X-Forwarded-Method")?,
            scheme: match one("X-Forwarded-Proto")? {
                // A WebSocket begins as a call, and Traefik names what comes of it.
                "https" | "wss" => "https",
                "http" | "ws" => "http",
                _ => return Err("X-Forwarded-Proto"),
            },
            host: one("X-Forwarded-Host")?,
            uri: one("X-Forwarded-Uri")?,
        })
    }
}

fn permit(permitted: &Permitted) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    no_store(headers);
    headers.extend(permitted.identity());
    headers.extend(permitted.limits());
    if let Some(nonce) = permitted
        .nonce
        .as_deref()
        .and_then(|nonce| HeaderValue::from_str(nonce).ok())
    {
        headers.insert(NONCE_HEADER, nonce);
    }
    response
}

/// nginx knows 401 and 403 alone; that nobody can say right now is a failure to all.
fn deny(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = match answer.status {
        status @ (StatusCode::UNAUTHORIZED | StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => status,
        _ => StatusCode::FORBIDDEN,
    };
    *response.headers_mut() = in_one_line(answer.headers);
    response
}

/// Several challenges as one field, which is the same to clients (RFC 9110 §11.6.1): nginx passes one field on.
fn in_one_line(mut headers: HeaderMap) -> HeaderMap {
    let challenges: Vec<&[u8]> = headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if let Ok(all) = HeaderValue::from_bytes(&challenges.join(&b", "[..]))
        && challenges.len() > 1
    {
        headers.insert(header::WWW_AUTHENTICATE, all);
    }
    headers
}

fn refuse(reason: &'static Reason, text: String) -> Response {
    let content_type = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    let mut response = (StatusCode::FORBIDDEN, [content_type], text).into_response();
    response.extensions_mut().insert(Why(reason));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.com"),
        ("x-forwarded-uri", "/accounts?x=1"),
    ];

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn what_was_called_is_read_from_four_fields() {
        let headers = headers(&GOOD);
        let asked = Asked::read(&headers).unwrap();
        let read = (asked.method, asked.scheme, asked.host, asked.uri);
        assert_eq!(read, ("GET", "https", "api.example.com", "/accounts?x=1"));
    }

    #[test]
    fn challenges_stand_in_one_line() {
        let fields = headers(&[
            ("www-authenticate", "Bearer error=\"invalid_token\""),
            ("retry-after", "5"),
            ("www-authenticate", "DPoP algs=\"ES256\""),
        ]);
        let joined = in_one_line(fields);
        let challenges: Vec<_> = joined.get_all("www-authenticate").iter().collect();
        assert_eq!(challenges, ["Bearer error=\"invalid_token\", DPoP algs=\"ES256\""]);
        assert_eq!(joined["retry-after"], "5");
        assert!(in_one_line(HeaderMap::new()).is_empty());
    }

    #[test]
    fn each_field_is_there_once_and_means_something() {
        let names = [
            "X-Forwarded-Method",
            "X-Forwarded-Proto",
            "X-Forwarded-Host",
            "X-Forwarded-Uri",
        ];
        for (at, name) in names.into_iter().enumerate() {
            let without: Vec<_> = GOOD
                .into_iter()
                .enumerate()
                .filter(|(n, _)| *n != at)
                .map(|(_, field)| field)
                .collect();
            assert_eq!(Asked::read(&headers(&without)).err(), Some(name));
            let twice: Vec<_> = GOOD.into_iter().chain([GOOD[at]]).collect();
            assert_eq!(Asked::read(&headers(&twice)).err(), Some(name));
            let empty: Vec<_> = without.into_iter().chain([(GOOD[at].0, "")]).collect();
            assert_eq!(Asked::read(&headers(&empty)).err(), Some(name));
        }
        for (at, value) in [
            (0, "GET, POST"),
            (0, "G T"),
            (1, "https, http"),
            (1, "ftp"),
            (1, "HTTPS"),
        ] {
            let mut fields = GOOD;
            fields[at].1 = value;
            assert_eq!(Asked::read(&headers(&fields)).err(), Some(names[at]), "{value}");
        }
    }
}
