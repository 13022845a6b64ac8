//! What the servers of Board and of the command-line app have in common: each keeps the tokens, and calls the bank for a
//! front end that knows a session and nothing else.
//!
//! The answers are JSON. A refusal says in `error` what the bank said, with 401 when only signing in anew helps, and
//! with `missing_scope` when the user left something out.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::bank_client::{ApiError, CallError};
use super::connection::Connection;

/// Who is signed in, and what they allowed. Nothing of the tokens.
pub(super) fn user(connection: &Connection) -> Response {
    let scope: Vec<_> = connection.tokens.scope.split(' ').collect();
    Json(json!({ "user_name": connection.user_name, "scope": scope })).into_response()
}

/// Nobody is signed in.
pub(super) fn nobody() -> Response {
    refusal(StatusCode::UNAUTHORIZED, "nobody is signed in")
}

/// Why there is no answer from the bank.
pub(super) fn refused(error: &CallError) -> Response {
    let status = match error {
        _ if error.is_permission_gone() => StatusCode::UNAUTHORIZED,
        CallError::Api(ApiError::ScopeMissing { .. }) => StatusCode::FORBIDDEN,
        CallError::Api(ApiError::Other { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_GATEWAY,
    };
    let body = json!({ "error": error.to_string(), "missing_scope": error.missing_scope() });
    (status, Json(body)).into_response()
}

/// A refusal of this server's own.
pub(super) fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::super::oidc_client::ClientError;
    use super::super::oidc_client::token::test_tokens;
    use super::*;

    #[tokio::test]
    async fn no_token_is_told() {
        let mut tokens = test_tokens("openid accounts:read");
        tokens.refresh_token = Some("the-refresh-token".to_owned());
        tokens.access_token = "the-access-token".to_owned();
        let connection = Connection {
            user_name: "Alice".to_owned(),
            tokens,
        };
        let body = to_bytes(user(&connection).into_body(), 1000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let told = serde_json::json!({"scope": ["openid", "accounts:read"], "user_name": "Alice"});
        assert_eq!(body, told);
    }

    #[test]
    fn refusals_are_told_apart_by_their_status() {
        let scope = "payments:write".to_owned();
        for (error, status) in [
            (CallError::Token(ClientError::Ended), 401),
            (CallError::Api(ApiError::ScopeMissing { scope }), 403),
            (
                CallError::Api(ApiError::Other {
                    status: 422,
                    message: String::new(),
                }),
                422,
            ),
            (CallError::Api(ApiError::Unreachable(String::new())), 502),
        ] {
            assert_eq!(refused(&error).status().as_u16(), status, "{error}");
        }
    }
}
