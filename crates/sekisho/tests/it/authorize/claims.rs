//! The `claims` parameter (OpenID Connect Core §5.5), and what the scopes give.

mod locales;
mod scope;

use serde_json::{Value, json};
use testkit::{Browser, Callback, Page};

use crate::{
    app::{bank_and, granted},
    bank::Bank,
    request::{Request, claims, error, sign_in, signed_in, text},
};

/// A client that may ask for everything, and a user of whom everything is known.
pub const PEOPLE: &str = r#"
[[client]]
client_id          = "people-app"
client_secret      = "people-app-secret"
profile            = "openid-core"
redirect_uris      = ["https://app.example.com/callback"]
grant_types        = ["authorization_code", "refresh_token", "implicit"]
response_types     = ["code", "id_token", "id_token token", "code id_token"]
scope              = "openid profile email address phone offline_access"
default_acr_values = ["urn:sekisho:acr:loa1"]
require_auth_time  = true

[[user]]
username                  = "carol"
password                  = "carol-password"
name                      = "Carol Example"
"name#ja-Hani-JP"         = "例 花子"
"name#ja-Kana-JP"         = "レイ ハナコ"
given_name                = "Carol"
family_name               = "Example"
middle_name               = "M"
nickname                  = "caz"
preferred_username        = "carol.example"
profile                   = "https://example.com/carol"
picture                   = "https://example.com/carol.png"
website                   = "https://carol.example/"
"website#de-CH"           = "https://carol.example/ch"
gender                    = "female"
birthdate                 = "1990-02-28"
zoneinfo                  = "Asia/Tokyo"
locale                    = "ja-JP"
email                     = "carol@example.com"
email_verified            = true
phone_number              = "+81312345678"
phone_number_verified     = false
address                   = { street_address = "1-1 Chiyoda", locality = "Tokyo", country = "JP" }
"address#ja"              = { formatted = "東京都千代田区千代田1-1" }
"#;

pub async fn people() -> Bank {
    Bank::with_realm(bank_and(PEOPLE)).await
}

/// `people-app` asks for a code.
pub fn ask(scope: &str, claims: &Value) -> Request {
    let request = Request::code(scope).with("client_id", "people-app");
    match claims {
        Value::Null => request,
        claims => request.with("claims", &claims.to_string()),
    }
}

/// What the app learns by a request that carol permits: the claims of the ID token, and UserInfo.
async fn learned(bank: &Bank, request: &Request) -> (Value, Value) {
    let callback = request.walk(bank, &bank.browser(), "carol").await;
    told(bank, request, &callback).await
}

async fn told(bank: &Bank, request: &Request, callback: &Callback) -> (Value, Value) {
    let tokens = request.redeem(bank, callback).await;
    let userinfo = userinfo(bank, text(&tokens, "access_token")).await;
    (claims(text(&tokens, "id_token")), userinfo)
}

async fn userinfo(bank: &Bank, token: &str) -> Value {
    let request = bank.http.get(bank.url("/userinfo")).bearer_auth(token);
    granted(request.send().await.unwrap()).await
}

/// What of an answer is about the person.
fn of_the_person(told: &Value) -> Value {
    let mut told = told.as_object().unwrap().clone();
    told.retain(|name, _| protocol::claims::is_standard(protocol::claims::split(name).0));
    Value::Object(told)
}

/// The consent page for a request of carol's.
async fn asked(bank: &Bank, browser: &Browser, request: &Request) -> Page {
    let page = request.open(bank, browser).await.page();
    if page.has("sign-in") {
        sign_in(browser, &page, "carol").await
    } else {
        page
    }
}

// Conformance: B28 oidcc-claims-essential OP-17
#[tokio::test]
async fn an_essential_name_comes_from_userinfo_and_not_in_the_id_token() {
    let bank = people().await;
    let request = ask("openid", &json!({"userinfo": {"name": {"essential": true}}}));
    let (id_token, userinfo) = learned(&bank, &request).await;
    assert_eq!(of_the_person(&userinfo), json!({"name": "Carol Example"}));
    assert_eq!(of_the_person(&id_token), json!({}));
}

