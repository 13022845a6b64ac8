//! What a request had passed, what it failed, what was expected and what was found.

use serde_json::Value;
use testkit::realm;

use super::recorded::{explain, id};
use crate::{
    app::{App, Code, POST_APP, WEB_APP},
    bank::Bank,
    request::{Request, post},
};

const SCOPE: &str = "openid accounts:read";

async fn redeem(bank: &Bank, app: App, code: &Code, redirect_uri: &str, verifier: &str) -> Value {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code.text),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ];
    let response = app.post(bank, "/token", &form).await;
    assert_eq!(response.status(), 400);
    explain(bank, &id(&response)).await.unwrap()
}

fn passed(refusal: &Value) -> Vec<&str> {
    let passed = refusal["passed"].as_array().unwrap();
    passed.iter().map(|check| check["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_code_with_another_redirect_uri_shows_both_and_what_was_right_before() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, SCOPE).await;
    let refusal = redeem(
        &bank,
        WEB_APP,
        &code,
        "https://app.example.com/other?code=x",
        &code.verifier,
    )
    .await;
    assert_eq!(
        passed(&refusal),
        [
            "client named",
            "client known",
            "method as registered",
            "secret right",
            "grant type registered",
            "token can be bound",
            "code known",
            "code of this client",
            "code unused",
            "code not expired",
            "same key",
        ]
    );
    let failed = &refusal["failed"];
    assert_eq!(failed["name"], "authorization_code.redirect_uri");
    assert_eq!(failed["check"]["section"], "RFC 6749 §4.1.3");
    assert_eq!(failed["expected"], "https://app.example.com/callback");
    assert_eq!(failed["found"], "https://app.example.com/other?…");
    assert!(failed["remedy"].as_str().unwrap().contains("exactly the same"));
}

#[tokio::test]
async fn of_a_wrong_verifier_the_redirect_uri_was_right() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, SCOPE).await;
    let refusal = redeem(&bank, WEB_APP, &code, WEB_APP.redirect_uri, &"x".repeat(43)).await;
    assert_eq!(passed(&refusal).last(), Some(&"redirect_uri the same"));
    assert_eq!(refusal["failed"]["name"], "pkce.mismatch");
    assert_eq!(refusal["failed"]["check"]["name"], "PKCE");
}

#[tokio::test]
async fn a_late_code_says_how_late() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, SCOPE).await;
    bank.clock.advance(75);
    let refusal = redeem(&bank, WEB_APP, &code, WEB_APP.redirect_uri, &code.verifier).await;
    let failed = &refusal["failed"];
    assert_eq!(failed["name"], "authorization_code.expired");
    assert_eq!(
        (&failed["expected"], &failed["found"]),
        (&"within 60 seconds".into(), &"15 seconds later than that".into())
    );
}

#[tokio::test]
async fn another_method_than_the_registered_one_is_named() {
    let bank = Bank::start().await;
    let secret = realm::secret("post-app");
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let response = bank
        .http
        .post(bank.url("/token"))
        .basic_auth(POST_APP.client_id, Some(secret))
        .form(&form)
        .send()
        .await
        .unwrap();
    let refusal = explain(&bank, &id(&response)).await.unwrap();
    let failed = &refusal["failed"];
    assert_eq!(failed["name"], "client.other_method");
    assert_eq!(
        (&failed["expected"], &failed["found"]),
        (&"client_secret_post".into(), &"client_secret_basic".into())
    );
    assert_eq!(passed(&refusal), ["client named", "client known"]);
    assert_eq!(refusal["client_is_proven"], false);
}

#[tokio::test]
async fn the_operator_learns_what_the_wire_does_not_tell() {
    let bank = Bank::start().await;
    let token = |client_id: &'static str| {
        bank.http
            .post(bank.url("/token"))
            .basic_auth(client_id, Some("wrong"))
            .form(&[("grant_type", "client_credentials")])
            .send()
    };
    let (unknown, wrong) = (token("no-such-client").await.unwrap(), token("web-app").await.unwrap());
    let (unknown_id, wrong_id) = (id(&unknown), id(&wrong));
    assert_eq!(unknown.text().await.unwrap(), wrong.text().await.unwrap());
    let unknown = explain(&bank, &unknown_id).await.unwrap();
    assert_eq!(unknown["failed"]["name"], "client.unknown");
    // What nobody has registered may be anything, a secret too.
    assert_eq!(unknown["client_id"], Value::Null);
    let wrong = explain(&bank, &wrong_id).await.unwrap();
    assert_eq!(
        (&wrong["failed"]["name"], &wrong["client_id"]),
        (&"client.wrong_secret".into(), &"web-app".into())
    );
}

