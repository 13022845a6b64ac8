//! Software statements. RFC 7591 §2.3.

use jose::{KeySet, SigningAlg, SigningKey, sign_jwt};
use model::{SubjectClaim, TrustedFor, TrustedIssuer};
use reqwest::Method;
use serde_json::{Value, json};
use storage::Change;

use super::{REDIRECT_URI, open, own, post, refused, register, with};
use crate::{
    app::granted,
    bank::{Bank, NOON},
};

const ISSUER: &str = "https://store.example";

/// A realm that trusts an app store for these purposes, and the store's key.
async fn bank_that_trusts(purposes: &[TrustedFor]) -> (Bank, SigningKey) {
    let bank = open().await;
    let (key, _) = SigningKey::generate(SigningAlg::Es256).unwrap();
    let store = TrustedIssuer {
        issuer: ISSUER.into(),
        jwks: Some(KeySet {
            keys: vec![key.public_jwk()],
        }),
        jwks_uri: None,
        purposes: purposes.to_vec(),
        subject: SubjectClaim::Sub,
    };
    let realms = &bank.running.realms;
    let mut realm = realms.by_issuer(&bank.issuer).await.unwrap().unwrap().realm.clone();
    realm.trusted_issuers = vec![store];
    let put = storage::realm::put(&realm, NOON).unwrap();
    bank.change(Change::new().then(put).then(storage::realm::raise_revision()))
        .await;
    realms.refresh().await.unwrap();
    (bank, key)
}

async fn trusting() -> (Bank, SigningKey) {
    bank_that_trusts(&[TrustedFor::SoftwareStatement]).await
}

fn statement(key: &SigningKey, claims: &Value) -> String {
    let mut all = json!({ "iss": ISSUER });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    sign_jwt(key, "JWT", &all).unwrap()
}

#[tokio::test]
async fn what_a_trusted_issuer_says_of_the_software_wins() {
    let (bank, key) = trusting().await;
    let statement = statement(
        &key,
        &json!({ "client_name": "Budget", "redirect_uris": ["https://budget.example/cb"], "software_id": "budget",
            "scope": "openid accounts:read", "jti": "1", "sub": "x", "exp": NOON + 60, "aud": bank.issuer }),
    );
    let client = register(
        &bank,
        &json!({ "client_name": "Your Bank", "redirect_uris": ["https://evil.example/cb"], "scope": "openid",
            "tos_uri": "https://budget.example/tos", "software_statement": statement }),
    )
    .await;
    for (name, value) in [
        ("client_name", "Budget"),
        ("software_id", "budget"),
        ("scope", "accounts:read openid"),
        ("tos_uri", "https://budget.example/tos"),
        ("software_statement", &statement),
    ] {
        assert_eq!(client[name], value, "{name}");
    }
    assert_eq!(client["redirect_uris"], json!(["https://budget.example/cb"]));
    for not_metadata in ["iss", "sub", "jti", "exp", "aud"] {
        assert_eq!(client.get(not_metadata), None, "{not_metadata}");
    }
    let read = granted(own(&bank, Method::GET, &client).send().await.unwrap()).await;
    assert_eq!(read["software_statement"], statement);
}

#[tokio::test]
async fn a_statement_that_is_not_right_registers_nothing() {
    let (bank, key) = trusting().await;
    let (other, _) = SigningKey::generate(SigningAlg::Es256).unwrap();
    let good = statement(&key, &json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let changed = jose::b64::encode(json!({ "iss": ISSUER, "client_name": "Bank" }).to_string());
    let none = jose::b64::encode(r#"{"alg":"none"}"#);
    for wrong in [
        json!("not a JWT"),
        json!(7),
        json!(statement(&other, &json!({}))),
        json!(format!("{}.{changed}.{}", parts[0], parts[2])),
        json!(format!("{none}.{}.", parts[1])),
        json!(statement(&key, &json!({ "exp": NOON }))),
        json!(statement(&key, &json!({ "exp": "soon" }))),
        json!(statement(&key, &json!({ "nbf": NOON + 61 }))),
        json!(statement(&key, &json!({ "iat": NOON + 61 }))),
        json!(statement(&key, &json!({ "aud": ["https://other.example"] }))),
    ] {
        let members = with(&json!({ "software_statement": wrong }));
        refused(post(&bank, &members).await, 400, "invalid_software_statement").await;
    }
    let with_good = with(&json!({ "software_statement": statement(&key, &json!({ "aud": ["x", bank.issuer] })) }));
    register(&bank, &with_good).await;
}

#[tokio::test]
async fn only_who_is_trusted_for_it_vouches_for_software() {
    let (bank, key) = bank_that_trusts(&[TrustedFor::JwtBearer, TrustedFor::TokenExchange]).await;
    let members = with(&json!({ "software_statement": statement(&key, &json!({})) }));
    refused(post(&bank, &members).await, 400, "unapproved_software_statement").await;
    let (bank, key) = trusting().await;
    for issuer in [json!("https://other.example"), json!(null), json!([ISSUER])] {
        let members = with(&json!({ "software_statement": statement(&key, &json!({ "iss": issuer })) }));
        refused(post(&bank, &members).await, 400, "unapproved_software_statement").await;
    }
}

#[tokio::test]
async fn a_statement_says_nothing_that_is_the_operators_to_say() {
    let (bank, key) = trusting().await;
    for claims in [
        json!({ "first_party": true }),
        json!({ "logo_uri": "javascript:alert(1)" }),
        json!({ "scope": "root" }),
    ] {
        let members = with(&json!({ "software_statement": statement(&key, &claims) }));
        refused(post(&bank, &members).await, 400, "invalid_client_metadata").await;
    }
}

#[tokio::test]
async fn what_a_statement_does_not_say_is_the_clients_word_alone() {
    let (bank, key) = trusting().await;
    let silent = statement(&key, &json!({ "client_name": "Budget" }));
    for claim in [
        json!({ "scope": "accounts:read" }),
        json!({ "grant_types": ["client_credentials"], "response_types": [] }),
    ] {
        let mut members = with(&claim);
        members["software_statement"] = json!(silent);
        refused(post(&bank, &members).await, 400, "invalid_client_metadata").await;
        register(&bank, &with(&json!({ "software_statement": statement(&key, &claim) }))).await;
    }
}

#[tokio::test]
async fn what_was_vouched_for_stays_in_an_update() {
    let (bank, key) = trusting().await;
    let vouched = statement(&key, &json!({ "redirect_uris": [REDIRECT_URI], "exp": NOON + 60 }));
    let client = register(&bank, &json!({ "software_statement": vouched })).await;
    let put = |members: Value| own(&bank, Method::PUT, &client).json(&members).send();
    let evil = json!({ "client_id": client["client_id"], "redirect_uris": ["https://evil.example/cb"] });
    refused(put(evil.clone()).await.unwrap(), 400, "invalid_software_statement").await;
    // The same statement still counts when it has expired: it was good when the client registered.
    bank.clock.advance(3600);
    let mut same = evil.clone();
    same["software_statement"] = json!(vouched);
    let updated = granted(put(same).await.unwrap()).await;
    assert_eq!(updated["redirect_uris"], json!([REDIRECT_URI]));
    let mut newer = evil;
    newer["software_statement"] = json!(statement(&key, &json!({ "redirect_uris": ["https://new.example/cb"] })));
    let updated = granted(put(newer).await.unwrap()).await;
    assert_eq!(updated["redirect_uris"], json!(["https://new.example/cb"]));
}
