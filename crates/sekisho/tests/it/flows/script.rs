//! Scripts of the organisation's own web apps: by CORS, with the cookies of the browser.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{App, ORIGIN, answer, bank, posted};
use crate::{app::header, bank::Bank};

async fn called(bank: &Bank, (client_id, origin): (&str, &str), path: &str, body: &Value, cookies: &str) -> Response {
    let request = posted(bank, path, client_id, body)
        .header("origin", origin)
        .header("cookie", cookies);
    request.send().await.unwrap()
}

/// The cookies that an answer sets, as a browser sends them.
fn cookies(response: &Response) -> String {
    let set = response.headers().get_all("set-cookie").iter();
    let pairs = set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
    pairs.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_script_gets_cookies_that_it_cannot_read_and_no_secret() {
    let bank = bank().await;
    let own = ("own-app", ORIGIN);
    let begin = json!({ "authorize": App::own(&bank).request("openid") });
    let response = called(&bank, own, "/flows", &begin, "").await;
    assert_eq!(header(&response, "access-control-allow-origin"), ORIGIN);
    assert_eq!(header(&response, "access-control-allow-credentials"), "true");
    assert_eq!(header(&response, "vary"), "Origin");
    let (_, told) = answer(&bank, response).await;
    let sign_in = json!({ "type": "password", "username": "alice", "password": "alice-password" });
    let go_on = json!({ "flow": told["flow"], "answer": sign_in });
    let response = called(&bank, own, "/flows/step", &go_on, "").await;
    let set: Vec<&str> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|one| one.to_str().unwrap())
        .collect();
    assert!(
        set.iter()
            .any(|one| one.starts_with("sekisho-session-") && one.contains("; HttpOnly")),
        "{set:?}"
    );
    let kept = cookies(&response);
    let (_, told) = answer(&bank, response).await;
    assert_eq!(
        (&told["step"]["type"], &told["session"]),
        (&json!("done"), &Value::Null)
    );

    let (_, told) = answer(&bank, called(&bank, own, "/flows", &begin, &kept).await).await;
    assert_eq!(told["step"]["type"], "done", "the session of the browser counts");
    let (_, told) = answer(&bank, called(&bank, own, "/flows", &begin, "").await).await;
    assert_eq!(told["step"]["type"], "sign_in");
}

#[tokio::test]
async fn scripts_of_other_origins_can_do_and_read_nothing() {
    let bank = bank().await;
    let begin = json!({ "authorize": App::own(&bank).request("openid") });
    for origin in [
        "https://evil.example",
        "null",
        "https://own.example.com.evil.example",
        "https://other.example.com",
        "",
    ] {
        let response = called(&bank, ("own-app", origin), "/flows", &begin, "").await;
        assert!(
            response.headers().get("access-control-allow-origin").is_none(),
            "{origin}"
        );
        let (status, told) = answer(&bank, response).await;
        assert_eq!(
            (status, &told["reason"]),
            (400, &json!("flows.foreign_origin")),
            "{origin}"
        );
    }
    let hidden = posted(&bank, "/flows", "own-app", &begin).header("sec-fetch-site", "cross-site");
    let (_, told) = answer(&bank, hidden.send().await.unwrap()).await;
    assert_eq!(
        told["reason"], "flows.foreign_origin",
        "a browser that does not say its origin"
    );

    let (_, told) = answer(&bank, called(&bank, ("own-app", ORIGIN), "/flows", &begin, "").await).await;
    let go_on = json!({ "flow": told["flow"] });
    let theirs = ("other-own-app", "https://other.example.com");
    let (_, told) = answer(&bank, called(&bank, theirs, "/flows/step", &go_on, "").await).await;
    assert_eq!(told["reason"], "sign_in.flow_lost", "a flow of another client");
}

#[tokio::test]
async fn a_preflight_is_answered_for_the_origins_of_the_client_that_it_names() {
    let bank = bank().await;
    for (client_id, origin, is_allowed) in [
        ("own-app", ORIGIN, true),
        ("own-app", "https://other.example.com", false),
        ("other-own-app", "https://other.example.com", true),
        ("web-app", ORIGIN, false),
        ("nobody", ORIGIN, false),
    ] {
        for path in ["/flows", "/flows/step"] {
            let url = bank.url(&format!("{path}?client_id={client_id}"));
            let request = bank.http.request(Method::OPTIONS, url);
            let request = request
                .header("origin", origin)
                .header("access-control-request-method", "POST");
            let response = request.send().await.unwrap();
            assert_eq!(response.status() == 204, is_allowed, "{client_id} {origin}");
            let allowed = header(&response, "access-control-allow-origin");
            assert_eq!(allowed, if is_allowed { origin } else { "" });
        }
    }
    // Pages are read by no script.
    let response = bank
        .http
        .get(bank.url("/sign-in"))
        .header("origin", ORIGIN)
        .send()
        .await
        .unwrap();
    assert!(response.headers().get("access-control-allow-origin").is_none());
}
