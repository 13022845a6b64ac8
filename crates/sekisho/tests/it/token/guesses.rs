//! Secrets of clients are guessed at. RFC 6749 §2.3.1: "the authorization server MUST protect any endpoint utilizing it against
//! brute force attacks".

use futures_util::future::join_all;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    app::{POST_APP, ROBOT, granted, header, refused},
    audit::of_kind,
    bank::Bank,
    explain::recorded::{explain, id},
};

const NETWORK: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";
const FOR_ITSELF: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "accounts:read")];

async fn bank() -> Bank {
    Bank::behind_trusted_proxy(testkit::realm::bank).await
}

fn guessing(bank: &Bank, network: &str, path: &str, (client_id, secret): (&str, &str)) -> RequestBuilder {
    bank.http
        .post(bank.url(path))
        .header("x-forwarded-for", network)
        .basic_auth(client_id, Some(secret))
        .form(&[FOR_ITSELF[0], FOR_ITSELF[1], ("token", "x")])
}

async fn guess(bank: &Bank, network: &str, path: &str, credentials: (&str, &str)) -> Response {
    guessing(bank, network, path, credentials).send().await.unwrap()
}

async fn right(bank: &Bank, network: &str) -> Response {
    let request = ROBOT.posting(bank, "/token", &FOR_ITSELF);
    request.header("x-forwarded-for", network).send().await.unwrap()
}

/// The answer to whoever guessed too often.
async fn is_too_many(response: Response, retry_after: &str) {
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "retry-after"), retry_after);
    assert_eq!(
        header(&response, "www-authenticate"),
        "",
        "other credentials do not help"
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "temporarily_unavailable", "{body}");
    assert!(
        body["error_description"]
            .as_str()
            .unwrap()
            .contains("too many wrong secrets")
    );
}

async fn rows(bank: &Bank) -> u64 {
    let sizes = bank.running.realms.store.table_sizes().await.unwrap();
    let found = sizes.iter().find(|(table, _)| *table == "guess");
    found.map(|(_, rows)| *rows).unwrap()
}

#[tokio::test]
async fn ten_wrong_ones_in_a_quarter_of_an_hour_are_told_from_the_right_one_wherever_clients_authenticate() {
    let bank = bank().await;
    let endpoints = [
        "/token",
        "/introspect",
        "/revoke",
        "/par",
        "/device_authorization",
        "/bc-authorize",
    ];
    for (n, path) in endpoints.iter().cycle().take(10).enumerate() {
        let response = guess(&bank, NETWORK, path, ("robot", &format!("wrong-{n}"))).await;
        assert_eq!(response.status(), 401, "{path}");
    }
    for path in endpoints {
        is_too_many(guess(&bank, NETWORK, path, ("robot", "wrong")).await, "900").await;
        is_too_many(guess(&bank, NETWORK, path, ("robot", "robot-secret")).await, "900").await;
    }
    // Another machine of the same network is as suspect; elsewhere, and to other clients, nothing has happened.
    is_too_many(right(&bank, "192.0.2.200").await, "900").await;
    granted(right(&bank, ELSEWHERE).await).await;
    let api = guess(&bank, NETWORK, "/introspect", ("bank-api", "bank-api-secret")).await;
    assert_eq!(api.status(), 200);
    bank.clock.advance(899);
    is_too_many(right(&bank, NETWORK).await, "1").await;
    bank.clock.advance(1);
    granted(right(&bank, NETWORK).await).await;
}

#[tokio::test]
async fn of_64_at_once_ten_are_told_whether_there_is_such_a_client_or_not() {
    let bank = bank().await;
    for client_id in ["robot", "nobody-of-this-name"] {
        let guesses = (0..64).map(|n| {
            let secret = format!("wrong-{n}");
            guessing(&bank, NETWORK, "/token", (client_id, &secret)).send()
        });
        let answers = join_all(guesses).await;
        let count = |status| {
            answers
                .iter()
                .filter(|answer| answer.as_ref().unwrap().status() == status)
                .count()
        };
        assert_eq!((count(401), count(429)), (10, 54), "{client_id}");
    }
}

#[tokio::test]
async fn secrets_in_the_body_are_counted_too() {
    let bank = bank().await;
    let ask = async |secret: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "x"),
            ("client_id", POST_APP.client_id),
            ("client_secret", secret),
        ];
        let request = bank.http.post(bank.url("/token")).header("x-forwarded-for", NETWORK);
        request.form(&form).send().await.unwrap()
    };
    for n in 0..10 {
        refused(ask(&format!("wrong-{n}")).await, "invalid_client").await;
    }
    is_too_many(ask("post-app-secret").await, "900").await;
}

#[tokio::test]
async fn a_program_that_was_left_behind_with_an_old_secret_locks_out_nobody() {
    let bank = bank().await;
    for _ in 0..40 {
        refused(
            guess(&bank, NETWORK, "/token", ("robot", "the-old-one")).await,
            "invalid_client",
        )
        .await;
        granted(right(&bank, NETWORK).await).await;
    }
    assert_eq!(rows(&bank).await, 2, "of the name, and of the network");
}

#[tokio::test]
async fn who_knows_the_secret_writes_nothing_and_uses_nothing_up() {
    let bank = bank().await;
    for _ in 0..20 {
        granted(right(&bank, NETWORK).await).await;
    }
    assert_eq!(rows(&bank).await, 0);
    for n in 0..9 {
        refused(
            guess(&bank, NETWORK, "/token", ("robot", &format!("wrong-{n}"))).await,
            "invalid_client",
        )
        .await;
    }
    for _ in 0..20 {
        granted(right(&bank, NETWORK).await).await;
    }
    refused(
        guess(&bank, NETWORK, "/token", ("robot", "wrong-9")).await,
        "invalid_client",
    )
    .await;
    is_too_many(right(&bank, NETWORK).await, "900").await;
}

#[tokio::test]
async fn a_network_that_tries_many_names_is_refused_by_what_it_is() {
    let bank = bank().await;
    for n in 0..500 {
        let name = format!("name-{n}");
        assert_eq!(guess(&bank, NETWORK, "/token", (&name, "x")).await.status(), 401, "{n}");
    }
    is_too_many(right(&bank, NETWORK).await, "900").await;
    granted(right(&bank, ELSEWHERE).await).await;
}

#[tokio::test]
async fn it_is_told_in_the_audit_and_explained_and_does_not_say_that_the_secret_was_right() {
    let bank = bank().await;
    for n in 0..10 {
        guess(&bank, NETWORK, "/token", ("robot", &format!("wrong-{n}"))).await;
    }
    let explained = explain(&bank, &id(&right(&bank, NETWORK).await)).await.unwrap();
    assert_eq!(explained["failed"]["name"], "client_access.too_many_guesses");
    assert_eq!(
        (&explained["status"], &explained["failed"]["retry_after"]),
        (&json!(429), &json!(900))
    );
    let passed = explained["passed"].as_array().unwrap();
    assert!(
        !passed.iter().any(|check| check["name"] == "secret right"),
        "{explained}"
    );
    let told = of_kind(&bank, "request.refused").await;
    let count = |reason: &str| {
        let of_reason = told.iter().find(|event| event["details"]["reason"] == reason);
        of_reason.unwrap_or_else(|| panic!("{reason}: {told:?}"))["count"].clone()
    };
    assert_eq!(
        (count("client.wrong_secret"), count("client_access.too_many_guesses")),
        (json!(10), json!(1))
    );
}
