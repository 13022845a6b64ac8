//! A code becomes tokens, once. RFC 6749 §4.1.3, RFC 7636 §4.6.

use futures_util::future::join_all;
use testkit::pkce;

use crate::{
    app::{App, BANK_API, CLI, Code, Method, POST_APP, WEB_APP, bank_and, granted, refused, text},
    bank::Bank,
};

/// A client that follows `openid-core`: it may leave PKCE out.
const CORE_APP: App = App {
    client_id: "core-app",
    redirect_uri: "https://core.example.com/callback",
    method: Method::ClientSecretBasic,
};
const CORE_CLIENT: &str = r#"
    [[client]]
    client_id = "core-app"
    client_name = "Core App"
    client_secret = "core-app-secret"
    profile = "openid-core"
    redirect_uris = ["https://core.example.com/callback"]
    scope = "openid accounts:read"
"#;

/// Redeems a code with other values for parameters; an empty value removes one.
async fn redeem_with(bank: &Bank, app: App, code: &Code, other: &[(&str, &str)]) -> reqwest::Response {
    let right = [
        ("grant_type", "authorization_code"),
        ("code", &*code.text),
        ("redirect_uri", app.redirect_uri),
        ("code_verifier", &*code.verifier),
    ];
    let changed = |name: &str| {
        other
            .iter()
            .find(|(replaced, _)| *replaced == name)
            .map(|(_, value)| *value)
    };
    let form = right.map(|(name, value)| (name, changed(name).unwrap_or(value)));
    app.post(bank, "/token", &form).await
}

// Conformance: SEED1-23
#[tokio::test]
async fn without_a_code_or_with_an_unknown_one_there_are_no_tokens() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    refused(
        redeem_with(&bank, WEB_APP, &code, &[("code", "")]).await,
        "invalid_request",
    )
    .await;
    let (shorter, longer) = (&code.text[1..], format!("{}A", code.text));
    for unknown in ["x", shorter, &longer, &jose::random_token()] {
        refused(
            redeem_with(&bank, WEB_APP, &code, &[("code", unknown)]).await,
            "invalid_grant",
        )
        .await;
    }
    granted(WEB_APP.redeem(&bank, &code).await).await;
}

// Conformance: B54 SEED1-23 OP-11
#[tokio::test]
async fn a_code_issued_to_another_client_is_refused_and_stays_good_for_its_own() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let right_uri = [("redirect_uri", WEB_APP.redirect_uri)];
    for stranger in [POST_APP, CLI] {
        refused(redeem_with(&bank, stranger, &code, &right_uri).await, "invalid_grant").await;
    }
    granted(WEB_APP.redeem(&bank, &code).await).await;
}

// Conformance: B55 SEED1-23 OP-11
#[tokio::test]
async fn the_redirect_uri_must_be_the_one_of_the_request() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    for wrong in [
        "",
        "http://127.0.0.1/callback",
        "https://app.example.com/callback/",
        "https://APP.example.com/callback",
    ] {
        refused(
            redeem_with(&bank, WEB_APP, &code, &[("redirect_uri", wrong)]).await,
            "invalid_grant",
        )
        .await;
    }
    granted(WEB_APP.redeem(&bank, &code).await).await;
}

#[tokio::test]
async fn the_port_of_a_loopback_redirect_uri_counts_at_redemption() {
    let bank = Bank::start().await;
    let code = CLI.code(&bank, "accounts:read").await;
    let other_port = [("redirect_uri", "http://127.0.0.1:50124/callback")];
    refused(redeem_with(&bank, CLI, &code, &other_port).await, "invalid_grant").await;
    granted(CLI.redeem(&bank, &code).await).await;
}

#[tokio::test]
async fn a_request_without_a_redirect_uri_is_redeemed_without_one() {
    let bank = Bank::start().await;
    let code = POST_APP
        .code_with(&bank, "accounts:read", &[("redirect_uri", "")])
        .await;
    granted(redeem_with(&bank, POST_APP, &code, &[("redirect_uri", "")]).await).await;
}

// Conformance: B71 B74 B147 oidcc-ensure-request-with-valid-pkce-succeeds BCP-04
#[tokio::test]
async fn a_verifier_that_is_wrong_missing_or_malformed_is_refused() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let longer = format!("{}a", code.verifier);
    for wrong in [
        "",
        &pkce().verifier,
        &code.verifier[1..],
        &longer,
        "short",
        &"a".repeat(129),
    ] {
        refused(
            redeem_with(&bank, WEB_APP, &code, &[("code_verifier", wrong)]).await,
            "invalid_grant",
        )
        .await;
    }
    granted(WEB_APP.redeem(&bank, &code).await).await;
}

// Conformance: B72 B73 B147 BCP-05
#[tokio::test]
async fn a_verifier_without_a_challenge_is_a_downgrade() {
    let bank = Bank::with_realm(bank_and(CORE_CLIENT)).await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = CORE_APP.code_with(&bank, "accounts:read", &without).await;
    refused(CORE_APP.redeem(&bank, &code).await, "invalid_grant").await;
    granted(redeem_with(&bank, CORE_APP, &code, &[("code_verifier", "")]).await).await;
}

