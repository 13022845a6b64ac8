//! Keys that a client publishes at an address of its own. OpenID Connect Core §10.1.1, Registration §2.

use std::time::Duration;

use jose::SigningAlg;
use realm::KEYS_MAX_AGE;
use reqwest::Response;

use crate::{
    app::{Code, WEB_APP, bank_and, granted, refused, text},
    bank::Bank,
    publisher::Publisher,
    signer::{Signer, assertion, post},
};

/// A bank with a client for each of these paths, which is named after it.
async fn bank_of(publisher: &Publisher, paths: &[&str]) -> Bank {
    let client = |path: &&str| {
        format!(
            "[[client]]\nclient_id = \"{path}\"\ntoken_endpoint_auth_method = \"private_key_jwt\"\n\
             jwks_uri = \"{}/{path}\"\nredirect_uris = [\"{}\"]\n\
             grant_types = [\"authorization_code\", \"refresh_token\", \"client_credentials\"]\n\
             scope = \"openid offline_access accounts:read\"\n",
            publisher.url, WEB_APP.redirect_uri
        )
    };
    Bank::with_realm(bank_and(&paths.iter().map(client).collect::<String>())).await
}

async fn ask(bank: &Bank, client_id: &str, signer: &Signer) -> Response {
    let token = signer.sign(&assertion(bank, client_id, bank.clock.now()));
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    post(bank, "/token", &token, &form).await
}

// Conformance: B70 oidcc-registration-jwks-uri
#[tokio::test]
async fn keys_are_fetched_once_a_minute_and_when_one_is_unknown() {
    let (first, second) = (Signer::new(SigningAlg::Es256), Signer::new(SigningAlg::Es256));
    let publisher = Publisher::start(&first).await;
    let bank = bank_of(&publisher, &["jwks"]).await;
    for _ in 0..3 {
        granted(ask(&bank, "jwks", &first).await).await;
    }
    assert_eq!(publisher.asked(), 1);
    // Nobody makes the server ask again and again by inventing keys.
    bank.clock.advance(5);
    for _ in 0..3 {
        refused(ask(&bank, "jwks", &second).await, "invalid_client").await;
    }
    assert_eq!(publisher.asked(), 2);
    // The new key is looked for, and the old one is forgotten with it.
    publisher.publish(&second);
    bank.clock.advance(5);
    granted(ask(&bank, "jwks", &second).await).await;
    assert_eq!(publisher.asked(), 3);
    bank.clock.advance(5);
    refused(ask(&bank, "jwks", &first).await, "invalid_client").await;
}

#[tokio::test]
async fn a_key_that_was_withdrawn_works_for_a_minute_at_most() {
    let (leaked, other) = (Signer::new(SigningAlg::EdDsa), Signer::new(SigningAlg::EdDsa));
    let publisher = Publisher::start(&leaked).await;
    let bank = bank_of(&publisher, &["jwks"]).await;
    granted(ask(&bank, "jwks", &leaked).await).await;
    publisher.publish(&other);
    bank.clock.advance(KEYS_MAX_AGE);
    refused(ask(&bank, "jwks", &leaked).await, "invalid_client").await;
}

// Conformance: B70 oidcc-refresh-token-rp-key-rotation
#[tokio::test]
async fn a_client_that_rotates_its_key_refreshes_with_the_new_one() {
    let (first, second) = (Signer::new(SigningAlg::Rs256), Signer::new(SigningAlg::Rs256));
    let publisher = Publisher::start(&first).await;
    let bank = bank_of(&publisher, &["jwks"]).await;
    let app = crate::app::App {
        client_id: "jwks",
        ..WEB_APP
    };
    let Code { text: code, verifier } = app.code(&bank, "openid offline_access accounts:read").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", app.redirect_uri),
        ("code_verifier", &verifier),
    ];
    let by = |signer: &Signer| signer.sign(&assertion(&bank, "jwks", bank.clock.now()));
    let tokens = granted(post(&bank, "/token", &by(&first), &form).await).await;
    publisher.publish(&second);
    bank.clock.advance(60);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    let tokens = granted(post(&bank, "/token", &by(&second), &form).await).await;
    assert!(
        bank.introspect(text(&tokens, "access_token")).await["active"]
            .as_bool()
            .unwrap()
    );
    refused(post(&bank, "/token", &by(&first), &form).await, "invalid_client").await;
}

#[tokio::test]
async fn a_client_whose_address_does_not_answer_keeps_nobody_else_waiting() {
    let signer = Signer::new(SigningAlg::Es256);
    let publisher = Publisher::start(&signer).await;
    let bank = bank_of(&publisher, &["jwks", "slow"]).await;
    let waiting = async {
        tokio::join!(
            ask(&bank, "slow", &signer),
            ask(&bank, "slow", &signer),
            ask(&bank, "slow", &signer)
        )
    };
    let others = async {
        for _ in 0..5 {
            granted(ask(&bank, "jwks", &signer).await).await;
        }
        bank.tokens("accounts:read").await;
    };
    tokio::select! {
        biased;
        _ = waiting => panic!("an address that never answers was waited for less than for others"),
        () = others => {}
        () = tokio::time::sleep(Duration::from_secs(9)) => panic!("others were kept waiting"),
    }
}

#[tokio::test]
async fn what_is_no_key_set_proves_nothing_and_nothing_is_told_about_it() {
    let signer = Signer::new(SigningAlg::Es256);
    let publisher = Publisher::start(&signer).await;
    let paths = ["elsewhere", "page", "private", "endless", "absent"];
    let bank = bank_of(&publisher, &paths).await;
    let mut told = Vec::new();
    for path in paths {
        told.push(refused(ask(&bank, path, &signer).await, "invalid_client").await);
    }
    assert_eq!(publisher.asked(), 0, "redirects are not followed");
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}
