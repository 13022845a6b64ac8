//! Apps that want to be told, and a user who signs in to them.

use sekisho::administration::Action;
use serde_json::{Value, json};
use testkit::Browser;

use crate::{
    bank::Bank,
    request::{Request, administer, claims, text},
};

/// The redirect URI of an app.
pub fn redirect_uri(app: &str) -> String {
    format!("https://{app}.example/cb")
}

/// Registers a public app of the organisation's own, with these members besides.
pub async fn register(bank: &Bank, app: &str, members: Value) {
    let mut metadata = json!({
        "client_id": app, "client_name": format!("The {app}"), "redirect_uris": [redirect_uri(app)],
        "token_endpoint_auth_method": "none", "first_party": true,
    });
    let Value::Object(members) = members else {
        panic!("members are an object")
    };
    metadata.as_object_mut().unwrap().extend(members);
    let metadata = Box::new(serde_json::from_value(metadata).unwrap());
    administer(bank, Action::ClientAdd { metadata }).await;
}

/// Signs alice in to an app, and answers the ID token.
pub async fn sign_in_to(bank: &Bank, browser: &Browser, app: &str) -> String {
    let redirect_uri = redirect_uri(app);
    let request = Request::code("openid")
        .with("client_id", app)
        .with("redirect_uri", &redirect_uri);
    let callback = request.walk(bank, browser, "alice").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", app),
        ("code", callback.code()),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &request.pkce.verifier),
    ];
    let tokens: Value = bank.post("/token", &form).await.json().await.unwrap();
    text(&tokens, "id_token").to_owned()
}

/// The session that an ID token is of.
pub fn sid(id_token: &str) -> String {
    text(&claims(id_token), "sid").to_owned()
}
