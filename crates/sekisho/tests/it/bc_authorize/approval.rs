//! `POST /test/ciba` on the operations listener: for tests that have no users.

use std::{net::SocketAddr, sync::Arc};

use sekisho::{config::Operations, serving::operations};
use serde_json::Value;
use tokio::sync::watch;

use super::TILL;
use crate::{
    app::{granted, refused, text},
    bank::Bank,
};

/// An operations listener; ends when the sender is dropped.
async fn operations(bank: &Bank, ciba_approval: bool) -> (String, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let settings = Operations {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        ciba_approval,
    };
    let address = operations::serve(
        &settings,
        (Arc::clone(&bank.running.realms), bank.running.passwords.clone()),
        Arc::clone(&bank.running.traffic),
        stopped,
    )
    .await
    .unwrap();
    (format!("http://{address}/test/ciba"), stop)
}

async fn answer(bank: &Bank, url: &str, asked: &Value, what: &str) -> u16 {
    let url = format!("{url}?token={}&type={what}", text(asked, "auth_req_id"));
    bank.http.post(url).send().await.unwrap().status().as_u16()
}

// Conformance: fapi-ciba-id1
#[tokio::test]
async fn a_test_answers_in_the_place_of_a_user_where_it_is_configured() {
    let bank = Bank::start().await;
    let (url, _stop) = operations(&bank, true).await;
    let first = TILL.ask(&bank, "openid offline_access accounts:read").await;
    assert_eq!(answer(&bank, &url, &first, "perhaps").await, 400);
    assert_eq!(answer(&bank, &url, &first, "allow").await, 200);
    assert_eq!(answer(&bank, &url, &first, "allow").await, 404);
    let tokens = granted(TILL.fetch(&bank, &first).await).await;
    assert_eq!(tokens["scope"], "accounts:read offline_access openid");
    let second = TILL.ask(&bank, "openid").await;
    assert_eq!(answer(&bank, &url, &second, "deny").await, 200);
    refused(TILL.fetch(&bank, &second).await, "access_denied").await;
}

#[tokio::test]
async fn nobody_answers_in_the_place_of_a_user_where_it_is_not() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid").await;
    let (url, _stop) = operations(&bank, false).await;
    for url in [url, bank.url("/test/ciba")] {
        assert_eq!(answer(&bank, &url, &asked, "allow").await, 404);
    }
    refused(TILL.fetch(&bank, &asked).await, "authorization_pending").await;
}
