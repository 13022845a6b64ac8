//! `scope` (RFC 6749 §3.3, OpenID Connect Core §3.1.2.1).

use crate::{
    bank::Bank,
    request::{Request, text},
};

async fn granted(bank: &Bank, request: &Request) -> String {
    let callback = request.walk(bank, &bank.browser(), "alice").await;
    text(&request.redeem(bank, &callback).await, "scope").to_owned()
}

// Conformance: B21
#[tokio::test]
async fn a_scope_that_nobody_knows_is_ignored() {
    let bank = Bank::start().await;
    assert_eq!(
        granted(&bank, &Request::code("openid nonsense accounts:read")).await,
        "accounts:read openid"
    );
}

// Conformance: B21
#[tokio::test]
async fn a_request_for_unknown_scopes_alone_is_refused() {
    let bank = Bank::start().await;
    assert_eq!(
        Request::code("nonsense Accounts:read").error(&bank).await,
        "invalid_scope"
    );
}

#[tokio::test]
async fn a_known_scope_that_is_not_registered_for_the_client_is_refused() {
    let bank = Bank::start().await;
    let request = Request::native("openid payments:write");
    assert_eq!(request.error(&bank).await, "invalid_scope");
}

// Conformance: B21
#[tokio::test]
async fn a_malformed_scope_is_refused() {
    let bank = Bank::start().await;
    for bad in [
        "openid \"",
        "openid\\",
        "openid\taccounts:read",
        "openid é",
        "openid\u{7f}",
    ] {
        assert_eq!(Request::code(bad).error(&bank).await, "invalid_scope", "{bad:?}");
    }
}

#[tokio::test]
async fn a_request_without_scope_asks_for_what_is_registered() {
    let bank = Bank::start().await;
    let request = Request::native("").without("scope");
    assert_eq!(
        granted(&bank, &request).await,
        "accounts:read email offline_access openid profile"
    );
}

#[tokio::test]
async fn a_scope_that_is_named_twice_counts_once() {
    let bank = Bank::start().await;
    assert_eq!(
        granted(&bank, &Request::code("openid openid  email openid")).await,
        "email openid"
    );
}