#[tokio::test]
async fn a_page_says_the_id_of_what_was_registered_and_what_was_sent() {
    let bank = Bank::start().await;
    let url = Request::code(SCOPE)
        .with("redirect_uri", "https://evil.example/cb#token")
        .url(&bank);
    let response = bank.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let id = id(&response);
    assert!(response.text().await.unwrap().contains(&id));
    let refusal = explain(&bank, &id).await.unwrap();
    let failed = &refusal["failed"];
    assert_eq!(failed["name"], "redirect_uri.not_registered");
    assert!(
        failed["expected"]
            .as_str()
            .unwrap()
            .contains("https://app.example.com/callback")
    );
    assert_eq!(failed["found"], "https://evil.example/cb#…");
    assert_eq!(passed(&refusal), ["app known"]);
}

#[tokio::test]
async fn a_refusal_by_redirect_has_an_id_too() {
    let bank = Bank::start().await;
    let request = Request::code(SCOPE).with("code_challenge_method", "plain");
    let response = bank.http.get(request.url(&bank)).send().await.unwrap();
    assert_eq!(response.status(), 303);
    let refusal = explain(&bank, &id(&response)).await.unwrap();
    assert_eq!(
        (&refusal["status"], &refusal["error"]),
        (&303.into(), &"invalid_request".into())
    );
    let failed = &refusal["failed"];
    assert_eq!(failed["name"], "pkce.plain");
    assert_eq!(
        (&failed["expected"], &failed["found"]),
        (&"S256".into(), &"plain".into())
    );
    assert_eq!(passed(&refusal), ["app known", "redirect URI registered"]);
}

#[tokio::test]
async fn what_the_client_is_not_registered_for_is_beside_what_it_is() {
    let bank = Bank::start().await;
    let form = [("grant_type", "client_credentials")];
    let refused = WEB_APP.post(&bank, "/token", &form).await;
    let refusal = explain(&bank, &id(&refused)).await.unwrap();
    let failed = &refusal["failed"];
    assert_eq!(failed["name"], "grant_type.not_registered");
    assert!(failed["expected"].as_str().unwrap().contains("authorization_code"));
    assert_eq!(failed["found"], "client_credentials");
}

#[tokio::test]
async fn what_no_endpoint_answers_is_explained_as_well() {
    let bank = Bank::start().await;
    for (method, path, status, reason) in [
        ("GET", "/nowhere", 404, "server.not_found"),
        ("GET", "/token", 405, "server.method"),
        ("DELETE", "/account", 405, "server.method"),
        ("GET", "/assets/none.css", 404, "server.not_found"),
    ] {
        let method = method.parse().unwrap();
        let response = bank.http.request(method, bank.url(path)).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let refusal = explain(&bank, &id(&response)).await.unwrap();
        assert_eq!(
            (&refusal["failed"]["name"], &refusal["path"]),
            (&reason.into(), &path.into())
        );
    }
    let host = bank.http.get(bank.url("/token")).header("host", "other.example").send();
    let refusal = explain(&bank, &id(&host.await.unwrap())).await.unwrap();
    assert_eq!(refusal["failed"]["name"], "server.no_issuer");
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal_that_names_nobody() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code(SCOPE).open(&bank, &browser).await.page();
    let form = page
        .form_with("sign-in")
        .fill("username", "alice")
        .fill("password", "not her password");
    let response = post(&bank, &browser, &form, "sign-in").send().await.unwrap();
    assert_eq!(response.status(), 401);
    let refusal = explain(&bank, &id(&response)).await.unwrap();
    assert_eq!(refusal["failed"]["name"], "sign_in.wrong_credentials");
    let text = refusal.to_string();
    assert!(!text.contains("alice") && !text.contains("not her password"), "{text}");
}
