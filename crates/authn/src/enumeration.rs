//! Names that are nobody's cost as much as others: what cannot be seen in an answer is not to be seen in its time either.
//!
//! Counted are queries, changes with their statements, and hashes of passwords. Only the mail itself makes a difference: one
//! statement that owes it, for who can be reached.

use storage::{Asked, Change, Outcome};

use crate::{
    password_reset::send_link,
    sign_in::{Browser, send_email_code, sign_in_by_email_code},
    test_realm::TestRealm,
};

/// Who is asked for: `alice` can be reached; `bob` has no address, `dora` is disabled; the others are nobody.
const NAMES: [&str; 6] = [
    "alice",
    "bob",
    "dora",
    "nobody",
    "nobody@example.com",
    "an unusual name 名前 مرحبا 👩‍🚀",
];

async fn people() -> TestRealm {
    let test = TestRealm::new().await;
    test.user_with_mail("alice").await;
    test.user("bob").await;
    let dora = test.user_with_mail("dora").await;
    let off = storage::user::set_enabled(test.realm().issuer(), &dora.id, false, 0);
    let off = test.realm().store.commit(Change::new().then(off)).await.unwrap();
    assert_eq!(off, Outcome::Applied);
    test
}

/// What something costs: queries, changes, statements, hashes.
async fn cost(test: &TestRealm, work: impl Future<Output = ()>) -> [u64; 4] {
    let (before, hashed): (Asked, u64) = (test.realm().store.asked(), test.pool.hashed());
    work.await;
    let after = test.realm().store.asked();
    [
        after.queries - before.queries,
        after.changes - before.changes,
        after.statements - before.statements,
        test.pool.hashed() - hashed,
    ]
}

fn with_mail([queries, changes, statements, hashes]: [u64; 4]) -> [u64; 4] {
    [queries, changes, statements + 1, hashes]
}

#[tokio::test]
async fn a_wrong_password_costs_the_same_for_every_name() {
    let test = people().await;
    let mut costs = Vec::new();
    for name in NAMES {
        let wrong = async { assert!(test.sign_in(name, "wrong").await.is_err(), "{name}") };
        costs.push(cost(&test, wrong).await);
    }
    assert_eq!(costs, [costs[0]; NAMES.len()]);
    assert_eq!(costs[0][3], 1, "one hash each");
}

#[tokio::test]
async fn to_ask_for_a_link_or_a_code_costs_the_same_but_for_the_mail() {
    let test = people().await;
    let realm = test.realm();
    for asks_for_code in [false, true] {
        let mut costs = Vec::new();
        for name in NAMES {
            let asked = async {
                if asks_for_code {
                    send_email_code(realm, ("f", "192.0.2.1"), name).await.unwrap();
                } else {
                    send_link(realm, ("f", "192.0.2.1"), name).await.unwrap();
                }
            };
            costs.push(cost(&test, asked).await);
        }
        let of_nobody = costs[3];
        let expected = NAMES.map(|name| {
            if name == "alice" {
                with_mail(of_nobody)
            } else {
                of_nobody
            }
        });
        assert_eq!(costs, expected);
    }
}

#[tokio::test]
async fn a_wrong_code_costs_the_same_for_every_name() {
    let test = people().await;
    let realm = test.realm();
    let browser = Browser {
        flow_id: "f",
        current: None,
        device: None,
        user_agent: "A browser",
        address: "192.0.2.1",
        is_remembered: false,
    };
    let mut costs = Vec::new();
    for name in NAMES {
        let sent = send_email_code(realm, ("f", "192.0.2.1"), name).await.unwrap();
        let wrong = async {
            let refused = sign_in_by_email_code(realm, &browser, (&sent, "00000000")).await;
            assert!(refused.is_err(), "{name}");
        };
        costs.push(cost(&test, wrong).await);
    }
    assert_eq!(costs, [costs[0]; NAMES.len()]);
    // What the form carries tells nothing by its length either.
    let length = async |name| send_email_code(realm, ("f", "127.0.0.1"), name).await.unwrap().len();
    assert_eq!(length("alice").await, length("nobdy").await);
}

#[tokio::test]
async fn who_asks_too_often_is_refused_alike() {
    let test = people().await;
    let realm = test.realm();
    let mut costs = Vec::new();
    for name in NAMES {
        for _ in 0..5 {
            send_link(realm, ("f", "127.0.0.1"), name).await.unwrap();
        }
        let refused = async { assert!(send_link(realm, ("f", "127.0.0.1"), name).await.is_err(), "{name}") };
        costs.push(cost(&test, refused).await);
    }
    assert_eq!(costs, [costs[0]; NAMES.len()]);
}
