//! Where the answer goes (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1): nowhere but to a registered address.

use crate::{
    app::bank_and,
    bank::Bank,
    request::{CLI, JS, Request, WEB, assert_error_page, page},
};

/// A redirect URI of `cli` with a private-use scheme (RFC 8252 §7.1).
const PRIVATE_USE: &str = "com.example.cli:/callback";

/// Nobody is sent there, whatever else is right or wrong with the request.
async fn refused(bank: &Bank, request: &Request) {
    for request in [
        request.clone(),
        request.clone().with("prompt", "none"),
        request.clone().without("response_type"),
    ] {
        let response = bank.http.get(request.url(bank)).send().await.unwrap();
        assert_error_page(&page(response).await, 400, "invalid_request");
    }
}

/// The request is taken: the sign-in page comes.
async fn accepted(bank: &Bank, request: &Request) {
    let page = request.open(bank, &bank.browser()).await.page();
    assert!(page.has("sign-in"), "{}", page.text());
}

// Conformance: B16 B17 B39 oidcc-ensure-registered-redirect-uri oidcc-redirect-uri-query-added
// Conformance: SEED1-08 SEED1-10 F2-AS-06 BCP-01 BCP-02
#[tokio::test]
async fn an_almost_equal_redirect_uri_is_never_redirected_to() {
    let bank = Bank::start().await;
    for almost in [
        "https://app.example.com/callback/",
        "https://app.example.com/callback?",
        "https://app.example.com/callback?x=y",
        "https://app.example.com/callback#",
        "https://app.example.com/callback#x",
        "https://app.example.com/callback/1f3a",
        "https://app.example.com/callback/../callback",
        "https://app.example.com/./callback",
        "https://app.example.com//callback",
        "https://app.example.com/%63allback",
        "https://app.example.com/Callback",
        "https://APP.example.com/callback",
        "HTTPS://app.example.com/callback",
        "http://app.example.com/callback",
        "https://app.example.com./callback",
        " https://app.example.com/callback",
        "https://app.example.com/callback ",
        "https://app.example.com/callback\r\nX: y",
        "https://app.example.com/callba",
        "https://app.example.com",
        "//app.example.com/callback",
        "/callback",
    ] {
        refused(&bank, &Request::code("openid").with("redirect_uri", almost)).await;
    }
}

// Conformance: BCP-01
#[tokio::test]
async fn another_port_is_refused_where_the_host_is_not_this_machine() {
    let bank = Bank::start().await;
    for port in ["443", "8443", "80", ""] {
        let uri = format!("https://app.example.com:{port}/callback");
        refused(&bank, &Request::code("openid").with("redirect_uri", &uri)).await;
    }
}

// Conformance: B16 B39 SEED1-10 F2-AS-06 BCP-02
#[tokio::test]
async fn another_host_is_refused_however_it_is_dressed_up() {
    let bank = Bank::start().await;
    for evil in [
        "https://evil.example/callback",
        "https://evil.example/https://app.example.com/callback",
        "https://app.example.com.evil.example/callback",
        "https://evilapp.example.com/callback",
        "https://app.example.com@evil.example/callback",
        "https://user@app.example.com/callback",
        "https://app.example.com:443@evil.example/callback",
        r"https://app.example.com\@evil.example/callback",
        "https://evil.example#@app.example.com/callback",
        "https://app.example.com\u{3002}evil.example/callback",
        "javascript:alert(1)//https://app.example.com/callback",
        "data:text/html,x",
    ] {
        refused(&bank, &Request::code("openid").with("redirect_uri", evil)).await;
    }
}

// Conformance: SEED1-08
#[tokio::test]
async fn a_redirect_uri_of_another_client_is_refused() {
    let bank = Bank::start().await;
    refused(&bank, &Request::code("openid").with("redirect_uri", JS)).await;
    refused(&bank, &Request::native("openid").with("redirect_uri", WEB)).await;
}

#[tokio::test]
async fn a_redirect_uri_that_is_sent_twice_is_refused() {
    let bank = Bank::start().await;
    refused(&bank, &Request::code("openid").also("redirect_uri", WEB)).await;
    refused(
        &bank,
        &Request::code("openid").also("redirect_uri", "https://evil.example/"),
    )
    .await;
}

// Conformance: B19 SEED1-09 SEED1-20
#[tokio::test]
async fn an_openid_request_must_name_the_redirect_uri() {
    let bank = Bank::start().await;
    let request = Request::code("openid")
        .with("client_id", "post-app")
        .without("redirect_uri");
    refused(&bank, &request).await;
}

