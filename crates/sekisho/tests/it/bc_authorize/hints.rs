//! Who is asked. CIBA §7.1 and §7.2.

use jose::SigningAlg;
use serde_json::{Value, json};

use super::{CIBA, TILL, requests};
use crate::{
    app::{App, WEB_APP, bank_and, granted, refused, text},
    bank::{Bank, NOON},
    request::signed_in,
    signer::{Signer, changed},
};

/// Whether somebody's page shows a request.
async fn is_asked(bank: &Bank, username: &str) -> bool {
    requests(&signed_in(bank, username).await).await.has("approve")
}

// Conformance: CIBA-11
#[tokio::test]
async fn a_user_is_named_by_name_or_verified_mail_address() {
    for hint in ["bob", " BOB ", "bob@example.com", "Bob@Example.com"] {
        let bank = Bank::start().await;
        granted(TILL.try_to_ask(&bank, "openid", &[("login_hint", hint)]).await).await;
        assert!(
            is_asked(&bank, "bob").await && !is_asked(&bank, "alice").await,
            "{hint}"
        );
    }
    let bank = Bank::start().await;
    for hint in ["nobody", "nobody@example.com", "%"] {
        refused(
            TILL.try_to_ask(&bank, "openid", &[("login_hint", hint)]).await,
            "unknown_user_id",
        )
        .await;
    }
    bank.disable_user("bob").await;
    refused(
        TILL.try_to_ask(&bank, "openid", &[("login_hint", "bob")]).await,
        "unknown_user_id",
    )
    .await;
}

#[tokio::test]
async fn a_name_that_is_the_mail_address_of_another_names_nobody() {
    let mallory = "[[user]]\nusername = \"bob@example.com\"\npassword = \"mallory-password\"\n";
    let bank = Bank::with_realm(bank_and(mallory)).await;
    refused(
        TILL.try_to_ask(&bank, "openid", &[("login_hint", "bob@example.com")])
            .await,
        "unknown_user_id",
    )
    .await;
}

#[tokio::test]
async fn an_id_token_names_its_user_to_its_own_client_expired_or_not() {
    let both = format!(
        "[[client]]\nclient_id = \"both\"\nclient_secret = \"both-secret\"\ngrant_types = [\"authorization_code\", \
         \"{CIBA}\"]\nredirect_uris = [\"https://both.example.com/callback\"]\n\
         backchannel_token_delivery_mode = \"poll\"\nscope = \"openid\"\n"
    );
    for subject_type in ["public", "pairwise"] {
        let bank = Bank::with_realm(bank_and(&format!("{both}subject_type = \"{subject_type}\"\n"))).await;
        let app = App {
            client_id: "both",
            redirect_uri: "https://both.example.com/callback",
            ..WEB_APP
        };
        let id_token = text(&app.tokens(&bank, "openid").await, "id_token").to_owned();
        bank.clock.advance(3600);
        let hint = [("login_hint", "-"), ("id_token_hint", id_token.as_str())];
        granted(app.try_to_ask(&bank, "openid", &hint).await).await;
        assert!(is_asked(&bank, "alice").await, "{subject_type}");
        refused(TILL.try_to_ask(&bank, "openid", &hint).await, "unknown_user_id").await;
        let changed = [("login_hint", "-"), ("id_token_hint", &id_token[1..])];
        refused(app.try_to_ask(&bank, "openid", &changed).await, "unknown_user_id").await;
    }
}

/// A realm in which `signing` has a key, and a partner is trusted for `login-hint`.
async fn bank_of_signers(client: &Signer, partner: &Signer) -> Bank {
    let more = format!(
        "[[client]]\nclient_id = \"signing\"\nclient_secret = \"signing-secret\"\ngrant_types = [\"{CIBA}\"]\n\
         response_types = []\nbackchannel_token_delivery_mode = \"poll\"\nscope = \"openid\"\njwks = {}\n\
         [[trusted_issuer]]\nissuer = \"https://partner.example\"\npurposes = [\"login-hint\"]\n\
         subject = \"username\"\njwks = {}\n",
        client.jwks(),
        partner.jwks()
    );
    Bank::with_realm(bank_and(&more)).await
}

const SIGNING: App = App {
    client_id: "signing",
    ..TILL
};

// Conformance: CIBA-11 FCIBA-09
#[tokio::test]
async fn a_token_of_the_client_or_of_a_trusted_issuer_names_a_user() {
    let (client, partner) = (Signer::new(SigningAlg::Es256), Signer::new(SigningAlg::Es256));
    let bank = bank_of_signers(&client, &partner).await;
    let ask = |token: String| {
        let bank = &bank;
        async move {
            let hint = [("login_hint", "-"), ("login_hint_token", token.as_str())];
            SIGNING.try_to_ask(bank, "openid", &hint).await
        }
    };
    let by_client = json!({
        "iss": "signing", "aud": bank.issuer, "exp": NOON + 60,
        "sub_id": {"format": "email", "email": "bob@example.com"},
    });
    granted(ask(client.sign(&by_client)).await).await;
    let by_sub = changed(&by_client, &json!({"sub_id": null, "sub": bank.user_id("bob").await}));
    granted(ask(client.sign(&by_sub)).await).await;
    let by_partner = json!({"iss": "https://partner.example", "aud": bank.issuer, "exp": NOON + 60, "sub": "bob"});
    granted(ask(partner.sign(&by_partner)).await).await;
    assert!(is_asked(&bank, "bob").await && !is_asked(&bank, "alice").await);

    for (signer, claims) in [(&client, &by_client), (&partner, &by_partner)] {
        let sign = |changes: Value| signer.sign(&changed(claims, &changes));
        refused(ask(sign(json!({"exp": NOON}))).await, "expired_login_hint_token").await;
        refused(ask(sign(json!({"exp": null}))).await, "invalid_request").await;
        refused(
            ask(sign(json!({"aud": "https://other.example"}))).await,
            "invalid_request",
        )
        .await;
        refused(ask(sign(json!({"nbf": NOON + 61}))).await, "invalid_request").await;
        let nobody = json!({"sub": "nobody", "sub_id": null});
        refused(ask(sign(nobody)).await, "unknown_user_id").await;
        let unnamed = json!({"sub": null, "sub_id": null});
        refused(ask(sign(unnamed)).await, "invalid_request").await;
    }
    refused(ask(partner.sign(&by_client)).await, "invalid_request").await;
    refused(ask(client.sign(&by_partner)).await, "invalid_request").await;
    refused(ask("x".to_owned()).await, "invalid_request").await;
}
