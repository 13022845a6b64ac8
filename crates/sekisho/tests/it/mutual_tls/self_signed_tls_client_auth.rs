//! `self_signed_tls_client_auth`. RFC 8705 §2.2.

use serde_json::{Value, json};
use testkit::pki::{Authority, Identity, Subject};

use super::{AS_ITSELF, post};
use crate::{
    app::{bank_and, granted, refused},
    bank::{Bank, NOON},
    publisher::Publisher,
};

fn client(keys: &str) -> String {
    format!(
        "[[client]]\nclient_id = \"self\"\ntoken_endpoint_auth_method = \"self_signed_tls_client_auth\"\n{keys}\n\
         grant_types = [\"client_credentials\"]\nresponse_types = []\nscope = \"accounts:read\"\n"
    )
}

async fn with_keys(keys: &[String]) -> Bank {
    Bank::behind_proxy(bank_and(&client(&format!("jwks = {{ keys = [{}] }}", keys.join(", "))))).await
}

async fn token(bank: &Bank, shown: Option<&Identity>) -> reqwest::Response {
    post(bank, "/token", shown, &[AS_ITSELF, ("client_id", "self")]).await
}

// Conformance: MTLS-03 B122
#[tokio::test]
async fn any_of_the_registered_certificates_does_and_no_other() {
    let (one, two) = (
        Subject::named("self").self_signed(),
        Subject::named("self").self_signed(),
    );
    // Who issued it does not matter.
    let issued = Authority::new("CA").issue(&Subject::named("x"));
    let bank = with_keys(&[one.jwk_toml(), two.jwk_toml(), issued.jwk_toml()]).await;
    for known in [&one, &two, &issued] {
        granted(token(&bank, Some(known)).await).await;
    }
    let told = refused(
        token(&bank, Some(&Subject::named("self").self_signed())).await,
        "invalid_client",
    )
    .await;
    assert!(told.contains("none of those in x5c"), "{told}");
    refused(token(&bank, None).await, "invalid_client").await;
}

// Conformance: MTLS-03
#[tokio::test]
async fn one_that_has_expired_by_its_own_word_does_not_do() {
    let short = Subject::named("self").valid(NOON, NOON + 60).self_signed();
    let bank = with_keys(&[short.jwk_toml()]).await;
    granted(token(&bank, Some(&short)).await).await;
    bank.clock.advance(61);
    let told = refused(token(&bank, Some(&short)).await, "invalid_client").await;
    assert!(told.contains("expired"), "{told}");
}

#[tokio::test]
async fn a_key_that_is_not_the_certificates_own_makes_it_nobodys() {
    let (one, other) = (
        Subject::named("self").self_signed(),
        Subject::named("self").self_signed(),
    );
    let x = one.jwk()["x"].to_string();
    let mixed = one.jwk_toml().replace(&x, &other.jwk()["x"].to_string());
    let bank = with_keys(&[mixed]).await;
    refused(token(&bank, Some(&one)).await, "invalid_client").await;
}

fn published(identities: &[&Identity]) -> Value {
    json!({ "keys": identities.iter().map(|identity| identity.jwk()).collect::<Vec<_>>() })
}

// Conformance: MTLS-03
#[tokio::test]
async fn a_client_changes_its_certificate_where_it_publishes_its_keys() {
    let (old, new) = (
        Subject::named("self").self_signed(),
        Subject::named("self").self_signed(),
    );
    let publisher = Publisher::of(published(&[&old])).await;
    let bank = Bank::behind_proxy(bank_and(&client(&format!("jwks_uri = \"{}/jwks\"", publisher.url)))).await;
    granted(token(&bank, Some(&old)).await).await;
    refused(token(&bank, Some(&new)).await, "invalid_client").await;
    publisher.publish_set(published(&[&new]));
    bank.clock.advance(6);
    granted(token(&bank, Some(&new)).await).await;
    // What was withdrawn is worth nothing as soon as the keys were looked at again.
    refused(token(&bank, Some(&old)).await, "invalid_client").await;
}
