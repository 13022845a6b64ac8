//! Initial access tokens. RFC 7591 §3.

use reqwest::Response;
use sekisho::administration::{self, Action, AdminError, AdminErrorKind, Command};
use serde_json::{Value, json};

use super::{bank, open, post, refused, registered, with};
use crate::{
    app::{granted, header, names, text},
    bank::Bank,
};

async fn run(bank: &Bank, action: Action) -> Result<Value, AdminError> {
    let command = Command { realm: None, action };
    administration::execute(&bank.running.realms, &bank.running.passwords, command).await
}

/// What an operator makes.
async fn token(bank: &Bank, uses: i64, scope: Option<&str>) -> Value {
    let action = Action::ClientTokenAdd {
        uses,
        lifetime: 3600,
        note: "for the partners".into(),
        scope: scope.map(|scope| scope.parse().unwrap()),
    };
    run(bank, action).await.unwrap()
}

async fn post_with(bank: &Bank, token: &Value, members: &Value) -> Response {
    let request = bank
        .http
        .post(bank.url("/register"))
        .bearer_auth(text(token, "initial_access_token"));
    request.json(members).send().await.unwrap()
}

/// The token is wrong in a way that nobody is told.
async fn unauthorized(response: Response) -> String {
    let challenge = header(&response, "www-authenticate").to_owned();
    assert!(
        challenge.starts_with("Bearer realm=") && challenge.contains("error=\"invalid_token\""),
        "{challenge}"
    );
    refused(response, 401, "invalid_token").await
}

#[tokio::test]
async fn without_a_token_nobody_registers_where_one_is_needed() {
    let bank = bank("token", "baseline").await;
    let response = post(&bank, &with(&json!({}))).await;
    // RFC 6750 §3.1: no error code for who has tried nothing.
    assert_eq!(response.status(), 401);
    assert_eq!(
        header(&response, "www-authenticate"),
        format!("Bearer realm=\"{}\"", bank.issuer)
    );
    assert_eq!(response.text().await.unwrap(), "");
    for authorization in ["Bearer wrong", "Basic d2ViLWFwcDp3ZWItYXBwLXNlY3JldA==", "Bearer", ""] {
        let request = bank
            .http
            .post(bank.url("/register"))
            .header("authorization", authorization);
        unauthorized(request.json(&with(&json!({}))).send().await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_token_registers_as_many_clients_as_it_was_made_for() {
    let bank = bank("token", "baseline").await;
    let token = token(&bank, 2, None).await;
    // A refusal costs nothing.
    let wrong = post_with(&bank, &token, &with(&json!({ "scope": "accounts:read" }))).await;
    refused(wrong, 400, "invalid_client_metadata").await;
    for _ in 0..2 {
        registered(post_with(&bank, &token, &with(&json!({}))).await).await;
    }
    unauthorized(post_with(&bank, &token, &with(&json!({}))).await).await;
    let list = run(&bank, Action::ClientTokenList).await.unwrap();
    let kept = &list["tokens"][0];
    assert_eq!(
        (&kept["uses_left"], &kept["good"], &kept["note"]),
        (&json!(0), &json!(false), &json!("for the partners"))
    );
    assert!(!list.to_string().contains(text(&token, "initial_access_token")));
}

#[tokio::test]
async fn of_many_that_use_a_token_at_once_one_registers() {
    let bank = bank("token", "baseline").await;
    let token = token(&bank, 1, None).await;
    let members = with(&json!({}));
    let attempts = (0..8).map(|_| post_with(&bank, &token, &members));
    let mut statuses = Vec::new();
    for response in futures_join(attempts).await {
        statuses.push(response.status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401, 401, 401, 401, 401, 401, 401]);
}

async fn futures_join<'a>(attempts: impl Iterator<Item = impl Future<Output = Response> + 'a>) -> Vec<Response> {
    let mut running: Vec<_> = attempts.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        running.retain_mut(|attempt| match attempt.as_mut().poll(context) {
            std::task::Poll::Ready(response) => {
                done.push(response);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

#[tokio::test]
async fn a_token_ends_when_its_time_is_over_or_it_is_revoked() {
    let bank = bank("token", "baseline").await;
    let (short, revoked) = (token(&bank, 9, None).await, token(&bank, 9, None).await);
    let revoke = Action::ClientTokenRevoke {
        id: text(&revoked, "id").into(),
    };
    run(&bank, revoke.clone()).await.unwrap();
    unauthorized(post_with(&bank, &revoked, &with(&json!({}))).await).await;
    assert_eq!(run(&bank, revoke).await.unwrap_err().kind, AdminErrorKind::NotFound);
    bank.clock.advance(3599);
    registered(post_with(&bank, &short, &with(&json!({}))).await).await;
    bank.clock.advance(1);
    unauthorized(post_with(&bank, &short, &with(&json!({}))).await).await;
}

#[tokio::test]
async fn a_token_that_was_made_for_a_scope_registers_clients_of_the_api() {
    let bank = bank("token", "baseline").await;
    let token = token(&bank, 9, Some("accounts:read")).await;
    let members = with(&json!({
        "scope": "openid accounts:read", "grant_types": ["authorization_code", "client_credentials"]
    }));
    let client = registered(post_with(&bank, &token, &members).await).await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let tokens = granted(super::token(&bank, &client, &form).await).await;
    assert_eq!(tokens["scope"], "accounts:read");
    let more = post_with(&bank, &token, &with(&json!({ "scope": "payments:write" }))).await;
    refused(more, 400, "invalid_client_metadata").await;
}

#[tokio::test]
async fn where_anybody_registers_a_token_counts_too_and_a_wrong_one_is_refused() {
    let bank = open().await;
    let good = token(&bank, 1, Some("accounts:read")).await;
    registered(post_with(&bank, &good, &with(&json!({ "scope": "accounts:read" }))).await).await;
    unauthorized(post_with(&bank, &good, &with(&json!({}))).await).await;
}

#[tokio::test]
async fn tokens_are_made_only_for_what_there_is() {
    let off = Bank::start().await;
    let add = |uses, lifetime, scope: Option<&str>| Action::ClientTokenAdd {
        uses,
        lifetime,
        note: String::new(),
        scope: scope.map(|scope| scope.parse().unwrap()),
    };
    assert_eq!(
        run(&off, add(1, 60, None)).await.unwrap_err().kind,
        AdminErrorKind::Invalid
    );
    let bank = bank("token", "baseline").await;
    for wrong in [
        add(0, 60, None),
        add(1, 0, None),
        add(1, 400 * 24 * 3600, None),
        add(1, 60, Some("nope")),
    ] {
        assert_eq!(run(&bank, wrong).await.unwrap_err().kind, AdminErrorKind::Invalid);
    }
    let made = run(&bank, add(1, 60, None)).await.unwrap();
    assert_eq!(
        names(&made),
        [
            "created_at",
            "expires_at",
            "good",
            "id",
            "initial_access_token",
            "note",
            "scope",
            "uses_left"
        ]
    );
}
