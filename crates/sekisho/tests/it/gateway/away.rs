//! When something that is needed is away, nothing passes; and everything goes on when it is back.

use std::time::Duration;

use storage::{Change, Options, Outcome, realm::raise_revision};
use testkit::{postgres::Cluster, process};

use crate::{
    app::header,
    gateway::{Guarded, Things, at},
};

#[tokio::test]
async fn while_the_database_is_away_nothing_passes_and_then_everything_goes_on() {
    let things = Things::start().await;
    let mut cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let database = Options::Postgres {
        url: cluster.create_database(),
        connections: 4,
    };
    let data = process::temporary_directory("gateway");
    let guarded = Guarded::over(database, data, &at(&things), "").await;
    let token = guarded.token("things:read").await;
    assert_eq!(guarded.call("GET", "/things/1", &token).await.status(), 200);
    // A new key, say: from now on calls are judged by what was read before the database goes away.
    let realms = &guarded.running.realms;
    let raised = realms.store.commit(Change::new().then(raise_revision())).await.unwrap();
    assert_eq!(raised, Outcome::Applied);
    realms.refresh().await.unwrap();
    cluster.kill9();
    let answer = guarded.call("GET", "/things/1", &token).await;
    assert_eq!(answer.status(), 503);
    assert!(!header(&answer, "retry-after").is_empty() && !header(&answer, "sekisho-explain").is_empty());
    // What needs no token goes on.
    assert_eq!(guarded.call("GET", "/open", "").await.status(), 200);
    assert_eq!(things.calls(), 2);
    cluster.restart();
    let back = async { while guarded.call("GET", "/things/1", &token).await.status() != 200 {} };
    tokio::time::timeout(Duration::from_secs(30), back)
        .await
        .expect("it recovers by itself");
}

#[tokio::test]
async fn an_api_that_is_away_is_a_bad_gateway_that_can_be_explained() {
    let nowhere = format!("\"http://127.0.0.1:{}\"", process::free_port());
    let guarded = Guarded::start(&nowhere, "").await;
    let token = guarded.token("things:read").await;
    let answer = guarded.call("GET", "/things/1", &token).await;
    assert_eq!(answer.status(), 502);
    let refusal = guarded.running.explain(header(&answer, "sekisho-explain")).unwrap();
    assert_eq!(refusal.failed.reason.name, "upstream.unreachable");
    let body = answer.text().await.unwrap();
    assert!(
        !body.contains("127.0.0.1"),
        "where it runs is nobody's business: {body}"
    );
}

#[tokio::test]
async fn of_several_upstreams_one_that_is_away_is_passed_over() {
    let things = Things::start().await;
    let both = format!("[\"http://127.0.0.1:{}\", {}]", process::free_port(), at(&things));
    let guarded = Guarded::start(&both, "").await;
    let token = guarded.token("things:write").await;
    for _ in 0..4 {
        assert_eq!(guarded.call("POST", "/things", &token).await.status(), 200);
    }
    assert_eq!(things.calls(), 4);
}
