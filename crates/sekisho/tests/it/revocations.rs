//! `POST /revocations`: who hears what was revoked, and of what.

use std::time::Duration;

use protocol::revocation_events::{Event, Reader, Tags};
use reqwest::Response;
use serde_json::Value;
use storage::Change;

use crate::{
    app::{App, BANK_API, CLI, Method, ROBOT, WEB_APP, bank_and, header, refused, text},
    bank::{Bank, NOON},
};

const PATIENCE: Duration = Duration::from_secs(20);

const REPORTS_API: App = App {
    client_id: "reports-api",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};

/// The events of a stream.
struct Heard {
    response: Response,
    reader: Reader,
    events: Vec<Event>,
}

impl Heard {
    /// By this client; it has begun.
    async fn by(client: App, bank: &Bank) -> Self {
        let response = client.post(bank, "/revocations", &[]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "text/event-stream");
        assert_eq!(header(&response, "cache-control"), "no-store");
        let mut heard = Self {
            response,
            reader: Reader::default(),
            events: Vec::new(),
        };
        heard.until(|event| matches!(event, Event::Begin { .. })).await;
        heard
    }

    /// Listens until this is said; answers the tags that were said so far.
    async fn until(&mut self, is_it: impl Fn(&Event) -> bool) -> Vec<String> {
        let said = async {
            while !self.events.iter().any(&is_it) {
                let piece = self.response.chunk().await.unwrap().expect("the stream goes on");
                self.events.extend(self.reader.read(&piece).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, said).await.expect("it is said");
        let tags = |event| match event {
            Event::Revoked(tags) => tags,
            _ => Vec::new(),
        };
        self.events.drain(..).flat_map(tags).collect()
    }

    /// Whether it ends.
    async fn ends(mut self) {
        let ends = async { while let Ok(Some(_)) = self.response.chunk().await {} };
        tokio::time::timeout(PATIENCE, ends).await.expect("the stream ends");
    }
}

async fn id_of(bank: &Bank, api: App, token: &str) -> String {
    text(&api.introspect(bank, token).await, "jti").to_owned()
}

/// The realm of the tests, with credentials for its other API.
fn with_reports_api(issuer: &str) -> String {
    let more = "[[client]]\nclient_id = \"reports-api\"\nclient_secret = \"reports-api-secret\"\n\
                grant_types = [\"client_credentials\"]\nresponse_types = []\n";
    let name = "\"Reports API\"\n";
    bank_and(more)(issuer).replace(name, &format!("{name}introspection = [\"reports-api\"]\n"))
}

#[tokio::test]
async fn an_api_hears_at_once_what_was_revoked_for_it_and_nothing_of_others() {
    let bank = Bank::with_realm(with_reports_api).await;
    let (mut accounts, mut reports) = (Heard::by(BANK_API, &bank).await, Heard::by(REPORTS_API, &bank).await);
    let of_reports = WEB_APP.tokens(&bank, "reports:read").await;
    let of_accounts = WEB_APP.tokens(&bank, "accounts:read").await;
    let tags = Tags::of(&bank.issuer);
    let mut revoked: Vec<String> = Vec::new();
    for (tokens, api, heard) in [
        (&of_reports, REPORTS_API, &mut reports),
        (&of_accounts, BANK_API, &mut accounts),
    ] {
        let token = text(tokens, "access_token");
        let id = id_of(&bank, api, token).await;
        let known: Vec<Value> = api.introspect(&bank, token).await["revocation_tags"]
            .as_array()
            .unwrap()
            .clone();
        assert!(known.contains(&tags.token(&id).into()));
        assert_eq!(WEB_APP.post(&bank, "/revoke", &[("token", token)]).await.status(), 200);
        // Had the one before been told here, it would have been told before.
        let own = tags.token(&id);
        let is_own = |event: &Event| matches!(event, Event::Revoked(told) if told.contains(&own));
        let told = heard.until(is_own).await;
        assert!(!revoked.iter().any(|tag| told.contains(tag)), "{told:?}");
        revoked.push(own);
    }
}

#[tokio::test]
async fn who_comes_later_hears_what_was_revoked_a_moment_ago() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let token = text(&tokens, "access_token");
    let id = id_of(&bank, BANK_API, token).await;
    let _ = WEB_APP.post(&bank, "/revoke", &[("token", token)]).await;
    let response = BANK_API.post(&bank, "/revocations", &[]).await;
    let mut heard = Heard {
        response,
        reader: Reader::default(),
        events: Vec::new(),
    };
    let begun = Event::Begin { at: NOON };
    let told = heard.until(|event| *event == begun).await;
    assert_eq!(told, [Tags::of(&bank.issuer).token(&id)]);
    heard.until(|event| *event == Event::Alive).await;
}

#[tokio::test]
async fn who_may_ask_about_no_tokens_hears_nothing() {
    let bank = Bank::start().await;
    let response = ROBOT.post(&bank, "/revocations", &[]).await;
    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "unauthorized_client");
    refused(CLI.post(&bank, "/revocations", &[]).await, "invalid_client").await;
    let wrong = bank
        .http
        .post(bank.url("/revocations"))
        .basic_auth("bank-api", Some("wrong"));
    refused(wrong.send().await.unwrap(), "invalid_client").await;
    let none = bank.http.post(bank.url("/revocations"));
    refused(none.send().await.unwrap(), "invalid_client").await;
    assert_eq!(
        bank.http.get(bank.url("/revocations")).send().await.unwrap().status(),
        405
    );
}

#[tokio::test]
async fn a_stream_ends_when_the_client_is_disabled_or_settings_change() {
    let bank = Bank::start().await;
    let heard = Heard::by(BANK_API, &bank).await;
    let store = &bank.running.realms.store;
    let mut realm = store.realms().await.unwrap().remove(0);
    realm.lifetimes.access_token -= 1;
    bank.change(Change::new().then(storage::realm::put(&realm, NOON).unwrap()))
        .await;
    heard.ends().await;
    let heard = Heard::by(BANK_API, &bank).await;
    bank.disable_client("bank-api").await;
    heard.ends().await;
    refused(BANK_API.post(&bank, "/revocations", &[]).await, "invalid_client").await;
}

#[tokio::test]
async fn a_client_has_so_many_streams_and_no_more() {
    let bank = Bank::start().await;
    let mut streams = Vec::new();
    for _ in 0..32 {
        let stream = BANK_API.post(&bank, "/revocations", &[]).await;
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    let response = BANK_API.post(&bank, "/revocations", &[]).await;
    assert_eq!(response.status(), 503);
    assert!(!header(&response, "retry-after").is_empty());
    streams.pop();
    let free = async { while BANK_API.post(&bank, "/revocations", &[]).await.status() != 200 {} };
    tokio::time::timeout(PATIENCE, free).await.expect("a place is free");
}

#[tokio::test]
async fn streams_end_when_the_server_does() {
    let bank = Bank::start().await;
    let heard = Heard::by(BANK_API, &bank).await;
    let Bank { running, .. } = bank;
    let stopping = tokio::spawn(running.stop());
    heard.ends().await;
    tokio::time::timeout(Duration::from_secs(5), stopping)
        .await
        .unwrap()
        .unwrap();
}
