//! Clients that are told: ping and push. CIBA §10.2, §10.3 and §12.

use axum::http::StatusCode;
use jose::left_half_hash;
use serde_json::{Value, json};

use super::{CIBA, TILL, approve, deny};
use crate::{
    app::{App, BANK_API, bank_and, claims, granted, names, refused, text},
    bank::Bank,
    receiver::{Got, Receiver},
    request::signed_in,
};

/// A client that is told.
const NOTIFIED: App = App {
    client_id: "notified",
    ..TILL
};

async fn bank(mode: &str, receiver: &Receiver) -> Bank {
    let client = format!(
        "[[client]]\nclient_id = \"notified\"\nclient_name = \"Notified\"\nclient_secret = \"notified-secret\"\n\
         grant_types = [\"{CIBA}\", \"refresh_token\"]\nresponse_types = []\nscope = \"openid offline_access accounts:read\"\n\
         backchannel_token_delivery_mode = \"{mode}\"\nbackchannel_client_notification_endpoint = \"{}\"\n",
        receiver.url
    );
    Bank::with_realm(bank_and(&client)).await
}

async fn ask(bank: &Bank, token: &str) -> Value {
    let other = [("client_notification_token", token)];
    let scope = "openid offline_access accounts:read";
    granted(NOTIFIED.try_to_ask(bank, scope, &other).await).await
}

fn check_headers(got: &Got, token: &str) {
    assert_eq!(got.headers["authorization"], format!("Bearer {token}"));
    assert_eq!(got.headers["content-type"], "application/json");
}

// Conformance: B142 CIBA-06 CIBA-17 fapi-ciba-id1-ping-backchannel-notification-endpoint-response-has-body fapi-ciba-id1-ping-backchannel-notification-endpoint-response-401 fapi-ciba-id1-ping-backchannel-notification-endpoint-response-403
#[tokio::test]
async fn a_ping_says_which_request_was_answered_and_whatever_is_said_to_it_tokens_can_be_fetched() {
    for answer in [
        StatusCode::NO_CONTENT,
        StatusCode::OK,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
    ] {
        let mut receiver = Receiver::start(&[answer]).await;
        let bank = bank("ping", &receiver).await;
        let long = "t".repeat(1024);
        let asked = ask(&bank, &long).await;
        assert_eq!(asked["interval"], 5);
        refused(NOTIFIED.fetch(&bank, &asked).await, "authorization_pending").await;
        assert!(receiver.is_silent());
        approve(&signed_in(&bank, "alice").await).await;
        let got = receiver.next().await;
        check_headers(&got, &long);
        assert_eq!(got.body, json!({"auth_req_id": asked["auth_req_id"]}));
        granted(NOTIFIED.fetch(&bank, &asked).await).await;
    }
}

// Conformance: B142 CIBA-17 fapi-ciba-id1-user-rejects-authentication
#[tokio::test]
async fn a_ping_comes_when_the_user_refuses_too() {
    let mut receiver = Receiver::start(&[]).await;
    let bank = bank("ping", &receiver).await;
    let asked = ask(&bank, "t").await;
    deny(&signed_in(&bank, "alice").await).await;
    assert_eq!(receiver.next().await.body, json!({"auth_req_id": asked["auth_req_id"]}));
    refused(NOTIFIED.fetch(&bank, &asked).await, "access_denied").await;
}

// Conformance: CIBA-06
#[tokio::test]
async fn who_is_called_must_say_by_which_token() {
    let receiver = Receiver::start(&[]).await;
    for mode in ["ping", "push"] {
        let bank = bank(mode, &receiver).await;
        refused(NOTIFIED.try_to_ask(&bank, "openid", &[]).await, "invalid_request").await;
        let long = "t".repeat(1025);
        let other = [("client_notification_token", long.as_str())];
        refused(NOTIFIED.try_to_ask(&bank, "openid", &other).await, "invalid_request").await;
    }
}

