use sekisho::administration::Action;

use super::{API, denied, identity, itself, permitted, protected, refused};
use crate::{
    api_keys::{new_key, revoke, run},
    app::ROBOT,
    bank::Bank,
};

const ROUTES: &str = r#"route = [
  { path = "/accounts/**", scope = ["accounts:read"] },
  { path = "/payments", scope = ["payments:write"] },
  { path = "/me", access = ["user_token"] },
]"#;

async fn bank() -> Bank {
    Bank::with_realm(protected(ROUTES, "")).await
}

#[tokio::test]
async fn a_key_opens_the_routes_of_its_scope_and_the_upstream_learns_the_client() {
    let bank = bank().await;
    let (_, key) = new_key(&bank).await;
    let bearer = format!("Bearer {key}");
    for field in [("authorization", bearer.as_str()), ("x-api-key", &key)] {
        let permitted = permitted(&bank, "/accounts/1", &[field], None).await;
        assert_eq!(identity(&permitted), itself("robot", "accounts:read"));
        let (status, error, reason) = refused(&bank, "/payments", &[field], None).await;
        assert_eq!(
            (status, error.as_str(), reason.as_str()),
            (403, "insufficient_scope", "gate.insufficient_scope")
        );
        let (status, _, reason) = refused(&bank, "/me", &[field], None).await;
        assert_eq!((status, reason.as_str()), (401, "gate.other_way"));
    }
}

#[tokio::test]
async fn why_a_key_opens_nothing_is_told_to_whoever_asks_by_the_id() {
    let bank = bank().await;
    let (id, key) = new_key(&bank).await;
    let (_, short) = new_key(&bank).await;
    let bearer = format!("Bearer {key}");
    let brought = [("authorization", bearer.as_str())];
    let reason = async |fields: &[(&str, &str)]| {
        let (status, error, reason) = refused(&bank, "/accounts", fields, None).await;
        assert_eq!((status, error.as_str()), (401, "invalid_token"));
        reason
    };
    bank.disable_client("robot").await;
    assert_eq!(reason(&brought).await, "api_key.client_disabled");
    let client_id = "robot".to_owned();
    run(
        &bank,
        Action::ClientSetEnabled {
            client_id,
            enabled: true,
        },
    )
    .await;
    permitted(&bank, "/accounts", &brought, None).await;
    revoke(&bank, &id).await;
    assert_eq!(reason(&brought).await, "api_key.revoked");
    bank.clock.advance(91 * 24 * 3600);
    assert_eq!(reason(&[("x-api-key", short.as_str())]).await, "api_key.expired");
    let (cut, last) = short.split_at(short.len() - 1);
    let mistyped = format!("{cut}{}", if last == "x" { "y" } else { "x" });
    assert_eq!(reason(&[("x-api-key", mistyped.as_str())]).await, "api_key.mistyped");
    let stranger = protocol::ApiKeySecret::from_random([[1; 16], [2; 16]]);
    assert_eq!(reason(&[("x-api-key", stranger.as_str())]).await, "api_key.unknown");
}

#[tokio::test]
async fn a_key_of_another_api_is_not_meant_for_this_one() {
    let bank = bank().await;
    let add = Action::ApiKeyAdd {
        api: "https://reports.example.com".to_owned(),
        client_id: "robot".to_owned(),
        scope: None,
        name: String::new(),
        lifetime: 3600,
    };
    let key = run(&bank, add).await["api_key"].as_str().unwrap().to_owned();
    let (status, error, reason) = refused(&bank, "/accounts", &[("x-api-key", &key)], None).await;
    assert_eq!(
        (status, error.as_str(), reason.as_str()),
        (401, "invalid_token", "gate.wrong_audience")
    );
}

#[tokio::test]
async fn two_credentials_are_none() {
    let bank = bank().await;
    let (_, key) = new_key(&bank).await;
    let both = [("x-api-key", key.as_str()), ("authorization", "Bearer abc")];
    assert_eq!(denied(&bank, "/accounts", &both, None).await.answer().status, 400);
}

#[tokio::test]
async fn tokens_with_and_without_a_user_can_be_told_apart() {
    let routes = "route = [{ path = \"/me\", access = [\"user_token\"] }, { path = \"/jobs\", access = [\"client_credentials\"] }]";
    let bank = Bank::with_realm(protected(routes, "")).await;
    let user = bank.tokens("accounts:read").await;
    let form = [("grant_type", "client_credentials"), ("resource", API)];
    let own = crate::app::granted(ROBOT.post(&bank, "/token", &form).await).await;
    let bearer = |tokens: &serde_json::Value| format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let (user, own) = (bearer(&user), bearer(&own));
    permitted(&bank, "/me", &[("authorization", &user)], None).await;
    permitted(&bank, "/jobs", &[("authorization", &own)], None).await;
    for (path, token) in [("/me", &own), ("/jobs", &user)] {
        let (status, error, reason) = refused(&bank, path, &[("authorization", token)], None).await;
        assert_eq!(
            (status, error.as_str(), reason.as_str()),
            (401, "invalid_token", "gate.other_way")
        );
    }
}
