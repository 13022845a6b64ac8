//! What `/introspect` tells of an API key, and to whom.

use serde_json::json;

use super::{API, DAY, new_key};
use crate::{
    app::{App, BANK_API, Method, POST_APP, ROBOT, WEB_APP, bank_and, granted, names},
    bank::{Bank, NOON},
};

const OTHER_API: App = App {
    client_id: "other-api",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};

#[tokio::test]
async fn the_api_learns_what_a_key_is_worth() {
    let bank = Bank::start().await;
    let (id, key) = new_key(&bank).await;
    let told = BANK_API.introspect(&bank, &key).await;
    let members = [
        "active",
        "aud",
        "client_id",
        "exp",
        "iat",
        "iss",
        "jti",
        "revocation_tags",
        "scope",
        "sub",
        "token_type",
    ];
    assert_eq!(names(&told), members);
    for (name, value) in [
        ("active", json!(true)),
        ("scope", json!("accounts:read")),
        ("client_id", json!("robot")),
        ("sub", json!("robot")),
        ("aud", json!(API)),
        ("iss", json!(bank.issuer)),
        ("token_type", json!("Bearer")),
        ("iat", json!(NOON)),
        ("exp", json!(NOON + 90 * DAY)),
        ("jti", json!(id)),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

#[tokio::test]
async fn nobody_else_learns_anything_of_a_key() {
    let other = "[[api]]\nidentifier = \"https://other.example.com\"\nintrospection = [\"other-api\"]\n\
                 scope = [{ name = \"other\" }]\n[[client]]\nclient_id = \"other-api\"\n\
                 client_secret = \"other-api-secret\"\ngrant_types = [\"client_credentials\"]\nresponse_types = []\n";
    let bank = Bank::with_realm(bank_and(other)).await;
    let (_, key) = new_key(&bank).await;
    for caller in [ROBOT, WEB_APP, POST_APP, OTHER_API] {
        assert_eq!(caller.introspect(&bank, &key).await, json!({ "active": false }));
    }
    assert!(BANK_API.sees(&bank, &key).await);
}

#[tokio::test]
async fn what_is_no_key_is_not_active() {
    let bank = Bank::start().await;
    let (_, key) = new_key(&bank).await;
    let stranger = protocol::ApiKeySecret::from_random([[7; 16], [8; 16]]);
    for wrong in [stranger.as_str(), &key[..key.len() - 1], &format!("{key}x"), "sekisho_"] {
        assert_eq!(
            BANK_API.introspect(&bank, wrong).await,
            json!({ "active": false }),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_key_is_no_access_token_elsewhere() {
    let bank = Bank::start().await;
    let (_, key) = new_key(&bank).await;
    let answer = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(&key)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    // Whoever has it cannot take it back as if it were a token, either.
    let answer = ROBOT.post(&bank, "/revoke", &[("token", &key)]).await;
    assert_eq!(answer.status(), 200);
    assert!(BANK_API.sees(&bank, &key).await);
}

#[tokio::test]
async fn an_answer_as_a_jwt_tells_the_same() {
    let bank = Bank::start().await;
    let (_, key) = new_key(&bank).await;
    let request = BANK_API.posting(&bank, "/introspect", &[("token", &key)]);
    let answer = request
        .header("accept", "application/token-introspection+jwt")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let claims = crate::request::claims(&answer.text().await.unwrap());
    assert_eq!(claims["token_introspection"]["client_id"], "robot");
    assert_eq!(
        granted(BANK_API.post(&bank, "/introspect", &[("token", &key)]).await).await["active"],
        true
    );
}
