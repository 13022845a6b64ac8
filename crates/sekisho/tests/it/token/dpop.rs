//! Proofs of a key at the token endpoint. RFC 9449 §4.3, §5, §10.

use jose::SigningAlg;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{BANK_API, CLI, ROBOT, TV, WEB_APP, bank_and, granted, refused, text},
    bank::Bank,
    device::approve,
    dpop::{Proof, ProofKey, nonce_of},
    signer::{JWT_BEARER, Signer, assertion},
};

const AS_ITSELF: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "accounts:read")];

/// The robot asks for a token with this proof.
async fn ask(bank: &Bank, proof: &Proof<'_>) -> Response {
    proof.send(ROBOT.posting(bank, "/token", &AS_ITSELF)).await
}

/// A proof for the token endpoint that is as it should be.
fn proof<'a>(bank: &Bank, key: &'a ProofKey) -> Proof<'a> {
    key.proof("POST", &bank.url("/token"), bank.clock.now())
}

// Conformance: B118 DPOP-08 DPOP-12 INT-04
#[tokio::test]
async fn a_proof_binds_the_token_to_its_key() {
    let bank = Bank::start().await;
    for alg in SigningAlg::ALL {
        let key = ProofKey::new(alg);
        let response = ask(&bank, &proof(&bank, &key)).await;
        assert_eq!(nonce_of(&response), None, "one node alone needs none");
        let tokens = granted(response).await;
        assert_eq!(tokens["token_type"], "DPoP");
        let told = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
        assert_eq!(
            (&told["token_type"], &told["cnf"]),
            (&json!("DPoP"), &json!({ "jkt": key.jkt() }))
        );
    }
    let tokens = granted(ROBOT.post(&bank, "/token", &AS_ITSELF).await).await;
    assert_eq!(tokens["token_type"], "Bearer", "without a proof");
}

// Conformance: B116 DPOP-01 DPOP-02 DPOP-03 DPOP-04 DPOP-05 DPOP-06 DPOP-09
#[tokio::test]
async fn a_proof_that_is_not_right_is_an_invalid_one() {
    let bank = Bank::start().await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let good = || proof(&bank, &key);
    let mut private = key.jwk();
    private["d"] = json!("AA");
    for (bad, says) in [
        (good().header("typ", "JWT"), "typ"),
        (good().header("typ", Value::Null), "typ"),
        (good().header("alg", "none"), "algorithm"),
        (good().header("alg", "HS256"), "algorithm"),
        (good().header("jwk", Value::Null), "jwk"),
        (good().header("jwk", private), "private"),
        (good().header("jwk", other.jwk()), "signature"),
        (good().claim("jti", Value::Null), "jti"),
        (good().claim("htm", Value::Null), "htm"),
        (good().claim("htm", "GET"), "htm"),
        (good().claim("htu", Value::Null), "htu"),
        (good().claim("htu", bank.url("/par")), "htu"),
        (good().claim("iat", Value::Null), "iat"),
        (good().claim("iat", bank.clock.now() - 3600), "too old"),
        (good().claim("iat", bank.clock.now() + 3600), "future"),
    ] {
        let description = refused(ask(&bank, &bad).await, "invalid_dpop_proof").await;
        assert!(description.contains(says), "{description}");
    }
    for text in ["", "nonsense", "a.b.c"] {
        let request = ROBOT.posting(&bank, "/token", &AS_ITSELF).header("dpop", text);
        refused(request.send().await.unwrap(), "invalid_dpop_proof").await;
    }
    let request = ROBOT.posting(&bank, "/token", &AS_ITSELF);
    let two = request.header("dpop", good().sign()).header("dpop", good().sign());
    refused(two.send().await.unwrap(), "invalid_dpop_proof").await;
}

// Conformance: B116 B117 DPOP-05 F2-AS-12
// Conformance: fapi2-security-profile-final-check-dpop-proof-nbf-exp
// Conformance: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds
// Conformance: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds
#[tokio::test]
async fn clocks_that_differ_other_spellings_and_unknown_members_do_not_matter() {
    let bank = Bank::start().await;
    let (key, now) = (ProofKey::es256(), bank.clock.now());
    let good = || proof(&bank, &key);
    for fine in [
        good().claim("iat", now - 10),
        good().claim("iat", now + 10),
        good().claim("nbf", now + 3600).claim("exp", now - 3600),
        good()
            .claim("more", json!({"a": [1]}))
            .header("kid", "mine")
            .header("more", 1),
        good().claim("htu", bank.url("/token?a=b#c")),
        good().claim("htu", bank.url("/token").to_uppercase().replace("/TOKEN", "/token")),
        good().claim("htu", "http://localhost:80/token"),
    ] {
        granted(ask(&bank, &fine).await).await;
    }
}

