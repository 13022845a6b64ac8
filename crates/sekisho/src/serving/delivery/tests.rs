//! Real servers on loopback, a real database, and a clock that stands still.

mod logout;
mod mail;
mod slow;
mod smtp;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use authn::notice::{Content, Letter};
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    response::Redirect,
    routing::post,
};
use jose::WrapKey;
use model::Clock;
use oauth::ciba::Notification;
use serde_json::{Value, json};
use storage::{
    Change, Options, Store,
    outbox::{NewCall, OutboxEntry, enqueue},
};
use testkit::process::temporary_directory;
use tokio::net::TcpListener;

use self::smtp::Smtp;
use super::*;

const NOW: i64 = 1_800_000_000;
const REALM: &str = "https://id.example.com";

/// An outbox, with a worker that does only what a test asks it to.
struct World {
    store: Store,
    clock: Clock,
    realms: Arc<Realms>,
    directory: PathBuf,
}

impl World {
    async fn new() -> Self {
        let directory = temporary_directory("delivery");
        let path = directory.join("test.db");
        let store = Store::open(&Options::Sqlite { path }).await.unwrap();
        let clock = Clock::frozen(NOW);
        let wrap = WrapKey::from_bytes(jose::random_bytes());
        let realms = Realms::open(store.clone(), clock.clone(), wrap, realm::Outside::closed())
            .await
            .unwrap();
        Self {
            store,
            clock,
            realms: Arc::new(realms),
            directory,
        }
    }

    /// A worker that may call loopback.
    fn worker(&self, mail: Option<Mail>) -> Worker {
        self.worker_that_may_call(mail, &["127.0.0.1"])
    }

    fn worker_that_may_call(&self, mail: Option<Mail>, allow: &[&str]) -> Worker {
        let allow = allow.iter().map(|&entry| entry.to_owned()).collect();
        let outgoing = Outgoing::new(&crate::config::Outgoing { trust: vec![], allow }).unwrap();
        let realms = Arc::clone(&self.realms);
        let courier = Courier { mail, realms, outgoing };
        Worker::new(self.store.clone(), self.clock.clone(), courier)
    }

    async fn owe(&self, id: &str, kind: &str, destination: &str, payload: Value) {
        self.owe_text(id, kind, destination, payload.to_string()).await;
    }

    async fn owe_text(&self, id: &str, kind: &str, destination: &str, payload: String) {
        let call = NewCall {
            id: id.into(),
            realm: REALM.into(),
            kind: kind.into(),
            destination: destination.into(),
            payload,
            expires_at: NOW + 3600,
        };
        let _ = self
            .store
            .commit(Change::new().then(enqueue(call, self.clock.now())))
            .await
            .unwrap();
    }

    async fn owe_mail(&self, id: &str) {
        let letter = Letter {
            to: "alice@example.com".into(),
            locale: "en".into(),
            organisation: "銀行".into(),
            username: "alice".into(),
            account: format!("{REALM}/account"),
            content: Content::WaitingRequest,
        };
        let payload = letter.wrap(self.realms.wrap(), REALM, id).unwrap();
        self.owe_text(id, "mail", "alice@example.com", payload).await;
    }

    async fn owe_call(&self, id: &str, url: &str) {
        let payload = self.notification(id);
        self.owe_text(id, "notification", url, payload).await;
    }

    /// The payload of a notification.
    fn notification(&self, id: &str) -> String {
        let call = Notification {
            body: "{}".into(),
            authorization: "Bearer the-clients-own".into(),
        };
        call.wrap(self.realms.wrap(), REALM, id).unwrap()
    }

    async fn entry(&self, id: &str) -> OutboxEntry {
        let entries = self.store.outbox_of_realm(REALM, None, 100).await.unwrap();
        entries.into_iter().find(|entry| entry.id == id).unwrap()
    }

