//! Who may ask, and how.

use crate::{app::header, bank::Bank, explain::recorded::explain};

use super::{ask, bank, with_routes};

#[tokio::test]
async fn where_no_proxy_may_ask_there_is_nothing_to_ask() {
    let bank = Bank::with_realm(with_routes("")).await;
    assert_eq!(ask(&bank, "GET", "/health", None).await.status(), 404);
}

#[tokio::test]
async fn who_is_none_of_the_proxies_is_refused_whatever_they_ask() {
    let (bank, _) = Bank::asked_by("192.0.2.7", with_routes("")).await;
    let response = ask(&bank, "GET", "/health", None).await;
    assert_eq!(response.status(), 403);
    let id = header(&response, "sekisho-explain").to_owned();
    assert!(response.text().await.unwrap().contains("[proxy] forward_auth"));
    assert_eq!(explain(&bank, &id).await.unwrap()["failed"]["name"], "gate.stranger");
}

#[tokio::test]
async fn the_proxy_says_what_was_called_and_each_of_it_once() {
    let bank = bank().await;
    let all = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.com"),
        ("x-forwarded-uri", "/health"),
    ];
    let send = async |fields: &[(&str, &str)]| {
        let mut request = bank.http.post(bank.url("/forward-auth"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    assert_eq!(send(&all).await.status(), 200, "by whatever method it asks");
    for (at, (name, value)) in all.into_iter().enumerate() {
        let without: Vec<_> = all
            .into_iter()
            .enumerate()
            .filter(|(n, _)| *n != at)
            .map(|(_, field)| field)
            .collect();
        let twice: Vec<_> = all.into_iter().chain([(name, value)]).collect();
        for fields in [without, twice] {
            let response = send(&fields).await;
            assert_eq!(response.status(), 403);
            let told = response.text().await.unwrap().to_lowercase();
            assert!(told.contains(name), "{name}: {told}");
        }
    }
}
