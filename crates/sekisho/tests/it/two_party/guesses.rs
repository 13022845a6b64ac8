//! Secrets and API keys are guessed at.

use enforcement::gate::Decision;

use super::{
    basic::{ROUTES, basic},
    called_from, protected,
};
use crate::bank::Bank;

/// What becomes of calls that a network makes by these `Authorization` headers at once: their statuses, and `Retry-After`.
async fn together(bank: &Bank, network: &str, headers: &[String]) -> Vec<(u16, Option<String>)> {
    let calls = headers.iter().map(|header| async move {
        let fields = [("authorization", header.as_str())];
        match called_from(bank, (network.parse().ok(), "/accounts"), &fields, None).await {
            Decision::Permitted(_) => (200, None),
            Decision::Denied(denied) => {
                let answer = denied.answer();
                let after = answer.headers.get("retry-after");
                (
                    answer.status.as_u16(),
                    after.map(|value| value.to_str().unwrap().to_owned()),
                )
            }
            Decision::NeedsBody(_) => panic!("the route looks into no body"),
        }
    });
    futures_util::future::join_all(calls).await
}

async fn statuses(bank: &Bank, network: &str, headers: &[String]) -> Vec<u16> {
    let answered = together(bank, network, headers).await;
    answered.into_iter().map(|(status, _)| status).collect()
}

fn wrong(id: &str, number: usize) -> Vec<String> {
    (0..number).map(|n| basic(id, &format!("wrong-{n}"))).collect()
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|found| **found == status).count()
}

async fn guessed_at_once(bank: Bank) {
    for id in ["robot", "nobody-of-this-name"] {
        let found = statuses(&bank, "192.0.2.1", &wrong(id, 64)).await;
        assert_eq!((count(&found, 401), count(&found, 429)), (10, 54), "{id}");
    }
    // The right one is not looked at either, so that it cannot be told from the wrong ones.
    let right = [basic("robot", "robot-secret")];
    let (status, after) = together(&bank, "192.0.2.1", &right).await.remove(0);
    assert_eq!((status, after.as_deref()), (429, Some("900")));
    assert_eq!(
        statuses(&bank, "198.51.100.1", &right).await,
        [200],
        "from elsewhere it is"
    );
    bank.clock.advance(900);
    assert_eq!(statuses(&bank, "192.0.2.1", &right).await, [200]);
}

#[tokio::test]
async fn of_64_wrong_secrets_at_once_ten_are_looked_at_whether_there_is_such_a_client_or_not() {
    guessed_at_once(Bank::with_realm(protected(ROUTES, "")).await).await;
}

#[tokio::test]
async fn right_secrets_count_for_nothing_and_are_refused_only_where_others_are_guessed() {
    let bank = Bank::with_realm(protected(ROUTES, "")).await;
    let right: Vec<String> = vec![basic("robot", "robot-secret"); 64];
    for network in ["192.0.2.1", "198.51.100.1"] {
        assert_eq!(
            count(&statuses(&bank, network, &right).await, 200),
            64,
            "none is a guess"
        );
    }
    let found = statuses(&bank, "192.0.2.9", &wrong("robot", 20)).await;
    assert_eq!(
        (count(&found, 401), count(&found, 429)),
        (10, 10),
        "those that were right are not counted"
    );
    assert_eq!(
        statuses(&bank, "192.0.2.1", &right[..1]).await,
        [429],
        "who guesses there does not see the right one"
    );
    assert_eq!(statuses(&bank, "198.51.100.1", &right[..1]).await, [200]);
    bank.disable_client("robot").await;
    let found = statuses(&bank, "198.51.100.1", &right[..1]).await;
    assert_eq!(found, [401], "what was right lately is checked all the same");
}

#[tokio::test]
async fn a_network_that_tries_many_names_and_keys_is_refused_by_what_it_is() {
    let bank = Bank::with_realm(protected(
        "route = [{ path = \"/accounts\", access = [\"basic\", \"api_key\"] }]",
        "",
    ))
    .await;
    let names: Vec<String> = (0..490).map(|n| basic(&format!("name-{n}"), "x")).collect();
    let found = statuses(&bank, "192.0.2.1", &names).await;
    assert_eq!(count(&found, 401), 490);
    let keys = |number: usize| -> Vec<String> {
        let key = || protocol::ApiKeySecret::from_random([jose::random_bytes(), jose::random_bytes()]);
        (0..number).map(|_| format!("Bearer {}", key().as_str())).collect()
    };
    let found = statuses(&bank, "192.0.2.1", &keys(64)).await;
    assert_eq!((count(&found, 401), count(&found, 429)), (10, 54));
    assert_eq!(count(&statuses(&bank, "198.51.100.1", &keys(4)).await, 401), 4);
    let (_, key) = crate::api_keys::new_key(&bank).await;
    let found = statuses(&bank, "192.0.2.1", &[format!("Bearer {key}")]).await;
    assert_eq!(found, [200], "nobody guesses a key");
    let mistyped = ["Bearer sekisho_".to_owned() + &"0".repeat(50)];
    assert_eq!(
        statuses(&bank, "192.0.2.1", &mistyped).await,
        [401],
        "nothing is looked up for it"
    );
}
