//! Signed request objects, pushed: RFC 9126 §3, FAPI 1.0 Advanced §5.2.2, FAPI 2.0 Message Signing §5.3.1.

use jose::b64;
use reqwest::Response;
use serde_json::{Value, json};
use testkit::pkce;

use crate::{
    app::{Server, refused},
    fapi::{FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING, FAPI2_SECURITY, Fapi, FapiApp, form, pushed},
    request::assert_error_page,
};

const SIGNERS: [FapiApp; 2] = [FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING];
const TYP: &str = "oauth-authz-req+jwt";

async fn push(fapi: &Fapi, app: FapiApp, object: &str) -> Response {
    let form = [("client_id", app.client_id), ("request", object)];
    fapi.post(app, "/par", &form).send().await.unwrap()
}

// Conformance: F2MS-01 F2MS-03 JAR-12 F1A-AS-02 F2-CRY-01 F1A-ALG-01 F2-AS-12 JAR-01 PAR-07
// Conformance: fapi2-security-profile-final-ensure-request-object-with-multiple-aud-succeeds
// Conformance: fapi1-advanced-final-ensure-request-object-with-multiple-aud-succeeds
// Conformance: fapi2-security-profile-final-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted
#[tokio::test]
async fn a_sound_object_is_taken_whichever_way_its_developer_writes_it() {
    let fapi = Fapi::start().await;
    let now = fapi.now();
    for app in SIGNERS {
        for changes in [
            json!({}),
            json!({"aud": ["https://other.example", fapi.bank.issuer]}),
            json!({"nbf": now + 8, "iat": now + 8}),
            json!({"nbf": now + 10}),
            json!({"nbf": now - 3599, "exp": now + 1}),
            json!({"nbf": now, "exp": now + 3600}),
            json!({"scope": "accounts:read openid"}),
            json!({"state": null}),
            json!({"nonce": "n".repeat(64)}),
            json!({"nonce": "n".repeat(384), "state": "s".repeat(384)}),
        ] {
            for typ in [TYP, "JWT"] {
                let object = fapi.object(app, &pkce(), &changes);
                pushed(push(&fapi, app, &fapi.keys.es256.sign_as(typ, &object)).await).await;
            }
        }
        let object = fapi.object(app, &pkce(), &json!({}));
        pushed(push(&fapi, app, &fapi.keys.ps256.sign_as(TYP, &object)).await).await;
    }
}

// Conformance: F1A-AS-08 F1A-AS-09 F1A-AS-10 F2MS-02 JAR-02 JAR-03 JAR-12 JAR-11 F2-AS-12 PAR-07
// Conformance: fapi1-advanced-final-ensure-request-object-without-exp-fails
// Conformance: fapi1-advanced-final-ensure-request-object-without-nbf-fails
// Conformance: fapi1-advanced-final-ensure-request-object-without-scope-fails
// Conformance: fapi1-advanced-final-ensure-expired-request-object-fails
// Conformance: fapi1-advanced-final-ensure-request-object-with-bad-aud-fails
// Conformance: fapi1-advanced-final-ensure-request-object-with-exp-over-60-fails
// Conformance: fapi1-advanced-final-ensure-request-object-with-nbf-over-60-fails
// Conformance: fapi1-advanced-final-par-pushed-authorization-url-as-audience-in-request-object
// Conformance: fapi1-advanced-final-par-authorization-request-containing-request_uri
// Conformance: fapi2-security-profile-final-ensure-request-object-without-exp-fails
// Conformance: fapi2-security-profile-final-ensure-request-object-without-nbf-fails
// Conformance: fapi2-security-profile-final-ensure-expired-request-object-fails
// Conformance: fapi2-security-profile-final-ensure-request-object-with-bad-aud-fails
// Conformance: fapi2-security-profile-final-ensure-request-object-with-exp-over-60-fails
// Conformance: fapi2-security-profile-final-ensure-request-object-with-nbf-over-60-fails
// Conformance: fapi2-security-profile-final-par-authorization-request-containing-request_uri
#[tokio::test]
async fn an_object_out_of_its_time_for_others_or_of_others_is_refused() {
    let fapi = Fapi::start().await;
    let (now, other) = (fapi.now(), "https://other.example");
    let par = fapi.bank.at("/par");
    for app in SIGNERS {
        for changes in [
            json!({"exp": null}),
            json!({"nbf": null}),
            json!({"aud": null}),
            json!({"aud": other}),
            json!({"aud": [other]}),
            json!({"aud": par}),
            json!({"exp": now - 300, "nbf": now - 600, "iat": now - 600}),
            json!({"exp": now}),
            json!({"exp": now + 3601}),
            json!({"exp": now + 100, "nbf": now - 3601}),
            json!({"exp": now + 100, "nbf": now + 61}),
            json!({"exp": now + 100, "iat": now + 61}),
            json!({"iss": "fapi2-app"}),
            json!({"client_id": "fapi2-app"}),
            json!({"client_id": null}),
            json!({"sub": app.client_id}),
            json!({"request_uri": "urn:ietf:params:oauth:request_uri:AAAA"}),
            json!({"request": "e30.e30.e30"}),
            json!({"scope": null}),
            json!({"scope": ["openid"]}),
        ] {
            let object = fapi.keys.es256.sign_as(TYP, &fapi.object(app, &pkce(), &changes));
            let description = refused(push(&fapi, app, &object).await, "invalid_request_object").await;
            assert!(!description.is_empty(), "{changes}");
        }
    }
}

