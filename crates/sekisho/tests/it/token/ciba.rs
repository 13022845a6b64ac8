//! A client fetches what a user answered elsewhere. CIBA §10.1 and §11.

use futures_util::future::join_all;
use jose::left_half_hash;
use serde_json::{Value, json};

use crate::{
    app::{BANK_API, claims, granted, header, names, refused, text},
    bank::{Bank, NOON},
    bc_authorize::{CALL_CENTER, CIBA, TILL, approve, deny},
    request::{BANK_API as API, signed_in},
};

const AUTH_REQ_ID: &str = "urn:openid:params:jwt:claim:auth_req_id";
const RT_HASH: &str = "urn:openid:params:jwt:claim:rt_hash";

// Conformance: B141 CIBA-14 FCIBA-06 fapi-ciba-id1
#[tokio::test]
async fn a_client_gets_its_tokens_when_the_user_has_approved() {
    let bank = Bank::start().await;
    let wanted = [
        ("acr_values", "urn:sekisho:acr:loa1 urn:sekisho:acr:loa2"),
        ("requested_expiry", "300"),
    ];
    let asked = granted(
        TILL.try_to_ask(&bank, "openid offline_access accounts:read", &wanted)
            .await,
    )
    .await;
    refused(TILL.fetch(&bank, &asked).await, "authorization_pending").await;
    approve(&signed_in(&bank, "alice").await).await;
    bank.clock.advance(5);
    let response = TILL.fetch(&bank, &asked).await;
    assert_eq!(header(&response, "cache-control"), "no-store");
    let tokens = granted(response).await;
    assert_eq!(
        names(&tokens),
        [
            "access_token",
            "expires_in",
            "id_token",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    assert_eq!(tokens["scope"], "accounts:read offline_access openid");
    let id_token = claims(&bank, text(&tokens, "id_token")).await;
    assert_eq!(
        (&id_token["aud"], &id_token["auth_time"]),
        (&json!("till"), &json!(NOON))
    );
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa1");
    assert_eq!(id_token[AUTH_REQ_ID], asked["auth_req_id"]);
    let alg = jose::SigningAlg::Rs256;
    assert_eq!(id_token["at_hash"], left_half_hash(alg, text(&tokens, "access_token")));
    assert_eq!(id_token[RT_HASH], left_half_hash(alg, text(&tokens, "refresh_token")));
    for absent in ["nonce", "c_hash", "s_hash"] {
        assert_eq!(id_token.get(absent), None, "{absent}");
    }
    let live = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!((&live["active"], &live["client_id"]), (&json!(true), &json!("till")));
    let next = granted(TILL.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    assert!(BANK_API.sees(&bank, text(&next, "access_token")).await);
    let id_token = claims(&bank, text(&next, "id_token")).await;
    assert_eq!((id_token.get(AUTH_REQ_ID), id_token.get(RT_HASH)), (None, None));
}

// Conformance: B141 CIBA-14 fapi-ciba-id1-user-rejects-authentication
#[tokio::test]
async fn a_client_learns_that_the_user_did_not_permit_it() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid").await;
    deny(&signed_in(&bank, "alice").await).await;
    for _ in 0..2 {
        refused(TILL.fetch(&bank, &asked).await, "access_denied").await;
    }
}

// Conformance: B141 CIBA-14 fapi-ciba-id1-multiple-call-to-token-endpoint
#[tokio::test]
async fn polling_too_often_makes_the_interval_longer_for_good() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid").await;
    refused(TILL.fetch(&bank, &asked).await, "authorization_pending").await;
    bank.clock.advance(4);
    let description = refused(TILL.fetch(&bank, &asked).await, "slow_down").await;
    assert!(description.contains("wait 10 seconds"), "{description}");
    bank.clock.advance(9);
    refused(TILL.fetch(&bank, &asked).await, "slow_down").await;
    bank.clock.advance(15);
    refused(TILL.fetch(&bank, &asked).await, "authorization_pending").await;
    approve(&signed_in(&bank, "alice").await).await;
    granted(TILL.fetch(&bank, &asked).await).await;
}

// Conformance: B140 B141 CIBA-14 fapi-ciba-id1-auth-req-id-expired
#[tokio::test]
async fn a_request_that_nobody_answered_expires_when_it_was_said_to() {
    let bank = Bank::start().await;
    let asked = granted(TILL.try_to_ask(&bank, "openid", &[("requested_expiry", "10")]).await).await;
    assert_eq!(asked["expires_in"], 10);
    bank.clock.advance(9);
    refused(TILL.fetch(&bank, &asked).await, "authorization_pending").await;
    bank.clock.advance(1);
    refused(TILL.fetch(&bank, &asked).await, "expired_token").await;
    // Rows are deleted soon, but not so soon that the client does not learn why.
    let purge = || async { bank.running.realms.store.purge(bank.clock.now(), 500).await.unwrap() };
    bank.clock.advance(60);
    purge().await;
    refused(TILL.fetch(&bank, &asked).await, "expired_token").await;
    bank.clock.advance(600);
    purge().await;
    refused(TILL.fetch(&bank, &asked).await, "invalid_grant").await;
}

// Conformance: B141 CIBA-15 fapi-ciba-id1-ensure-wrong-auth-req-id-in-token-endpoint-request
#[tokio::test]
async fn an_id_that_is_foreign_unknown_or_used_is_refused() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid accounts:read").await;
    refused(CALL_CENTER.fetch(&bank, &asked).await, "invalid_grant").await;
    approve(&signed_in(&bank, "alice").await).await;
    refused(CALL_CENTER.fetch(&bank, &asked).await, "invalid_grant").await;
    refused(
        TILL.post(&bank, "/token", &[("grant_type", CIBA)]).await,
        "invalid_request",
    )
    .await;
    for unknown in ["x", &text(&asked, "auth_req_id")[1..]] {
        let form = [("grant_type", CIBA), ("auth_req_id", unknown)];
        refused(TILL.post(&bank, "/token", &form).await, "invalid_grant").await;
    }
    let tokens = granted(TILL.fetch(&bank, &asked).await).await;
    refused(TILL.fetch(&bank, &asked).await, "invalid_grant").await;
    assert!(
        BANK_API.sees(&bank, text(&tokens, "access_token")).await,
        "a second use ends nothing"
    );
}

