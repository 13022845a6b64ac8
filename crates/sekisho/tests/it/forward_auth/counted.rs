//! Calls that a proxy asks about are counted, and belong to a trace.

use crate::{
    app::{WEB_APP, header, text},
    bank::Bank,
};

use super::{ask, ask_of, bank, challenges};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn token(bank: &Bank, scope: &str) -> String {
    text(&WEB_APP.tokens(bank, scope).await, "access_token").to_owned()
}

#[tokio::test]
async fn calls_are_counted_by_rule_client_and_reason_and_strangers_paths_are_not() {
    let bank = bank().await;
    let good = token(&bank, "accounts:read").await;
    for (uri, token) in [
        ("/accounts/1", Some(good.as_str())),
        ("/accounts/2?secret=x", Some(&good)),
        ("/accounts/3", None),
        ("/health", None),
        ("/no/such/route", Some(&good)),
    ] {
        ask(&bank, "GET", uri, token).await;
    }
    ask_of(&bank, "stranger.example", ("GET", "/a"), &[]).await;
    let picture = bank.running.traffic.picture();
    let named = |name: &str| picture.apis.iter().find(|api| api.all.name == name).unwrap();
    let api = named("https://api.example.com");
    assert_eq!((api.all.permitted, api.all.refused, api.all.failed), (3, 2, 0));
    let rows = |rows: &[traffic::Row]| {
        rows.iter()
            .map(|row| format!("{} {}", row.name, row.calls()))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&api.routes), ["/accounts/** 3", "/health 1", "other 1"]);
    assert_eq!(rows(&api.clients), ["other 3", "web-app 2"]);
    assert_eq!(api.reasons.len(), 2, "{:?}", rows(&api.reasons));
    assert_eq!(named("other").all.refused, 1, "a host that is nobody's has no name");
    assert_eq!(picture.recent.len(), 3);
    for refusal in &picture.recent {
        let explained = bank.running.explain(&refusal.id).unwrap();
        assert_eq!(explained.failed.reason.name, refusal.reason);
        assert_eq!(explained.trace_id.as_deref(), Some(refusal.trace_id.as_str()));
    }
}

#[tokio::test]
async fn a_trace_goes_on_and_one_begins_where_there_is_none() {
    let bank = bank().await;
    let good = format!("Bearer {}", token(&bank, "accounts:read").await);
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-00");
    let came = [("authorization", good.as_str()), ("traceparent", &parent)];
    let response = ask_of(&bank, "api.example.com", ("GET", "/accounts"), &came).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "traceparent")),
        (200, "")
    );
    let response = ask_of(&bank, "api.example.com", ("GET", "/accounts"), &came[..1]).await;
    let begun = header(&response, "traceparent");
    assert!(
        begun.len() == 55 && begun.starts_with("00-") && begun.ends_with("-01"),
        "{begun}"
    );
    let response = ask_of(&bank, "api.example.com", ("GET", "/accounts"), &came[1..]).await;
    let explained = bank.running.explain(header(&response, "sekisho-explain")).unwrap();
    assert_eq!(explained.trace_id.as_deref(), Some(TRACE));
}

#[tokio::test]
async fn challenges_name_the_place_of_the_metadata() {
    let bank = bank().await;
    let response = ask(&bank, "GET", "/accounts", None).await;
    let place = "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"";
    assert!(
        challenges(&response).iter().all(|challenge| challenge.contains(place)),
        "{:?}",
        challenges(&response)
    );
}