// Conformance: B19 oidcc-ensure-redirect-uri-in-authorization-request
#[tokio::test]
async fn a_plain_request_may_leave_it_out_when_only_one_is_registered() {
    let bank = Bank::start().await;
    let only_one = Request::code("accounts:read")
        .with("client_id", "post-app")
        .without("redirect_uri");
    let callback = only_one.walk(&bank, &bank.browser(), "alice").await;
    assert!(callback.url.as_str().starts_with("https://post.example.com/callback?"));
    refused(&bank, &Request::code("accounts:read").without("redirect_uri")).await;
}

// Conformance: BCP-01 NAT-02
#[tokio::test]
async fn a_native_app_may_use_any_port_of_this_machine() {
    let bank = Bank::start().await;
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        CLI,
    ] {
        accepted(&bank, &Request::native("openid").with("redirect_uri", uri)).await;
    }
    let callback = Request::native("openid").walk(&bank, &bank.browser(), "alice").await;
    assert!(callback.url.as_str().starts_with(&format!("{CLI}?")));
}

// Conformance: NAT-02 NAT-07
#[tokio::test]
async fn a_native_app_may_change_nothing_but_the_port() {
    let bank = Bank::start().await;
    for uri in [
        "http://127.0.0.1:49152/callback/",
        "http://127.0.0.1:49152/Callback",
        "http://127.0.0.1:49152/callback?x=y",
        "http://127.0.0.1:49152/callback#x",
        "http://127.0.0.1:49152",
        "http://localhost:49152/callback",
        "http://[::1]:49152/callback",
        "http://127.0.0.2:49152/callback",
        "http://127.1:49152/callback",
        "http://2130706433:49152/callback",
        "http://127.0.0.1.evil.example:49152/callback",
        "http://127.0.0.1:49152@evil.example/callback",
        "http://user@127.0.0.1:49152/callback",
        "http://127.0.0.1:0x50/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:/callback",
        "https://127.0.0.1:49152/callback",
    ] {
        refused(&bank, &Request::native("openid").with("redirect_uri", uri)).await;
    }
}

// Conformance: NAT-01
#[tokio::test]
async fn a_native_app_gets_its_code_by_a_scheme_of_its_own() {
    let bank = Bank::start().await;
    let request = Request::native("openid").with("redirect_uri", PRIVATE_USE);
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert!(callback.url.as_str().starts_with(&format!("{PRIVATE_USE}?")));
    assert_eq!(callback.get("iss"), Some(bank.issuer.as_str()));
    request.redeem(&bank, &callback).await;
}

// Conformance: NAT-07
#[tokio::test]
async fn an_almost_equal_scheme_or_path_of_a_native_app_is_refused() {
    let bank = Bank::start().await;
    for almost in [
        "com.example.cli:/callback/",
        "com.example.cli:/callback?x=y",
        "com.example.cli:/callback#x",
        "com.example.cli:/Callback",
        "com.example.cli:callback",
        "com.example.cli://callback",
        "com.example.cli:///callback",
        "com.example.cli:",
        "COM.example.cli:/callback",
        "com.example.cli2:/callback",
        "com.example:/callback",
        "evil.com.example.cli:/callback",
    ] {
        refused(&bank, &Request::native("openid").with("redirect_uri", almost)).await;
    }
    refused(&bank, &Request::code("openid").with("redirect_uri", PRIVATE_USE)).await;
}

#[tokio::test]
async fn what_was_sent_is_shown_as_text() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("redirect_uri", "https://evil.example/\"><script>alert(1)</script>");
    let response = bank.http.get(request.url(&bank)).send().await.unwrap();
    let html = response.text().await.unwrap();
    assert!(
        !html.contains("<script") && !html.contains("href=\"https://evil.example"),
        "{html}"
    );
}

// Conformance: B17 B18 oidcc-redirect-uri-query-OK oidcc-redirect-uri-query-mismatch oidcc-redirect-uri-query-added
// Conformance: SEED1-10
#[tokio::test]
async fn a_registered_query_stays_and_no_other_will_do() {
    let registered = "https://query.example.com/callback?foo=bar";
    let client = format!(
        "[[client]]\nclient_id = \"query-app\"\nclient_secret = \"query-app-secret\"\n\
         redirect_uris = [\"{registered}\"]\nscope = \"openid\"\n"
    );
    let bank = Bank::with_realm(bank_and(&client)).await;
    let request = Request::code("openid").with("client_id", "query-app");
    for other in ["?foo=baz", "?foo=bar&x=y", "?x=y&foo=bar", "?FOO=bar", "?", ""] {
        let uri = registered.replace("?foo=bar", other);
        refused(&bank, &request.clone().with("redirect_uri", &uri)).await;
    }
    let request = request.with("redirect_uri", registered);
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert!(
        callback.url.as_str().starts_with(&format!("{registered}&")),
        "{}",
        callback.url
    );
    assert_eq!(
        (callback.get("foo"), callback.get("state")),
        (Some("bar"), Some("the state"))
    );
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}