// Conformance: DPOP-07 B116
#[tokio::test]
async fn a_proof_is_used_once() {
    let bank = Bank::start().await;
    let key = ProofKey::es256();
    let proof = proof(&bank, &key);
    granted(ask(&bank, &proof).await).await;
    for later in [0, 30, 60] {
        bank.clock.advance(later);
        let description = refused(ask(&bank, &proof).await, "invalid_dpop_proof").await;
        assert!(
            description.contains("used before") || description.contains("too old"),
            "{description}"
        );
    }
}

#[tokio::test]
async fn a_proof_that_a_stranger_brings_is_not_used_up() {
    let bank = Bank::start().await;
    let key = ProofKey::es256();
    let proof = proof(&bank, &key);
    let stranger = bank
        .http
        .post(bank.url("/token"))
        .basic_auth("robot", Some("wrong"))
        .form(&AS_ITSELF);
    refused(proof.send(stranger).await, "invalid_client").await;
    granted(ask(&bank, &proof).await).await;
}

/// A client that authenticates by an assertion and whose profile is that of FAPI 2.0.
fn fapi_robot(signer: &Signer) -> String {
    format!(
        "[[client]]\nclient_id = \"fapi-robot\"\nprofile = \"fapi2-security\"\n\
         token_endpoint_auth_method = \"private_key_jwt\"\njwks = {}\n\
         grant_types = [\"client_credentials\"]\nresponse_types = []\nscope = \"accounts:read\"\n",
        signer.jwks()
    )
}

async fn ask_by_assertion(bank: &Bank, assertion: &str, proof: Option<&Proof<'_>>) -> Response {
    let credentials = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    let form = [AS_ITSELF, credentials].concat();
    let request = bank.http.post(bank.url("/token")).form(&form);
    match proof {
        Some(proof) => proof.send(request).await,
        None => request.send().await.unwrap(),
    }
}

// Conformance: F2-AS-04 B121 DPOP-11 fapi2-security-profile-final-ensure-holder-of-key-required
#[tokio::test]
async fn a_profile_that_demands_it_gives_no_token_without_a_proof_of_its_algorithms() {
    let signer = Signer::new(SigningAlg::Es256);
    let bank = Bank::with_realm(bank_and(&fapi_robot(&signer))).await;
    let fresh = || signer.sign(&assertion(&bank, "fapi-robot", bank.clock.now()));
    refused(ask_by_assertion(&bank, &fresh(), None).await, "invalid_request").await;
    for alg in [SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa] {
        let key = ProofKey::new(alg);
        let proof = proof(&bank, &key);
        let tokens = granted(ask_by_assertion(&bank, &fresh(), Some(&proof)).await).await;
        assert_eq!(tokens["token_type"], "DPoP");
    }
    let rsa = ProofKey::new(SigningAlg::Rs256);
    let weak = proof(&bank, &rsa);
    let description = refused(
        ask_by_assertion(&bank, &fresh(), Some(&weak)).await,
        "invalid_dpop_proof",
    )
    .await;
    assert!(
        description.contains("dpop_signing_alg_values_supported"),
        "{description}"
    );
}

#[tokio::test]
async fn a_refused_proof_uses_up_neither_the_assertion_nor_the_code() {
    let signer = Signer::new(SigningAlg::Es256);
    let bank = Bank::with_realm(bank_and(&fapi_robot(&signer))).await;
    let (key, rsa) = (ProofKey::es256(), ProofKey::new(SigningAlg::Rs256));
    let assertion = signer.sign(&assertion(&bank, "fapi-robot", bank.clock.now()));
    for bad in [proof(&bank, &key).claim("htm", "PUT"), proof(&bank, &rsa)] {
        refused(
            ask_by_assertion(&bank, &assertion, Some(&bad)).await,
            "invalid_dpop_proof",
        )
        .await;
    }
    granted(ask_by_assertion(&bank, &assertion, Some(&proof(&bank, &key))).await).await;

    let code = WEB_APP.code(&bank, "accounts:read").await;
    let bad = proof(&bank, &key).claim("htm", "PUT");
    refused(bad.send(WEB_APP.redeeming(&bank, &code)).await, "invalid_dpop_proof").await;
    granted(proof(&bank, &key).send(WEB_APP.redeeming(&bank, &code)).await).await;
}

