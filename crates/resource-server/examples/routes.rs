//! An API with a route of each kind: by scope, by how well and when the user was authenticated, by what was permitted in
//! detail. It stands behind a proxy on this machine, which terminates TLS and passes clients' certificates on.
//!
//! ```sh
//! ISSUER=https://id.example.com API=https://bank.example.com CLIENT_ID=bank-api CLIENT_SECRET=… CA=ca.pem \
//!   BIND=127.0.0.1:9000 cargo run -p sekisho-resource-server --example routes
//! ```
//!
//! `CA`: the authority of the issuer's certificate. The others are those of the example `bank_api`.

use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr},
};

use axum::{
    Json, Router,
    extract::Path,
    routing::{get, post},
};
use sekisho_resource_server::{
    Caller, Denied, ResourceServer, StepUp, VerifiedToken, require_authentication, require_scope,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a customer permits in detail: one account, and what may be done with it.
#[derive(Deserialize)]
struct Transfer {
    account: String,
    actions: Vec<String>,
}

/// One order, as it is permitted and as it is called for.
#[derive(Deserialize, PartialEq)]
struct Order {
    amount: i64,
    payee: String,
}

async fn who(VerifiedToken(permit): VerifiedToken) -> Json<Value> {
    Json(json!({ "subject": permit.subject, "client": permit.client_id, "scope": permit.scope.to_string() }))
}

async fn transfer(caller: Caller, Path(account): Path<String>) -> Result<Json<Value>, Denied> {
    caller.require_detail("transfer", |permitted: &Transfer| {
        permitted.account == account && permitted.actions.iter().any(|action| action == "POST")
    })?;
    Ok(Json(json!({ "client": caller.permit().client_id })))
}

async fn order(caller: Caller, Json(order): Json<Order>) -> Result<Json<Value>, Denied> {
    caller.require_detail("order", |permitted: &Order| *permitted == order)?;
    Ok(Json(json!({ "client": caller.permit().client_id })))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program of its own, configured by its environment"
)]
fn setting(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set {name}; see the top of this example"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = reqwest::Certificate::from_pem(&std::fs::read(setting("CA")?)?)?;
    let http = reqwest::Client::builder().tls_certs_only([authority]).build()?;
    let bank = ResourceServer::builder(setting("ISSUER")?, setting("API")?)
        .introspection(setting("CLIENT_ID")?, setting("CLIENT_SECRET")?)
        .client_cert_from([Ipv4Addr::LOCALHOST.into()])
        .dpop_nonces()
        .http_client(http)
        .build()?;

    let step_up = |demand| require_authentication(demand);
    let app = Router::new()
        .route("/loans", get(who).route_layer(require_scope("loans:read")))
        .route("/loans", post(who).route_layer(require_scope("loans:write")))
        .route(
            "/keys",
            get(who).route_layer(step_up(StepUp::acr(["urn:sekisho:acr:loa4"]))),
        )
        .route("/fresh", get(who).route_layer(step_up(StepUp::within(1))))
        .route("/recent", get(who).route_layer(step_up(StepUp::within(3600))))
        .route("/partners", get(who).route_layer(require_scope("loans:read")))
        .route("/transfers/{account}", post(transfer))
        .route("/orders", post(order))
        .layer(bank.layer());

    let listener = tokio::net::TcpListener::bind(setting("BIND")?).await?;
    println!("the bank's API listens on {}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
