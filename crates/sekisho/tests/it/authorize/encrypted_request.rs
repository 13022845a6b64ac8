//! Request objects that are signed, and then encrypted to a key of the realm: OpenID Connect Core §6.1 and §6.3.1.

use jose::{JweAlg, JweEnc, KeySet, Payload, Recipient, b64};
use sekisho::administration::Action;
use serde_json::{Value, json};
use testkit::pkce;

use crate::{
    app::{granted, key_set, refused, text},
    bank::Bank,
    fapi::{FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING, Fapi, FapiApp, Pushed, pushed},
    request::administer,
};

/// Encrypts to the published key of an algorithm.
fn encrypt(keys: &KeySet, alg: JweAlg, enc: JweEnc, content: &str) -> String {
    let envelope = keys.recipient(alg).unwrap().envelope(enc).unwrap();
    envelope.seal(&Payload::Jwt(content)).unwrap()
}

fn signed(fapi: &Fapi, app: FapiApp) -> String {
    let object = fapi.object(app, &pkce(), &json!({}));
    fapi.keys.es256.sign_as("oauth-authz-req+jwt", &object)
}

async fn push(fapi: &Fapi, app: FapiApp, object: &str) -> reqwest::Response {
    let form = [("client_id", app.client_id), ("request", object)];
    fapi.post(app, "/par", &form).send().await.unwrap()
}

// Conformance: JAR-01 JAR-06 B109 B110
#[tokio::test]
async fn an_object_can_be_encrypted_in_each_way_that_is_offered() {
    let fapi = Fapi::start().await;
    let keys = key_set(&fapi.bank).await;
    let metadata = fapi.bank.http.get(fapi.bank.url("/.well-known/openid-configuration"));
    let metadata = granted(metadata.send().await.unwrap()).await;
    assert_eq!(
        metadata["request_object_encryption_alg_values_supported"],
        json!(JweAlg::ALL.map(JweAlg::as_str))
    );
    for alg in JweAlg::ALL {
        for enc in JweEnc::ALL {
            let object = encrypt(&keys, alg, enc, &signed(&fapi, FAPI2_MESSAGE_SIGNING));
            pushed(push(&fapi, FAPI2_MESSAGE_SIGNING, &object).await).await;
        }
    }
    // By value, all the way.
    let object = encrypt(&keys, JweAlg::EcdhEs, JweEnc::default(), &signed(&fapi, FAPI1_ADVANCED));
    let url = fapi
        .bank
        .authorize_url(&[("client_id", FAPI1_ADVANCED.client_id), ("request", &object)]);
    let callback = fapi.bank.browser().authorize(&url, "alice", "alice-password").await;
    assert_eq!(fapi.answer(FAPI1_ADVANCED, &callback).await["state"], "the state");
}

// Conformance: JAR-06 JAR-11 JARM-08
#[tokio::test]
async fn what_cannot_be_decrypted_or_is_not_signed_inside_is_refused() {
    let fapi = Fapi::start().await;
    let keys = key_set(&fapi.bank).await;
    let app = FAPI2_MESSAGE_SIGNING;
    let good = encrypt(&keys, JweAlg::EcdhEsA256Kw, JweEnc::default(), &signed(&fapi, app));
    let (head, tag) = good.rsplit_once('.').unwrap();
    let mut forged = b64::decode(tag).unwrap();
    forged[0] ^= 1;
    let unsigned = format!("{}.{}.", b64::encode("{\"alg\":\"none\"}"), b64::encode("{}"));
    let elsewhere = jose::DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let elsewhere = Recipient::of(elsewhere.public_jwk(), JweAlg::EcdhEs).unwrap();
    let elsewhere = elsewhere.envelope(JweEnc::default()).unwrap();
    let wrap = |content: &str| encrypt(&keys, JweAlg::EcdhEs, JweEnc::default(), content);
    for bad in [
        format!("{head}.{}", b64::encode(forged)),
        "a.b.c.d.e".to_owned(),
        format!("{}.b.c.d.e", b64::encode("{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\"}")),
        format!("{}.b.c.d.e", b64::encode("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}")),
        elsewhere.seal(&Payload::Jwt(&signed(&fapi, app))).unwrap(),
        wrap(&unsigned),
        wrap("{}"),
        wrap(&wrap(&signed(&fapi, app))),
        wrap(&signed(&fapi, FAPI1_ADVANCED)),
    ] {
        refused(push(&fapi, app, &bad).await, "invalid_request_object").await;
    }
    pushed(push(&fapi, app, &good).await).await;
}

/// The ids of the published keys for encryption.
async fn published(bank: &Bank) -> Vec<String> {
    let keys = granted(bank.http.get(bank.url("/jwks")).send().await.unwrap()).await;
    let keys = keys["keys"].as_array().unwrap().iter();
    let keys = keys.filter(|key| key["use"] == "enc");
    keys.map(|key: &Value| {
        assert!(key.get("d").is_none() && text(key, "alg").contains('-'));
        text(key, "kid").to_owned()
    })
    .collect()
}

fn rotate(now: bool) -> Action {
    Action::KeyRotate { alg: None, now }
}

// Conformance: JAR-06 B6
#[tokio::test]
async fn keys_are_replaced_and_the_one_before_still_decrypts_unless_it_leaked() {
    let fapi = Fapi::start().await;
    let bank = &fapi.bank;
    let first = published(bank).await;
    assert_eq!(first.len(), JweAlg::ALL.len());
    let keys = key_set(bank).await;
    let app = FAPI2_MESSAGE_SIGNING;
    let encrypted = |keys: &KeySet| encrypt(keys, JweAlg::EcdhEs, JweEnc::default(), &signed(&fapi, app));

    bank.clock.advance(90 * 24 * 3600);
    bank.running.realms.maintain_keys().await.unwrap();
    let second = published(bank).await;
    assert!(second.len() == 3 && second.iter().all(|kid| !first.contains(kid)));
    pushed(push(&fapi, app, &encrypted(&keys)).await).await;
    pushed(push(&fapi, app, &encrypted(&key_set(bank).await)).await).await;
    bank.clock.advance(2 * 24 * 3600);
    refused(push(&fapi, app, &encrypted(&keys)).await, "invalid_request_object").await;

    let keys = key_set(bank).await;
    bank.clock.advance(1);
    administer(bank, rotate(false)).await;
    assert!(published(bank).await.iter().all(|kid| !second.contains(kid)));
    let request_uri = pushed(push(&fapi, app, &encrypted(&keys)).await).await;
    bank.clock.advance(1);
    administer(bank, rotate(true)).await;
    refused(push(&fapi, app, &encrypted(&keys)).await, "invalid_request_object").await;
    // What was pushed before is good.
    let before = Pushed {
        app,
        request_uri,
        pkce: pkce(),
    };
    assert!(fapi.open(&bank.browser(), &before).await.page().has("sign-in"));
}
