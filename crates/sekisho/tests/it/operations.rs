//! The operations listener: what calls of the APIs are like, as metrics and as a page.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{Response, StatusCode, Version};
use sekisho::{config::Operations, serving::operations};
use tokio::sync::watch;
use traffic::{Call, Outcome, Through, TraceContext};

use crate::{app::header, bank::Bank};

/// The listener beside a bank's server. It ends with what is answered second.
async fn beside(bank: &Bank) -> (SocketAddr, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let settings = Operations {
        bind: "127.0.0.1:0".parse().unwrap(),
        ciba_approval: false,
    };
    let running = &bank.running;
    let serving = operations::serve(
        &settings,
        (Arc::clone(&running.realms), running.passwords.clone()),
        Arc::clone(&running.traffic),
        stopped,
    );
    (serving.await.unwrap(), stop)
}

fn call<'a>(api: &'a str, id: &'a str, trace: &'a TraceContext, outcome: Outcome) -> Call<'a> {
    Call {
        through: Through::Gateway,
        api: Some(api),
        route: Some("/accounts/**"),
        client: Some("web-app"),
        subject: None,
        method: "GET",
        target: "/accounts/1?secret=secret-of-the-query",
        version: Version::HTTP_11,
        status: if outcome == Outcome::Permitted { 200 } else { 403 },
        outcome,
        took: Duration::from_millis(4),
        bytes: None,
        address: None,
        user_agent: None,
        referer: None,
        id,
        trace,
    }
}

async fn get(address: SocketAddr, path: &str) -> Response {
    let client = testkit::browser::client(None);
    client.get(format!("http://{address}{path}")).send().await.unwrap()
}

#[tokio::test]
async fn calls_are_counted_by_api_rule_client_and_reason() {
    let bank = Bank::start().await;
    let (address, _stop) = beside(&bank).await;
    // Metrics are the process's, so that the name is this test's own.
    let (api, trace) = ("https://counted.example", TraceContext::begin());
    for _ in 0..3 {
        bank.running.traffic.note(&call(api, "a", &trace, Outcome::Permitted));
    }
    bank.running
        .traffic
        .note(&call(api, "b", &trace, Outcome::Refused("scope.insufficient")));
    let metrics = get(address, "/metrics").await.text().await.unwrap();
    for line in [
        "sekisho_api_calls_total{api=\"https://counted.example\",route=\"/accounts/**\",outcome=\"permitted\",status=\"2xx\"} 3",
        "sekisho_api_calls_total{api=\"https://counted.example\",route=\"/accounts/**\",outcome=\"refused\",status=\"4xx\"} 1",
        "sekisho_api_client_calls_total{api=\"https://counted.example\",client=\"web-app\",outcome=\"permitted\",status=\"2xx\"} 3",
        "sekisho_api_refusals_total{api=\"https://counted.example\",reason=\"scope.insufficient\"} 1",
        "sekisho_api_call_seconds_bucket{api=\"https://counted.example\",route=\"/accounts/**\",le=\"0.0025\"} 0",
        "sekisho_api_call_seconds_bucket{api=\"https://counted.example\",route=\"/accounts/**\",le=\"0.005\"} 3",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("secret-of-the-query"));
}

#[tokio::test]
async fn the_page_shows_what_was_refused_and_explains_it() {
    let bank = Bank::start().await;
    let (address, _stop) = beside(&bank).await;
    let empty = get(address, "/gateway").await.text().await.unwrap();
    assert!(empty.contains("No call came in"));
    let refused = bank.http.get(bank.url("/no/such/page")).send().await.unwrap();
    let id = header(&refused, "sekisho-explain").to_owned();
    let trace = TraceContext::begin();
    let refusal = Outcome::Refused("scope.insufficient");
    bank.running
        .traffic
        .note(&call("https://api.example.com", &id, &trace, refusal));
    let page = get(address, "/gateway?lang=ja").await;
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert_eq!(header(&page, "cache-control"), "no-store");
    let html = page.text().await.unwrap();
    assert!(
        html.contains("拒否") && html.contains("scope.insufficient") && html.contains(&id),
        "{html}"
    );
    let explained = get(address, &format!("/gateway/explain/{id}")).await;
    assert_eq!(header(&explained, "content-type"), "text/plain; charset=utf-8");
    let text = explained.text().await.unwrap();
    assert!(
        text.contains("/no/such/page") && text.contains("server.not_found"),
        "{text}"
    );
    assert_eq!(
        get(address, "/gateway/explain/nobody").await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        header(&get(address, "/gateway/style.css").await, "content-type"),
        "text/css; charset=utf-8"
    );
}
