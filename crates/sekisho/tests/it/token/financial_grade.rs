//! `/token` for clients of the financial-grade profiles: what their profile allows counts, whatever they registered.

use serde_json::{Value, json};
use storage::{Change, Statement};
use testkit::pkce;

use crate::{
    app::{WEB_APP, granted, refused, text},
    bank::Bank,
    fapi::{FAPI1_ADVANCED, FAPI1_BASELINE, FAPI2_MESSAGE_SIGNING, FAPI2_SECURITY, Fapi, FapiApp, form},
    signer::{assertion, post},
};

const ALL: [FapiApp; 4] = [FAPI1_ADVANCED, FAPI1_BASELINE, FAPI2_MESSAGE_SIGNING, FAPI2_SECURITY];

// Conformance: SEED1-04 F1A-AS-11 F1A-AS-12 F2-AS-03 F2-AS-05
#[tokio::test]
async fn a_method_that_the_profile_no_longer_allows_is_not_believed() {
    for client_id in ["web-app", "cli"] {
        let bank = Bank::start().await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", "x"),
            ("client_id", client_id),
        ];
        let ask = async || match client_id {
            "web-app" => WEB_APP.post(&bank, "/token", &form).await,
            _ => bank.post("/token", &form).await,
        };
        refused(ask().await, "invalid_grant").await;
        // The operator made it stricter, and no file was asked.
        let stricter = Statement::new(
            "UPDATE client SET metadata = replace(metadata, '\"client_id\"', '\"profile\":\"fapi2-security\",\"client_id\"') \
             WHERE client_id = $1",
            vec![client_id.into()],
        );
        bank.change(Change::new().then(stricter)).await;
        let description = refused(ask().await, "invalid_client").await;
        assert!(description.contains("fapi2-security"), "{description}");
    }
}

// Conformance: F1A-ALG-01 F2-CRY-01 ASRT-06 fapi1-advanced-final-ensure-signed-client-assertion-with-RS256-fails
// Conformance: fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails
#[tokio::test]
async fn an_assertion_is_made_with_an_algorithm_of_the_profile() {
    let fapi = Fapi::start().await;
    for app in ALL {
        let claims = || assertion(&fapi.bank, app.client_id, fapi.now());
        let sent = [("grant_type", "authorization_code"), ("code", "x")];
        let is_weak_allowed = app.profile == "fapi1-baseline";
        let weak = post(&fapi.bank, "/token", &fapi.keys.rs256.sign(&claims()), &sent).await;
        if !is_weak_allowed {
            refused(weak, "invalid_client").await;
        }
        let strong = post(&fapi.bank, "/token", &fapi.keys.ps256.sign(&claims()), &sent).await;
        let answer: Value = strong.json().await.unwrap();
        assert_ne!(answer["error"], "invalid_client", "{answer}");
        let pushed = app.request(&pkce(), &json!({}));
        let weak = post(&fapi.bank, "/par", &fapi.keys.rs256.sign(&claims()), &form(&pushed)).await;
        if !is_weak_allowed {
            refused(weak, "invalid_client").await;
        }
    }
}

// Conformance: F2-AS-10 F2-AS-08 F1B-AS-07 SEED2-05
#[tokio::test]
async fn codes_are_short_lived_tokens_bound_and_refresh_tokens_stay() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    let callback = fapi.walk(&request).await;
    fapi.bank.clock.advance(60);
    refused(
        fapi.redeem(&request, callback.code()).send().await.unwrap(),
        "invalid_grant",
    )
    .await;

    let bearer = fapi.tokens(&fapi.push(FAPI1_BASELINE, &json!({})).await).await;
    assert_eq!(bearer["expires_in"], 599, "bound to no key");

    let offline = json!({"scope": "openid offline_access accounts:read", "prompt": "consent"});
    let tokens = fapi.tokens(&fapi.push(FAPI2_SECURITY, &offline).await).await;
    let token = text(&tokens, "refresh_token");
    let (name, value) = fapi.keys.certificate.client_cert();
    for _ in 0..2 {
        let sent = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let request = fapi.post(FAPI2_SECURITY, "/token", &sent);
        let refreshed = granted(request.header(name, value.as_str()).send().await.unwrap()).await;
        assert!(refreshed.get("refresh_token").is_none_or(|same| same == token));
    }
    let without = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let response = fapi.post(FAPI2_SECURITY, "/token", &without).send().await.unwrap();
    refused(response, "invalid_request").await;
}
