//! What `/flows` does not take.

use reqwest::Method;
use serde_json::{Value, json};

use super::{App, answer, bank, posted};
use crate::{
    app::bank_and,
    bank::Bank,
    factors::VAULT,
    request::{Request, cookie},
};

async fn reason(bank: &Bank, path: &str, client_id: &str, body: &Value) -> Value {
    let (status, told) = answer(bank, posted(bank, path, client_id, body).send().await.unwrap()).await;
    assert_eq!(status, 400, "{told}");
    told["reason"].clone()
}

#[tokio::test]
async fn apps_of_others_send_the_browser_to_the_pages() {
    let bank = bank().await;
    let begin = json!({ "authorize": App::own(&bank).request("openid") });
    assert_eq!(
        reason(&bank, "/flows", "web-app", &begin).await,
        "flows.not_first_party"
    );
    assert_eq!(
        reason(&bank, "/flows", "nobody", &begin).await,
        "authorize.client_unknown"
    );
    assert_eq!(reason(&bank, "/flows", "", &begin).await, "authorize.client_missing");
    bank.disable_client("own-app").await;
    assert_eq!(
        reason(&bank, "/flows", "own-app", &begin).await,
        "authorize.client_unknown"
    );
}

#[tokio::test]
async fn the_request_is_of_the_client_that_calls() {
    let bank = bank().await;
    let mut request = App::own(&bank).request("openid");
    request["client_id"] = "own-app".into();
    let begin = json!({ "authorize": request });
    let (status, _) = answer(&bank, posted(&bank, "/flows", "own-app", &begin).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(
        reason(&bank, "/flows", "other-own-app", &begin).await,
        "flows.other_client"
    );
    request["client_id"] = json!(["own-app", "other-own-app"]);
    let begin = json!({ "authorize": request });
    assert_eq!(reason(&bank, "/flows", "own-app", &begin).await, "flows.malformed");
}

#[tokio::test]
async fn a_flow_goes_on_for_its_own_client_in_time_and_ends_once() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid offline_access");
    app.authorize(request).await;
    let first = app.flow.clone();
    let lost = json!("sign_in.flow_lost");
    let go_on = json!({ "flow": first });
    assert_eq!(reason(&bank, "/flows/step", "other-own-app", &go_on).await, lost);
    for broken in [
        "",
        "~",
        "x~y",
        &first.as_str().unwrap().replace('~', "~x"),
        &format!("{}~", first.as_str().unwrap()),
    ] {
        assert_eq!(
            reason(&bank, "/flows/step", "own-app", &json!({ "flow": broken })).await,
            lost,
            "{broken}"
        );
    }

    app.signs_in("alice").await;
    assert_eq!(app.step(), "consent");
    let consent = app.flow.clone();
    // Rewound: the step that the session is at comes again, not the one that was.
    app.flow = first.clone();
    app.answers(json!({ "type": "consent", "approve": true, "scope": ["offline_access"] }))
        .await;
    assert_eq!(
        (app.status, app.step()),
        (400, "consent"),
        "it was not shown to alice: {}",
        app.told
    );
    app.flow = consent.clone();
    app.answers(json!({ "type": "consent", "approve": true, "scope": ["offline_access"] }))
        .await;
    assert_eq!(app.step(), "done");

    // Replayed.
    for flow in [first, consent] {
        app.flow = flow;
        app.answers(json!({ "type": "consent", "approve": true, "scope": ["offline_access"] }))
            .await;
        assert_eq!((app.status, &app.told["reason"]), (400, &lost), "{}", app.told);
    }

    let mut late = App::own(&bank);
    let request = late.request("openid");
    late.authorize(request).await;
    bank.clock.advance(30 * 60);
    late.signs_in("alice").await;
    assert_eq!((late.status, &late.told["reason"]), (400, &lost));
}

#[tokio::test]
async fn flows_of_pages_and_of_apps_do_not_pass_for_each_other() {
    let bank = bank().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let form = page.form_with("password");
    let carried = cookie(&browser, "sekisho-flow-").unwrap();
    let flow = format!("{carried}~{}", form.value("csrf").unwrap());
    let go_on = json!({ "flow": flow });
    assert_eq!(
        reason(&bank, "/flows/step", "own-app", &go_on).await,
        "sign_in.flow_lost"
    );

    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    let (carried, csrf) = app.flow.as_str().unwrap().split_once('~').unwrap();
    let planted = form.tamper("flow", carried).tamper("csrf", csrf);
    let planted = planted.fill("username", "alice").fill("password", "alice-password");
    let page = browser.submit(&planted, Some("sign-in")).await.page();
    assert_eq!(page.status, 400, "{}", page.text());
}

