//! A request in the background waits for its user, is found by its client, and counts against both.

use model::{CibaRequest, CibaRequestDetails, PolledRequest, PolledState};
use protocol::{AuthorizationDetails, scope::Scope};

use super::{Database, for_both_engines};
use crate::{
    Change, Outcome, Polled, Statement,
    ciba_request::{self, Quota},
};

for_both_engines![
    a_request_is_found_by_its_client_and_by_its_user,
    a_client_and_a_user_have_only_so_many_that_wait,
    one_answer_is_taken_and_tokens_are_given_once,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;
const QUOTA: Quota = Quota { client: 100, user: 100 };

async fn apply(db: &Database, statement: Statement) -> Outcome {
    db.store.commit(Change::new().then(statement)).await.unwrap()
}

fn request(n: u8, client_id: &str, user_id: &str) -> CibaRequest {
    CibaRequest {
        polled: PolledRequest::new(n.to_string(), client_id, 5, NOW + i64::from(n), 300),
        auth_req_id_hash: vec![n; 32],
        user_id: user_id.into(),
        details: CibaRequestDetails {
            scope: Scope::parse("openid").unwrap(),
            resource: vec!["https://api.example".into()],
            authorization_details: AuthorizationDetails::default(),
            binding_message: Some("W4SCT".into()),
            acr_values: vec!["urn:sekisho:acr:loa2".into()],
            request_context: serde_json::json!({"ip": "192.0.2.1"}).as_object().cloned(),
            cnf: None,
        },
        notification: n.is_multiple_of(2).then(|| vec![n; 3]),
    }
}

async fn insert(db: &Database, request: &CibaRequest, quota: Quota) -> Outcome {
    apply(db, ciba_request::insert(REALM, request, quota, "change").unwrap()).await
}

async fn find(db: &Database, n: u8) -> Option<CibaRequest> {
    db.store.find_ciba_request(REALM, &[n; 32]).await.unwrap()
}

async fn waiting(db: &Database, user: &str, now: i64) -> Vec<String> {
    let found = db.store.ciba_requests_of_user(REALM, user, now, 10).await.unwrap();
    found.into_iter().map(|request| request.polled.id).collect()
}

async fn a_request_is_found_by_its_client_and_by_its_user(db: Database) {
    for (n, user) in [(2, "alice"), (1, "alice"), (3, "bob")] {
        assert_eq!(
            insert(&db, &request(n, "terminal", user), QUOTA).await,
            Outcome::Applied
        );
    }
    for n in [1, 2] {
        assert_eq!(find(&db, n).await, Some(request(n, "terminal", "alice")));
        let by_id = db.store.find_ciba_request_by_id(REALM, &n.to_string()).await.unwrap();
        assert_eq!(by_id, find(&db, n).await);
    }
    assert_eq!(find(&db, 4).await, None);
    assert_eq!(
        db.store
            .find_ciba_request("https://other.example", &[1; 32])
            .await
            .unwrap(),
        None
    );
    assert_eq!(waiting(&db, "alice", NOW + 10).await, ["1", "2"], "the oldest first");
    assert_eq!(
        waiting(&db, "alice", NOW + 301).await,
        ["2"],
        "what has expired does not wait"
    );
    assert_eq!(
        apply(&db, Polled::Ciba.deny(REALM, "1", "c", NOW)).await,
        Outcome::Applied
    );
    assert_eq!(waiting(&db, "alice", NOW + 10).await, ["2"]);
    let newest = |user| db.store.newest_ciba_request_of_user(REALM, user);
    assert_eq!(newest("alice").await.unwrap(), Some(NOW + 2));
    assert_eq!(newest("carol").await.unwrap(), None);
    assert_eq!(
        insert(&db, &request(1, "other", "carol"), QUOTA).await,
        Outcome::Missed,
        "an id that is taken"
    );
}

async fn a_client_and_a_user_have_only_so_many_that_wait(db: Database) {
    let quota = Quota { client: 3, user: 2 };
    let has_room = |n, client, user| {
        let (store, request) = (db.store.clone(), request(n, client, user));
        async move { store.has_room_for_ciba_requests(REALM, &request, quota).await.unwrap() }
    };
    for (n, user, outcome) in [
        (1, "alice", Outcome::Applied),
        (2, "alice", Outcome::Applied),
        (3, "alice", Outcome::Missed),
        (4, "bob", Outcome::Applied),
        (5, "carol", Outcome::Missed),
    ] {
        assert_eq!(has_room(n, "terminal", user).await, outcome == Outcome::Applied, "{n}");
        assert_eq!(insert(&db, &request(n, "terminal", user), quota).await, outcome, "{n}");
    }
    assert!(!has_room(6, "other", "alice").await, "whoever asks");
    assert!(has_room(6, "other", "carol").await);
    assert_eq!(
        apply(&db, Polled::Ciba.deny(REALM, "1", "c", NOW)).await,
        Outcome::Applied
    );
    assert_eq!(
        insert(&db, &request(7, "terminal", "alice"), quota).await,
        Outcome::Applied
    );
}

async fn one_answer_is_taken_and_tokens_are_given_once(db: Database) {
    for n in [1, 2] {
        let _ = insert(&db, &request(n, "terminal", "alice"), QUOTA).await;
    }
    let approve = |id, now| Polled::Ciba.approve(REALM, id, "authorization", "c", now);
    let redeem = |id| Polled::Ciba.redeem(REALM, id);
    assert_eq!(apply(&db, redeem("1")).await, Outcome::Missed);
    assert_eq!(apply(&db, approve("1", NOW + 301)).await, Outcome::Missed);
    assert_eq!(apply(&db, approve("1", NOW)).await, Outcome::Applied);
    assert_eq!(apply(&db, approve("1", NOW)).await, Outcome::Missed);
    assert_eq!(
        apply(&db, Polled::Ciba.deny(REALM, "1", "c", NOW)).await,
        Outcome::Missed
    );
    let approved = find(&db, 1).await.unwrap().polled;
    assert_eq!(
        (approved.state, approved.authorization_id.as_deref()),
        (PolledState::Approved, Some("authorization"))
    );
    assert_eq!(apply(&db, redeem("1")).await, Outcome::Applied);
    assert_eq!(apply(&db, redeem("1")).await, Outcome::Missed);
    assert_eq!(apply(&db, redeem("2")).await, Outcome::Missed);
    assert_eq!(find(&db, 2).await.unwrap().polled.state, PolledState::Pending);
}