// Conformance: DPOP-11 B121
#[tokio::test]
async fn a_client_that_is_registered_for_it_always_brings_a_proof() {
    let client = "[[client]]\nclient_id = \"proving\"\nclient_secret = \"proving-secret\"\n\
                  dpop_bound_access_tokens = true\ngrant_types = [\"client_credentials\"]\nresponse_types = []\n\
                  scope = \"accounts:read\"\n";
    let bank = Bank::with_realm(bank_and(client)).await;
    let key = ProofKey::es256();
    let request = || {
        let request = bank.http.post(bank.url("/token")).form(&AS_ITSELF);
        request.basic_auth("proving", Some("proving-secret"))
    };
    let description = refused(request().send().await.unwrap(), "invalid_request").await;
    assert!(description.contains("DPoP"), "{description}");
    granted(proof(&bank, &key).send(request()).await).await;
}

/// The tokens of a user's app that proved `key`.
async fn tokens_of(bank: &Bank, app: crate::app::App, key: &ProofKey) -> Value {
    let code = app.code(bank, "accounts:read offline_access openid").await;
    granted(proof(bank, key).send(app.redeeming(bank, &code)).await).await
}

// Conformance: DPOP-10 B97 fapi2-security-profile-final-refresh-token
#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_bound_and_that_of_another_is_not() {
    let bank = Bank::start().await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let refresh = |app: crate::app::App, tokens: &Value| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", text(tokens, "refresh_token")),
        ];
        app.posting(&bank, "/token", &form)
    };
    let tokens = tokens_of(&bank, CLI, &key).await;
    refused(proof(&bank, &other).send(refresh(CLI, &tokens)).await, "invalid_grant").await;
    refused(refresh(CLI, &tokens).send().await.unwrap(), "invalid_grant").await;
    let next = granted(proof(&bank, &key).send(refresh(CLI, &tokens)).await).await;
    assert_eq!(next["token_type"], "DPoP");

    let tokens = tokens_of(&bank, WEB_APP, &key).await;
    let next = granted(proof(&bank, &other).send(refresh(WEB_APP, &tokens)).await).await;
    let told = BANK_API.introspect(&bank, text(&next, "access_token")).await;
    assert_eq!(told["cnf"], json!({ "jkt": other.jkt() }));
}

// Conformance: DPOP-08 DPOP-10
#[tokio::test]
async fn a_device_that_polls_with_proofs_gets_bound_tokens() {
    let bank = Bank::start().await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let asking = TV.posting(&bank, "/device_authorization", &[("scope", "accounts:read")]);
    let url = bank.url("/device_authorization");
    let elsewhere = proof(&bank, &key).send(asking.try_clone().unwrap()).await;
    refused(elsewhere, "invalid_dpop_proof").await;
    let device = granted(key.proof("POST", &url, bank.clock.now()).send(asking).await).await;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", text(&device, "device_code")),
    ];
    let poll = async || proof(&bank, &key).send(TV.posting(&bank, "/token", &form)).await;
    refused(poll().await, "authorization_pending").await;
    approve(&bank.browser(), &device).await;
    bank.clock.advance(5);
    let tokens = granted(poll().await).await;
    assert_eq!(tokens["token_type"], "DPoP");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    let stolen = proof(&bank, &other).send(TV.posting(&bank, "/token", &form)).await;
    refused(stolen, "invalid_grant").await;
}

// Conformance: DPOP-14 B119 F2-AS-11 fapi2-security-profile-final-ensure-dpop-auth-code-binding-success
// Conformance: fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt
#[tokio::test]
async fn a_code_that_was_asked_for_with_a_key_is_redeemed_with_that_key() {
    let bank = Bank::start().await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let jkt = key.jkt();
    for app in [WEB_APP, CLI] {
        let code = app.code_with(&bank, "accounts:read", &[("dpop_jkt", &jkt)]).await;
        refused(
            proof(&bank, &other).send(app.redeeming(&bank, &code)).await,
            "invalid_grant",
        )
        .await;
        refused(app.redeem(&bank, &code).await, "invalid_grant").await;
        let tokens = granted(proof(&bank, &key).send(app.redeeming(&bank, &code)).await).await;
        assert_eq!(tokens["token_type"], "DPoP");
    }
}

// Conformance: B116 DPOP-05
#[tokio::test]
async fn an_issuer_with_a_path_is_named_with_it() {
    let bank = Bank::with_realm(|issuer| testkit::realm::bank(&format!("{issuer}/realms/bank"))).await;
    let key = ProofKey::es256();
    let url = bank.url("/realms/bank/token");
    let request = || {
        let request = bank.http.post(&url).form(&AS_ITSELF);
        request.basic_auth("robot", Some("robot-secret"))
    };
    let now = bank.clock.now();
    let elsewhere = key.proof("POST", &bank.url("/token"), now);
    refused(elsewhere.send(request()).await, "invalid_dpop_proof").await;
    granted(key.proof("POST", &url, now).send(request()).await).await;
}
