//! Real servers on loopback, a real database, and a clock that stands still.

mod logout;
mod smtp;

use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
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
use tokio::{net::TcpListener, sync::Semaphore};

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
async fn mail_arrives_once() {
    let world = World::new().await;
    let mut smtp = Smtp::plain().await;
    let mut worker = world.worker(Some(smtp.mail("smtp", &[]).unwrap()));
    world.owe_mail("m1").await;
    deliver(&mut worker).await;
    deliver(&mut worker).await;

    let mail = smtp.received().await;
    assert_eq!(
        mail.commands,
        ["MAIL FROM:<no-reply@example.com>", "RCPT TO:<alice@example.com>"]
    );
    assert!(
        mail.text.contains("\r\nMessage-ID: <m1@example.com>\r\n"),
        "{}",
        mail.text
    );
    for part in ["multipart/alternative", "text/plain", "text/html", "=?utf-8?b?"] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let entry = world.entry("m1").await;
    assert_eq!((entry.state.as_str(), entry.attempts), ("delivered", 1));
    assert!(smtp.received_nothing_more());
}

#[tokio::test]
async fn mail_that_is_kept_does_not_leave() {
    let world = World::new().await;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let box_ = Arc::clone(&kept);
    let keep: Keep = Arc::new(move |to, written| box_.lock().unwrap().push((to.to_owned(), written.subject)));
    world.owe_mail("m1").await;
    deliver(&mut world.worker(Some(Mail::kept(Mails::new(None).unwrap(), keep)))).await;
    assert_eq!(world.state("m1").await, "delivered");
    let subject = "A request waits for you at 銀行".to_owned();
    assert_eq!(*kept.lock().unwrap(), [("alice@example.com".to_owned(), subject)]);
}

#[tokio::test]
async fn nothing_is_lost_while_the_mail_server_is_down() {
    let world = World::new().await;
    // Nobody listens there.
    let mut settings = Smtp::plain().await.settings("smtp");
    settings.smtp.set_port(Some(testkit::process::free_port())).unwrap();
    let down = || Mail::by_smtp(Mails::new(None).unwrap(), &settings, &[]).unwrap();
    for id in ["m1", "m2"] {
        world.owe_mail(id).await;
    }
    for wait in [10, 20, 40] {
        deliver(&mut world.worker(Some(down()))).await;
        for id in ["m1", "m2"] {
            assert_eq!(world.state(id).await, "pending");
        }
        world.clock.advance(wait);
    }
    let mut smtp = Smtp::plain().await;
    deliver(&mut world.worker(Some(smtp.mail("smtp", &[]).unwrap()))).await;
    for _ in 0..2 {
        smtp.received().await;
    }
    for id in ["m1", "m2"] {
        assert_eq!(world.state(id).await, "delivered");
    }
}

#[tokio::test]
async fn mail_that_is_refused_is_tried_again() {
    let world = World::new().await;
    let mut smtp = Smtp::plain().await;
    smtp.refuse_recipients(1);
    let mut worker = world.worker(Some(smtp.mail("smtp", &[]).unwrap()));
    world.owe_mail("m1").await;
    deliver(&mut worker).await;
    let entry = world.entry("m1").await;
    assert_eq!((entry.state.as_str(), entry.next_attempt_at), ("pending", NOW + 10));
    assert!(entry.last_error.unwrap().contains("mailbox is busy"));
    world.clock.advance(10);
    deliver(&mut worker).await;
    assert_eq!(world.state("m1").await, "delivered");
    smtp.received().await;
}

#[tokio::test]
async fn tls_from_the_start_needs_a_certificate_that_is_trusted() {
    let world = World::new().await;
    let (mut smtp, root) = Smtp::tls(&world.directory).await;
    world.owe_mail("m1").await;
    deliver(&mut world.worker(Some(smtp.mail("smtps", &[]).unwrap()))).await;
    let entry = world.entry("m1").await;
    assert_eq!(entry.state, "pending");
    assert!(entry.last_error.unwrap().contains("certificate"));

    world.clock.advance(10);
    deliver(&mut world.worker(Some(smtp.mail("smtps", &[root]).unwrap()))).await;
    assert_eq!(world.state("m1").await, "delivered");
    smtp.received().await;
}

