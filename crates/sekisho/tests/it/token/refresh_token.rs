//! New tokens while the user is away. RFC 6749 §6, RFC 9700 §4.14, OpenID Connect Core §12.

use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    app::{BANK_API, CLI, POST_APP, WEB_APP, bank_and, claims, granted, refused, text},
    bank::Bank,
};

const DAY: i64 = 24 * 3600;

fn refresh_token(tokens: &Value) -> &str {
    text(tokens, "refresh_token")
}

fn access_token(tokens: &Value) -> &str {
    text(tokens, "access_token")
}

#[tokio::test]
async fn a_confidential_client_keeps_its_token() {
    let bank = Bank::start().await;
    let first = WEB_APP.tokens(&bank, "accounts:read").await;
    let second = granted(WEB_APP.refresh(&bank, refresh_token(&first)).await).await;
    assert_eq!(refresh_token(&first), refresh_token(&second));
    assert_ne!(access_token(&first), access_token(&second));
    assert!(BANK_API.sees(&bank, access_token(&first)).await && BANK_API.sees(&bank, access_token(&second)).await);
    granted(WEB_APP.refresh(&bank, refresh_token(&first)).await).await;
}

// Conformance: B92
#[tokio::test]
async fn a_confidential_client_must_authenticate() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token(&tokens)),
        ("client_id", "web-app"),
    ];
    refused(bank.post("/token", &form).await, "invalid_client").await;
}

// Conformance: SEED1-02 BCP-10
#[tokio::test]
async fn a_public_client_gets_a_new_token_each_time() {
    let bank = Bank::start().await;
    let mut tokens = CLI.tokens(&bank, "accounts:read").await;
    for _ in 0..3 {
        let next = granted(CLI.refresh(&bank, refresh_token(&tokens)).await).await;
        assert_ne!(refresh_token(&tokens), refresh_token(&next));
        assert!(jose::b64::decode(refresh_token(&next)).unwrap().len() >= 32);
        tokens = next;
    }
}

#[tokio::test]
async fn a_lost_answer_is_repeated_for_a_minute_without_a_sibling() {
    let bank = Bank::start().await;
    let first = CLI.tokens(&bank, "accounts:read").await;
    let lost = granted(CLI.refresh(&bank, refresh_token(&first)).await).await;
    bank.clock.advance(60);
    let again = granted(CLI.refresh(&bank, refresh_token(&first)).await).await;
    assert_eq!(refresh_token(&lost), refresh_token(&again));
    granted(CLI.refresh(&bank, refresh_token(&again)).await).await;
}

// Conformance: B95 BCP-10
#[tokio::test]
async fn a_token_used_again_later_ends_the_family_and_its_access_tokens() {
    let bank = Bank::start().await;
    let first = CLI.tokens(&bank, "accounts:read").await;
    let second = granted(CLI.refresh(&bank, refresh_token(&first)).await).await;
    bank.clock.advance(61);
    refused(CLI.refresh(&bank, refresh_token(&first)).await, "invalid_grant").await;
    refused(CLI.refresh(&bank, refresh_token(&second)).await, "invalid_grant").await;
    for tokens in [&first, &second] {
        assert!(!BANK_API.sees(&bank, access_token(tokens)).await);
    }
}

// Conformance: B95 BCP-10
#[tokio::test]
async fn a_token_whose_successor_was_used_ends_the_family_at_once() {
    let bank = Bank::start().await;
    let first = CLI.tokens(&bank, "accounts:read").await;
    let second = granted(CLI.refresh(&bank, refresh_token(&first)).await).await;
    let third = granted(CLI.refresh(&bank, refresh_token(&second)).await).await;
    refused(CLI.refresh(&bank, refresh_token(&first)).await, "invalid_grant").await;
    refused(CLI.refresh(&bank, refresh_token(&third)).await, "invalid_grant").await;
    assert!(!BANK_API.sees(&bank, access_token(&third)).await);
}

#[tokio::test]
async fn a_family_that_ends_takes_no_other_with_it() {
    let bank = Bank::start().await;
    let (one, other) = (
        CLI.tokens(&bank, "accounts:read").await,
        CLI.tokens(&bank, "accounts:read").await,
    );
    let next = granted(CLI.refresh(&bank, refresh_token(&one)).await).await;
    bank.clock.advance(61);
    refused(CLI.refresh(&bank, refresh_token(&one)).await, "invalid_grant").await;
    refused(CLI.refresh(&bank, refresh_token(&next)).await, "invalid_grant").await;
    granted(CLI.refresh(&bank, refresh_token(&other)).await).await;
}

