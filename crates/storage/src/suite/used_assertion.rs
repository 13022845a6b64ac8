//! An assertion is used once, whichever node it is sent to, until it is forgotten.

use futures_util::future::join_all;

use super::{Database, for_both_engines};
use crate::{Outcome, Store, used_assertion::use_once};

for_both_engines![
    an_assertion_is_used_once_in_its_realm,
    of_many_uses_at_two_nodes_one_succeeds,
    an_assertion_is_forgotten_after_its_end,
];

const ID: [u8; 32] = [7; 32];

async fn uses(store: &Store, realm: &str, id: [u8; 32]) -> bool {
    store.commit(use_once(realm, id, 1000)).await.unwrap() == Outcome::Applied
}

async fn an_assertion_is_used_once_in_its_realm(db: Database) {
    assert!(uses(&db.store, "r", ID).await);
    assert!(!uses(&db.store, "r", ID).await);
    assert!(uses(&db.store, "r", [8; 32]).await);
    assert!(uses(&db.store, "another", ID).await);
}

async fn of_many_uses_at_two_nodes_one_succeeds(db: Database) {
    let other = db.another_node().await;
    let nodes = [&db.store, &other].into_iter().cycle().take(32);
    let won = join_all(nodes.map(|node| uses(node, "r", ID))).await;
    assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
}

async fn an_assertion_is_forgotten_after_its_end(db: Database) {
    assert!(uses(&db.store, "r", ID).await);
    assert_eq!(db.store.purge(1000, 10).await.unwrap(), 0);
    assert!(!uses(&db.store, "r", ID).await);
    assert_eq!(db.store.purge(1001, 10).await.unwrap(), 1);
    assert!(uses(&db.store, "r", ID).await);
}