#[tokio::test]
async fn mail_without_a_mail_server_says_so_and_waits() {
    let world = World::new().await;
    let mut worker = world.worker(None);
    world.owe_mail("m1").await;
    for _ in 0..3 {
        deliver(&mut worker).await;
    }
    let entry = world.entry("m1").await;
    assert_eq!(
        (entry.state.as_str(), entry.attempts, entry.next_attempt_at),
        ("pending", 1, NOW + 10)
    );
    assert!(entry.last_error.unwrap().contains("[email]"));
    world.clock.advance(3600);
    deliver(&mut worker).await;
    assert_eq!(world.state("m1").await, "dead");
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

/// An endpoint that answers when it is let to, and how many calls it saw at once.
struct Slow {
    let_go: Semaphore,
    now: Mutex<(usize, usize)>,
}

impl Slow {
    async fn serve() -> (Arc<Self>, String) {
        let slow = Arc::new(Self {
            let_go: Semaphore::new(0),
            now: Mutex::default(),
        });
        let endpoint = Arc::clone(&slow);
        let answer = move || {
            let slow = Arc::clone(&endpoint);
            async move {
                slow.count(1);
                slow.let_go.acquire().await.unwrap().forget();
                slow.count(-1);
            }
        };
        (slow, serve(Router::new().route("/", post(answer))).await)
    }

    fn count(&self, by: isize) {
        let (now, most) = &mut *self.now.lock().unwrap();
        *now = now.checked_add_signed(by).unwrap();
        *most = (*most).max(*now);
    }

    fn release(&self, calls: usize) {
        self.let_go.add_permits(calls);
    }

    fn most_at_once(&self) -> usize {
        self.now.lock().unwrap().1
    }
}

// Conformance: BC-08
#[tokio::test]
async fn a_slow_destination_has_two_places_and_holds_up_nobody_else() {
    let world = World::new().await;
    let (slow, slow_url) = Slow::serve().await;
    let fast_url = serve(Router::new().route("/", post(|| async {}))).await;
    for id in ["s1", "s2", "s3", "s4", "s5"] {
        world.owe_call(id, &slow_url).await;
    }
    world.owe_call("fast", &fast_url).await;
    let mut worker = world.worker(None);
    worker.lease().await;
    assert_eq!(worker.running(), 3);
    worker.ended().await;
    assert_eq!(world.state("fast").await, "delivered");

    // What comes later is not held up either.
    world.owe_call("later", &fast_url).await;
    worker.lease().await;
    worker.ended().await;
    assert_eq!(
        (world.state("later").await.as_str(), worker.running()),
        ("delivered", 2)
    );

    slow.release(5);
    while worker.running() > 0 {
        worker.ended().await;
    }
    for id in ["s1", "s2", "s3", "s4", "s5"] {
        assert_eq!(world.state(id).await, "delivered");
    }
    assert_eq!(slow.most_at_once(), 2);
}

#[tokio::test]
async fn a_call_that_waited_until_its_lease_is_nearly_over_is_left_to_another_node() {
    let world = World::new().await;
    let (slow, url) = Slow::serve().await;
    for id in ["s1", "s2", "s3"] {
        world.owe_call(id, &url).await;
    }
    let (mut worker, mut another) = (world.worker(None), world.worker(None));
    worker.lease().await;
    world.clock.advance(100);
    slow.release(3);
    while worker.running() > 0 {
        worker.ended().await;
    }
    another.lease().await;
    assert_eq!((worker.running(), another.running()), (0, 0));
    world.clock.advance(20);
    deliver(&mut another).await;
    for id in ["s1", "s2", "s3"] {
        assert_eq!(world.state(id).await, "delivered");
    }
}

#[tokio::test]
async fn many_calls_of_one_destination_leave_room_for_others() {
    let world = World::new().await;
    let (_slow, slow_url) = Slow::serve().await;
    let calls = (0..2000).map(|n| {
        let call = NewCall {
            id: format!("s{n}"),
            realm: REALM.into(),
            kind: "notification".into(),
            destination: slow_url.clone(),
            payload: world.notification(&format!("s{n}")),
            expires_at: NOW + 3600,
        };
        enqueue(call, NOW)
    });
    let _ = world.store.commit(Change::new().then_all(calls)).await.unwrap();
    world.clock.advance(1);
    let fast_url = serve(Router::new().route("/", post(|| async {}))).await;
    world.owe_call("fast", &fast_url).await;
    let mut worker = world.worker(None);
    worker.lease().await;
    worker.ended().await;
    assert_eq!(
        (world.entry("fast").await.state.as_str(), worker.running()),
        ("delivered", 2)
    );
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