#[tokio::test]
async fn claims_of_the_id_token_are_in_each_id_token_and_not_at_userinfo() {
    let bank = people().await;
    let wanted = json!({"id_token": {"birthdate": null, "email": {"essential": true}}});
    let expected = json!({"birthdate": "1990-02-28", "email": "carol@example.com"});
    let request = ask("openid offline_access", &wanted).with("response_type", "code id_token");
    let callback = request.walk(&bank, &bank.browser(), "carol").await;
    assert_eq!(of_the_person(&claims(callback.get("id_token").unwrap())), expected);

    let tokens = request.redeem(&bank, &callback).await;
    assert_eq!(of_the_person(&claims(text(&tokens, "id_token"))), expected);
    assert_eq!(
        of_the_person(&userinfo(&bank, text(&tokens, "access_token")).await),
        json!({})
    );

    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    let refreshed = granted(bank.post_as("/token", "people-app", &form).await).await;
    assert_eq!(of_the_person(&claims(text(&refreshed, "id_token"))), expected);
}

// Conformance: B28
#[tokio::test]
async fn claims_that_nobody_knows_and_members_that_are_not_understood_are_ignored() {
    let bank = people().await;
    let wanted = json!({
        "userinfo": {"http://example.info/claims/groups": {"essential": true}, "nickname": {"purpose": "fun"}},
        "verified_claims": {"x": []}
    });
    let (_, userinfo) = learned(&bank, &ask("openid", &wanted)).await;
    assert_eq!(of_the_person(&userinfo), json!({"nickname": "caz"}));
}

#[tokio::test]
async fn a_claim_with_another_value_than_asked_for_is_left_out() {
    let bank = people().await;
    let wanted = json!({"userinfo": {
        "gender": {"value": "female"}, "locale": {"value": "fr-FR"}, "zoneinfo": {"values": ["Europe/Paris", "Asia/Tokyo"]}
    }});
    let (_, userinfo) = learned(&bank, &ask("openid", &wanted)).await;
    assert_eq!(
        of_the_person(&userinfo),
        json!({"gender": "female", "zoneinfo": "Asia/Tokyo"})
    );
}

#[tokio::test]
async fn an_essential_claim_that_is_not_known_is_no_error() {
    let bank = people().await;
    let request = ask("openid", &json!({"userinfo": {"picture": {"essential": true}}}));
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert_eq!(of_the_person(&told(&bank, &request, &callback).await.1), json!({}));
}

#[tokio::test]
async fn the_user_is_asked_in_words_for_each_claim_that_no_scope_covers() {
    let bank = people().await;
    let wanted = json!({"userinfo": {"birthdate": {"essential": true}, "email": null}, "id_token": {"gender": null}});
    for (language, birthdate, gender) in [
        ("en", "See your date of birth", "See your gender"),
        ("ja", "生年月日を参照する", "性別を参照する"),
    ] {
        let browser = bank.browser().speaking(language);
        let page = asked(&bank, &browser, &ask("openid email", &wanted)).await;
        assert!(
            page.text().contains(birthdate) && page.text().contains(gender),
            "{}",
            page.text()
        );
        let form = page.form_with("approve");
        assert!(form.is_ticked("claim-birthdate") && form.is_ticked("claim-gender"));
        assert!(
            page.has("scope-email") && !page.has("claim-email"),
            "the scope covers it"
        );
    }
}

#[tokio::test]
async fn what_the_user_does_not_permit_is_told_nowhere() {
    let bank = people().await;
    let both = json!({"birthdate": {"essential": true}, "gender": null, "email": null, "phone_number": null});
    let wanted = json!({"userinfo": both, "id_token": both});
    let request = ask("openid email", &wanted);
    let browser = bank.browser();
    let page = asked(&bank, &browser, &request).await;
    let form = page
        .form_with("approve")
        .untick("claim-birthdate")
        .untick("claim-phone_number")
        .untick("scope-email");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    let (id_token, userinfo) = told(&bank, &request, &callback).await;
    for told in [id_token, userinfo] {
        assert_eq!(of_the_person(&told), json!({"gender": "female"}));
    }
}

#[tokio::test]
async fn nobody_gets_claims_by_ticking_what_was_not_asked() {
    let bank = people().await;
    let request = ask("openid", &json!({"userinfo": {"gender": null}}));
    let browser = bank.browser();
    let page = asked(&bank, &browser, &request).await;
    let form = page.form_with("approve").tamper("claim", "birthdate");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    assert_eq!(of_the_person(&told(&bank, &request, &callback).await.1), json!({}));
}

