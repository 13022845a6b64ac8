//! Refusals that are written down.

use super::{Database, for_both_engines};
use crate::refusal::{MOST_OF_CLIENT, NewRefusal, insert};

for_both_engines!(
    a_refusal_is_found_by_its_id_until_it_expires,
    of_each_client_the_newest_are_kept,
);

fn new(id: &str, client_id: &str, refused_at: i64) -> NewRefusal {
    NewRefusal {
        id: id.into(),
        realm: "https://a".into(),
        client_id: client_id.into(),
        refused_at,
        content: format!("{{\"id\":\"{id}\"}}"),
        expires_at: refused_at + 1000,
    }
}

async fn a_refusal_is_found_by_its_id_until_it_expires(database: Database) {
    let store = &database.store;
    let both = [new("one", "app", 10), new("two", "app", 11)];
    let _ = store.commit(insert(&both)).await.unwrap();
    // An answer that was lost is written again.
    let _ = store.commit(insert(&both)).await.unwrap();
    assert_eq!(
        store.find_refusal("one", 1009).await.unwrap().as_deref(),
        Some("{\"id\":\"one\"}")
    );
    assert_eq!(store.find_refusal("one", 1010).await.unwrap(), None);
    assert_eq!(store.find_refusal("on", 11).await.unwrap(), None);
    assert_eq!(store.find_refusal("%", 11).await.unwrap(), None);
    store.purge(1011, 100).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM refusal").await, 1);
}

async fn of_each_client_the_newest_are_kept(database: Database) {
    let store = &database.store;
    let _ = store.commit(insert(&[new("quiet", "quiet", 1)])).await.unwrap();
    let many: Vec<_> = (0..MOST_OF_CLIENT + 30)
        .map(|n| new(&format!("{n:04}"), "noisy", n))
        .collect();
    for batch in many.chunks(50) {
        let _ = store.commit(insert(batch)).await.unwrap();
    }
    assert_eq!(
        database.number("SELECT count(*) FROM refusal").await,
        MOST_OF_CLIENT + 1
    );
    assert!(store.find_refusal("quiet", 2).await.unwrap().is_some());
    assert!(store.find_refusal("0229", 2).await.unwrap().is_some());
    assert!(store.find_refusal("0030", 2).await.unwrap().is_some());
    assert!(store.find_refusal("0029", 2).await.unwrap().is_none());
}