async fn of_sixty_four_one_wins(bank: &Bank) {
    let asked = TILL.ask(bank, "openid accounts:read").await;
    approve(&signed_in(bank, "alice").await).await;
    let mut winners: Vec<Value> = Vec::new();
    for answer in join_all((0..64).map(|_| TILL.fetch(bank, &asked))).await {
        if answer.status() == 200 {
            winners.push(granted(answer).await);
        } else {
            refused(answer, "invalid_grant").await;
        }
    }
    assert_eq!(winners.len(), 1);
    assert!(BANK_API.sees(bank, text(&winners[0], "access_token")).await);
}

#[tokio::test]
async fn of_sixty_four_who_fetch_at_once_one_wins_on_sqlite() {
    of_sixty_four_one_wins(&Bank::start().await).await;
}

#[tokio::test]
async fn of_sixty_four_who_fetch_at_once_one_wins_on_postgresql() {
    of_sixty_four_one_wins(&Bank::on_postgres().await).await;
}

#[tokio::test]
async fn a_resource_narrows_what_was_permitted() {
    let bank = Bank::start().await;
    let resources = [("resource", API), ("resource", bank.issuer.as_str())];
    let asked = granted(TILL.try_to_ask(&bank, "openid accounts:read", &resources).await).await;
    approve(&signed_in(&bank, "alice").await).await;
    let form = [
        ("grant_type", CIBA),
        ("auth_req_id", text(&asked, "auth_req_id")),
        ("resource", API),
    ];
    let tokens = granted(TILL.post(&bank, "/token", &form).await).await;
    let live = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!(live["aud"], API);
}
