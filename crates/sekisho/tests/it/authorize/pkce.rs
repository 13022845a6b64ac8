//! PKCE (RFC 7636 §4.3, RFC 9700 §2.1.1).

use crate::{bank::Bank, request::Request};

async fn refused(bank: &Bank, request: Request) {
    assert_eq!(request.error(bank).await, "invalid_request");
}

// Conformance: B72 SEED1-07 BCP-07 NAT-05
#[tokio::test]
async fn a_request_without_pkce_is_refused() {
    let bank = Bank::start().await;
    let without = |request: Request| request.without("code_challenge").without("code_challenge_method");
    refused(&bank, without(Request::code("openid"))).await;
    refused(&bank, without(Request::native("openid"))).await;
    refused(&bank, Request::code("openid").without("code_challenge")).await;
    refused(&bank, Request::code("openid").with("code_challenge", "")).await;
}

// Conformance: B72 B147 SEED1-07
#[tokio::test]
async fn the_method_plain_is_refused_by_name_and_by_default() {
    let bank = Bank::start().await;
    refused(&bank, Request::code("openid").with("code_challenge_method", "plain")).await;
    refused(&bank, Request::code("openid").without("code_challenge_method")).await;
    refused(&bank, Request::code("openid").with("code_challenge_method", "s256")).await;
    refused(&bank, Request::code("openid").with("code_challenge_method", "S512")).await;
}

// Conformance: B71
#[tokio::test]
async fn a_challenge_that_is_no_sha_256_is_refused() {
    let bank = Bank::start().await;
    for challenge in [
        "short",
        &"a".repeat(42),
        &"a".repeat(129),
        &format!("{}=", "a".repeat(43)),
        &"é".repeat(43),
    ] {
        refused(&bank, Request::code("openid").with("code_challenge", challenge)).await;
    }
}
