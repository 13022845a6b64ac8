//! `/register` and `/register/{client_id}` (RFC 7591, RFC 7592).

use ::oauth::registration::{self, RegistrationRefusal, RegistrationRequest};
use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use explanation::Explain;
use protocol::{ClientInformation, ErrorCode};

use super::header_values;
use crate::{
    extract::{Call, JsonCall},
    respond,
};

/// `POST /register`.
pub async fn register(JsonCall { call, members }: JsonCall) -> Response {
    let request = RegistrationRequest {
        authorization: header_values(&call.headers, "authorization"),
        address: call.address,
        members,
    };
    let registered = registration::register(&call.realm, request).await;
    if let Ok(information) = &registered {
        let client = information.metadata.client_id.as_str();
        tracing::info!(realm = call.realm.issuer(), client, "a client registered itself");
    }
    answer(&call, StatusCode::CREATED, registered)
}

/// `GET /register/{client_id}`.
pub async fn read_registration(Path(client_id): Path<String>, call: Call) -> Response {
    let found = registration::read(&call.realm, &client_id, &header_values(&call.headers, "authorization")).await;
    answer(&call, StatusCode::OK, found)
}

/// `PUT /register/{client_id}`.
pub async fn replace_registration(Path(client_id): Path<String>, JsonCall { call, members }: JsonCall) -> Response {
    let replaced = registration::update(
        &call.realm,
        &client_id,
        &header_values(&call.headers, "authorization"),
        members,
    )
    .await;
    if replaced.is_ok() {
        tracing::info!(
            realm = call.realm.issuer(),
            client = client_id,
            "a client replaced its registration"
        );
    }
    answer(&call, StatusCode::OK, replaced)
}

/// `DELETE /register/{client_id}`.
pub async fn end_registration(Path(client_id): Path<String>, call: Call) -> Response {
    match registration::remove(&call.realm, &client_id, &header_values(&call.headers, "authorization")).await {
        Ok(()) => {
            tracing::info!(
                realm = call.realm.issuer(),
                client = client_id,
                "a client ended its registration"
            );
            let mut response = StatusCode::NO_CONTENT.into_response();
            respond::no_store(response.headers_mut());
            response
        }
        Err(refusal) => refuse(&call, &refusal),
    }
}

fn answer(call: &Call, status: StatusCode, result: Result<ClientInformation, RegistrationRefusal>) -> Response {
    match result {
        Ok(information) => respond::json(status, &information),
        Err(refusal) => refuse(call, &refusal),
    }
}

fn refuse(call: &Call, refusal: &RegistrationRefusal) -> Response {
    let code = refusal.code();
    match refusal {
        RegistrationRefusal::TokenMissing | RegistrationRefusal::InvalidToken => {
            let is_missing = matches!(refusal, RegistrationRefusal::TokenMissing);
            respond::bearer_error(call, code, refusal, is_missing)
        }
        RegistrationRefusal::Off | RegistrationRefusal::Full => too_much(call, StatusCode::FORBIDDEN, refusal),
        RegistrationRefusal::TooMany { retry_after } => {
            let mut response = too_much(call, StatusCode::TOO_MANY_REQUESTS, refusal);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
            response
        }
        RegistrationRefusal::Metadata(_) | RegistrationRefusal::Statement(_) | RegistrationRefusal::Fault(_) => {
            respond::oauth_error(call, code, refusal)
        }
    }
}

/// No registered code has the status that is right for these.
fn too_much(call: &Call, status: StatusCode, refusal: &RegistrationRefusal) -> Response {
    respond::error_json(
        call,
        status.as_u16(),
        ErrorCode::AccessDenied,
        (&refusal.to_string(), refusal.explanation()),
    )
}