// Conformance: B147 oidcc-ensure-request-with-valid-pkce-succeeds BCP-04
#[tokio::test]
async fn a_challenge_that_was_sent_is_enforced_where_pkce_is_optional() {
    let bank = Bank::with_realm(bank_and(CORE_CLIENT)).await;
    let code = CORE_APP.code(&bank, "accounts:read").await;
    refused(
        redeem_with(&bank, CORE_APP, &code, &[("code_verifier", "")]).await,
        "invalid_grant",
    )
    .await;
    granted(CORE_APP.redeem(&bank, &code).await).await;
}

// Conformance: B58
#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let bank = Bank::start().await;
    let (early, late) = (
        WEB_APP.code(&bank, "accounts:read").await,
        WEB_APP.code(&bank, "accounts:read").await,
    );
    bank.clock.advance(59);
    granted(WEB_APP.redeem(&bank, &early).await).await;
    bank.clock.advance(1);
    refused(WEB_APP.redeem(&bank, &late).await, "invalid_grant").await;
}

// Conformance: B58
#[tokio::test]
async fn the_lifetime_of_a_code_is_configured() {
    let bank = Bank::with_realm(bank_and("[lifetimes]\nauthorization_code = \"20s\"")).await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    bank.clock.advance(20);
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
}

// Conformance: B56 oidcc-codereuse SEED1-13 F2-AZ-07 BCP-23 OP-11
#[tokio::test]
async fn a_code_used_again_ends_all_that_came_from_it() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "openid accounts:read offline_access").await;
    let first = granted(WEB_APP.redeem(&bank, &code).await).await;
    let second = granted(WEB_APP.refresh(&bank, text(&first, "refresh_token")).await).await;
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
    for tokens in [&first, &second] {
        assert!(!BANK_API.sees(&bank, text(tokens, "access_token")).await);
        refused(
            WEB_APP.refresh(&bank, text(tokens, "refresh_token")).await,
            "invalid_grant",
        )
        .await;
    }
}

#[tokio::test]
async fn a_code_used_again_after_it_expired_ends_all_that_came_from_it() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    bank.clock.advance(300);
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
}

// Conformance: oidcc-codereuse-30seconds
// Conformance: BCP-23
#[tokio::test]
async fn a_code_used_again_half_a_minute_later_ends_its_token_at_userinfo_too() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "openid").await;
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    let userinfo = || async {
        let request = bank.http.get(bank.url("/userinfo"));
        let request = request.bearer_auth(text(&tokens, "access_token"));
        request.send().await.unwrap().status()
    };
    bank.clock.advance(30);
    assert_eq!(userinfo().await, 200);
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
    assert_eq!(userinfo().await, 401);
}

#[tokio::test]
async fn a_code_used_again_ends_no_other_authorization_of_the_grant() {
    let bank = Bank::start().await;
    let other = WEB_APP.tokens(&bank, "accounts:read").await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    granted(WEB_APP.redeem(&bank, &code).await).await;
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
    assert!(BANK_API.sees(&bank, text(&other, "access_token")).await);
}

#[tokio::test]
async fn a_strangers_reuse_of_a_code_ends_nothing() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    refused(redeem_with(&bank, POST_APP, &code, &[]).await, "invalid_grant").await;
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_the_permission_was_taken_back() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    bank.end_grant("alice", "web-app").await;
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_the_user_is_disabled() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    bank.disable_user("alice").await;
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_grant").await;
}

// Conformance: BCP-12 OP-22
#[tokio::test]
async fn an_openid_request_without_offline_access_gets_no_refresh_token() {
    let bank = Bank::start().await;
    assert!(WEB_APP.tokens(&bank, "openid accounts:read").await["refresh_token"].is_null());
    assert!(WEB_APP.tokens(&bank, "openid accounts:read offline_access").await["refresh_token"].is_string());
    assert!(WEB_APP.tokens(&bank, "accounts:read").await["refresh_token"].is_string());
}

// Conformance: BCP-12
#[tokio::test]
async fn a_client_that_is_not_registered_for_refresh_tokens_gets_none() {
    let bank = Bank::with_realm(bank_and(CORE_CLIENT)).await;
    assert!(CORE_APP.tokens(&bank, "accounts:read").await["refresh_token"].is_null());
}

async fn race(bank: Bank) {
    let code = WEB_APP.code(&bank, "accounts:read").await;
    let answers = join_all((0..32).map(|_| WEB_APP.redeem(&bank, &code))).await;
    let mut winners = Vec::new();
    for answer in answers {
        if answer.status() == 200 {
            winners.push(granted(answer).await);
        } else {
            refused(answer, "invalid_grant").await;
        }
    }
    assert_eq!(winners.len(), 1);
    assert!(
        !BANK_API.sees(&bank, text(&winners[0], "access_token")).await,
        "the others were a reuse"
    );
}

// Conformance: B57 SEED1-13 F1B-AS-03
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_two_redemptions_at_once_one_succeeds_on_sqlite() {
    race(Bank::start().await).await;
}

// Conformance: B57 F1B-AS-03
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_two_redemptions_at_once_one_succeeds_on_postgresql() {
    race(Bank::on_postgres().await).await;
}
