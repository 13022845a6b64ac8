//! Several nodes over one PostgreSQL.

use std::sync::Arc;

use enforcement::limit::{Caller, Charge, charges, rules};
use futures_util::future::join_all;
use realm::Limits;
use storage::{Options, Store};

use super::call;
use crate::{
    app::{ROBOT, granted, text},
    bank::{Bank, NOON},
    two_party::protected,
};

const ISSUER: &str = "https://id.example.com";

async fn store() -> Store {
    let url = tokio::task::spawn_blocking(|| testkit::postgres::shared().create_database())
        .await
        .unwrap();
    Store::open(&Options::Postgres { url, connections: 8 }).await.unwrap()
}

fn charge(limits: serde_json::Value, client: &str) -> Vec<Charge> {
    let limits: Vec<protocol::limit::Limit> = serde_json::from_value(limits).unwrap();
    let caller = Caller {
        client: Some(client),
        ..Caller::default()
    };
    charges(&rules("https://api.example.com", &limits, "", &[]), caller)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_calls_at_once_at_each_of_two_nodes_as_many_get_through_as_the_bucket_holds() {
    let store = store().await;
    let nodes: [Arc<Limits>; 2] = Default::default();
    let limits = serde_json::json!([{ "per": "client", "rate": "100/1m", "burst": 40 }]);
    for (now, expected) in [(NOON, 40), (NOON, 0), (NOON + 6, 10), (NOON + 1000, 40)] {
        let calls = (0..128).map(|number| {
            let (node, store) = (Arc::clone(&nodes[number % 2]), store.clone());
            let charges = charge(limits.clone(), "app");
            tokio::spawn(async move { node.take(&store, ISSUER, &charges, now).await.unwrap().is_ok() })
        });
        let passed = join_all(calls)
            .await
            .into_iter()
            .filter(|passed| *passed.as_ref().unwrap())
            .count();
        assert_eq!(passed, expected, "after {} seconds", now - NOON);
    }
}

#[tokio::test]
async fn what_one_limit_holds_back_is_not_used_up_in_another() {
    let store = store().await;
    let limits = serde_json::json!([{ "per": "api", "rate": "10/1h" }, { "per": "client", "rate": "2/1h" }]);
    let node = Limits::default();
    let passes = async |client: &str| {
        let charges = charge(limits.clone(), client);
        node.take(&store, ISSUER, &charges, NOON).await.unwrap().is_ok()
    };
    let mut count = 0;
    for client in ["a", "a", "a", "a", "b", "b", "b", "c", "c", "d", "d", "e", "e", "f"] {
        count += usize::from(passes(client).await);
    }
    assert_eq!(count, 10);
}

#[tokio::test]
async fn with_its_database_away_nothing_gets_through() {
    let mut cluster = tokio::task::spawn_blocking(testkit::postgres::Cluster::start)
        .await
        .unwrap();
    let options = Options::Postgres {
        url: cluster.create_database(),
        connections: 2,
    };
    let store = Store::open(&options).await.unwrap();
    let limits = serde_json::json!([{ "per": "client", "rate": "10/1h" }]);
    let node = Limits::default();
    assert!(
        node.take(&store, ISSUER, &charge(limits.clone(), "a"), NOON)
            .await
            .unwrap()
            .is_ok()
    );
    tokio::task::spawn_blocking(move || cluster.stop()).await.unwrap();
    assert!(node.take(&store, ISSUER, &charge(limits, "b"), NOON).await.is_err());
}

#[tokio::test]
async fn the_gate_counts_in_the_database() {
    let bank = Bank::on_postgres_with(protected(
        "limit = [{ per = \"client\", rate = \"60/1m\", burst = 3 }]\nroute = [{ path = \"/accounts\" }]",
        "",
    ))
    .await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let token = granted(ROBOT.post(&bank, "/token", &form).await).await;
    let token = text(&token, "access_token");
    for (status, left) in [(200, "r=2"), (200, "r=1"), (200, "r=0"), (429, "r=0")] {
        let (found, fields) = call(&bank, "/accounts", token).await;
        assert_eq!(found, status);
        assert!(fields["ratelimit"].contains(left), "{fields:?}");
    }
    let rows = bank.running.realms.store.table_sizes().await.unwrap();
    assert!(rows.contains(&("rate_limit", 1)));
    bank.clock.advance(1);
    assert_eq!(call(&bank, "/accounts", token).await.0, 200);
}
