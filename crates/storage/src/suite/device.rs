//! Recognised devices: seen, seen again, forgotten.

use model::RecognisedDevice;

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, device};

for_both_engines![
    a_device_is_recognised_for_its_user_until_it_expires_or_is_forgotten,
    of_too_many_devices_the_oldest_make_room,
];

const REALM: &str = "https://id.example.com";
const NOW: i64 = 1_800_000_000;

fn of(user_id: &str, id: &str, at: i64) -> RecognisedDevice {
    RecognisedDevice {
        id: id.into(),
        user_id: user_id.into(),
        user_agent: "Firefox".into(),
        network: "192.0.2.0/24".into(),
        created_at: at,
        seen_at: at,
        expires_at: at + 100,
    }
}

async fn commit(database: &Database, statements: impl IntoIterator<Item = Statement>) -> Outcome {
    database.store.commit(Change::new().then_all(statements)).await.unwrap()
}

async fn ids(database: &Database, user_id: &str, now: i64) -> Vec<String> {
    let devices = database.store.devices_of_user(REALM, user_id, now).await.unwrap();
    devices.into_iter().map(|device| device.id).collect()
}

async fn a_device_is_recognised_for_its_user_until_it_expires_or_is_forgotten(database: Database) {
    let database = &database;
    let phone = of("alice", "phone", NOW);
    let _ = commit(database, device::insert(REALM, &phone)).await;
    let _ = commit(database, device::insert(REALM, &of("alice", "desk", NOW + 1))).await;
    assert_eq!(ids(database, "alice", NOW).await, ["desk", "phone"]);
    let is_recognised =
        async |user: &str, id: &str, now| database.store.is_recognised(REALM, user, id, now).await.unwrap();
    assert!(is_recognised("alice", "phone", NOW + 99).await);
    assert!(!is_recognised("alice", "phone", NOW + 100).await);
    assert!(!is_recognised("bob", "phone", NOW).await);

    let again = RecognisedDevice {
        network: "198.51.100.0/24".into(),
        seen_at: NOW + 50,
        expires_at: NOW + 150,
        ..phone.clone()
    };
    let _ = commit(database, [device::seen(REALM, &again)]).await;
    let devices = database.store.devices_of_user(REALM, "alice", NOW + 120).await.unwrap();
    assert_eq!(devices, std::slice::from_ref(&again));

    assert_eq!(
        commit(database, [device::forget(REALM, "bob", "phone")]).await,
        Outcome::Missed
    );
    assert_eq!(
        commit(database, [device::forget(REALM, "alice", "phone")]).await,
        Outcome::Applied
    );
    assert_eq!(
        commit(database, [device::forget(REALM, "alice", "phone")]).await,
        Outcome::Missed
    );
    let _ = commit(database, [device::seen(REALM, &again)]).await;
    assert_eq!(
        ids(database, "alice", NOW).await,
        ["desk"],
        "what was forgotten stays so"
    );
    let _ = commit(database, [device::forget_all(REALM, "alice")]).await;
    assert!(ids(database, "alice", NOW).await.is_empty());
}

async fn of_too_many_devices_the_oldest_make_room(database: Database) {
    let database = &database;
    for number in 0..53 {
        let _ = commit(
            database,
            device::insert(REALM, &of("alice", &format!("d{number:02}"), NOW + number)),
        )
        .await;
    }
    let _ = commit(database, device::insert(REALM, &of("bob", "only", NOW))).await;
    let ids_of_alice = ids(database, "alice", NOW).await;
    assert_eq!(ids_of_alice.len(), 50);
    assert_eq!((ids_of_alice[0].as_str(), ids_of_alice[49].as_str()), ("d52", "d03"));
    assert_eq!(ids(database, "bob", NOW).await, ["only"]);
}