#[tokio::test]
async fn a_permitted_claim_is_remembered_and_a_new_one_is_asked_for() {
    let bank = people().await;
    let browser = bank.browser();
    ask("openid", &json!({"userinfo": {"gender": null}}))
        .walk(&bank, &browser, "carol")
        .await;
    let silently = |claims: Value| ask("openid", &claims).with("prompt", "none");
    let known = silently(json!({"id_token": {"gender": null}}));
    let callback = known.open(&bank, &browser).await.callback();
    assert_eq!(
        of_the_person(&told(&bank, &known, &callback).await.0),
        json!({"gender": "female"})
    );
    let new = silently(json!({"id_token": {"gender": null, "birthdate": null}}));
    let callback = new.open(&bank, &browser).await.callback();
    assert_eq!(error(&callback), "consent_required");
}

#[tokio::test]
async fn a_scope_that_was_permitted_covers_its_claims_later() {
    let bank = people().await;
    let browser = bank.browser();
    ask("openid email", &Value::Null).walk(&bank, &browser, "carol").await;
    let request = ask("openid", &json!({"id_token": {"email": null}})).with("prompt", "none");
    let callback = request.open(&bank, &browser).await.callback();
    let (id_token, _) = told(&bank, &request, &callback).await;
    assert_eq!(of_the_person(&id_token), json!({"email": "carol@example.com"}));
}

#[tokio::test]
async fn a_claim_that_is_left_out_when_asked_again_is_taken_back_at_once() {
    let bank = people().await;
    let browser = bank.browser();
    let request = ask("openid", &json!({"userinfo": {"gender": null, "birthdate": null}}));
    let callback = request.walk(&bank, &browser, "carol").await;
    let tokens = request.redeem(&bank, &callback).await;
    let token = text(&tokens, "access_token");
    assert_eq!(
        of_the_person(&userinfo(&bank, token).await),
        json!({"gender": "female", "birthdate": "1990-02-28"})
    );
    let page = asked(&bank, &browser, &request.clone().with("prompt", "consent")).await;
    let form = page.form_with("approve").untick("claim-birthdate");
    browser.submit(&form, Some("approve")).await.callback();
    assert_eq!(
        of_the_person(&userinfo(&bank, token).await),
        json!({"gender": "female"})
    );
}

#[tokio::test]
async fn the_account_page_lists_single_claims() {
    let bank = people().await;
    let browser = bank.browser();
    ask("openid", &json!({"userinfo": {"gender": null}}))
        .walk(&bank, &browser, "carol")
        .await;
    let page = browser.open("/account").await.page();
    assert!(page.text().contains("See your gender"), "{}", page.text());
}

// Conformance: B28
#[tokio::test]
async fn a_claims_parameter_of_the_wrong_form_is_refused() {
    let bank = people().await;
    for bad in [
        "[]",
        "{",
        "name",
        r#"{"userinfo": []}"#,
        r#"{"userinfo": {"name": true}}"#,
        r#"{"id_token": {"name": {"essential": "yes"}}}"#,
        r#"{"id_token": {"sub": {"value": 1}}}"#,
    ] {
        let request = ask("openid", &Value::Null).with("claims", bad);
        assert_eq!(request.error(&bank).await, "invalid_request", "{bad}");
    }
    let large = json!({"userinfo": {"name": {"value": "x".repeat(9000)}}});
    assert_eq!(ask("openid", &large).error(&bank).await, "invalid_request");
    let nowhere = ask("openid", &json!({"userinfo": {"name": null}})).with("response_type", "id_token");
    assert_eq!(nowhere.error(&bank).await, "invalid_request");
}

// Conformance: B32
#[tokio::test]
async fn a_sub_with_a_value_is_answered_for_that_user_alone() {
    let bank = people().await;
    let browser = bank.browser();
    ask("openid", &Value::Null).walk(&bank, &browser, "carol").await;
    let (carol, alice) = (bank.user_id("carol").await, bank.user_id("alice").await);
    let wants = |sub: &str| ask("openid", &json!({"id_token": {"sub": {"value": sub}}}));

    let silent = wants(&carol).with("prompt", "none");
    assert!(silent.open(&bank, &browser).await.callback().get("code").is_some());
    for place in ["id_token", "userinfo"] {
        let other = ask("openid", &json!({ place: {"sub": {"value": alice}} })).with("prompt", "none");
        assert_eq!(error(&other.open(&bank, &browser).await.callback()), "login_required");
    }

    let page = wants(&alice).open(&bank, &browser).await.page();
    assert!(page.has("sign-in"));
    let callback = browser.sign_in(&page, "bob", "bob-password").await.callback();
    assert_eq!(
        error(&callback),
        "login_required",
        "asking again would go round in circles"
    );

    let request = wants(&alice);
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert_eq!(told(&bank, &request, &callback).await.0["sub"], alice);
}

