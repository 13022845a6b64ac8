//! Requests with `authorization_details`. RFC 9396 §2, §3, §5, §10.

use serde_json::{Value, json};

use super::{API, PAYER, TERMINAL, asked, asking, bank, payment};
use crate::{
    app::{granted, header, refused},
    bank::Bank,
    device::question,
    request::Request,
};

/// The error and its description, for the client.
async fn refusal(bank: &Bank, request: &Request) -> (String, String) {
    let callback = request.open(bank, &bank.browser()).await.callback();
    let value = |name| callback.get(name).unwrap_or_default().to_owned();
    (value("error"), value("error_description"))
}

async fn assert_refused(bank: &Bank, details: &str, expected: &str) {
    let request = asking(&json!([])).with("authorization_details", details);
    let (code, description) = refusal(bank, &request).await;
    assert_eq!(code, "invalid_authorization_details", "{details}");
    assert_eq!(description, format!("authorization_details: {expected}"), "{details}");
}

#[tokio::test]
async fn what_does_not_conform_to_its_type_is_refused_and_its_place_is_named() {
    let bank = bank().await;
    for (details, expected) in [
        (json!([{"type": "payment", "amount": "1.00"}]), "$[0]: payee is missing"),
        (
            json!([payment("1.00"), {"type": "payment", "amount": 1, "payee": "x"}]),
            "$[1].amount: must be a string",
        ),
        (
            json!([payment("1.0")]),
            "$[0].amount: must match ^[0-9]{1,7}[.][0-9]{2}$",
        ),
        (
            json!([{"type": "entry", "pages": 1}]),
            "$[0].pages: is unknown to this type",
        ),
        (
            json!([{"type": "pay\u{202e}"}]),
            "$[0].type: pay? is no type that is known here; known are: accounts, entry, payment",
        ),
        (json!({"type": "payment"}), "$: must be a list of objects"),
        (
            json!([{"amount": "1.00"}]),
            "$[0].type: must be a string that says the type",
        ),
    ] {
        assert_refused(&bank, &details.to_string(), expected).await;
    }
    assert_refused(&bank, "[", "$: is no JSON, at line 1, column 1").await;
    let deep = format!(
        "[{{\"type\":\"entry\",\"book\":{}{}}}]",
        "[".repeat(100),
        "]".repeat(100)
    );
    assert_refused(
        &bank,
        &deep,
        "$[0]: objects and lists stand in each other more than 8 deep",
    )
    .await;
    let giant = json!([{"type": "entry", "book": "x".repeat(20_000)}]).to_string();
    assert_refused(&bank, &giant, "$: is longer than 16384 bytes").await;
}

#[tokio::test]
async fn a_type_that_the_client_is_not_registered_for_is_refused() {
    let bank = bank().await;
    let request = Request::code("openid").with("authorization_details", &json!([payment("1.00")]).to_string());
    let (code, description) = refusal(&bank, &request).await;
    assert_eq!(code, "invalid_authorization_details");
    assert!(
        description.contains("the client is not registered for payment"),
        "{description}"
    );
}

#[tokio::test]
async fn a_token_is_for_the_api_that_the_type_belongs_to() {
    let bank = bank().await;
    let both = asking(&json!([payment("1.00"), {"type": "entry", "book": "1"}]));
    assert_eq!(both.error(&bank).await, "invalid_target");
    assert_eq!(
        asking(&json!([payment("1.00")]))
            .with("scope", "accounts:read")
            .error(&bank)
            .await,
        "invalid_target"
    );
    // Whoever names several APIs gets a token for them, and resource takes nothing away (§3.2).
    let named = both
        .also("resource", super::PAYMENTS_API)
        .also("resource", super::LEDGER_API);
    let (_, page) = asked(&bank, &named).await;
    assert!(page.has("detail-0") && page.has("detail-1"));
}

#[tokio::test]
async fn details_that_are_no_details_are_none() {
    let bank = bank().await;
    let request = asking(&json!([])).with("scope", "openid");
    let (_, page) = asked(&bank, &request).await;
    assert!(page.has("scope-openid") && !page.has("detail-0"));
}

#[tokio::test]
async fn a_device_asks_in_detail_too() {
    let bank = bank().await;
    let ask = async |details: Value| {
        let form = [("authorization_details", details.to_string())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        TERMINAL.post(&bank, "/device_authorization", &form).await
    };
    let description = refused(ask(json!([{"type": "payment"}])).await, "invalid_authorization_details").await;
    assert!(description.contains("$[0]: amount is missing"), "{description}");
    let device = granted(ask(json!([payment("12.00")])).await).await;
    // The bank's own app is not asked about, but each payment is.
    let browser = bank.browser();
    let page = question(&browser, &device).await;
    assert!(page.text().contains("Pay 12.00 to Merchant A"), "{}", page.text());
    browser.approve(&page).await;
    let tokens = granted(TERMINAL.poll(&bank, &device).await).await;
    assert_eq!(tokens["authorization_details"], json!([payment("12.00")]));
    let told = API.introspect(&bank, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(told["authorization_details"], json!([payment("12.00")]));
}

#[tokio::test]
async fn the_types_are_published() {
    let bank = bank().await;
    let response = bank
        .http
        .get(bank.url("/.well-known/oauth-authorization-server"))
        .send()
        .await
        .unwrap();
    assert_eq!(header(&response, "content-type"), "application/json");
    let metadata: Value = response.json().await.unwrap();
    assert_eq!(
        metadata["authorization_details_types_supported"],
        json!(["accounts", "entry", "payment"])
    );
    let without = Bank::start().await;
    let response = without
        .http
        .get(without.url("/.well-known/openid-configuration"))
        .send()
        .await
        .unwrap();
    let metadata: Value = response.json().await.unwrap();
    assert_eq!(metadata.get("authorization_details_types_supported"), None);
}

#[tokio::test]
async fn only_what_is_asked_for_in_detail_is_asked() {
    let bank = bank().await;
    let (_, page) = asked(&bank, &asking(&json!([payment("1.00")]))).await;
    assert!(page.has("detail-0") && !page.ids().iter().any(|id| id.starts_with("scope-")));
    let (_, page) = asked(&bank, &asking(&json!([payment("1.00")])).with("scope", "payments:list")).await;
    assert!(page.has("detail-0") && page.has("scope-payments:list"));
    assert_eq!(PAYER.client_id, "payer");
}
