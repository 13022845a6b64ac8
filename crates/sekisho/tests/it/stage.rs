//! The demo shows what goes over the wire; a server that is in earnest shows nothing.

use reqwest::{Method, StatusCode};

use crate::bank::Bank;

#[tokio::test]
async fn a_server_has_no_stage() {
    let bank = Bank::start().await;
    for (method, path) in [
        (Method::GET, "/stage"),
        (Method::GET, "/stage/diagram"),
        (Method::GET, "/stage/steps/1"),
        (Method::GET, "/stage/explain/1"),
        (Method::POST, "/stage/reset"),
    ] {
        let url = format!("{}{path}", bank.issuer);
        let response = bank.http.request(method, url).header("sec-fetch-site", "same-origin");
        assert_eq!(response.send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}
