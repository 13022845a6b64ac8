//! Refused requests: each by itself where a client has proved who it is, else counted, so that nobody fills the database.

use super::{events, of_kind, only};
use crate::{
    app::{CLI, ROBOT, header, refused},
    bank::Bank,
    request::Request,
};

const TOKEN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "payments:write")];

#[tokio::test]
async fn a_refusal_of_a_client_that_proved_who_it_is_is_found_by_its_id() {
    let bank = Bank::start().await;
    let answer = ROBOT.post(&bank, "/token", &TOKEN).await;
    let id = header(&answer, "sekisho-explain").to_owned();
    let description = refused(answer, "invalid_scope").await;
    let told = only(&bank, "request.refused").await;
    for (member, expected) in [
        ("explanation", id.as_str()),
        ("client_id", "robot"),
        ("actor", "client"),
        ("result", "refused"),
        ("address", "127.0.0.1"),
    ] {
        assert_eq!(told[member], expected, "{member}: {told}");
    }
    assert_eq!(told["details"]["error"], "invalid_scope");
    assert_eq!(told["details"]["description"], description);
}

#[tokio::test]
async fn who_proves_nothing_is_counted_by_network_and_not_named() {
    let bank = Bank::start().await;
    let mut last = String::new();
    for n in 0..50 {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "robot"),
            ("client_secret", "wrong"),
        ];
        let answer = bank.post("/token", &form).await;
        last = header(&answer, "sekisho-explain").to_owned();
        refused(answer, "invalid_client").await;
        let nobody = format!("nobody-{n}");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &nobody),
            ("client_secret", "x"),
        ];
        let answer = bank.post("/token", &form).await;
        assert_eq!(answer.status(), 401);
    }
    let told = of_kind(&bank, "request.refused").await;
    assert!(told.len() <= 2, "{told:?}");
    assert_eq!(
        told.iter().map(|event| event["count"].as_i64().unwrap()).sum::<i64>(),
        100
    );
    assert!(
        told.iter()
            .all(|event| event["client_id"].is_null() && event["address"] == "127.0.0.0/24")
    );
    assert!(told.iter().all(|event| event["explanation"].is_string()) && !last.is_empty());
}

#[tokio::test]
async fn a_flood_of_one_client_is_bounded_and_counted() {
    let bank = Bank::start().await;
    events(&bank).await;
    for _ in 0..80 {
        ROBOT.post(&bank, "/token", &TOKEN).await;
    }
    let told = of_kind(&bank, "request.refused").await;
    assert_eq!(told.len(), 61);
    assert_eq!(
        told.iter().map(|event| event["count"].as_i64().unwrap()).sum::<i64>(),
        80
    );
}

#[tokio::test]
async fn a_refusal_by_redirect_is_counted_and_polling_is_none() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("prompt", "none");
    assert_eq!(request.error(&bank).await, "login_required");
    let device = crate::app::TV.device(&bank, "openid").await;
    refused(crate::app::TV.poll(&bank, &device).await, "authorization_pending").await;
    let told = only(&bank, "request.refused").await;
    assert_eq!(told["details"]["error"], "login_required");
    refused(CLI.refresh(&bank, "nonsense").await, "invalid_grant").await;
    assert_eq!(of_kind(&bank, "request.refused").await.len(), 2);
}
