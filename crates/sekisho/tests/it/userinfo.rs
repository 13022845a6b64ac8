//! `/userinfo`. OpenID Connect Core §5.3, RFC 6750.

mod bound;
mod protected;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    app::{ROBOT, WEB_APP, claims, granted, header, names, text},
    bank::Bank,
};

async fn ask(bank: &Bank, token: &str) -> Response {
    send(bank.http.get(bank.url("/userinfo")).bearer_auth(token)).await
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

async fn token(bank: &Bank, scope: &str) -> String {
    text(&WEB_APP.tokens(bank, scope).await, "access_token").to_owned()
}

/// Checks the status and that the challenge and the body name the error.
async fn refused(response: Response, status: u16, error: &str) {
    let challenge = header(&response, "www-authenticate").to_owned();
    assert_eq!(
        (response.status().as_u16(), header(&response, "cache-control")),
        (status, "no-store"),
        "{challenge}"
    );
    assert!(challenge.starts_with("Bearer realm=\"http://localhost"), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    assert_eq!(response.json::<Value>().await.unwrap()["error"], error);
}

// Conformance: B83 B88 oidcc-userinfo-get oidcc-userinfo-post-header oidcc-userinfo-post-body F1B-RS-01 F1B-RS-02 OP-15
#[tokio::test]
async fn a_token_comes_in_the_header_by_get_and_post_or_in_the_body() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid").await;
    let token = text(&tokens, "access_token");
    let sub = claims(&bank, text(&tokens, "id_token")).await["sub"].clone();
    let url = bank.url("/userinfo");
    let any_case = |scheme: &str| bank.http.get(&url).header("authorization", format!("{scheme} {token}"));
    for request in [
        bank.http.get(&url).bearer_auth(token),
        bank.http.post(&url).bearer_auth(token),
        bank.http.post(&url).form(&[("access_token", token)]),
        any_case("bearer"),
        any_case("BEARER"),
    ] {
        let response = send(request).await;
        assert_eq!(header(&response, "content-type"), "application/json");
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(granted(response).await, json!({ "sub": sub }));
    }
}

// Conformance: OP-16
#[tokio::test]
async fn each_scope_gives_its_claims_and_no_others() {
    let bank = Bank::start().await;
    let person = ["family_name", "given_name", "name", "preferred_username", "updated_at"];
    for (scope, expected) in [
        ("openid", vec![]),
        ("openid accounts:read", vec![]),
        ("openid email", vec!["email", "email_verified"]),
        ("openid profile", person.to_vec()),
        (
            "openid profile email",
            [&["email", "email_verified"][..], &person].concat(),
        ),
    ] {
        let told = granted(ask(&bank, &token(&bank, scope).await).await).await;
        let given: Vec<_> = names(&told).into_iter().filter(|name| *name != "sub").collect();
        let mandatory = |name: &&str| !["preferred_username", "updated_at"].contains(name);
        let told_of = |names: &[&'static str]| names.iter().copied().filter(mandatory).collect::<Vec<_>>();
        assert_eq!(
            given.iter().copied().filter(mandatory).collect::<Vec<_>>(),
            told_of(&expected),
            "{scope}"
        );
        assert!(given.iter().all(|name| expected.contains(name)), "{scope}: {given:?}");
    }
}

// Conformance: B85 OP-15
#[tokio::test]
async fn claims_have_their_types_and_values() {
    let bank = Bank::start().await;
    let told = granted(ask(&bank, &token(&bank, "openid profile email").await).await).await;
    for (name, value) in [
        ("email", json!("alice@example.com")),
        ("email_verified", json!(true)),
        ("name", json!("Alice Example")),
        ("given_name", json!("Alice")),
        ("family_name", json!("Example")),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

// Conformance: B84 F1B-RS-03 F2-RS-01
#[tokio::test]
async fn a_token_in_the_query_is_refused() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid").await;
    let url = bank.url(&format!("/userinfo?access_token={token}"));
    refused(send(bank.http.get(&url)).await, 400, "invalid_request").await;
    refused(
        send(bank.http.get(&url).bearer_auth(&token)).await,
        400,
        "invalid_request",
    )
    .await;
    refused(send(bank.http.post(&url)).await, 400, "invalid_request").await;
    let spelt = bank.url(&format!("/userinfo?x=1&access%5Ftoken={token}"));
    refused(send(bank.http.get(spelt)).await, 400, "invalid_request").await;
}

#[tokio::test]
async fn a_token_that_comes_twice_is_refused() {
    let bank = Bank::start().await;
    let (token, url) = (token(&bank, "openid").await, bank.url("/userinfo"));
    let body = [("access_token", &*token)];
    refused(
        send(bank.http.post(&url).bearer_auth(&token).form(&body)).await,
        400,
        "invalid_request",
    )
    .await;
    refused(
        send(bank.http.post(&url).form(&[body[0], body[0]])).await,
        400,
        "invalid_request",
    )
    .await;
    refused(
        send(bank.http.get(&url).bearer_auth(&token).bearer_auth(&token)).await,
        400,
        "invalid_request",
    )
    .await;
}

// Conformance: B87
#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let bank = Bank::start().await;
    let url = bank.url("/userinfo");
    for request in [
        bank.http.get(&url),
        bank.http.post(&url),
        bank.http.post(&url).form(&[("access_token", "")]),
    ] {
        let response = send(request).await;
        assert_eq!(response.status(), 401);
        assert_eq!(
            header(&response, "www-authenticate"),
            format!("Bearer realm=\"{}\"", bank.issuer)
        );
        assert_eq!(response.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn only_get_and_post_are_allowed() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid").await;
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = bank.http.request(method.clone(), bank.url("/userinfo"));
        let response = send(request.bearer_auth(&token)).await;
        assert_eq!(response.status(), 405, "{method}");
        assert!(!header(&response, "sekisho-explain").is_empty(), "{method}");
    }
}

// Conformance: B87
#[tokio::test]
async fn what_is_no_living_token_is_refused() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid").await;
    for bad in ["x", &token[1..], &format!("{token}A"), &jose::random_token()] {
        refused(ask(&bank, bad).await, 401, "invalid_token").await;
    }
    let malformed = bank
        .http
        .get(bank.url("/userinfo"))
        .header("authorization", "Bearer a b");
    refused(send(malformed).await, 401, "invalid_token").await;
    granted(ask(&bank, &token).await).await;
}

// Conformance: B90 F1B-RS-04 F2-RS-02
#[tokio::test]
async fn a_token_that_expired_or_was_revoked_is_refused() {
    let bank = Bank::start().await;
    let (expired, revoked) = (token(&bank, "openid").await, token(&bank, "openid").await);
    WEB_APP.post(&bank, "/revoke", &[("token", &revoked)]).await;
    refused(ask(&bank, &revoked).await, 401, "invalid_token").await;
    bank.clock.advance(600);
    refused(ask(&bank, &expired).await, 401, "invalid_token").await;
}

// Conformance: F1B-RS-04
#[tokio::test]
async fn a_token_of_a_disabled_user_is_refused() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid").await;
    bank.disable_user("alice").await;
    refused(ask(&bank, &token).await, 401, "invalid_token").await;
}

// Conformance: B90
#[tokio::test]
async fn a_token_for_an_api_alone_is_refused() {
    let bank = Bank::start().await;
    let for_the_api = [("resource", "https://api.example.com")];
    let code = WEB_APP.code_with(&bank, "openid accounts:read", &for_the_api).await;
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    refused(ask(&bank, text(&tokens, "access_token")).await, 401, "invalid_token").await;
}

// Conformance: F1B-RS-05 F2-RS-03
#[tokio::test]
async fn a_token_without_openid_has_too_little_scope() {
    let bank = Bank::start().await;
    refused(
        ask(&bank, &token(&bank, "accounts:read").await).await,
        403,
        "insufficient_scope",
    )
    .await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let tokens = granted(ROBOT.post(&bank, "/token", &form).await).await;
    refused(
        ask(&bank, text(&tokens, "access_token")).await,
        403,
        "insufficient_scope",
    )
    .await;
}

#[tokio::test]
async fn a_jwt_for_an_api_and_the_issuer_is_good_here() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid reports:read").await;
    assert!(token.contains('.'));
    assert_eq!(names(&granted(ask(&bank, &token).await).await), ["sub"]);
}

