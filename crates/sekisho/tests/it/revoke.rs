//! `POST /revoke`. RFC 7009.

use reqwest::{Method as Verb, Response};

use crate::{
    app::{App, BANK_API, CLI, POST_APP, WEB_APP, granted, header, refused, text},
    bank::Bank,
};

async fn revoke(bank: &Bank, app: App, token: &str) -> Response {
    app.post(bank, "/revoke", &[("token", token)]).await
}

/// Success has no body.
async fn revoked(response: Response) {
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "");
}

// Conformance: B143 REV-05
#[tokio::test]
async fn an_access_token_is_revoked_alone() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let sibling = granted(WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    revoked(revoke(&bank, WEB_APP, text(&tokens, "access_token")).await).await;
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    assert!(BANK_API.sees(&bank, text(&sibling, "access_token")).await);
    granted(WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await).await;
}

#[tokio::test]
async fn a_jwt_is_revoked_too() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "reports:read").await;
    revoked(revoke(&bank, WEB_APP, text(&tokens, "access_token")).await).await;
    assert!(!WEB_APP.sees(&bank, text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_two_party_token_is_revoked_too() {
    let bank = Bank::start().await;
    let robot = crate::app::ROBOT;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let tokens = granted(robot.post(&bank, "/token", &form).await).await;
    revoked(revoke(&bank, robot, text(&tokens, "access_token")).await).await;
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
}

// Conformance: B143 REV-04 REV-05
#[tokio::test]
async fn a_refresh_token_takes_all_its_access_tokens_with_it() {
    let bank = Bank::start().await;
    for app in [WEB_APP, CLI, POST_APP] {
        let first = app.tokens(&bank, "accounts:read").await;
        let second = granted(app.refresh(&bank, text(&first, "refresh_token")).await).await;
        revoked(revoke(&bank, app, text(&second, "refresh_token")).await).await;
        for tokens in [&first, &second] {
            assert!(!BANK_API.sees(&bank, text(tokens, "access_token")).await);
            refused(app.refresh(&bank, text(tokens, "refresh_token")).await, "invalid_grant").await;
        }
    }
}

#[tokio::test]
async fn a_refresh_token_takes_no_other_authorization_with_it() {
    let bank = Bank::start().await;
    let (one, other) = (
        WEB_APP.tokens(&bank, "accounts:read").await,
        WEB_APP.tokens(&bank, "accounts:read").await,
    );
    revoked(revoke(&bank, WEB_APP, text(&one, "refresh_token")).await).await;
    assert!(BANK_API.sees(&bank, text(&other, "access_token")).await);
    granted(WEB_APP.refresh(&bank, text(&other, "refresh_token")).await).await;
}

// Conformance: B143 REV-02
#[tokio::test]
async fn the_token_of_another_client_is_not_revoked() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    for stranger in [POST_APP, CLI] {
        for token in ["access_token", "refresh_token"] {
            refused(
                revoke(&bank, stranger, text(&tokens, token)).await,
                "unauthorized_client",
            )
            .await;
        }
    }
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    granted(WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await).await;
}

// Conformance: B143 REV-03
#[tokio::test]
async fn what_is_unknown_expired_or_revoked_already_is_a_success() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    for unknown in ["x", "é", &jose::random_token(), &jose::b64::encode([7; 56]), "a.b.c"] {
        revoked(revoke(&bank, WEB_APP, unknown).await).await;
    }
    for token in ["access_token", "access_token", "refresh_token", "refresh_token"] {
        revoked(revoke(&bank, WEB_APP, text(&tokens, token)).await).await;
    }
    let expired = WEB_APP.tokens(&bank, "accounts:read").await;
    bank.clock.advance(600);
    revoked(revoke(&bank, WEB_APP, text(&expired, "access_token")).await).await;
}

// Conformance: REV-03
#[tokio::test]
async fn a_hint_may_be_wrong() {
    let bank = Bank::start().await;
    for hint in ["refresh_token", "access_token", "unknown"] {
        let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
        for kind in ["access_token", "refresh_token"] {
            let form = [("token", text(&tokens, kind)), ("token_type_hint", hint)];
            revoked(WEB_APP.post(&bank, "/revoke", &form).await).await;
            assert!(!WEB_APP.sees(&bank, text(&tokens, kind)).await, "{kind} {hint}");
        }
    }
}

#[tokio::test]
async fn a_request_without_a_token_or_with_two_is_refused() {
    let bank = Bank::start().await;
    for form in [&[][..], &[("token", "")], &[("token", "a"), ("token", "b")]] {
        refused(WEB_APP.post(&bank, "/revoke", form).await, "invalid_request").await;
    }
}

// Conformance: B143 REV-01
#[tokio::test]
async fn callers_must_say_who_they_are() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let token = ("token", text(&tokens, "access_token"));
    refused(bank.post("/revoke", &[token]).await, "invalid_client").await;
    refused(
        bank.post("/revoke", &[token, ("client_id", "web-app")]).await,
        "invalid_client",
    )
    .await;
    let wrong = bank
        .http
        .post(bank.url("/revoke"))
        .basic_auth("web-app", Some("wrong"))
        .form(&[token]);
    refused(wrong.send().await.unwrap(), "invalid_client").await;
    assert!(BANK_API.sees(&bank, token.1).await);
}

// Conformance: REV-01
#[tokio::test]
async fn only_post_is_allowed() {
    let bank = Bank::start().await;
    for method in [Verb::GET, Verb::PUT, Verb::DELETE] {
        let request = bank.http.request(method.clone(), bank.url("/revoke?token=x"));
        let request = request.basic_auth("web-app", Some("web-app-secret"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert!(!header(&response, "sekisho-explain").is_empty(), "{method}");
    }
}