    async fn state(&self, id: &str) -> String {
        self.entry(id).await.state
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Delivers all that is due.
async fn deliver(worker: &mut Worker) {
    worker.lease().await;
    while worker.running() > 0 {
        worker.ended().await;
    }
}

/// Serves on loopback; answers `http://127.0.0.1:PORT`.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_call_that_fails_is_made_again_after_a_while() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let world = World::new().await;
    let flaky = |body: String| async move {
        assert_eq!(body, "{}");
        if CALLS.fetch_add(1, Ordering::SeqCst) == 0 {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    };
    let url = serve(Router::new().route("/logout", post(flaky))).await;
    let mut worker = world.worker(None);
    world.owe_call("c1", &format!("{url}/logout")).await;

    deliver(&mut worker).await;
    world.clock.advance(9);
    deliver(&mut worker).await;
    let entry = world.entry("c1").await;
    assert_eq!((entry.state.as_str(), entry.attempts), ("pending", 1));
    assert_eq!(entry.last_error.as_deref(), Some("it answered 500"));

    world.clock.advance(1);
    deliver(&mut worker).await;
    let entry = world.entry("c1").await;
    assert_eq!((entry.state.as_str(), entry.attempts), ("delivered", 2));
    assert_eq!(CALLS.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_not_followed() {
    static FOLLOWED: AtomicUsize = AtomicUsize::new(0);
    let world = World::new().await;
    let router = Router::new()
        .route("/", post(|| async { Redirect::temporary("/elsewhere") }))
        .route(
            "/elsewhere",
            post(|| async { FOLLOWED.fetch_add(1, Ordering::SeqCst).to_string() }),
        );
    let url = serve(router).await;
    world.owe_call("c1", &url).await;
    deliver(&mut world.worker(None)).await;
    let entry = world.entry("c1").await;
    assert_eq!(entry.state, "dead");
    assert_eq!(
        entry.last_error.as_deref(),
        Some("it answered 307: redirects are not followed")
    );
    assert_eq!(FOLLOWED.load(Ordering::SeqCst), 0);
}

// Conformance: B142 CIBA-17 fapi-ciba-id1-ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry fapi-ciba-id1-ping-backchannel-notification-endpoint-return-redirect-request
#[tokio::test]
async fn a_notification_is_a_json_post_with_the_clients_token_and_final_after_a_client_error_or_redirect() {
    for (status, state) in [
        (StatusCode::OK, "delivered"),
        (StatusCode::NO_CONTENT, "delivered"),
        (StatusCode::MOVED_PERMANENTLY, "dead"),
        (StatusCode::BAD_REQUEST, "dead"),
        (StatusCode::UNAUTHORIZED, "dead"),
        (StatusCode::FORBIDDEN, "dead"),
        (StatusCode::TOO_MANY_REQUESTS, "dead"),
        (StatusCode::SERVICE_UNAVAILABLE, "pending"),
    ] {
        let world = World::new().await;
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        let answer = move |headers: HeaderMap, body: String| async move {
            assert_eq!(headers["content-type"], "application/json");
            assert_eq!(headers["authorization"], "Bearer the-clients-own");
            assert_eq!(body, "{}");
            seen.fetch_add(1, Ordering::SeqCst);
            (status, [("location", "/elsewhere")], "a body that nobody reads")
        };
        let url = serve(Router::new().route("/", post(answer))).await;
        world.owe_call("c1", &url).await;
        let mut worker = world.worker(None);
        deliver(&mut worker).await;
        assert_eq!(world.state("c1").await, state, "{status}");
        world.clock.advance(9);
        deliver(&mut worker).await;
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{status}");
        world.clock.advance(1);
        deliver(&mut worker).await;
        let expected = if state == "pending" { 2 } else { 1 };
        assert_eq!(calls.load(Ordering::SeqCst), expected, "{status}");
    }
}

#[tokio::test]
async fn private_addresses_are_called_only_where_they_are_allowed() {
    let world = World::new().await;
    let url = serve(Router::new().route("/", post(|| async {}))).await;
    let by_name = url.replace("http://127.0.0.1", "https://localhost");
    let by_address = url.replace("http:", "https:");
    for (id, url) in [("address", &by_address), ("name", &by_name), ("clear", &url)] {
        world.owe_call(id, url).await;
    }
    deliver(&mut world.worker_that_may_call(None, &[])).await;
    for (id, error) in [
        ("address", "not a public address"),
        ("name", "not a public address"),
        ("clear", "in clear"),
    ] {
        let entry = world.entry(id).await;
        assert!(entry.last_error.as_ref().unwrap().contains(error), "{id}: {entry:?}");
    }
    world.clock.advance(10);
    deliver(&mut world.worker(None)).await;
    assert_eq!(world.state("clear").await, "delivered");
}

#[tokio::test]
async fn a_payload_or_a_kind_that_nobody_understands_fails_without_being_quoted() {
    let world = World::new().await;
    let url = serve(Router::new().route("/", post(|| async {}))).await;
    world
        .owe("damaged", "notification", &url, json!({ "secret": "s3cret" }))
        .await;
    world.owe("unknown", "pigeon", "somewhere", json!("s3cret")).await;
    let mut smtp = Smtp::plain().await;
    world
        .owe("mail", "mail", "alice@example.com", json!({ "to": "s3cret" }))
        .await;
    deliver(&mut world.worker(Some(smtp.mail("smtp", &[]).unwrap()))).await;
    for (id, state, error) in [
        ("damaged", "dead", "damaged"),
        ("unknown", "pending", "pigeon"),
        ("mail", "dead", "damaged"),
    ] {
        let entry = world.entry(id).await;
        let found = entry.last_error.unwrap();
        assert!(
            entry.state == state && found.contains(error) && !found.contains("s3cret"),
            "{found}"
        );
    }
    assert!(smtp.received_nothing_more());
}

#[tokio::test]
async fn a_server_delivers_by_itself_until_it_stops() {
    let world = World::new().await;
    let mut smtp = Smtp::plain().await;
    let realms = &world.realms;
    let (stop, stopped) = watch::channel(false);
    world.owe_mail("m1").await;
    let outgoing = || Outgoing::new(&crate::config::Outgoing::default()).unwrap();
    let mut config = ServerConfig {
        email: Some(smtp.settings("smtp")),
        ..ServerConfig::without_file()
    };
    start(realms, &config, None, outgoing(), &stopped).unwrap();
    assert!(smtp.received().await.text.contains("alice"));
    stop.send(true).unwrap();

    let run = tokio::spawn(world.worker(None).run(stopped));
    run.await.unwrap();
    config.outgoing.trust = vec!["missing.pem".into()];
    let error = start(realms, &config, None, outgoing(), &stop.subscribe()).unwrap_err();
    assert!(error.contains("missing.pem"));
}