const INTERACTION: &str = "x-fapi-interaction-id";

// Conformance: B89 F1B-RS-07 F1B-RS-08
#[tokio::test]
async fn an_answer_has_a_date_and_is_json_in_utf_8() {
    let bank = Bank::start().await;
    let alice = "given_name     = \"Alice\"\n";
    let renamed =
        Bank::with_realm(|issuer| testkit::realm::bank(issuer).replace(alice, "given_name = \"漢字\"\n")).await;
    for (bank, name) in [(&bank, "Alice"), (&renamed, "漢字")] {
        let token = token(bank, "openid profile").await;
        for accepted in ["application/json;charset=utf-8", "*/*"] {
            let request = bank.http.get(bank.url("/userinfo")).bearer_auth(&token);
            let response = send(request.header("accept", accepted)).await;
            assert!(header(&response, "date").ends_with(" GMT"));
            assert_eq!(header(&response, "content-type"), "application/json");
            let body = String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap();
            assert!(body.contains(name), "{body}");
        }
    }
}

// Conformance: B89 F1B-RS-09
#[tokio::test]
async fn an_interaction_id_comes_back_when_it_is_a_uuid_and_is_made_otherwise() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid").await;
    let ask = |id: String| bank.http.get(bank.url("/userinfo")).header(INTERACTION, id);
    let id = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";
    assert_eq!(
        header(&send(ask(id.to_owned()).bearer_auth(&token)).await, INTERACTION),
        id
    );
    assert_eq!(
        header(&send(ask(id.to_owned()).bearer_auth("x")).await, INTERACTION),
        id
    );
    for other in ["", "x", &format!("{id}0"), &id.replace('-', "0"), &id.replace('c', "g")] {
        let response = send(ask(other.to_owned()).bearer_auth(&token)).await;
        let made = header(&response, INTERACTION);
        assert!(
            made != other && made.split('-').map(str::len).eq([8, 4, 4, 4, 12]),
            "{other}: {made}"
        );
    }
    let request = || send(bank.http.get(bank.url("/userinfo")).bearer_auth(&token));
    let (one, two) = (request().await, request().await);
    assert_ne!(header(&one, INTERACTION), header(&two, INTERACTION));
}

// Conformance: F1B-RS-10
#[tokio::test]
async fn where_the_customer_is_and_when_they_signed_in_is_no_reason_to_refuse() {
    let bank = Bank::start().await;
    let token = token(&bank, "openid").await;
    for address in ["198.51.100.7", "2001:db8::7", "::1"] {
        let request = bank.http.get(bank.url("/userinfo")).bearer_auth(&token);
        let request = request
            .header("x-fapi-customer-ip-address", address)
            .header("x-fapi-auth-date", "Tue, 11 Sep 2012 19:43:31 GMT");
        assert_eq!(send(request).await.status(), 200, "{address}");
    }
}