// Conformance: B142
#[tokio::test]
async fn what_a_client_is_called_with_is_nowhere_in_the_database() {
    let receiver = Receiver::start(&[]).await;
    let bank = bank("ping", &receiver).await;
    let asked = ask(&bank, "a-token-that-would-be-found").await;
    let store = &bank.running.realms.store;
    let hash = jose::sha256(text(&asked, "auth_req_id").as_bytes());
    let row = store.find_ciba_request(&bank.issuer, &hash).await.unwrap().unwrap();
    let secret = row.notification.clone().unwrap();
    for text in ["a-token-that-would-be-found", text(&asked, "auth_req_id")] {
        assert!(!secret.windows(text.len()).any(|window| window == text.as_bytes()));
        assert!(!format!("{:?}", row.details).contains(text));
    }
}

// Conformance: CIBA-16
#[tokio::test]
async fn tokens_are_pushed_and_bound_together_by_the_id_token() {
    let mut receiver = Receiver::start(&[]).await;
    let bank = bank("push", &receiver).await;
    let asked = ask(&bank, "t").await;
    assert_eq!(names(&asked), ["auth_req_id", "expires_in"]);
    refused(NOTIFIED.fetch(&bank, &asked).await, "unauthorized_client").await;
    approve(&signed_in(&bank, "alice").await).await;
    let got = receiver.next().await;
    check_headers(&got, "t");
    let tokens = got.body;
    assert_eq!(
        names(&tokens),
        [
            "access_token",
            "auth_req_id",
            "expires_in",
            "id_token",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    assert_eq!(tokens["auth_req_id"], asked["auth_req_id"]);
    let id_token = claims(&bank, text(&tokens, "id_token")).await;
    let alg = jose::SigningAlg::Rs256;
    assert_eq!(
        id_token["urn:openid:params:jwt:claim:auth_req_id"],
        asked["auth_req_id"]
    );
    assert_eq!(id_token["at_hash"], left_half_hash(alg, text(&tokens, "access_token")));
    let rt_hash = left_half_hash(alg, text(&tokens, "refresh_token"));
    assert_eq!(id_token["urn:openid:params:jwt:claim:rt_hash"], rt_hash);
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    granted(NOTIFIED.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    refused(NOTIFIED.fetch(&bank, &asked).await, "unauthorized_client").await;
}

/// Waits until a failed push is recorded: a moment after it was answered.
async fn failure_is_recorded(bank: &Bank) {
    loop {
        let entries = bank
            .running
            .realms
            .store
            .outbox_of_realm(&bank.issuer, None, 10)
            .await
            .unwrap();
        if entries
            .iter()
            .any(|entry| entry.kind == "push" && entry.last_error.is_some())
        {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_push_that_may_not_have_arrived_is_made_again_with_the_same_refresh_token() {
    let mut receiver = Receiver::start(&[StatusCode::SERVICE_UNAVAILABLE]).await;
    let bank = bank("push", &receiver).await;
    let asked = ask(&bank, "t").await;
    approve(&signed_in(&bank, "alice").await).await;
    let first = receiver.next().await.body;
    failure_is_recorded(&bank).await;
    bank.clock.advance(10);
    let second = receiver.next().await.body;
    assert_eq!(second["auth_req_id"], asked["auth_req_id"]);
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    for tokens in [&first, &second] {
        assert!(BANK_API.sees(&bank, text(tokens, "access_token")).await);
    }
}

#[tokio::test]
async fn who_is_pushed_to_learns_that_there_are_no_tokens() {
    let mut receiver = Receiver::start(&[]).await;
    let bank = bank("push", &receiver).await;
    let asked = ask(&bank, "t").await;
    deny(&signed_in(&bank, "alice").await).await;
    let got = receiver.next().await;
    check_headers(&got, "t");
    assert_eq!(names(&got.body), ["auth_req_id", "error", "error_description"]);
    assert_eq!(
        (&got.body["auth_req_id"], &got.body["error"]),
        (&asked["auth_req_id"], &json!("access_denied"))
    );
}

#[tokio::test]
async fn what_the_user_takes_back_before_it_was_pushed_is_a_failed_transaction() {
    let mut receiver = Receiver::start(&[StatusCode::SERVICE_UNAVAILABLE]).await;
    let bank = bank("push", &receiver).await;
    ask(&bank, "t").await;
    approve(&signed_in(&bank, "alice").await).await;
    receiver.next().await;
    bank.end_grant("alice", "notified").await;
    failure_is_recorded(&bank).await;
    bank.clock.advance(10);
    assert_eq!(receiver.next().await.body["error"], "transaction_failed");
}
