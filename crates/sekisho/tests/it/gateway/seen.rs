//! What is known of a call at its end: numbers, a line in the access log, its trace; and what the API says of itself.

use serde_json::{Value, json};

use crate::{
    app::{Server, granted, header},
    gateway::{Guarded, Things, at, identifier},
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn a_call_is_counted_when_its_answer_is_gone() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let token = guarded.token("things:read").await;
    for (method, path, token) in [
        ("GET", "/things/1?a=b", token.as_str()),
        ("GET", "/things/2", &token),
        ("POST", "/things", &token),
        ("GET", "/open", ""),
        ("GET", "/things//1", &token),
    ] {
        guarded.call(method, path, token).await.bytes().await.unwrap();
    }
    let seen = || {
        let picture = guarded.running.traffic.picture();
        let calls: u32 = picture.apis.iter().map(|api| api.all.calls()).sum();
        (calls == 5).then_some(picture)
    };
    let picture = loop {
        match seen() {
            Some(picture) => break picture,
            None => tokio::task::yield_now().await,
        }
    };
    let name = identifier(guarded.gateway);
    let api = picture.apis.iter().find(|api| api.all.name == name).unwrap();
    assert_eq!((api.all.permitted, api.all.refused), (3, 1));
    let rows = |rows: &[traffic::Row]| {
        rows.iter()
            .map(|row| format!("{} {}", row.name, row.calls()))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&api.routes), ["/things/** 2", "/open 1", "/things 1"]);
    assert_eq!(rows(&api.clients), ["caller 3", "other 1"]);
    assert_eq!(rows(&api.reasons), ["gate.insufficient_scope 1"]);
    let other = picture.apis.iter().find(|api| api.all.name == "other").unwrap();
    assert_eq!(
        rows(&other.reasons),
        ["gate.malformed 1"],
        "whose call it was is not known"
    );
    let lines = guarded.access_log();
    assert_eq!(lines.len(), 5);
    let of = |path: &str| lines.iter().find(|line| line["path"] == path).unwrap();
    assert_eq!(of("/things/1?a=*")["client_id"], "caller");
    assert_eq!(
        (&of("/things")["outcome"], &of("/things")["status"]),
        (&json!("refused"), &json!(403))
    );
    let text = serde_json::to_string(&lines).unwrap();
    assert!(!text.contains(&token), "no token is written");
    let is_meant = |refusal: &&traffic::RecentRefusal| refusal.reason == "gate.insufficient_scope";
    let refusal = picture.recent.iter().find(is_meant).unwrap();
    assert_eq!(of("/things")["trace_id"], refusal.trace_id);
    let explained = guarded.running.explain(&refusal.id).unwrap();
    assert_eq!(explained.trace_id.as_deref(), Some(refusal.trace_id.as_str()));
}

#[tokio::test]
async fn the_api_gets_the_trace_as_it_came_or_a_new_one() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let url = format!("{}/open", identifier(guarded.gateway));
    let got = granted(guarded.http().get(&url).send().await.unwrap()).await;
    let begun = got["headers"]["traceparent"].as_str().unwrap();
    assert!(begun.len() == 55 && begun.starts_with("00-"), "{begun}");
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-00");
    let request = guarded.http().get(&url).header("traceparent", &parent);
    let got = granted(request.header("tracestate", "congo=t61,rojo=1").send().await.unwrap()).await;
    assert_eq!(
        (&got["headers"]["traceparent"], &got["headers"]["tracestate"]),
        (&json!(parent), &json!("congo=t61,rojo=1"))
    );
    let request = guarded
        .http()
        .get(&url)
        .header("traceparent", "00-zero")
        .header("tracestate", "congo=t61");
    let got = granted(request.send().await.unwrap()).await;
    assert_eq!(got["headers"].get("tracestate"), None);
    assert_eq!(got["headers"]["traceparent"].as_str().unwrap().len(), 55);
}

#[tokio::test]
async fn the_gateway_answers_what_its_apis_say_of_themselves() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let place = "/.well-known/oauth-protected-resource";
    let refused = guarded.call("GET", "/things/1", "").await;
    let url = format!("{}{place}", identifier(guarded.gateway));
    assert!(
        header(&refused, "www-authenticate").contains(&format!("resource_metadata=\"{url}\"")),
        "{}",
        header(&refused, "www-authenticate")
    );
    let metadata: Value = granted(guarded.call("GET", place, "").await).await;
    assert_eq!(metadata["resource"], identifier(guarded.gateway));
    assert_eq!(metadata["authorization_servers"], json!([guarded.issuer()]));
    assert_eq!(metadata["scopes_supported"], json!(["things:read", "things:write"]));
    assert_eq!(guarded.call("POST", place, "").await.status(), 405);
    assert_eq!(guarded.call("GET", &format!("{place}/other"), "").await.status(), 404);
    assert_eq!(things.calls(), 0, "the API was not asked");
}
