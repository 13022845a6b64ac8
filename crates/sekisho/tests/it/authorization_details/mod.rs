//! What apps ask for in detail (RFC 9396): from the request to the page, the token and the API.

mod consent;
mod request;
mod token;

use jose::{UnverifiedJwt, b64};
use serde_json::{Value, json};
use testkit::{Browser, Page};

use crate::{
    app::{App, Method, bank_and},
    bank::Bank,
    request::{Request, signed_in},
};

const PAYMENTS_API: &str = "https://payments.example.com";
const LEDGER_API: &str = "https://ledger.example.com";

/// May ask for everything.
const PAYER: App = App {
    client_id: "payer",
    redirect_uri: "https://payer.example.com/callback",
    method: Method::ClientSecretBasic,
};
/// The bank's own, on a device.
const TERMINAL: App = App {
    client_id: "terminal",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};
/// The API of payments.
const API: App = App {
    client_id: "payments-api",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};

/// APIs with details, and apps that ask for them.
pub const MORE: &str = r#"
[[api]]
identifier    = "https://payments.example.com"
name          = "Payments"
introspection = ["payments-api"]
scope         = [{ name = "payments:list", description = { en = "See your payments" } }]
[[api.authorization_details]]
type    = "payment"
schema  = '''{
  "type": "object", "required": ["amount", "payee"],
  "properties": {
    "amount": {"type": "string", "pattern": "^[0-9]{1,7}[.][0-9]{2}$"},
    "payee": {"type": "string", "minLength": 1, "maxLength": 70},
    "actions": {"type": "array", "items": {"enum": ["initiate", "status"]}, "minItems": 1}
  }
}'''
consent = { en = "Pay {amount} to {payee}", ja = "{payee} に {amount} を支払う" }
[[api.authorization_details]]
type     = "accounts"
schema   = '{"type": "object", "required": ["accounts"], "properties": {"accounts": {"type": "array", "items": {"type": "string"}, "minItems": 1}}}'
consent  = { en = "See the accounts {accounts}" }
choose   = "accounts"
remember = true

[[api]]
identifier    = "https://ledger.example.com"
name          = "Ledger"
token_format  = "jwt"
introspection = ["bank-api"]
[[api.authorization_details]]
type    = "entry"
schema  = '{"type": "object", "properties": {"book": {"type": "string"}}}'
consent = { en = "Write into {book}" }

[[client]]
client_id     = "payer"
client_name   = "Payer"
client_secret = "payer-secret"
redirect_uris = ["https://payer.example.com/callback"]
grant_types   = ["authorization_code", "refresh_token", "client_credentials"]
scope         = "openid offline_access payments:list accounts:read"
authorization_details_types = ["payment", "accounts", "entry"]
[[client]]
client_id     = "terminal"
client_secret = "terminal-secret"
first_party   = true
grant_types   = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
scope         = "openid payments:list"
authorization_details_types = ["payment"]
[[client]]
client_id      = "payments-api"
client_secret  = "payments-api-secret"
grant_types    = ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]
response_types = []
"#;

async fn bank() -> Bank {
    Bank::with_realm(bank_and(MORE)).await
}

pub fn payment(amount: &str) -> Value {
    json!({"type": "payment", "amount": amount, "payee": "Merchant A"})
}

/// `payer` asks for these, and for no scope.
pub fn asking(details: &Value) -> Request {
    Request::code("")
        .without("scope")
        .with("client_id", "payer")
        .with("redirect_uri", PAYER.redirect_uri)
        .with("authorization_details", &details.to_string())
}

/// Alice on the consent page.
async fn asked(bank: &Bank, request: &Request) -> (Browser, Page) {
    let browser = signed_in(bank, "alice").await;
    let page = request.open(bank, &browser).await.page();
    (browser, page)
}

/// The token response, when alice permits everything.
pub async fn tokens(bank: &Bank, request: &Request) -> Value {
    let callback = request.walk(bank, &bank.browser(), "alice").await;
    request.redeem(bank, &callback).await
}

/// The claims of a JWT.
fn claims(jwt: &str) -> Value {
    assert!(UnverifiedJwt::parse(jwt).is_ok());
    serde_json::from_slice(&b64::decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
