//! What the app learns of the sign-in. OpenID Connect Core §2, §3.1.3.6.

use jose::SigningAlg;
use serde_json::json;

use crate::{
    app::{App, Method, WEB_APP, bank_and, claims, granted, key_set, names, text, verify},
    bank::{Bank, NOON},
};

// Conformance: A2.0-id-token B75 B76 B80 SEED1-24 OP-01
#[tokio::test]
async fn it_tells_who_signed_in_when_and_how_and_nothing_of_the_person() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "openid profile email accounts:read").await;
    bank.clock.advance(30);
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    let claims = claims(&bank, text(&tokens, "id_token")).await;
    let told = [
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "exp",
        "iat",
        "iss",
        "nonce",
        "sid",
        "sub",
    ];
    assert_eq!(names(&claims), told);
    let alice = bank.user_id("alice").await;
    for (name, value) in [
        ("iss", json!(bank.issuer)),
        ("aud", json!("web-app")),
        ("sub", json!(alice)),
        ("nonce", json!("n")),
        ("auth_time", json!(NOON)),
        ("iat", json!(NOON + 30)),
        ("acr", json!("urn:sekisho:acr:loa2")),
        ("amr", json!(["pwd"])),
        (
            "at_hash",
            json!(jose::left_half_hash(SigningAlg::Rs256, text(&tokens, "access_token"))),
        ),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert!(claims["exp"].as_i64().unwrap() > NOON + 30);
}

// Conformance: SEED1-24 F2-AZ-13 OP-08
#[tokio::test]
async fn there_is_none_without_the_scope_openid() {
    let bank = Bank::start().await;
    assert!(WEB_APP.tokens(&bank, "profile accounts:read").await["id_token"].is_null());
}

// Conformance: B24 B76 oidcc-ensure-request-without-nonce-succeeds-for-code-flow OP-01
#[tokio::test]
async fn a_nonce_is_echoed_whole_and_none_is_made_up() {
    let bank = Bank::start().await;
    for nonce in ["", &"n".repeat(384), "a b&c=é\"\\"] {
        let code = WEB_APP.code_with(&bank, "openid", &[("nonce", nonce)]).await;
        let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
        let claims = claims(&bank, text(&tokens, "id_token")).await;
        assert_eq!(claims.get("nonce").map_or("", |nonce| nonce.as_str().unwrap()), nonce);
    }
}

// Conformance: B79 oidcc-idtoken-signature oidcc-idtoken-rs256 SEED2-08 OP-02
#[tokio::test]
async fn it_is_signed_by_rs256_unless_the_client_registered_another_algorithm() {
    let algs = ["RS256", "PS256", "ES256", "EdDSA"];
    let clients = algs.map(|alg| {
        format!(
            "[[client]]\nclient_id = \"{alg}\"\nclient_name = \"{alg}\"\nclient_secret = \"{alg}-secret\"\n\
             redirect_uris = [\"https://{alg}.example.com/callback\"]\nscope = \"openid accounts:read\"\n\
             id_token_signed_response_alg = \"{alg}\"\n"
        )
        .replace(&format!("https://{alg}"), &format!("https://{}", alg.to_lowercase()))
    });
    let bank = Bank::with_realm(bank_and(&clients.concat())).await;
    let keys = key_set(&bank).await;
    for (client_id, redirect_uri, alg) in [
        ("web-app", WEB_APP.redirect_uri, SigningAlg::Rs256),
        ("RS256", "https://rs256.example.com/callback", SigningAlg::Rs256),
        ("PS256", "https://ps256.example.com/callback", SigningAlg::Ps256),
        ("ES256", "https://es256.example.com/callback", SigningAlg::Es256),
        ("EdDSA", "https://eddsa.example.com/callback", SigningAlg::EdDsa),
    ] {
        let app = App {
            client_id,
            redirect_uri,
            method: Method::ClientSecretBasic,
        };
        let tokens = app.tokens(&bank, "openid accounts:read").await;
        let verified = verify(&keys, text(&tokens, "id_token"));
        assert_eq!(verified.header.alg, alg.as_str());
        assert!(keys.contains(verified.header.kid.as_deref().unwrap()));
        assert_eq!(
            verified.claims["at_hash"],
            jose::left_half_hash(alg, text(&tokens, "access_token"))
        );
    }
}

#[tokio::test]
async fn it_is_no_access_token() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid").await;
    assert!(!WEB_APP.sees(&bank, text(&tokens, "id_token")).await);
    let userinfo = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(text(&tokens, "id_token"));
    assert_eq!(userinfo.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn the_subject_is_the_same_for_every_client_and_sign_in_and_differs_between_users() {
    let bank = Bank::start().await;
    let subject = |tokens: serde_json::Value| {
        let bank = &bank;
        async move { claims(bank, text(&tokens, "id_token")).await["sub"].clone() }
    };
    let one = subject(WEB_APP.tokens(&bank, "openid").await).await;
    let two = subject(crate::app::CLI.tokens(&bank, "openid").await).await;
    assert_eq!(one, two);
    assert_ne!(one, bank.user_id("bob").await);
}
