//! Every response type with every response mode: what its tokens say, and where errors go (OpenID Connect Core §2, §3,
//! Multiple Response Types §5, Form Post Response Mode §2).

use jose::{SigningAlg, left_half_hash};
use serde_json::{Value, json};
use testkit::{Answer, Browser, Callback};

use super::callback::ALL_TYPES;
use crate::{
    app::{Server as _, bank_and, granted, key_set, verify},
    bank::{Bank, NOON},
    request::{Request, WEB, error, signed_in, text},
};

const RESPONSE_TYPES: [&str; 7] = [
    "code",
    "token",
    "id_token",
    "id_token token",
    "code token",
    "code id_token",
    "code id_token token",
];

async fn bank() -> Bank {
    Bank::with_realm(bank_and(ALL_TYPES)).await
}

fn request(response_type: &str, mode: &str) -> Request {
    Request::code("openid email")
        .with("client_id", "all-types")
        .with("response_type", response_type)
        .with("response_mode", mode)
}

/// What the client receives, permitted if asked, by whatever way.
async fn received(bank: &Bank, browser: &Browser, request: &Request) -> (Callback, bool) {
    let mut answer = request.open(bank, browser).await;
    if let Answer::Page(page) = &answer
        && page.has("approve")
    {
        answer = browser.approve(page).await;
    }
    match answer {
        Answer::Callback(callback) => (callback, false),
        Answer::Page(page) => {
            let form = page.form_with("continue");
            (browser.submit(&form, None).await.callback(), true)
        }
    }
}

/// The claims of an ID token that verifies by a published key.
async fn id_token(bank: &Bank, jwt: &str) -> Value {
    let verified = verify(&key_set(bank).await, jwt);
    assert_eq!(verified.header.alg, "RS256");
    assert!(verified.header.kid.is_some());
    Value::Object(verified.claims)
}

fn hash(of: Option<&str>) -> Value {
    of.map_or(Value::Null, |text| left_half_hash(SigningAlg::Rs256, text).into())
}

// Conformance: B75 B76 B77 B78 B80 A2.2-implicit A2.2-hybrid A2.2-form-post F1A-AS-16
#[tokio::test]
async fn id_tokens_say_for_whom_they_are_and_what_they_came_with() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    for response_type in RESPONSE_TYPES {
        for mode in ["", "fragment", "form_post"] {
            let request = request(response_type, mode);
            let (callback, is_posted) = received(&bank, &browser, &request).await;
            let place = format!("{response_type} by {mode}");
            assert_eq!(is_posted, mode == "form_post", "{place}");
            let (code, token) = (callback.get("code"), callback.get("access_token"));
            let mut subjects = Vec::new();
            if let Some(front) = callback.get("id_token") {
                let front = id_token(&bank, front).await;
                for (name, value) in [
                    ("iss", json!(bank.issuer)),
                    ("aud", json!("all-types")),
                    ("nonce", json!("the nonce")),
                    ("iat", json!(NOON)),
                    ("auth_time", json!(NOON)),
                    ("c_hash", hash(code)),
                    ("at_hash", hash(token)),
                    ("azp", Value::Null),
                ] {
                    assert_eq!(front[name], value, "{place}: {name}");
                }
                assert!(front["exp"].as_i64().unwrap() > NOON, "{place}");
                let is_alone = response_type == "id_token";
                assert_eq!(front["email"].is_string(), is_alone, "{place}");
                subjects.push(text(&front, "sub").to_owned());
            }
            if code.is_some() {
                let tokens = request.redeem(&bank, &callback).await;
                let later = id_token(&bank, text(&tokens, "id_token")).await;
                assert_eq!(
                    (&later["nonce"], &later["aud"]),
                    (&json!("the nonce"), &json!("all-types"))
                );
                assert_eq!(later["at_hash"], hash(tokens["access_token"].as_str()), "{place}");
                assert_eq!((&later["iss"], &later["email"]), (&json!(bank.issuer), &Value::Null));
                subjects.push(text(&later, "sub").to_owned());
            }
            if let Some(token) = token {
                let userinfo = bank.http.get(bank.at("/userinfo")).bearer_auth(token);
                let userinfo = granted(userinfo.send().await.unwrap()).await;
                assert_eq!(userinfo["email"], "alice@example.com", "{place}");
                subjects.push(text(&userinfo, "sub").to_owned());
            }
            let alice = bank.user_id("alice").await;
            assert!(subjects.iter().all(|sub| *sub == alice), "{place}: {subjects:?}");
        }
    }
}