async fn race(bank: Bank) {
    let first = CLI.tokens(&bank, "accounts:read").await;
    let mut next = Vec::new();
    for answer in join_all((0..16).map(|_| CLI.refresh(&bank, refresh_token(&first)))).await {
        next.push(refresh_token(&granted(answer).await).to_owned());
    }
    next.dedup();
    assert_eq!(next.len(), 1);
    granted(CLI.refresh(&bank, &next[0]).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_at_once_get_one_and_the_same_next_token_on_sqlite() {
    race(Bank::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_at_once_get_one_and_the_same_next_token_on_postgresql() {
    race(Bank::on_postgres().await).await;
}

// Conformance: B91 oidcc-refresh-token
#[tokio::test]
async fn the_token_of_another_client_is_an_invalid_grant_and_stays_good_for_its_own() {
    let bank = Bank::start().await;
    for (owner, strangers) in [(WEB_APP, [POST_APP, CLI]), (CLI, [WEB_APP, POST_APP])] {
        let tokens = owner.tokens(&bank, "accounts:read").await;
        for stranger in strangers {
            refused(stranger.refresh(&bank, refresh_token(&tokens)).await, "invalid_grant").await;
        }
        granted(owner.refresh(&bank, refresh_token(&tokens)).await).await;
    }
}

// Conformance: B93
#[tokio::test]
async fn less_scope_may_be_asked_for_and_all_of_it_again_later() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read payments:write").await;
    let ask = |scope| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token(&tokens)),
            ("scope", scope),
        ]
    };
    let less = granted(WEB_APP.post(&bank, "/token", &ask("accounts:read")).await).await;
    assert_eq!(less["scope"], "accounts:read");
    assert_eq!(
        BANK_API.introspect(&bank, access_token(&less)).await["scope"],
        "accounts:read"
    );
    let all = granted(WEB_APP.refresh(&bank, refresh_token(&tokens)).await).await;
    assert_eq!(all["scope"], "accounts:read payments:write");
}

// Conformance: B93 BCP-11
#[tokio::test]
async fn more_scope_is_refused_and_costs_no_token() {
    let bank = Bank::start().await;
    let tokens = CLI.tokens(&bank, "accounts:read").await;
    for wider in ["accounts:read email", "payments:write", "accounts:read unknown"] {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token(&tokens)),
            ("scope", wider),
        ];
        refused(CLI.post(&bank, "/token", &form).await, "invalid_scope").await;
    }
    let next = granted(CLI.refresh(&bank, refresh_token(&tokens)).await).await;
    granted(CLI.refresh(&bank, refresh_token(&next)).await).await;
}

// Conformance: BCP-13
#[tokio::test]
async fn a_token_that_nobody_uses_expires() {
    let bank = Bank::start().await;
    for app in [WEB_APP, CLI] {
        let tokens = app.tokens(&bank, "accounts:read").await;
        bank.clock.advance(30 * DAY);
        refused(app.refresh(&bank, refresh_token(&tokens)).await, "invalid_grant").await;
    }
}

#[tokio::test]
async fn each_use_begins_the_idle_time_again() {
    let bank = Bank::start().await;
    for app in [WEB_APP, CLI] {
        let mut tokens = app.tokens(&bank, "accounts:read").await;
        for _ in 0..3 {
            bank.clock.advance(29 * DAY);
            tokens = granted(app.refresh(&bank, refresh_token(&tokens)).await).await;
            assert!(BANK_API.sees(&bank, access_token(&tokens)).await);
        }
    }
}

#[tokio::test]
async fn no_use_outlives_the_grant() {
    let bank = Bank::with_realm(bank_and("[lifetimes]\ngrant = \"50d\"")).await;
    for app in [WEB_APP, CLI] {
        let mut tokens = app.tokens(&bank, "accounts:read").await;
        bank.clock.advance(25 * DAY);
        tokens = granted(app.refresh(&bank, refresh_token(&tokens)).await).await;
        bank.clock.advance(25 * DAY);
        refused(app.refresh(&bank, refresh_token(&tokens)).await, "invalid_grant").await;
    }
}

