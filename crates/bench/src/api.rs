//! Two small APIs whose tokens are checked by `sekisho-resource-server`: one asks the issuer about each, the other checks JWTs
//! itself and hears what is revoked.

use axum::{Json, Router, routing::get};
use sekisho_resource_server::{Builder, ResourceServer, Revocations, VerifiedToken, require_scope};
use tokio::net::TcpListener;

/// By what it introspects.
const CREDENTIALS: (&str, &str) = ("bank-api", "bank-api-secret-of-the-benchmark");

/// Serves for ever. Its metadata needs no token.
pub async fn serve(port: u16, issuer: &str) -> Result<(), String> {
    let text = |error: sekisho_resource_server::BuildError| error.to_string();
    let build = |resource: &str, check: &dyn Fn(Builder) -> Builder| {
        let builder = ResourceServer::builder(issuer, resource)
            .public_url(format!("http://localhost:{port}"))
            .introspection(CREDENTIALS.0, CREDENTIALS.1)
            .bound_tokens_only();
        check(builder).build().map_err(text)
    };
    let revocations = Revocations::of(issuer, CREDENTIALS.0, CREDENTIALS.1, None).map_err(text)?;
    revocations.listen();
    let asks = build("https://api.example.com", &|builder| builder)?;
    let verifies = build("https://ledger.example.com", &|builder| {
        builder.jwks().revocations(revocations.clone())
    })?;
    let subject = || get(|VerifiedToken(permit): VerifiedToken| async move { Json(permit.subject) });
    let ledger = Router::new()
        .route("/ledger", subject().route_layer(require_scope("ledger:read")))
        .layer(verifies.layer());
    let router = Router::new()
        .route("/accounts", subject().route_layer(require_scope("accounts:read")))
        .layer(asks.layer())
        .merge(ledger)
        .merge(asks.metadata_router());
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| error.to_string())?;
    axum::serve(listener, router).await.map_err(|error| error.to_string())
}
