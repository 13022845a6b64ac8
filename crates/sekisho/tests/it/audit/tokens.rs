//! Tokens: issued, refreshed, revoked, replayed.

use futures_util::future::join_all;

use super::{events, of_kind, only};
use crate::{
    app::{BANK_API, CLI, ROBOT, WEB_APP, granted, refused, text},
    bank::Bank,
};

async fn of_many_redeemers_one_is_told_of(bank: Bank) {
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let answers = join_all((0..64).map(|_| WEB_APP.redeem(&bank, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    let issued = only(&bank, "token.issued").await;
    let replayed = only(&bank, "code.replayed").await;
    assert_eq!(issued["details"]["authorization"], replayed["details"]["authorization"]);
    assert_eq!(
        (&issued["user"], &issued["client_id"]),
        (&"alice".into(), &"web-app".into())
    );
    assert_eq!(
        (&replayed["user"], &replayed["result"]),
        (&"alice".into(), &"refused".into())
    );
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
    only(&bank, "code.replayed").await;
}

#[tokio::test]
async fn of_64_redeemers_one_is_told_of_and_one_replay() {
    of_many_redeemers_one_is_told_of(Bank::start().await).await;
}

#[tokio::test]
async fn of_64_redeemers_on_the_other_engine_too() {
    of_many_redeemers_one_is_told_of(Bank::on_postgres().await).await;
}

#[tokio::test]
async fn a_code_of_another_client_leaves_no_success() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let form = [("grant_type", "authorization_code"), ("code", code.text.as_str())];
    refused(CLI.post(&bank, "/token", &form).await, "invalid_grant").await;
    assert!(of_kind(&bank, "token.issued").await.is_empty());
    assert!(of_kind(&bank, "code.replayed").await.is_empty());
}

#[tokio::test]
async fn refreshes_are_told_of_and_a_replay_once() {
    let bank = Bank::start().await;
    let tokens = CLI.tokens(&bank, "openid offline_access accounts:read").await;
    let first = text(&tokens, "refresh_token");
    let second = granted(CLI.refresh(&bank, first).await).await;
    granted(CLI.refresh(&bank, text(&second, "refresh_token")).await).await;
    assert_eq!(of_kind(&bank, "token.refreshed").await.len(), 2);
    for _ in 0..2 {
        refused(CLI.refresh(&bank, first).await, "invalid_grant").await;
    }
    let replayed = only(&bank, "refresh_token.replayed").await;
    assert_eq!(
        (&replayed["user"], &replayed["client_id"]),
        (&"alice".into(), &"cli".into())
    );
}

#[tokio::test]
async fn refreshes_that_write_nothing_are_counted() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid offline_access accounts:read").await;
    for _ in 0..5 {
        granted(WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    }
    let refreshed = only(&bank, "token.refreshed").await;
    assert_eq!(
        (&refreshed["count"], &refreshed["client_id"]),
        (&5.into(), &"web-app".into())
    );
}

#[tokio::test]
async fn tokens_without_a_user_are_counted_by_client_and_api() {
    let bank = Bank::start().await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    for _ in 0..20 {
        granted(ROBOT.post(&bank, "/token", &form).await).await;
    }
    let issued = only(&bank, "token.issued").await;
    assert_eq!((&issued["count"], &issued["client_id"]), (&20.into(), &"robot".into()));
    assert_eq!(issued["details"]["api"][0], "https://api.example.com");
    assert!(issued["address"].is_null() && issued["sub"].is_null());
}

#[tokio::test]
async fn what_was_counted_is_written_when_the_server_ends() {
    let bank = Bank::start().await;
    // The first look begins the minute.
    events(&bank).await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    granted(ROBOT.post(&bank, "/token", &form).await).await;
    let store = bank.running.realms.store.clone();
    bank.running.stop().await;
    let written = "SELECT n FROM audit_event WHERE kind = 'token.issued'";
    let mut row = store.query_one(written, &[]).await.unwrap().unwrap();
    assert_eq!(row.int().unwrap(), 1);
}

#[tokio::test]
async fn what_is_given_back_is_told_of_once() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "offline_access accounts:read").await;
    for name in ["access_token", "refresh_token"] {
        for _ in 0..2 {
            let form = [("token", text(&tokens, name))];
            assert_eq!(WEB_APP.post(&bank, "/revoke", &form).await.status(), 200);
        }
    }
    let revoked = of_kind(&bank, "token.revoked").await;
    let what: Vec<_> = revoked.iter().map(|event| text(&event["details"], "token")).collect();
    assert_eq!(what, ["access_token", "refresh_token"]);
    assert_eq!(
        revoked[0]["details"]["authorization"],
        revoked[1]["details"]["authorization"]
    );
    let form = [("token", text(&tokens, "access_token"))];
    refused(BANK_API.post(&bank, "/revoke", &form).await, "unauthorized_client").await;
    assert_eq!(of_kind(&bank, "token.revoked").await.len(), 2);
}
