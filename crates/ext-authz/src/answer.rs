//! What Envoy is told of a decision.

use std::collections::HashSet;

use enforcement::gate::{Decision, Permitted, reserved};
use envoy_types::{
    ext_authz::v3::{
        CheckResponseExt as _,
        pb::{
            CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue, HeaderValueOption, HttpStatus,
            OkHttpResponse,
        },
    },
    pb::google::protobuf::BoolValue,
};
use http::{HeaderMap, StatusCode};
use protocol::dpop::NONCE_HEADER;
use tonic::Status;

/// The header fields that only this server may send to an API. Envoy may have kept from us that a client sent them.
const OWN: [&str; 8] = [
    "sekisho-subject",
    "sekisho-client",
    "sekisho-scope",
    "sekisho-acr",
    "sekisho_subject",
    "sekisho_client",
    "sekisho_scope",
    "sekisho_acr",
];

/// The answer. `sent`: the header fields of the call.
pub(crate) fn of(decision: &Decision, sent: &HeaderMap) -> CheckResponse {
    match decision {
        Decision::Permitted(permitted) => permit(permitted, sent),
        Decision::Denied(denied) => {
            let answer = denied.answer();
            deny(answer.status, &answer.headers, &answer.body)
        }
        Decision::NeedsBody(_) => deny(StatusCode::FORBIDDEN, &HeaderMap::new(), b""),
    }
}

fn permit(permitted: &Permitted, sent: &HeaderMap) -> CheckResponse {
    let identity = permitted.identity();
    let is_set = |name: &str| identity.iter().any(|(own, _)| own.as_str() == name);
    // Envoy takes off what is to be removed after it has set what is to be set.
    let own = OWN.into_iter().chain(reserved(sent).map(http::HeaderName::as_str));
    let remove: HashSet<String> = own.filter(|name| !is_set(name)).map(str::to_owned).collect();
    let how = HeaderAppendAction::OverwriteIfExistsOrAdd;
    let headers = identity
        .iter()
        .map(|(name, value)| field(name.as_str(), value.as_bytes(), how));
    let nonce = permitted.nonce.iter();
    let nonce = nonce.map(|nonce| field(&NONCE_HEADER.to_ascii_lowercase(), nonce.as_bytes(), how));
    let limits = permitted.limits();
    let limits = limits
        .iter()
        .map(|(name, value)| field(name.as_str(), value.as_bytes(), how));
    let ok = OkHttpResponse {
        headers: headers.collect(),
        headers_to_remove: remove.into_iter().collect(),
        response_headers_to_add: nonce.chain(limits).collect(),
        ..OkHttpResponse::default()
    };
    let mut response = CheckResponse::with_status(Status::ok(""));
    response.set_http_response(ok);
    response
}

fn deny(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> CheckResponse {
    let mut seen = HashSet::new();
    let fields = headers.iter().map(|(name, value)| {
        let mut field = field(name.as_str(), value.as_bytes(), HeaderAppendAction::AppendIfExistsOrAdd);
        if !seen.insert(name) {
            also(&mut field);
        }
        field
    });
    let denied = DeniedHttpResponse {
        headers: fields.collect(),
        status: Some(HttpStatus {
            code: status.as_u16().into(),
        }),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    let code = if status == StatusCode::UNAUTHORIZED {
        Status::unauthenticated("")
    } else {
        Status::permission_denied("")
    };
    let mut response = CheckResponse::with_status(code);
    response.set_http_response(denied);
    response
}

/// In a refusal Envoy knows no other way to say that a field stands beside one of the same name.
#[expect(
    deprecated,
    reason = "Envoy reads this member in refusals, and not the one that replaces it elsewhere"
)]
fn also(field: &mut HeaderValueOption) {
    field.append = Some(BoolValue { value: true });
}

fn field(name: &str, value: &[u8], action: HeaderAppendAction) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue {
            key: name.to_owned(),
            value: String::from_utf8_lossy(value).into_owned(),
            raw_value: Vec::new(),
        }),
        append_action: action.into(),
        keep_empty_value: true,
        ..HeaderValueOption::default()
    }
}
