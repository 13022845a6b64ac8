//! One node of a realm has the lease, until some time after it ended.

use futures_util::future::join_all;

use super::{Database, for_both_engines};
use crate::{
    Outcome, Store,
    proof_lease::{give_back, take},
};

for_both_engines![
    one_node_has_the_lease_until_it_ends_and_what_it_took_cannot_be_used,
    of_many_nodes_that_want_it_one_gets_it,
    a_lease_that_was_given_back_is_free_after_the_rest,
];

const REST: i64 = 120;

async fn takes(store: &Store, realm: &str, holder: &str, now: i64) -> bool {
    let change = take(realm, holder, now + 60, now, REST);
    store.commit(change).await.unwrap() == Outcome::Applied
}

async fn one_node_has_the_lease_until_it_ends_and_what_it_took_cannot_be_used(db: Database) {
    assert!(takes(&db.store, "r", "one", 1000).await);
    assert!(takes(&db.store, "another", "two", 1000).await);
    assert!(!takes(&db.store, "r", "two", 1000).await);
    assert!(takes(&db.store, "r", "one", 1030).await, "it keeps it");
    assert!(!takes(&db.store, "r", "two", 1090 + REST).await);
    assert!(takes(&db.store, "r", "two", 1091 + REST).await);
    assert!(!takes(&db.store, "r", "one", 1091 + REST).await);
}

async fn of_many_nodes_that_want_it_one_gets_it(db: Database) {
    let other = db.another_node().await;
    let nodes = (0..32).map(|number| (number, if number % 2 == 0 { &db.store } else { &other }));
    let names: Vec<_> = nodes.map(|(number, store)| (format!("node {number}"), store)).collect();
    let won = join_all(names.iter().map(|(name, store)| takes(store, "r", name, 1000))).await;
    assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
}

async fn a_lease_that_was_given_back_is_free_after_the_rest(db: Database) {
    let gives_back = async |holder, ends_at| {
        let _ = db.store.commit(give_back("r", holder, ends_at)).await.unwrap();
    };
    assert!(takes(&db.store, "r", "one", 1000).await);
    gives_back("two", 0).await;
    assert!(!takes(&db.store, "r", "two", 1000).await, "it was not its own to give");
    gives_back("one", 1010).await;
    assert!(!takes(&db.store, "r", "two", 1010 + REST).await);
    assert!(takes(&db.store, "r", "two", 1011 + REST).await);
    gives_back("two", 0).await;
    assert!(
        takes(&db.store, "r", "three", 1011 + REST).await,
        "nothing was taken under it"
    );
}
