//! Registration is open to anybody: what one address, and all together, can do to the server.

use model::{Client, Source};
use protocol::ClientMetadata;
use reqwest::Method;
use serde_json::json;
use storage::Change;

use super::{open, own, post, refused, register, with};
use crate::app::header;

#[tokio::test]
async fn an_address_registers_sixty_times_a_minute_refusals_included() {
    let bank = open().await;
    for _ in 0..59 {
        assert_eq!(post(&bank, &json!({ "redirect_uris": 7 })).await.status(), 400);
    }
    register(&bank, &with(&json!({}))).await;
    let response = post(&bank, &with(&json!({}))).await;
    assert_eq!(header(&response, "retry-after"), "60");
    refused(response, 429, "access_denied").await;
    bank.clock.advance(59);
    let response = post(&bank, &with(&json!({}))).await;
    assert_eq!(header(&response, "retry-after"), "1");
    bank.clock.advance(1);
    register(&bank, &with(&json!({}))).await;
}

#[tokio::test]
async fn a_client_changes_its_registration_sixty_times_a_minute() {
    let bank = open().await;
    let client = register(&bank, &with(&json!({}))).await;
    let update = with(&json!({ "client_id": client["client_id"] }));
    let put = || own(&bank, Method::PUT, &client).json(&update).send();
    for _ in 0..60 {
        assert_eq!(put().await.unwrap().status(), 200);
    }
    refused(put().await.unwrap(), 429, "access_denied").await;
    // Others are not held back by it.
    register(&bank, &with(&json!({}))).await;
}

#[tokio::test]
async fn anybodys_clients_are_so_many_and_no_more() {
    let bank = open().await;
    let (issuer, now) = (bank.issuer.clone(), bank.clock.now());
    let another = |n: i64| {
        let metadata = ClientMetadata {
            client_id: format!("n{n}"),
            ..ClientMetadata::default()
        };
        let client = Client {
            metadata: metadata.into(),
            secret_hash: None,
            wrapped_secret: None,
            registration_token_hash: None,
            enabled: true,
            source: Source::Registration,
            created_at: now,
        };
        storage::client::insert(&issuer, &client, now).unwrap()
    };
    let quota = oauth::registration::QUOTA;
    bank.change(Change::new().then_all((1..quota).map(another))).await;
    let last = register(&bank, &with(&json!({}))).await;
    let why = refused(post(&bank, &with(&json!({}))).await, 403, "access_denied").await;
    assert!(why.contains("initial access token"), "{why}");
    // One that goes makes room.
    assert_eq!(own(&bank, Method::DELETE, &last).send().await.unwrap().status(), 204);
    register(&bank, &with(&json!({}))).await;
}

#[tokio::test]
async fn browsers_of_other_sites_cannot_register() {
    let bank = open().await;
    let preflight = bank.http.request(Method::OPTIONS, bank.url("/register"));
    let preflight = preflight
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST");
    let answer = preflight.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "access-control-allow-origin")),
        (405, "")
    );
    assert_eq!(
        header(&post(&bank, &with(&json!({}))).await, "access-control-allow-origin"),
        ""
    );
}