// Conformance: F1A-ALG-01 F2-CRY-01 JAR-01 JAR-05 SEED2-01
// Conformance: fapi1-advanced-final-ensure-signed-request-object-with-RS256-fails
// Conformance: fapi1-advanced-final-ensure-request-object-signature-algorithm-is-not-none
// Conformance: fapi1-advanced-final-ensure-request-object-with-invalid-signature-fails
// Conformance: fapi1-advanced-final-ensure-matching-key-in-authorization-request
// Conformance: fapi2-security-profile-final-ensure-signed-request-object-with-RS256-fails
// Conformance: fapi2-security-profile-final-ensure-request-object-signature-algorithm-is-not-none
// Conformance: fapi2-security-profile-final-ensure-request-object-with-invalid-signature-fails
// Conformance: fapi2-security-profile-final-ensure-matching-key-in-authorization-request
#[tokio::test]
async fn an_object_must_be_signed_by_the_client_with_an_algorithm_of_the_profile() {
    let fapi = Fapi::start().await;
    for app in SIGNERS {
        let object = fapi.object(app, &pkce(), &json!({}));
        let signed = fapi.keys.es256.sign_as(TYP, &object);
        let (head, signature) = signed.rsplit_once('.').unwrap();
        let mut forged = b64::decode(signature).unwrap();
        forged[7] ^= 1;
        let part = |value: &Value| b64::encode(value.to_string());
        for bad in [
            fapi.keys.rs256.sign_as(TYP, &object),
            fapi.keys.stranger.sign_as(TYP, &object),
            fapi.keys.es256.sign_as("client-authentication+jwt", &object),
            format!("{}.{}.", part(&json!({"alg": "none"})), part(&object)),
            format!("{head}."),
            format!("{head}.{}", b64::encode(forged)),
            "nonsense".to_owned(),
        ] {
            refused(push(&fapi, app, &bad).await, "invalid_request_object").await;
        }
    }
    // Of a profile that does not want them, they are held to the same algorithms.
    let object = fapi.object(FAPI2_SECURITY, &pkce(), &json!({}));
    let rs256 = fapi.keys.rs256.sign_as(TYP, &object);
    refused(push(&fapi, FAPI2_SECURITY, &rs256).await, "invalid_request_object").await;
    let es256 = fapi.keys.es256.sign_as(TYP, &object);
    pushed(push(&fapi, FAPI2_SECURITY, &es256).await).await;
}

// Conformance: F2MS-01 F1A-AS-02 F1A-AS-13 JAR-10 fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails
// Conformance: fapi1-advanced-final-par-ensure-pkce-required fapi1-advanced-final-par-plain-pkce-rejected
#[tokio::test]
async fn a_profile_that_wants_signed_requests_takes_no_others() {
    let fapi = Fapi::start().await;
    for app in SIGNERS {
        let plain = app.request(&pkce(), &json!({}));
        let response = fapi.post(app, "/par", &form(&plain)).send().await.unwrap();
        refused(response, "invalid_request").await;
        for changes in [
            json!({"code_challenge": null, "code_challenge_method": null}),
            json!({"code_challenge_method": "plain"}),
            json!({"redirect_uri": null}),
            json!({"redirect_uri": "https://evil.example.com/"}),
            json!({"response_mode": null}),
            json!({"response_mode": "query"}),
            json!({"response_mode": "form_post"}),
        ] {
            refused(fapi.try_push(app, &pkce(), &changes).await, "invalid_request").await;
        }
        let token = json!({"response_type": "code id_token token"});
        refused(fapi.try_push(app, &pkce(), &token).await, "unsupported_response_type").await;
    }
    let without_nonce = json!({"nonce": null});
    refused(
        fapi.try_push(FAPI1_ADVANCED, &pkce(), &without_nonce).await,
        "invalid_request",
    )
    .await;
}

// Conformance: F1A-AS-06 JAR-04 PAR-07 fapi1-advanced-final-state-only-outside-request-object-not-used
// Conformance: fapi1-advanced-final-ensure-different-nonce-inside-and-outside-request-object
#[tokio::test]
async fn what_stands_beside_a_pushed_object_does_not_count() {
    let fapi = Fapi::start().await;
    for app in [FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING, FAPI2_SECURITY] {
        let pkce = pkce();
        let object = fapi.object(app, &pkce, &json!({"state": null}));
        let object = fapi.keys.es256.sign_as(TYP, &object);
        let sent = [
            ("client_id", app.client_id),
            ("request", &object),
            ("response_type", "token"),
            ("scope", "openid payments:write"),
            ("state", "outside"),
            ("nonce", "outside"),
        ];
        let request_uri = pushed(fapi.post(app, "/par", &sent).send().await.unwrap()).await;
        let request = crate::fapi::Pushed { app, request_uri, pkce };
        let callback = fapi.walk(&request).await;
        assert_eq!(fapi.answer(app, &callback).await.get("state"), None);
        let again = fapi.open(&fapi.bank.browser(), &request).await.page();
        assert_error_page(&again, 400, "invalid_request_uri");
    }
}
