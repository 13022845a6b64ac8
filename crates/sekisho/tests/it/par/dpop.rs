//! Requests that are pushed with a proof of a key, or for one. RFC 9449 §10.1.

use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{BANK_API, granted, refused, text},
    dpop::{Proof, ProofKey},
    fapi::{FAPI2_OTHER, FAPI2_SECURITY, Fapi, FapiApp, Pushed, pushed},
};

/// A proof for an endpoint that is as it should be.
fn proof<'a>(fapi: &Fapi, key: &'a ProofKey, path: &str) -> Proof<'a> {
    key.proof("POST", &fapi.bank.url(path), fapi.now())
}

async fn try_push(fapi: &Fapi, pkce: &testkit::Pkce, proof: &Proof<'_>, changes: &Value) -> Response {
    let parameters = fapi.parameters(FAPI2_SECURITY, pkce, changes);
    let form: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    proof.send(fapi.post(FAPI2_SECURITY, "/par", &form)).await
}

/// Pushes with a proof by this key.
async fn push(fapi: &Fapi, proof: &Proof<'_>, changes: &Value) -> Pushed {
    let pkce = testkit::pkce();
    Pushed {
        app: FAPI2_SECURITY,
        request_uri: pushed(try_push(fapi, &pkce, proof, changes).await).await,
        pkce,
    }
}

/// Redeems the code of a pushed request, first with another key, which must fail.
async fn redeemed_by_its_key_alone(fapi: &Fapi, pushed: &Pushed, key: &ProofKey) {
    let callback = fapi.walk(pushed).await;
    let answer = fapi.answer(FAPI2_SECURITY, &callback).await;
    let code = text(&answer, "code");
    let other = ProofKey::es256();
    let stolen = proof(fapi, &other, "/token").send(fapi.redeem(pushed, code)).await;
    refused(stolen, "invalid_grant").await;
    // Not even mutual TLS instead.
    refused(fapi.redeem(pushed, code).send().await.unwrap(), "invalid_grant").await;
    let tokens = granted(proof(fapi, key, "/token").send(fapi.redeem(pushed, code)).await).await;
    assert_eq!(tokens["token_type"], "DPoP");
}

// Conformance: B119 DPOP-15 F2-AS-11 fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success
// Conformance: fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
#[tokio::test]
async fn a_proof_at_par_binds_the_code_to_its_key() {
    let (fapi, key) = (Fapi::start().await, ProofKey::es256());
    let pushed = push(&fapi, &proof(&fapi, &key, "/par"), &json!({})).await;
    redeemed_by_its_key_alone(&fapi, &pushed, &key).await;
}

// Conformance: B119 DPOP-14 DPOP-15 F2-AS-11 fapi2-security-profile-final-ensure-dpop-auth-code-binding-success
// Conformance: fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt
#[tokio::test]
async fn a_thumbprint_that_was_pushed_binds_the_code_to_that_key() {
    let (fapi, key) = (Fapi::start().await, ProofKey::es256());
    let pushed = fapi.push(FAPI2_SECURITY, &json!({"dpop_jkt": key.jkt()})).await;
    redeemed_by_its_key_alone(&fapi, &pushed, &key).await;
    let both = json!({"dpop_jkt": key.jkt()});
    let pushed = push(&fapi, &proof(&fapi, &key, "/par"), &both).await;
    redeemed_by_its_key_alone(&fapi, &pushed, &key).await;
}

// Conformance: B119 DPOP-15 fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails
#[tokio::test]
async fn a_thumbprint_of_another_key_than_the_proofs_is_refused() {
    let (fapi, key, other) = (Fapi::start().await, ProofKey::es256(), ProofKey::es256());
    let changes = json!({"dpop_jkt": other.jkt()});
    let response = try_push(&fapi, &testkit::pkce(), &proof(&fapi, &key, "/par"), &changes).await;
    refused(response, "invalid_request").await;
}

// Conformance: B116 B117 DPOP-09 F2-AS-12 fapi2-security-profile-final-check-dpop-proof-nbf-exp
// Conformance: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds
// Conformance: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds
#[tokio::test]
async fn a_proof_at_par_is_held_to_the_same_rules_as_any_other() {
    let (fapi, key) = (Fapi::start().await, ProofKey::es256());
    let good = || proof(&fapi, &key, "/par");
    let now = fapi.now();
    for fine in [
        good().claim("iat", now - 10),
        good().claim("iat", now + 10),
        good().claim("nbf", now + 60).claim("exp", now - 60),
    ] {
        push(&fapi, &fine, &json!({})).await;
    }
    let used = good();
    push(&fapi, &used, &json!({})).await;
    for bad in [
        used,
        good().claim("htm", "GET"),
        good().claim("htu", fapi.bank.url("/token")),
        good().claim("iat", now - 3600),
        good().header("typ", "JWT"),
    ] {
        let response = try_push(&fapi, &testkit::pkce(), &bad, &json!({})).await;
        refused(response, "invalid_dpop_proof").await;
    }
}

// Conformance: B97 DPOP-10 F2-AS-04 F2-AS-08 fapi2-security-profile-final-refresh-token
#[tokio::test]
async fn what_was_pushed_is_refreshed_with_any_key_but_not_without_one() {
    let (fapi, key, new) = (Fapi::start().await, ProofKey::es256(), ProofKey::es256());
    let changes = json!({"scope": "openid offline_access accounts:read"});
    let request = push(&fapi, &proof(&fapi, &key, "/par"), &changes).await;
    let answer = fapi.answer(FAPI2_SECURITY, &fapi.walk(&request).await).await;
    let redeem = fapi.redeem(&request, text(&answer, "code"));
    let tokens = granted(proof(&fapi, &key, "/token").send(redeem).await).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    let refresh = |app: FapiApp| fapi.post(app, "/token", &form);

    let nameless = fapi.bank.http.post(fapi.bank.url("/token")).form(&form);
    refused(proof(&fapi, &key, "/token").send(nameless).await, "invalid_client").await;
    refused(refresh(FAPI2_SECURITY).send().await.unwrap(), "invalid_request").await;
    let others = proof(&fapi, &key, "/token").send(refresh(FAPI2_OTHER)).await;
    refused(others, "invalid_grant").await;
    for key in [&new, &key, &new] {
        let next = granted(proof(&fapi, key, "/token").send(refresh(FAPI2_SECURITY)).await).await;
        assert_eq!(next["refresh_token"], tokens["refresh_token"], "it is not rotated");
        let told = BANK_API.introspect(&fapi.bank, text(&next, "access_token")).await;
        assert_eq!(told["cnf"], json!({ "jkt": key.jkt() }));
    }
}
