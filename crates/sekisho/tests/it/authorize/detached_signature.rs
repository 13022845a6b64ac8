//! `response_type=code id_token` of FAPI 1.0 Advanced: the ID token signs the response (§5.2.2.1).

use jose::{SigningAlg, left_half_hash};
use serde_json::{Value, json};
use testkit::{Callback, pkce};

use crate::{
    app::{claims, granted, names, refused, text},
    fapi::{FAPI1_ADVANCED, Fapi},
};

const HYBRID: &str = "code id_token";

fn hybrid(changes: &Value) -> Value {
    let mut hybrid = json!({"response_type": HYBRID, "response_mode": null});
    hybrid
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    hybrid
}

async fn id_token(fapi: &Fapi, callback: &Callback) -> Value {
    claims(&fapi.bank, callback.get("id_token").unwrap()).await
}

// Conformance: B77 F1A-AS-03 F1A-AS-14 F1A-AS-15 SEED2-02 SEED2-03 SEED2-04 fapi1-advanced-final
#[tokio::test]
async fn the_id_token_signs_the_code_and_the_state() {
    let fapi = Fapi::start().await;
    for (changes, state) in [(json!({}), Some("the state")), (json!({"state": null}), None)] {
        let request = fapi.push(FAPI1_ADVANCED, &hybrid(&changes)).await;
        let callback = fapi.walk(&request).await;
        assert!(callback.in_fragment);
        assert_eq!(callback.get("state"), state);
        let hash = |text| json!(left_half_hash(SigningAlg::Es256, text));
        let signed = id_token(&fapi, &callback).await;
        assert_eq!(signed["c_hash"], hash(callback.code()));
        assert_eq!(signed.get("s_hash").cloned(), state.map(hash));
        assert_eq!(signed["nonce"], "the nonce");
        let tokens = granted(fapi.redeem(&request, callback.code()).send().await.unwrap()).await;
        let second = claims(&fapi.bank, text(&tokens, "id_token")).await;
        assert_eq!((&second["sub"], &second["iss"]), (&signed["sub"], &signed["iss"]));
        assert_eq!(second.get("s_hash"), None, "it may be left out there");
    }
}

// Conformance: F1A-AS-16
#[tokio::test]
async fn what_the_browser_carries_says_nothing_of_the_user() {
    let fapi = Fapi::start().await;
    let asks = json!({"claims": r#"{"id_token": {"email": {"essential": true}, "given_name": null}}"#});
    let request = fapi.push(FAPI1_ADVANCED, &hybrid(&asks)).await;
    let callback = fapi.walk(&request).await;
    let first = id_token(&fapi, &callback).await;
    let of_protocol = [
        "acr",
        "amr",
        "aud",
        "auth_time",
        "c_hash",
        "exp",
        "iat",
        "iss",
        "nonce",
        "s_hash",
        "sid",
        "sub",
    ];
    assert_eq!(names(&first), of_protocol);
    let tokens = granted(fapi.redeem(&request, callback.code()).send().await.unwrap()).await;
    let second = claims(&fapi.bank, text(&tokens, "id_token")).await;
    assert_eq!(second["email"], "alice@example.com");
}

// Conformance: JARM-05 F1A-AS-03 fapi1-advanced-final-ensure-response-mode-query
#[tokio::test]
async fn it_never_goes_by_query() {
    let fapi = Fapi::start().await;
    for mode in ["query", "query.jwt"] {
        let response = fapi
            .try_push(FAPI1_ADVANCED, &pkce(), &hybrid(&json!({"response_mode": mode})))
            .await;
        refused(response, "invalid_request").await;
    }
    for (mode, in_fragment) in [
        ("fragment", true),
        ("form_post", false),
        ("jwt", true),
        ("form_post.jwt", false),
    ] {
        let request = fapi
            .push(FAPI1_ADVANCED, &hybrid(&json!({"response_mode": mode})))
            .await;
        let callback = fapi.walk(&request).await;
        assert_eq!(callback.in_fragment, in_fragment, "{mode}");
        let answer = fapi.answer(FAPI1_ADVANCED, &callback).await;
        assert!(
            answer.get("code").is_some() && answer.get("id_token").is_some(),
            "{mode}"
        );
    }
}
