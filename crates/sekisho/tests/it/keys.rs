//! Signing keys come and go without one failed verification. OpenID Connect Core §10.1.1.

use std::collections::BTreeSet;

use jose::KeySet;

use crate::{
    app::{WEB_APP, granted, header, key_set, text, verify},
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

/// The ids of those that sign.
async fn published(bank: &Bank) -> BTreeSet<String> {
    key_set(bank)
        .await
        .keys
        .into_iter()
        .filter(|key| key.use_.as_deref() == Some("sig"))
        .map(|key| key.kid.unwrap())
        .collect()
}

async fn id_token(bank: &Bank) -> String {
    text(&WEB_APP.tokens(bank, "openid").await, "id_token").to_owned()
}

async fn key_of(bank: &Bank, jwt: &str) -> String {
    verify(&key_set(bank).await, jwt).header.kid.unwrap()
}

// Conformance: B7 oidcc-server-rotate-keys OP-21
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

// Conformance: B7 OP-21
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
    let tokens = WEB_APP.tokens(&bank, "reports:read").await;
    let signed = text(&tokens, "access_token");
    assert!(WEB_APP.sees(&bank, signed).await);
    let new = rotate(&bank, true).await;
    assert!(
        !WEB_APP.sees(&bank, signed).await,
        "that it was good under the old key does not count"
    );
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

/// A client that keeps the key set for as long as the answer allows, and looks at nothing else meanwhile.
struct Cache {
    keys: KeySet,
    until: i64,
}

impl Cache {
    async fn fetch(bank: &Bank) -> Self {
        let response = bank.http.get(bank.url("/jwks")).send().await.unwrap();
        let allowed = header(&response, "cache-control").rsplit_once("max-age=").unwrap().1;
        let until = bank.clock.now() + allowed.parse::<i64>().unwrap();
        Self {
            keys: response.json().await.unwrap(),
            until,
        }
    }

    async fn verify(&mut self, bank: &Bank, jwt: &str) -> String {
        if bank.clock.now() >= self.until {
            *self = Self::fetch(bank).await;
        }
        verify(&self.keys, jwt).header.kid.unwrap()
    }
}

// Conformance: B7 oidcc-server-rotate-keys
#[tokio::test]
async fn a_client_that_caches_the_keys_as_long_as_it_may_never_meets_one_that_it_does_not_know() {
    let bank = Bank::start().await;
    let first = WEB_APP.tokens(&bank, "openid offline_access reports:read").await;
    // One fetched just before the rotation, the others in between.
    let mut caches = vec![Cache::fetch(&bank).await];
    let new = rotate(&bank, false).await;
    let (mut living, mut signed_by) = (Vec::new(), BTreeSet::new());
    for minute in 0..30 {
        let tokens = granted(WEB_APP.refresh(&bank, text(&first, "refresh_token")).await).await;
        for name in ["id_token", "access_token"] {
            let jwt = text(&tokens, name).to_owned();
            let ends = crate::request::claims(&jwt)["exp"].as_i64().unwrap();
            living.push((ends, jwt));
        }
        living.retain(|(ends, _)| *ends > bank.clock.now());
        for cache in &mut caches {
            for (_, jwt) in &living {
                signed_by.insert(cache.verify(&bank, jwt).await);
            }
        }
        if minute < 5 {
            caches.push(Cache::fetch(&bank).await);
        }
        bank.clock.advance(60);
        maintain(&bank).await;
    }
    assert!(
        !signed_by.is_disjoint(&new) && !signed_by.is_subset(&new),
        "both have signed"
    );

    // The old ones stay until the last token of them has expired, and are then gone.
    for _ in 0..50 {
        bank.clock.advance(3600);
        maintain(&bank).await;
        for (_, jwt) in living.iter().filter(|(ends, _)| *ends > bank.clock.now()) {
            for cache in &mut caches {
                cache.verify(&bank, jwt).await;
            }
        }
    }
    assert_eq!(published(&bank).await, new);
}
