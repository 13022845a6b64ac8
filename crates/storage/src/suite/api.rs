//! APIs of realms.

use model::{Api, Source};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, api};

for_both_engines!(the_apis_of_all_realms_are_read_with_their_realms);

fn named(identifier: &str) -> Api {
    serde_json::from_value(serde_json::json!({ "identifier": identifier, "name": "An API" })).unwrap()
}

async fn the_apis_of_all_realms_are_read_with_their_realms(database: Database) {
    let store = &database.store;
    let before = store.all_apis().await.unwrap().len();
    let mut change = Change::new();
    for (realm, identifier) in [
        ("https://b", "https://api"),
        ("https://a", "https://two"),
        ("https://a", "https://api"),
    ] {
        change = change.then(api::put(realm, &named(identifier), Source::File, 1).unwrap());
    }
    assert_eq!(store.commit(change).await.unwrap(), Outcome::Applied);
    let found: Vec<_> = store
        .all_apis()
        .await
        .unwrap()
        .into_iter()
        .map(|(realm, api)| (realm, api.identifier))
        .collect();
    assert_eq!(found.len(), before + 3);
    for (realm, identifier) in [
        ("https://a", "https://api"),
        ("https://a", "https://two"),
        ("https://b", "https://api"),
    ] {
        assert!(found.contains(&(realm.to_owned(), identifier.to_owned())), "{found:?}");
    }
    assert!(found.is_sorted());
}
