//! Mistakes of the program fail closed.

use axum::Router;
use axum::routing::get;
use http::StatusCode;

use super::get_with;
use crate::{VerifiedToken, require_scope};

#[tokio::test]
async fn without_the_layer_nothing_is_let_through() {
    let app = Router::new()
        .route("/scope", get(|| async { "secret" }).route_layer(require_scope("a")))
        .route(
            "/token",
            get(|VerifiedToken(permit): VerifiedToken| async { permit.subject }),
        );
    for path in ["/scope", "/token"] {
        let response = get_with(&app, path, "token").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}