// Conformance: B30 B38 B41 A2.2-form-post oidcc-prompt-none-not-logged-in
#[tokio::test]
async fn errors_go_the_way_of_the_answer() {
    let bank = bank().await;
    let state = "s".repeat(128);
    for response_type in RESPONSE_TYPES {
        for mode in ["", "fragment", "form_post"] {
            let place = format!("{response_type} by {mode}");
            for (wrong, expected) in [
                (request(response_type, mode).with("prompt", "none"), "login_required"),
                (request(response_type, mode).with("scope", "openid \""), "invalid_scope"),
                (request(response_type, mode).with("max_age", "soon"), "invalid_request"),
            ] {
                let request = wrong.with("state", &state);
                let (callback, is_posted) = received(&bank, &bank.browser(), &request).await;
                assert_eq!(error(&callback), expected, "{place}");
                assert_eq!(callback.get("state"), Some(&*state), "{place}");
                let in_query = response_type == "code" && mode.is_empty();
                assert_eq!(
                    (is_posted, callback.in_fragment, callback.url.query().is_some()),
                    (mode == "form_post", !in_query && mode != "form_post", in_query),
                    "{place}"
                );
                let bare = callback.url.as_str().split(['?', '#']).next();
                assert_eq!(bare, Some(WEB), "{place}");
            }
        }
    }
}

// Conformance: B42 BCP-25
#[tokio::test]
async fn tokens_never_go_by_the_query() {
    let bank = bank().await;
    for response_type in RESPONSE_TYPES {
        let request = request(response_type, "query").with("prompt", "none");
        let (callback, _) = received(&bank, &bank.browser(), &request).await;
        let (expected, in_fragment) = match response_type {
            "code" => ("login_required", false),
            _ => ("invalid_request", true),
        };
        assert_eq!(
            (error(&callback), callback.in_fragment),
            (expected, in_fragment),
            "{response_type}"
        );
    }
}

// Conformance: B23 oidcc-ensure-request-without-nonce-fails
#[tokio::test]
async fn a_nonce_is_needed_exactly_where_an_id_token_comes_from_here() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    for response_type in RESPONSE_TYPES {
        let request = request(response_type, "").without("nonce");
        let (callback, _) = received(&bank, &browser, &request).await;
        if response_type.contains("id_token") {
            assert_eq!(error(&callback), "invalid_request", "{response_type}");
            assert!(callback.in_fragment && callback.get("id_token").is_none());
        } else {
            assert_eq!(callback.get("error"), None, "{response_type}");
        }
    }
}

// Conformance: B24 B25 F2-AZ-11
#[tokio::test]
async fn a_long_nonce_and_state_come_back_whole_or_not_at_all() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let state = "aB3-._~é".repeat(32);
    for length in [43, 64, 384] {
        let nonce = "n".repeat(length);
        for response_type in ["code", "code id_token", "id_token"] {
            let request = request(response_type, "").with("nonce", &nonce).with("state", &state);
            let (callback, _) = received(&bank, &browser, &request).await;
            assert_eq!(callback.get("state"), Some(&*state));
            let mut tokens: Vec<String> = callback.get("id_token").map(str::to_owned).into_iter().collect();
            if callback.get("code").is_some() {
                tokens.push(text(&request.redeem(&bank, &callback).await, "id_token").to_owned());
            }
            for token in tokens {
                assert_eq!(id_token(&bank, &token).await["nonce"], nonce, "{response_type}");
            }
        }
    }
    let without = request("code", "").without("state");
    assert_eq!(received(&bank, &browser, &without).await.0.get("state"), None);
}