#[tokio::test]
async fn an_answer_to_another_step_changes_nothing() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid offline_access");
    app.authorize(request).await;
    app.answers(json!({ "type": "consent", "approve": true })).await;
    assert_eq!((app.status, app.step()), (400, "sign_in"), "nobody is signed in");
    app.signs_in("alice").await;
    for other in [
        json!({ "type": "enrol_totp", "enrolment": "x", "code": "1" }),
        json!({ "type": "remove", "id": "x" }),
        json!({ "type": "sign_up", "username": "new", "password": "a-password-of-mine" }),
    ] {
        app.answers(other).await;
        assert_eq!((app.status, app.step()), (400, "consent"), "{}", app.told);
        assert_eq!(app.told["reason"], "flows.other_step");
    }
    app.account("totp").await;
    app.answers(json!({ "type": "consent", "approve": true })).await;
    assert_eq!((app.status, app.step()), (400, "enrol_totp"));
}

#[tokio::test]
async fn bodies_are_json_of_the_described_form_and_of_a_size() {
    let bank = bank().await;
    let send = |kind: &str, body: String| {
        let request = bank.http.post(bank.url("/flows?client_id=own-app"));
        request.header("content-type", kind).body(body).send()
    };
    let begin = json!({ "authorize": App::own(&bank).request("openid") }).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
    ] {
        let (status, told) = answer(&bank, send(kind, begin.clone()).await.unwrap()).await;
        assert_eq!((status, &told["reason"]), (400, &json!("form.not_json")), "{kind}");
    }
    let deep = format!("{{\"authorize\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (body, expected) in [
        (deep, "form.malformed_json"),
        ("{".to_owned(), "form.malformed_json"),
        (
            "{\"authorize\":{\"scope\":\"a\",\"scope\":\"b\"}}".to_owned(),
            "form.malformed_json",
        ),
        (String::new(), "form.malformed_json"),
        ("[]".to_owned(), "flows.malformed"),
        ("{}".to_owned(), "flows.malformed"),
        ("{\"account\":\"everything\"}".to_owned(), "flows.malformed"),
        ("{\"authorize\":{},\"account\":\"totp\"}".to_owned(), "flows.malformed"),
        ("{\"authorize\":{\"scope\":7}}".to_owned(), "flows.malformed"),
        ("{\"authorize\":{},\"hunter2\":1}".to_owned(), "flows.malformed"),
    ] {
        let (status, told) = answer(
            &bank,
            send("application/json; charset=utf-8", body.clone()).await.unwrap(),
        )
        .await;
        assert_eq!((status, &told["reason"]), (400, &json!(expected)), "{body}");
        assert!(!told.to_string().contains("hunter2"), "nothing of a body is repeated");
    }
    let giant = format!("{{\"authorize\":{{\"state\":\"{}\"}}}}", "x".repeat(70_000));
    let (status, _) = answer(&bank, send("application/json", giant).await.unwrap()).await;
    assert_eq!(status, 413);
    let get = bank.http.request(Method::GET, bank.url("/flows?client_id=own-app"));
    assert_eq!(get.send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn who_may_make_an_account_makes_it_and_goes_on() {
    let own = format!("{VAULT}{}", super::OWN);
    let realm = |issuer: &str| bank_and(&own)(issuer).replacen("locales      =", "sign_up = true\nlocales      =", 1);
    let bank = Bank::with_realm(realm).await;
    let mut app = App::own(&bank);
    let mut request = app.request("openid");
    request["scope"] = "openid email".into();
    request["prompt"] = "create".into();
    app.authorize(request).await;
    assert_eq!((app.status, app.step()), (200, "sign_up"), "{}", app.told);
    let new = |password: &str| json!({ "type": "sign_up", "username": "newcomer", "password": password, "email": "n@example.com" });
    app.answers(new("short")).await;
    assert_eq!((app.status, app.told["field"].as_str()), (400, Some("password")));
    let flow = app.flow.clone();
    app.answers(new("correct horse battery staple")).await;
    assert_eq!(app.step(), "done", "{}", app.told);
    app.flow = flow;
    app.answers(new("correct horse battery staple")).await;
    assert_eq!(
        (app.status, &app.told["reason"]),
        (400, &json!("sign_in.flow_lost")),
        "once"
    );
}