// Conformance: B94 oidcc-refresh-token OP-23
#[tokio::test]
async fn a_refreshed_id_token_tells_of_the_same_sign_in_without_the_nonce() {
    let bank = Bank::start().await;
    let first = WEB_APP.tokens(&bank, "openid offline_access").await;
    bank.clock.advance(100);
    let second = granted(WEB_APP.refresh(&bank, refresh_token(&first)).await).await;
    let before = claims(&bank, text(&first, "id_token")).await;
    let after = claims(&bank, text(&second, "id_token")).await;
    for same in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
        assert_eq!(before[same], after[same], "{same}");
        assert!(!after[same].is_null(), "{same}");
    }
    assert_eq!((&before["nonce"], after.get("nonce")), (&"n".into(), None));
    assert_eq!(after["iat"].as_i64().unwrap(), before["iat"].as_i64().unwrap() + 100);
    assert_eq!(
        after["at_hash"],
        jose::left_half_hash(jose::SigningAlg::Rs256, access_token(&second))
    );
}

// Conformance: oidcc-refresh-token
#[tokio::test]
async fn the_scope_may_be_repeated_or_left_out() {
    let bank = Bank::start().await;
    let nonce = "n".repeat(43);
    let code = WEB_APP
        .code_with(
            &bank,
            "openid offline_access",
            &[("nonce", &nonce), ("prompt", "consent")],
        )
        .await;
    let first = granted(WEB_APP.redeem(&bank, &code).await).await;
    let before = claims(&bank, text(&first, "id_token")).await;
    assert_eq!(before["nonce"], *nonce);
    bank.clock.advance(1);
    for scope in ["openid offline_access", ""] {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token(&first)),
            ("scope", scope),
        ];
        let next = granted(WEB_APP.post(&bank, "/token", &form).await).await;
        assert_ne!(access_token(&first), access_token(&next));
        let after = claims(&bank, text(&next, "id_token")).await;
        assert_eq!(
            (&before["sub"], &before["auth_time"]),
            (&after["sub"], &after["auth_time"])
        );
        assert!(after["iat"].as_i64() > before["iat"].as_i64());
    }
}

#[tokio::test]
async fn there_is_an_id_token_only_when_openid_is_still_asked_for() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid offline_access accounts:read").await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token(&tokens)),
        ("scope", "accounts:read"),
    ];
    assert!(granted(WEB_APP.post(&bank, "/token", &form).await).await["id_token"].is_null());
}

// Conformance: BCP-14
#[tokio::test]
async fn a_token_changed_at_any_position_is_refused_and_harms_nobody() {
    let bank = Bank::start().await;
    let tokens = CLI.tokens(&bank, "accounts:read").await;
    let token = refresh_token(&tokens);
    for at in 0..token.len() {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        let mut tampered = token.to_owned();
        tampered.replace_range(at..=at, other);
        refused(CLI.refresh(&bank, &tampered).await, "invalid_grant").await;
    }
    for broken in [&token[..token.len() - 1], &token[1..], "x", access_token(&tokens)] {
        refused(CLI.refresh(&bank, broken).await, "invalid_grant").await;
    }
    refused(
        CLI.post(&bank, "/token", &[("grant_type", "refresh_token")]).await,
        "invalid_request",
    )
    .await;
    granted(CLI.refresh(&bank, token).await).await;
}

#[tokio::test]
async fn a_token_is_worth_nothing_once_the_permission_was_taken_back() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    bank.end_grant("alice", "web-app").await;
    refused(WEB_APP.refresh(&bank, refresh_token(&tokens)).await, "invalid_grant").await;
}

#[tokio::test]
async fn a_token_is_worth_nothing_once_the_user_is_disabled() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    bank.disable_user("alice").await;
    refused(WEB_APP.refresh(&bank, refresh_token(&tokens)).await, "invalid_grant").await;
}

#[tokio::test]
async fn a_token_outlives_the_session() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid accounts:read offline_access").await;
    bank.end_sessions("alice").await;
    let next = granted(WEB_APP.refresh(&bank, refresh_token(&tokens)).await).await;
    assert!(BANK_API.sees(&bank, access_token(&next)).await);
}
