//! What gets through, and what does not.

use serde_json::json;

use crate::{
    app::{granted, header, text},
    gateway::{Guarded, Things, at, revoke},
};

#[tokio::test]
async fn a_permitted_call_reaches_its_api_with_the_caller_in_headers() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let token = guarded.token("things:read").await;
    let got = granted(guarded.call("GET", "/things/1?x=%20y", &token).await).await;
    assert_eq!(
        (&got["method"], &got["target"]),
        (&json!("GET"), &json!("/things/1?x=%20y"))
    );
    let headers = &got["headers"];
    assert_eq!(headers["sekisho-client"], "caller");
    assert_eq!(headers["sekisho-subject"], "caller");
    assert_eq!(headers["sekisho-scope"], "things:read");
    assert_eq!(headers["host"], format!("localhost:{}", guarded.gateway.port()));
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert!(headers.get("authorization").is_none(), "{headers}");
}

#[tokio::test]
async fn an_open_route_is_called_by_nobody_in_particular() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let got = granted(guarded.call("GET", "/open", "").await).await;
    let headers = got["headers"].as_object().unwrap();
    assert!(headers.keys().all(|name| !name.starts_with("sekisho-")), "{headers:?}");
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_api_and_can_be_explained() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let token = guarded.token("things:read").await;
    for (method, path, token, status, reason) in [
        ("GET", "/things/1", "", 401, None),
        ("GET", "/things/1", "nonsense", 401, None),
        ("POST", "/things", &*token, 403, Some("gate.insufficient_scope")),
        ("GET", "/nothing", &*token, 403, Some("gate.no_route")),
        ("DELETE", "/things/1", &*token, 403, Some("gate.wrong_method")),
        ("GET", "/things/%252e", &*token, 400, Some("gate.malformed")),
        ("GET", "/things//1", &*token, 400, Some("gate.malformed")),
    ] {
        let answer = guarded.call(method, path, token).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        let is_about_token = status == 401 || reason == Some("gate.insufficient_scope");
        assert_eq!(
            header(&answer, "www-authenticate").is_empty(),
            !is_about_token,
            "{method} {path}"
        );
        let refusal = guarded
            .running
            .explain(header(&answer, "sekisho-explain"))
            .expect("it is remembered");
        assert!(
            reason.is_none_or(|reason| refusal.failed.reason.name == reason),
            "{:?}",
            refusal.failed
        );
    }
    assert_eq!(things.calls(), 0);
}

#[tokio::test]
async fn what_was_revoked_a_moment_ago_is_refused_now() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let token = guarded.token("things:read").await;
    assert_eq!(guarded.call("GET", "/things/1", &token).await.status(), 200);
    revoke(&guarded, &token).await;
    let answer = guarded.call("GET", "/things/1", &token).await;
    assert_eq!(answer.status(), 401);
    assert!(header(&answer, "www-authenticate").contains("invalid_token"));
    assert_eq!(things.calls(), 1);
}

#[tokio::test]
async fn a_token_ends_by_itself() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let token = guarded.token("things:read").await;
    guarded.clock.advance(599);
    assert_eq!(guarded.call("GET", "/things/1", &token).await.status(), 200);
    guarded.clock.advance(1);
    assert_eq!(guarded.call("GET", "/things/1", &token).await.status(), 401);
    assert_eq!(things.calls(), 1);
}

#[tokio::test]
async fn a_body_goes_through_and_one_over_the_limit_does_not() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "gateway = { body_limit = \"1KiB\" }").await;
    let token = guarded.token("things:write").await;
    let post = async |body: String| {
        let url = format!("http://localhost:{}/things", guarded.gateway.port());
        let request = testkit::browser::client(None).post(url).bearer_auth(&token).body(body);
        request.send().await.unwrap()
    };
    let got = granted(post("x".repeat(1024)).await).await;
    assert_eq!(text(&got, "body").len(), 1024);
    let refused = post("x".repeat(1025)).await;
    assert_eq!(refused.status(), 413);
    let refusal = guarded.running.explain(header(&refused, "sekisho-explain")).unwrap();
    assert_eq!(refusal.failed.reason.name, "upstream.body_too_large");
    assert_eq!(things.calls(), 1);
}

#[tokio::test]
async fn an_id_of_the_call_is_passed_on_and_comes_back() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let id = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";
    let request = testkit::browser::client(None)
        .get(format!("http://localhost:{}/open", guarded.gateway.port()))
        .header("x-fapi-interaction-id", id);
    let answer = request.send().await.unwrap();
    assert_eq!(header(&answer, "x-fapi-interaction-id"), id);
    assert_eq!(granted(answer).await["headers"]["x-fapi-interaction-id"], id);
}
