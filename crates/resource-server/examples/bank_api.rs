//! A small bank's API. Reading accounts needs one scope, paying another.
//!
//! ```sh
//! ISSUER=http://localhost:8080 API=http://localhost:9000 CLIENT_ID=bank-api CLIENT_SECRET=… BIND=127.0.0.1:9000 \
//!   cargo run -p sekisho-resource-server --example bank_api
//! curl -i http://localhost:9000/accounts -H "Authorization: Bearer $TOKEN"
//! ```
//!
//! - `ISSUER`: the authorization server
//! - `API`: the identifier that this API is registered under there
//! - `CLIENT_ID`, `CLIENT_SECRET`: the credentials that it introspects tokens with
//! - `BIND`: where to listen; 127.0.0.1:9000 unless given

use std::error::Error;

use axum::routing::{get, post};
use axum::{Json, Router};
use sekisho_resource_server::{ResourceServer, VerifiedToken, require_scope};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Account {
    number: &'static str,
    owner: String,
    balance: i64,
}

#[derive(Deserialize)]
struct Payment {
    to: String,
    amount: i64,
}

#[derive(Serialize)]
struct Receipt {
    paid_by: String,
    to: String,
    amount: i64,
    /// Which app did it.
    through: String,
}

async fn accounts(VerifiedToken(permit): VerifiedToken) -> Json<Vec<Account>> {
    Json(vec![Account {
        number: "1234567",
        owner: permit.subject,
        balance: 120_000,
    }])
}

async fn pay(VerifiedToken(permit): VerifiedToken, Json(payment): Json<Payment>) -> Json<Receipt> {
    Json(Receipt {
        paid_by: permit.subject,
        to: payment.to,
        amount: payment.amount,
        through: permit.client_id,
    })
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
    let bank = ResourceServer::builder(setting("ISSUER")?, setting("API")?)
        .introspection(setting("CLIENT_ID")?, setting("CLIENT_SECRET")?)
        .jwks()
        .scopes_supported(["accounts:read", "payments:write"])
        .build()?;

    let app = Router::new()
        .route("/accounts", get(accounts).route_layer(require_scope("accounts:read")))
        .route("/payments", post(pay).route_layer(require_scope("payments:write")))
        // Whatever is above this line needs a valid token; what is below does not.
        .layer(bank.layer())
        .merge(bank.metadata_router());

    let bind = setting("BIND").unwrap_or_else(|_| "127.0.0.1:9000".to_owned());
    let listener = tokio::net::TcpListener::bind(&bind).await?;
    println!("the bank's API listens on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
