//! A bucket that nodes share: nobody takes more than is in it.

use futures_util::future::join_all;

use super::{Database, for_both_engines};
use crate::{
    Outcome, Store,
    rate_limit::{Taking, take},
};

for_both_engines![
    many_who_take_at_once_get_what_is_in_the_bucket,
    a_bucket_fills_with_time_and_never_over_its_brim,
    buckets_are_apart_and_rows_of_full_ones_go,
];

const REALM: &str = "https://id.example";

/// Five calls a second, ten at once: in fifths of a second, one call is one fifth.
fn taking(second: i64, calls: i64) -> Taking {
    Taking {
        now: second * 5,
        cost: calls,
        capacity: 10,
        per_second: 5,
    }
}

async fn takes(store: &Store, bucket: u8, second: i64, calls: i64) -> bool {
    let change = take(REALM, [bucket; 32], taking(second, calls));
    store.commit(change).await.unwrap() == Outcome::Applied
}

async fn many_who_take_at_once_get_what_is_in_the_bucket(db: Database) {
    let other = db.another_node().await;
    let nodes = (0..64).map(|number| if number % 2 == 0 { &db.store } else { &other });
    let taken = join_all(nodes.map(|node| takes(node, 1, 1000, 1))).await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 10);
    assert_eq!(other.bucket_full_at(REALM, [1; 32]).await.unwrap(), Some(5000 + 10));
}

async fn a_bucket_fills_with_time_and_never_over_its_brim(db: Database) {
    let store = &db.store;
    assert!(takes(store, 1, 1000, 8).await);
    assert!(!takes(store, 1, 1000, 3).await, "two are left");
    assert!(takes(store, 1, 1000, 2).await && !takes(store, 1, 1000, 1).await);
    assert!(takes(store, 1, 1001, 5).await && !takes(store, 1, 1001, 1).await);
    assert!(
        takes(store, 1, 9000, 10).await && !takes(store, 1, 9000, 1).await,
        "it was full, and no more"
    );
    assert!(!takes(store, 1, 8999, 1).await, "a clock that is behind gives nothing");
}

async fn buckets_are_apart_and_rows_of_full_ones_go(db: Database) {
    let store = &db.store;
    assert!(takes(store, 1, 1000, 10).await && takes(store, 2, 1000, 10).await);
    assert_eq!(store.bucket_full_at(REALM, [3; 32]).await.unwrap(), None);
    store.purge(1003, 10).await.unwrap();
    assert!(!takes(store, 1, 1001, 6).await, "it is kept while it says anything");
    store.purge(1002 + 3 * 3600, 10).await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM rate_limit").await, 0);
}
