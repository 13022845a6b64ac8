use futures_util::future::join_all;

use super::call;
use crate::{
    api_keys::new_key,
    app::{ROBOT, granted, text},
    bank::Bank,
    two_party::{protected, refused},
};

const LIMITS: &str = r#"limit = [{ per = "client", rate = "60/1m", burst = 5 }]
route = [
  { path = "/accounts", limit = [{ per = "key", rate = "2/1h" }] },
  { path = "/reports", limit = [{ per = "user", rate = "1/1h" }] },
  { path = "/open", access = ["none"], limit = [{ per = "route", rate = "3/1h" }] },
]"#;

async fn own_token(bank: &Bank) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    text(&granted(ROBOT.post(bank, "/token", &form).await).await, "access_token").to_owned()
}

#[tokio::test]
async fn of_64_calls_at_once_as_many_get_through_as_the_bucket_holds() {
    let bank = Bank::with_realm(protected(LIMITS, "")).await;
    let token = own_token(&bank).await;
    for (after, expected) in [(0, 5), (1, 1), (3, 3), (500, 5)] {
        bank.clock.advance(after);
        let answers = join_all((0..64).map(|_| call(&bank, "/accounts", &token))).await;
        let passed = answers.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!(passed, expected, "after {after} seconds");
        assert!(answers.iter().all(|(status, _)| matches!(status, 200 | 429)));
    }
}

#[tokio::test]
async fn each_answer_says_what_is_left_and_a_refusal_when_to_come_again() {
    let bank = Bank::with_realm(protected(LIMITS, "")).await;
    let token = own_token(&bank).await;
    for left in (0..5).rev() {
        let (status, fields) = call(&bank, "/accounts", &token).await;
        assert_eq!(status, 200);
        assert_eq!(fields["ratelimit-policy"], "\"client\";q=60;w=60;sekisho-burst=5");
        assert_eq!(fields["ratelimit"], format!("\"client\";r={left};t={}", 5 - left));
    }
    let (status, fields) = call(&bank, "/accounts", &token).await;
    assert_eq!((status, fields["retry-after"].as_str()), (429, "1"));
    assert_eq!(fields["ratelimit"], "\"client\";r=0;t=1");
    let bearer = format!("Bearer {token}");
    let (_, error, reason) = refused(&bank, "/accounts", &[("authorization", &bearer)], None).await;
    assert_eq!(
        (error.as_str(), reason.as_str()),
        ("temporarily_unavailable", "gate.limit_exceeded")
    );
    bank.clock.advance(1);
    assert_eq!(call(&bank, "/accounts", &token).await.0, 200);
}

#[tokio::test]
async fn keys_users_and_clients_are_counted_apart() {
    let bank = Bank::with_realm(protected(LIMITS, "")).await;
    let ((_, one), (_, two)) = (new_key(&bank).await, new_key(&bank).await);
    for (key, statuses) in [(&one, [200, 200, 429]), (&two, [200, 200, 429])] {
        for status in statuses {
            assert_eq!(call(&bank, "/accounts", key).await.0, status);
        }
    }
    // Both keys are the same client's, whose bucket has one call left: what a key's limit held back cost it nothing.
    assert_eq!(call(&bank, "/reports", &own_token(&bank).await).await.0, 200);
    assert_eq!(call(&bank, "/reports", &own_token(&bank).await).await.0, 429);
    // For a user, at another client.
    let tokens = bank.tokens("accounts:read").await;
    let (status, fields) = call(&bank, "/reports", text(&tokens, "access_token")).await;
    assert_eq!(status, 200);
    assert_eq!(fields["ratelimit"], "\"client\";r=4;t=1, \"route-user\";r=0;t=3600");
    let (status, fields) = call(&bank, "/reports", text(&tokens, "access_token")).await;
    assert_eq!((status, fields["retry-after"].as_str()), (429, "3600"));
}

#[tokio::test]
async fn a_route_without_callers_can_be_limited_as_a_whole() {
    let bank = Bank::with_realm(protected(LIMITS, "")).await;
    for status in [200, 200, 200, 429] {
        assert_eq!(call(&bank, "/open", "nothing").await.0, status);
    }
    assert_eq!(
        call(&bank, "/accounts", "nothing").await.0,
        401,
        "who may not call uses nothing up"
    );
}
