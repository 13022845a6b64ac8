//! A device's request is answered once, polled by one at a time, and redeemed once.

use model::{DeviceRequest, DeviceRequestDetails, PolledRequest, PolledState};
use protocol::scope::Scope;

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Polled, Statement, device_request};

for_both_engines![
    a_request_is_found_by_either_code,
    a_code_that_is_taken_misses,
    a_client_has_only_so_many_that_wait,
    one_answer_is_taken_and_none_after_the_end,
    of_two_polls_with_the_same_past_one_misses,
    only_what_was_approved_is_redeemed_and_only_once,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;
const QUOTA: i64 = 100;

async fn apply(db: &Database, statement: Statement) -> Outcome {
    db.store.commit(Change::new().then(statement)).await.unwrap()
}

fn request(n: u8, client_id: &str) -> DeviceRequest {
    DeviceRequest {
        polled: PolledRequest::new(n.to_string(), client_id, 5, NOW, 600),
        device_code_hash: vec![n; 32],
        user_code: format!("BCDFGH{n}"),
        details: DeviceRequestDetails {
            authorization_details: protocol::AuthorizationDetails::default(),
            scope: Scope::parse("openid").unwrap(),
            resource: vec!["https://api.example".into()],
        },
    }
}

async fn insert(db: &Database, request: &DeviceRequest, quota: i64) -> Outcome {
    apply(db, device_request::insert(REALM, request, quota, "change").unwrap()).await
}

async fn find(db: &Database, n: u8) -> Option<DeviceRequest> {
    db.store.find_device_request(REALM, &[n; 32]).await.unwrap()
}

async fn a_request_is_found_by_either_code(db: Database) {
    let new = request(1, "tv");
    assert_eq!(insert(&db, &new, QUOTA).await, Outcome::Applied);
    assert_eq!(find(&db, 1).await, Some(new.clone()));
    let by_user_code = |realm| db.store.find_device_request_by_user_code(realm, "BCDFGH1");
    assert_eq!(by_user_code(REALM).await.unwrap(), Some(new));
    assert_eq!(by_user_code("https://other.example").await.unwrap(), None);
    assert_eq!(find(&db, 2).await, None);
}

async fn a_code_that_is_taken_misses(db: Database) {
    assert_eq!(insert(&db, &request(1, "tv"), QUOTA).await, Outcome::Applied);
    let same_user_code = DeviceRequest {
        user_code: "BCDFGH1".into(),
        ..request(2, "kiosk")
    };
    let same_device_code = DeviceRequest {
        device_code_hash: vec![1; 32],
        ..request(3, "kiosk")
    };
    for taken in [same_user_code, same_device_code] {
        assert_eq!(insert(&db, &taken, QUOTA).await, Outcome::Missed);
    }
}

async fn a_client_has_only_so_many_that_wait(db: Database) {
    let has_room = |client, now| db.store.has_room_for_device_requests(REALM, client, 2, now);
    for n in [1, 2] {
        assert!(has_room("tv", NOW).await.unwrap());
        assert_eq!(insert(&db, &request(n, "tv"), 2).await, Outcome::Applied);
    }
    assert!(!has_room("tv", NOW).await.unwrap() && has_room("kiosk", NOW).await.unwrap());
    assert!(
        has_room("tv", NOW + 600).await.unwrap(),
        "what has expired does not wait"
    );
    assert_eq!(insert(&db, &request(3, "tv"), 2).await, Outcome::Missed);
    assert_eq!(insert(&db, &request(3, "kiosk"), 2).await, Outcome::Applied);
    assert_eq!(
        apply(&db, Polled::Device.deny(REALM, "1", "c", NOW)).await,
        Outcome::Applied
    );
    assert_eq!(insert(&db, &request(4, "tv"), 2).await, Outcome::Applied);
}

async fn one_answer_is_taken_and_none_after_the_end(db: Database) {
    for n in [1, 2] {
        let _ = insert(&db, &request(n, "tv"), QUOTA).await;
    }
    let approve = |id, now| Polled::Device.approve(REALM, id, "authorization", "c", now);
    let deny = |id, now| Polled::Device.deny(REALM, id, "c", now);
    for late in [approve("1", NOW + 600), deny("1", NOW + 600)] {
        assert_eq!(apply(&db, late).await, Outcome::Missed);
    }
    assert_eq!(apply(&db, approve("1", NOW)).await, Outcome::Applied);
    assert_eq!(apply(&db, deny("2", NOW)).await, Outcome::Applied);
    for id in ["1", "2"] {
        assert_eq!(apply(&db, approve(id, NOW)).await, Outcome::Missed);
        assert_eq!(apply(&db, deny(id, NOW)).await, Outcome::Missed);
    }
    let approved = find(&db, 1).await.unwrap();
    assert_eq!(approved.polled.state, PolledState::Approved);
    assert_eq!(approved.polled.authorization_id.as_deref(), Some("authorization"));
    assert_eq!(find(&db, 2).await.unwrap().polled.state, PolledState::Denied);
}

async fn of_two_polls_with_the_same_past_one_misses(db: Database) {
    let first = request(1, "tv");
    let _ = insert(&db, &first, QUOTA).await;
    let poll = |before: &DeviceRequest, interval| Polled::Device.poll(REALM, &before.polled, interval, "c", NOW);
    assert_eq!(apply(&db, poll(&first, 5)).await, Outcome::Applied);
    assert_eq!(apply(&db, poll(&first, 5)).await, Outcome::Missed);
    let second = find(&db, 1).await.unwrap();
    assert_eq!((second.polled.polled_at, second.polled.poll_interval), (NOW, 5));
    assert_eq!(apply(&db, poll(&second, 10)).await, Outcome::Applied);
    assert_eq!(apply(&db, poll(&second, 10)).await, Outcome::Missed);
    assert_eq!(find(&db, 1).await.unwrap().polled.poll_interval, 10);
}

async fn only_what_was_approved_is_redeemed_and_only_once(db: Database) {
    let _ = insert(&db, &request(1, "tv"), QUOTA).await;
    let redeem = || Polled::Device.redeem(REALM, "1");
    assert_eq!(apply(&db, redeem()).await, Outcome::Missed);
    let _ = apply(&db, Polled::Device.approve(REALM, "1", "authorization", "c", NOW)).await;
    assert_eq!(apply(&db, redeem()).await, Outcome::Applied);
    assert_eq!(apply(&db, redeem()).await, Outcome::Missed);
    assert_eq!(find(&db, 1).await.unwrap().polled.state, PolledState::Used);
}