// Conformance: OP-17
#[tokio::test]
async fn an_essential_acr_that_cannot_be_reached_fails_before_anybody_signs_in() {
    let bank = people().await;
    let demands = |values: Value| json!({"id_token": {"acr": {"essential": true, "values": values}}});
    for values in [
        json!(["urn:sekisho:acr:loa9"]),
        json!(["urn:mace:incommon:iap:silver", "loa2"]),
        json!([2]),
    ] {
        let request = ask("openid", &demands(values.clone()));
        assert_eq!(
            request.error(&bank).await,
            "unmet_authentication_requirements",
            "{values}"
        );
        let silent = request.with("prompt", "none");
        assert_eq!(
            silent.error(&bank).await,
            "unmet_authentication_requirements",
            "{values}"
        );
    }
    let reachable = demands(json!(["urn:sekisho:acr:loa4", "urn:sekisho:acr:loa2"]));
    let (id_token, _) = learned(&bank, &ask("openid", &reachable)).await;
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa2");
}

// Conformance: B27 oidcc-ensure-request-with-acr-values-succeeds OP-05
#[tokio::test]
async fn a_voluntary_acr_is_the_first_wanted_one_that_was_reached_else_the_sessions_own() {
    let bank = people().await;
    let acr = async |request: Request| learned(&bank, &request).await.0["acr"].clone();
    let plain = || ask("openid", &Value::Null);
    assert_eq!(acr(plain()).await, "urn:sekisho:acr:loa1", "default_acr_values");
    let wanted = "urn:sekisho:acr:loa3 urn:sekisho:acr:loa2 urn:sekisho:acr:loa1";
    assert_eq!(acr(plain().with("acr_values", wanted)).await, "urn:sekisho:acr:loa2");
    assert_eq!(acr(plain().with("acr_values", "1 2")).await, "urn:sekisho:acr:loa2");
    let by_claims = json!({"id_token": {"acr": {"values": ["urn:sekisho:acr:loa1"]}}});
    let both = ask("openid", &by_claims).with("acr_values", "urn:sekisho:acr:loa2");
    assert_eq!(acr(both).await, "urn:sekisho:acr:loa1");
    let unknown = json!({"id_token": {"acr": {"value": "urn:mace:incommon:iap:silver"}}});
    assert_eq!(acr(ask("openid", &unknown)).await, "urn:sekisho:acr:loa2");
}

#[tokio::test]
async fn an_auth_time_is_always_there() {
    let bank = people().await;
    let essential = json!({"id_token": {"auth_time": {"essential": true}}});
    for request in [ask("openid", &essential), ask("openid", &Value::Null)] {
        let (id_token, _) = learned(&bank, &request).await;
        assert_eq!(id_token["auth_time"], bank.clock.now());
    }
}

#[tokio::test]
async fn metadata_says_that_claims_are_honoured_and_which_there_are() {
    let bank = Bank::start().await;
    let response = bank
        .http
        .get(bank.url("/.well-known/openid-configuration"))
        .send()
        .await;
    let metadata = granted(response.unwrap()).await;
    assert_eq!(metadata["claims_parameter_supported"], true);
    let known = metadata["claims_supported"].as_array().unwrap();
    for name in protocol::claims::standard().chain(["sub", "iss", "auth_time", "acr"]) {
        assert!(known.contains(&name.into()), "{name}");
    }
    assert_eq!(metadata["claim_types_supported"], json!(["normal"]));
}

#[tokio::test]
async fn a_first_party_app_gets_claims_without_being_asked() {
    let more = r#"
[[client]]
client_id     = "own-app"
client_secret = "own-app-secret"
redirect_uris = ["https://app.example.com/callback"]
scope         = "openid"
first_party   = true
"#;
    let bank = Bank::with_realm(bank_and(more)).await;
    let browser = signed_in(&bank, "alice").await;
    let request = ask("openid", &json!({"userinfo": {"email": null}})).with("client_id", "own-app");
    let callback = request.open(&bank, &browser).await.callback();
    assert_eq!(
        of_the_person(&told(&bank, &request, &callback).await.1),
        json!({"email": "alice@example.com"})
    );
}
