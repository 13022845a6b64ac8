//! A small API whose tokens are checked by `sekisho-resource-server`: it asks the issuer about each one.

use axum::{Json, Router, routing::get};
use sekisho_resource_server::{ResourceServer, VerifiedToken, require_scope};
use tokio::net::TcpListener;

/// By what it introspects.
const CREDENTIALS: (&str, &str) = ("bank-api", "bank-api-secret-of-the-benchmark");

/// Serves for ever. Its metadata needs no token.
pub async fn serve(port: u16, issuer: &str) -> Result<(), String> {
    let resource_server = ResourceServer::builder(issuer, "https://api.example.com")
        .public_url(format!("http://localhost:{port}"))
        .introspection(CREDENTIALS.0, CREDENTIALS.1)
        .bound_tokens_only()
        .build()
        .map_err(|error| error.to_string())?;
    let accounts = get(|VerifiedToken(permit): VerifiedToken| async move { Json(permit.subject) });
    let router = Router::new()
        .route("/accounts", accounts.route_layer(require_scope("accounts:read")))
        .layer(resource_server.layer())
        .merge(resource_server.metadata_router());
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| error.to_string())?;
    axum::serve(listener, router).await.map_err(|error| error.to_string())
}
