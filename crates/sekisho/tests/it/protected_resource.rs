//! What APIs say of themselves, at their own hosts. RFC 9728.

use reqwest::{Method, Response};
use serde_json::json;

use crate::{
    app::{granted, header},
    bank::Bank,
};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// As a proxy before the API passes the request on.
async fn ask(bank: &Bank, method: Method, host: &str, path: &str) -> Response {
    let request = bank.http.request(method, bank.url(path)).header("host", host);
    request.send().await.unwrap()
}

async fn get(bank: &Bank, host: &str, path: &str) -> Response {
    ask(bank, Method::GET, host, path).await
}

fn with_apis(issuer: &str) -> String {
    format!(
        r#"{}
[[api]]
identifier            = "https://shop.example/"
name                  = "Shop"
authorization_details = [{{ type = "order", schema = '{{"type":"object"}}', consent = {{ en = "Order" }} }}]
[[api]]
identifier = "https://shop.example/stock/v1"
scope      = [{{ name = "stock:read", description = {{ en = "See the stock" }} }}]
"#,
        testkit::realm::bank(issuer)
    )
}

#[tokio::test]
async fn an_api_says_whose_tokens_it_takes_and_what_can_be_asked_for() {
    let bank = Bank::start().await;
    let metadata = granted(get(&bank, "api.example.com", WELL_KNOWN).await).await;
    assert_eq!(
        metadata,
        json!({
            "resource": "https://api.example.com",
            "authorization_servers": [bank.issuer],
            "resource_name": "Sekisho Bank API",
            "scopes_supported": ["accounts:read", "payments:write"],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": metadata["dpop_signing_alg_values_supported"],
        })
    );
    assert!(
        metadata["dpop_signing_alg_values_supported"]
            .as_array()
            .unwrap()
            .contains(&"ES256".into())
    );
}

#[tokio::test]
async fn several_apis_of_one_host_are_told_apart_by_their_paths() {
    let bank = Bank::with_realm(with_apis).await;
    let root = granted(get(&bank, "shop.example", WELL_KNOWN).await).await;
    assert_eq!(root["resource"], "https://shop.example/", "as it was written");
    assert_eq!(root["authorization_details_types_supported"], json!(["order"]));
    assert_eq!(root.get("scopes_supported"), None, "a list of nothing is left out");
    let stock = granted(get(&bank, "SHOP.example", &format!("{WELL_KNOWN}/stock/v1")).await).await;
    assert_eq!(stock["resource"], "https://shop.example/stock/v1");
    assert_eq!(stock["scopes_supported"], json!(["stock:read"]));
    for (host, path) in [
        ("shop.example", format!("{WELL_KNOWN}/stock")),
        ("shop.example", format!("{WELL_KNOWN}/stock/v1/")),
        ("shop.example", format!("{WELL_KNOWN}/stock/v1?x=1")),
        ("other.example", WELL_KNOWN.to_owned()),
        ("api.example.com", format!("{WELL_KNOWN}/stock/v1")),
    ] {
        let response = get(&bank, host, &path).await;
        assert_eq!(response.status(), 404, "{host} {path}");
        assert!(!header(&response, "sekisho-explain").is_empty(), "{host} {path}");
    }
}

#[tokio::test]
async fn the_issuer_is_an_api_too() {
    let bank = Bank::start().await;
    let response = bank.http.get(bank.url(WELL_KNOWN)).send().await.unwrap();
    let metadata = granted(response).await;
    assert_eq!(metadata["resource"], bank.issuer);
    assert_eq!(metadata["authorization_servers"], json!([bank.issuer]));
    assert_eq!(metadata["bearer_methods_supported"], json!(["header", "body"]));
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    assert!(scopes.contains(&"openid".into()) && !scopes.contains(&"accounts:read".into()));
}

#[tokio::test]
async fn the_document_is_only_read_may_be_kept_and_is_for_everybody() {
    let bank = Bank::start().await;
    let response = get(&bank, "api.example.com", WELL_KNOWN).await;
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "cache-control"), "public, max-age=300");
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    let preflight = ask(&bank, Method::OPTIONS, "api.example.com", WELL_KNOWN).await;
    assert_eq!(
        (
            preflight.status().as_u16(),
            header(&preflight, "access-control-allow-origin")
        ),
        (204, "*")
    );
    let post = ask(&bank, Method::POST, "api.example.com", WELL_KNOWN).await;
    assert_eq!(post.status(), 405);
}
