//! What of it tokens have. RFC 9396 §6 to §9.

use serde_json::{Value, json};

use super::{API, LEDGER_API, PAYER, PAYMENTS_API, asking, bank, claims, payment, tokens};
use crate::{
    app::{BANK_API, granted, refused, text},
    bank::Bank,
    request::Request,
};

async fn refresh(bank: &Bank, tokens: &Value, details: &Value) -> reqwest::Response {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(tokens, "refresh_token")),
        ("authorization_details", &details.to_string()),
    ];
    PAYER.post(bank, "/token", &form).await
}

fn two() -> Value {
    json!([
        {"type": "payment", "amount": "1.00", "payee": "A", "actions": ["initiate", "status"]},
        payment("2.00")
    ])
}

// Conformance: INT-04
#[tokio::test]
async fn the_response_and_the_api_say_what_was_granted_and_a_refreshed_token_has_it_too() {
    let bank = bank().await;
    let first = tokens(&bank, &asking(&two())).await;
    assert_eq!((&first["authorization_details"], first.get("scope")), (&two(), None));
    let told = API.introspect(&bank, text(&first, "access_token")).await;
    assert_eq!(told["authorization_details"], two());
    assert_eq!(told["aud"], json!(PAYMENTS_API));
    let again = granted(PAYER.refresh(&bank, text(&first, "refresh_token")).await).await;
    assert_eq!(again["authorization_details"], two());
    let told = API.introspect(&bank, text(&again, "access_token")).await;
    assert_eq!(told["authorization_details"], two());
    let told = PAYER.introspect(&bank, text(&first, "refresh_token")).await;
    assert_eq!(told["authorization_details"], two());
}

#[tokio::test]
async fn a_token_request_asks_for_less_and_never_for_more() {
    let bank = bank().await;
    let all = tokens(&bank, &asking(&two())).await;
    let less = json!([{"type": "payment", "amount": "1.00", "payee": "A", "actions": ["status"]}]);
    let narrow = granted(refresh(&bank, &all, &less).await).await;
    assert_eq!(narrow["authorization_details"], less);
    assert_eq!(
        API.introspect(&bank, text(&narrow, "access_token")).await["authorization_details"],
        less
    );
    for more in [
        json!([payment("3.00")]),
        json!([payment("2.00"), payment("2.00")]),
        json!([{"type": "payment", "amount": "2.00", "payee": "Merchant A", "actions": ["initiate"]}]),
        json!([{"type": "entry"}]),
    ] {
        refused(refresh(&bank, &all, &more).await, "invalid_authorization_details").await;
    }
    // The permission itself is as wide as before (§6.1).
    let again = granted(PAYER.refresh(&bank, text(&all, "refresh_token")).await).await;
    assert_eq!(again["authorization_details"], two());
}

#[tokio::test]
async fn a_code_is_not_used_up_by_asking_for_too_much() {
    let bank = bank().await;
    let request = asking(&json!([payment("1.00")]));
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    let form = |details: &'static str| {
        [
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", PAYER.redirect_uri),
            ("code_verifier", request.pkce.verifier.as_str()),
            ("authorization_details", details),
        ]
    };
    let too_much = PAYER.post(&bank, "/token", &form(r#"[{"type":"entry"}]"#)).await;
    refused(too_much, "invalid_authorization_details").await;
    let enough = granted(PAYER.post(&bank, "/token", &form(r#"[{"type":"payment"}]"#)).await).await;
    assert_eq!(enough["authorization_details"], json!([payment("1.00")]));
}

#[tokio::test]
async fn a_jwt_has_those_of_the_apis_that_it_is_for() {
    let bank = bank().await;
    let entry = json!([{"type": "entry", "book": "7"}]);
    let jwt = tokens(&bank, &asking(&entry)).await;
    let said = claims(text(&jwt, "access_token"));
    assert_eq!(
        (&said["authorization_details"], &said["aud"]),
        (&entry, &json!(LEDGER_API))
    );
    let told = BANK_API.introspect(&bank, text(&jwt, "access_token")).await;
    assert_eq!(told["authorization_details"], entry);

    let both = json!([entry[0], payment("1.00")]);
    let request = asking(&both)
        .also("resource", PAYMENTS_API)
        .also("resource", LEDGER_API);
    let wide = tokens(&bank, &request).await;
    assert_eq!(wide["authorization_details"], both);
    // Each API learns of its own.
    let token = text(&wide, "access_token");
    assert_eq!(
        API.introspect(&bank, token).await["authorization_details"],
        json!([payment("1.00")])
    );
    assert_eq!(BANK_API.introspect(&bank, token).await["authorization_details"], entry);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&wide, "refresh_token")),
        ("resource", LEDGER_API),
    ];
    let narrow = granted(PAYER.post(&bank, "/token", &form).await).await;
    assert_eq!(narrow["authorization_details"], entry);
    assert_eq!(claims(text(&narrow, "access_token"))["authorization_details"], entry);
}

#[tokio::test]
async fn a_client_asks_for_itself_for_what_it_is_registered_for() {
    let bank = bank().await;
    let ask = async |details: Value| {
        let form = [
            ("grant_type", "client_credentials"),
            ("authorization_details", &details.to_string()[..]),
        ];
        PAYER.post(&bank, "/token", &form).await
    };
    let token = granted(ask(json!([payment("5.00")])).await).await;
    assert_eq!(
        (&token["authorization_details"], token.get("scope")),
        (&json!([payment("5.00")]), None)
    );
    let told = API.introspect(&bank, text(&token, "access_token")).await;
    assert_eq!(
        (&told["active"], &told["authorization_details"]),
        (&json!(true), &json!([payment("5.00")]))
    );
    refused(ask(json!([{"type": "payment"}])).await, "invalid_authorization_details").await;
    refused(ask(json!([{"type": "nothing"}])).await, "invalid_authorization_details").await;
}

#[tokio::test]
async fn an_exchanged_token_has_no_more_than_the_first() {
    let bank = bank().await;
    let first = tokens(&bank, &asking(&two())).await;
    let exchange = async |details: &str| {
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", text(&first, "access_token")),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        if !details.is_empty() {
            form.push(("authorization_details", details));
        }
        API.post(&bank, "/token", &form).await
    };
    let token = granted(exchange("").await).await;
    assert_eq!(token["authorization_details"], two());
    let one = json!([payment("2.00")]);
    let token = granted(exchange(&one.to_string()).await).await;
    assert_eq!(token["authorization_details"], one);
    assert_eq!(
        API.introspect(&bank, text(&token, "access_token")).await["authorization_details"],
        one
    );
    let more = json!([payment("9.00")]).to_string();
    refused(exchange(&more).await, "invalid_authorization_details").await;
}

#[tokio::test]
async fn tokens_without_details_say_nothing_of_them() {
    let bank = bank().await;
    let request = Request::code("openid accounts:read");
    let token = tokens(&bank, &request).await;
    assert_eq!(token.get("authorization_details"), None);
    let told = bank.introspect(text(&token, "access_token")).await;
    assert_eq!(
        (&told["active"], told.get("authorization_details")),
        (&json!(true), None)
    );
}
