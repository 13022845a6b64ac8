//! Signing keys come and go without one failed verification. OpenID Connect Core §10.1.1.

use std::collections::BTreeSet;

use crate::{
    app::{WEB_APP, granted, key_set, text, verify},
    bank::Bank,
};

const DAY: i64 = 24 * 3600;

async fn rotate(bank: &Bank, at_once: bool) -> BTreeSet<String> {
    let realms = &bank.running.realms;
    let made = realm::rotate(
        &realms.store,
        &bank.clock,
        realms.wrap_key(),
        &bank.issuer,
        None,
        at_once,
    )
    .await
    .unwrap();
    realms.refresh().await.unwrap();
    made.into_iter().collect()
}

async fn maintain(bank: &Bank) {
    bank.running.realms.maintain_keys().await.unwrap();
}

async fn published(bank: &Bank) -> BTreeSet<String> {
    key_set(bank)
        .await
        .keys
        .into_iter()
        .map(|key| key.kid.unwrap())
        .collect()
}

async fn id_token(bank: &Bank) -> String {
    text(&WEB_APP.tokens(bank, "openid").await, "id_token").to_owned()
}

async fn key_of(bank: &Bank, jwt: &str) -> String {
    verify(&key_set(bank).await, jwt).header.kid.unwrap()
}

// Conformance: B7 oidcc-server-rotate-keys
#[tokio::test]
async fn a_next_key_is_published_before_it_signs() {
    let bank = Bank::start().await;
    let old = published(&bank).await;
    let new = rotate(&bank, false).await;
    assert_eq!((new.len(), old.is_disjoint(&new)), (4, true));
    assert_eq!(published(&bank).await, old.union(&new).cloned().collect());

    bank.clock.advance(realm::JWKS_MAX_AGE);
    maintain(&bank).await;
    assert!(
        old.contains(&key_of(&bank, &id_token(&bank).await).await),
        "caches may not have it yet"
    );

    bank.clock.advance(realm::OVERLAP - realm::JWKS_MAX_AGE);
    maintain(&bank).await;
    assert!(new.contains(&key_of(&bank, &id_token(&bank).await).await));
}

// Conformance: B7
#[tokio::test]
async fn what_an_old_key_signed_still_verifies_until_nothing_of_it_can_be_alive() {
    let bank = Bank::start().await;
    let old = published(&bank).await;
    let id_token = id_token(&bank).await;
    let access_token = WEB_APP.tokens(&bank, "reports:read").await;
    rotate(&bank, false).await;
    bank.clock.advance(realm::OVERLAP - 60);
    let late = WEB_APP.tokens(&bank, "reports:read").await;
    bank.clock.advance(60);
    maintain(&bank).await;
    assert!(old.contains(&key_of(&bank, &id_token).await));
    verify(&key_set(&bank).await, text(&access_token, "access_token"));
    assert!(WEB_APP.sees(&bank, text(&late, "access_token")).await);

    bank.clock.advance(2 * DAY);
    maintain(&bank).await;
    let left = published(&bank).await;
    assert_eq!((left.len(), left.is_disjoint(&old)), (4, true));
}

#[tokio::test]
async fn a_leaked_key_is_replaced_at_once() {
    let bank = Bank::start().await;
    let new = rotate(&bank, true).await;
    assert!(new.contains(&key_of(&bank, &id_token(&bank).await).await));
}

#[tokio::test]
async fn rotating_again_before_the_next_key_signs_makes_no_further_one() {
    let bank = Bank::start().await;
    rotate(&bank, false).await;
    assert!(rotate(&bank, false).await.is_empty());
    assert_eq!(published(&bank).await.len(), 8);
}

#[tokio::test]
async fn keys_are_rotated_by_themselves() {
    let bank = Bank::start().await;
    let old = published(&bank).await;
    for _ in 0..2 {
        bank.clock.advance(91 * DAY);
        maintain(&bank).await;
        maintain(&bank).await;
    }
    let signing = key_of(&bank, &id_token(&bank).await).await;
    assert!(!old.contains(&signing));
}

#[tokio::test]
async fn refresh_tokens_and_codes_do_not_care() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "openid offline_access").await;
    let tokens = WEB_APP.tokens(&bank, "openid offline_access").await;
    rotate(&bank, true).await;
    granted(WEB_APP.redeem(&bank, &code).await).await;
    granted(WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await).await;
}

#[tokio::test]
async fn a_key_that_waits_signs_at_once_when_it_must() {
    let bank = Bank::start().await;
    let waiting = rotate(&bank, false).await;
    assert!(!waiting.contains(&key_of(&bank, &id_token(&bank).await).await));
    assert_eq!(rotate(&bank, true).await, waiting);
    assert!(waiting.contains(&key_of(&bank, &id_token(&bank).await).await));
}

#[tokio::test]
async fn another_wrapping_key_is_refused_before_it_adds_keys_that_nobody_else_can_read() {
    let bank = Bank::start().await;
    let store = bank.running.realms.store.clone();
    let before = store.sealing_keys(&bank.issuer, bank.clock.now()).await.unwrap().len();
    let later = model::Clock::frozen(bank.clock.now() + 10 * DAY);
    let other = jose::WrapKey::from_bytes([7; 32]);
    let realms = realm::Realms::open(store.clone(), later, other, realm::Outside::closed())
        .await
        .unwrap();
    let error = realms.by_issuer(&bank.issuer).await.err().unwrap().to_string();
    assert!(error.contains("[keys] wrap"), "{error}");
    assert!(realms.maintain_keys().await.is_err());
    assert_eq!(
        store.sealing_keys(&bank.issuer, bank.clock.now()).await.unwrap().len(),
        before
    );
}
