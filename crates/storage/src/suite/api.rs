//! APIs of realms.

use model::{Api, Source};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, api};

for_both_engines![
    the_apis_of_all_realms_are_read_with_their_realms,
    an_api_is_found_by_its_identifier_in_every_realm_that_has_it,
];

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

async fn an_api_is_found_by_its_identifier_in_every_realm_that_has_it(db: Database) {
    for (realm, identifier) in [
        ("https://id.example", "https://api.example"),
        ("https://id.example", "https://api.example/other"),
        ("https://staff.example", "https://api.example"),
    ] {
        let put = api::put(realm, &named(identifier), Source::File, 1).unwrap();
        assert_eq!(
            db.store.commit(Change::new().then(put)).await.unwrap(),
            Outcome::Applied
        );
    }
    let found = async |identifiers: &[&str]| {
        let identifiers: Vec<String> = identifiers.iter().map(|&text| text.to_owned()).collect();
        let found = db.store.apis_called(&identifiers).await.unwrap();
        let found = found
            .into_iter()
            .map(|(realm, api)| format!("{realm} {}", api.identifier));
        found.collect::<Vec<_>>()
    };
    assert_eq!(
        found(&["https://api.example", "http://api.example"]).await,
        [
            "https://id.example https://api.example",
            "https://staff.example https://api.example"
        ]
    );
    assert_eq!(
        found(&["https://api.example/other"]).await,
        ["https://id.example https://api.example/other"]
    );
    assert!(found(&["https://api.example/"]).await.is_empty(), "as it was written");
    assert!(found(&[]).await.is_empty());
}
