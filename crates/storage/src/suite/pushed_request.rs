//! A pushed request is found by its id, counted while it waits, and answered once.

use model::{PushedRequest, PushedRequestDetails};
use protocol::Confirmation;

use super::{Database, for_both_engines};
use crate::{Change, Outcome, pushed_request};

for_both_engines![
    a_request_is_found_by_its_id_in_its_realm,
    a_client_has_only_so_many_that_wait,
    of_many_answers_one_is_taken,
    what_nobody_can_answer_any_more_is_deleted,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

fn request(n: u8, client_id: &str) -> PushedRequest {
    PushedRequest {
        id: vec![n; 32],
        client_id: client_id.into(),
        details: PushedRequestDetails {
            parameters: vec![("scope".into(), "openid".into()), ("state".into(), "s & t".into())],
            is_signed: n == 1,
            bound_to: Confirmation {
                jkt: Some("key".into()),
                ..Confirmation::default()
            },
        },
        answered_at: None,
        created_at: NOW,
        visit_until: NOW + 60,
        expires_at: NOW + 2000,
    }
}

async fn insert(db: &Database, request: &PushedRequest) {
    let change = Change::new().then(pushed_request::insert(REALM, request).unwrap());
    assert_eq!(db.store.commit(change).await.unwrap(), Outcome::Applied);
}

async fn find(db: &Database, n: u8) -> Option<PushedRequest> {
    db.store.find_pushed_request(REALM, &[n; 32]).await.unwrap()
}

async fn a_request_is_found_by_its_id_in_its_realm(db: Database) {
    for n in [1, 2] {
        insert(&db, &request(n, "app")).await;
        assert_eq!(find(&db, n).await, Some(request(n, "app")));
    }
    assert_eq!(find(&db, 3).await, None);
    let elsewhere = db.store.find_pushed_request("https://other.example", &[1; 32]).await;
    assert_eq!(elsewhere.unwrap(), None);
}

async fn a_client_has_only_so_many_that_wait(db: Database) {
    let has_room = |client, now| db.store.has_room_for_pushed_requests(REALM, client, 2, now);
    for n in [1, 2] {
        assert!(has_room("app", NOW).await.unwrap());
        insert(&db, &request(n, "app")).await;
    }
    assert!(!has_room("app", NOW).await.unwrap() && has_room("other", NOW).await.unwrap());
    assert!(has_room("app", NOW + 60).await.unwrap(), "nobody can come with them");
    let answer = Change::new().then(pushed_request::answer(REALM, &[1; 32], NOW));
    assert_eq!(db.store.commit(answer).await.unwrap(), Outcome::Applied);
    assert!(has_room("app", NOW).await.unwrap(), "what was answered does not wait");
}

// Conformance: PAR-08 F2-AZ-12 F1B-AS-03
async fn of_many_answers_one_is_taken(db: Database) {
    insert(&db, &request(1, "app")).await;
    let nodes = [db.store.clone(), db.another_node().await];
    let answers = (0..64).map(|n| {
        let store = nodes[n % 2].clone();
        tokio::spawn(async move {
            let answer = Change::new().then(pushed_request::answer(REALM, &[1; 32], NOW + 1));
            store.commit(answer).await.unwrap()
        })
    });
    let mut applied = 0;
    for answer in answers.collect::<Vec<_>>() {
        applied += usize::from(answer.await.unwrap() == Outcome::Applied);
    }
    assert_eq!(applied, 1);
    assert_eq!(find(&db, 1).await.unwrap().answered_at, Some(NOW + 1));
}

async fn what_nobody_can_answer_any_more_is_deleted(db: Database) {
    insert(&db, &request(1, "app")).await;
    assert_eq!(db.store.purge(NOW + 2000, 10).await.unwrap(), 0);
    assert_eq!(db.store.purge(NOW + 2001, 10).await.unwrap(), 1);
    assert_eq!(find(&db, 1).await, None);
}
