use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{denied, identity, itself, permitted, protected, refused};
use crate::bank::Bank;

pub const ROUTES: &str = "route = [{ path = \"/accounts\", access = [\"basic\", \"token\"], scope = [\"accounts:read\"] }, \
                      { path = \"/payments\", access = [\"basic\"], scope = [\"payments:write\"] }, { path = \"/tokens\" }]";

pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

async fn bank(more: &str) -> Bank {
    Bank::with_realm(protected(ROUTES, more)).await
}

#[tokio::test]
async fn a_client_may_do_what_it_is_registered_for_at_the_api() {
    let bank = bank("").await;
    let robot = basic("robot", "robot-secret");
    let permitted = permitted(&bank, "/accounts", &[("authorization", &robot)], None).await;
    // It is registered for a scope of another API, too.
    assert_eq!(identity(&permitted), itself("robot", "accounts:read"));
    let (status, error, _) = refused(&bank, "/payments", &[("authorization", &robot)], None).await;
    assert_eq!((status, error.as_str()), (403, "insufficient_scope"));
}

#[tokio::test]
async fn who_does_not_prove_itself_does_not_get_through() {
    let bank = bank("").await;
    for (id, secret, reason) in [
        ("robot", "wrong", "client.wrong_secret"),
        ("nobody", "robot-secret", "client.unknown"),
        // Registered for another method, and for none.
        ("post-app", "post-app-secret", "client.other_method"),
        ("cli", "", "client.other_method"),
        ("bank-api", "bank-api-secret", "client_access.nothing_registered"),
    ] {
        let header = basic(id, secret);
        let (status, error, found) = refused(&bank, "/accounts", &[("authorization", &header)], None).await;
        assert_eq!(
            (status, error.as_str(), found.as_str()),
            (401, "invalid_client", reason),
            "{id}"
        );
    }
    bank.disable_client("robot").await;
    let robot = basic("robot", "robot-secret");
    let (_, _, reason) = refused(&bank, "/accounts", &[("authorization", &robot)], None).await;
    assert_eq!(reason, "client.disabled");
}

#[tokio::test]
async fn a_route_that_does_not_say_so_takes_no_passwords() {
    let bank = bank("").await;
    let robot = basic("robot", "robot-secret");
    let answer = denied(&bank, "/tokens", &[("authorization", &robot)], None)
        .await
        .answer();
    assert_eq!(answer.status, 401);
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert!(
        challenges
            .iter()
            .all(|challenge| !challenge.to_str().unwrap().starts_with("Basic"))
    );
}

#[tokio::test]
async fn a_client_that_must_have_bound_tokens_has_no_way_in_by_its_secret() {
    let bound = "[[client]]\nclient_id = \"bound\"\nclient_secret = \"bound-secret\"\nscope = \"accounts:read\"\n\
                 grant_types = [\"client_credentials\"]\nresponse_types = []\ndpop_bound_access_tokens = true\n";
    let bank = bank(bound).await;
    let header = basic("bound", "bound-secret");
    let (status, _, reason) = refused(&bank, "/accounts", &[("authorization", &header)], None).await;
    assert_eq!((status, reason.as_str()), (401, "client_access.not_of_profile"));
}
