//! `request_uri`: a signed request at an address of the client (OpenID Connect Core §6.2, RFC 9101 §5.2).

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::HeaderMap, response::Redirect, routing::get};
use jose::SigningAlg;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    app::bank_and,
    bank::Bank,
    request::{Request, WEB, assert_error_page, error, sign_in},
    signer::{Signer, changed},
};

/// A client's own web server, on this machine, and a bank where its addresses are registered.
struct Published {
    bank: Bank,
    signer: Signer,
    url: String,
    text: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Published {
    async fn start() -> Self {
        let signer = Signer::new(SigningAlg::Rs256);
        let (text, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicUsize::new(0)));
        let answer = {
            let (text, asked) = (Arc::clone(&text), Arc::clone(&asked));
            move |headers: HeaderMap| async move {
                let wanted = headers["accept"].to_str().unwrap();
                assert!(wanted.starts_with("application/oauth-authz-req+jwt"), "{wanted}");
                asked.fetch_add(1, Ordering::SeqCst);
                text.lock().unwrap().clone()
            }
        };
        let router = Router::new()
            .route("/request", get(answer))
            .route("/moved", get(|| async { Redirect::temporary("/request") }))
            .route("/endless", get(|| async { "a".repeat(1 << 20) }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let uris: Vec<String> = ["request#one", "moved", "endless", "gone"]
            .iter()
            .map(|path| format!("\"{url}/{path}\""))
            .collect();
        // The last one is at a public name that nobody has.
        let client = format!(
            "[[client]]\nclient_id = \"signing-app\"\nclient_secret = \"signing-app-secret\"\nprofile = \"openid-core\"\n\
             redirect_uris = [\"{WEB}\"]\nscope = \"openid email\"\njwks = {}\n\
             request_uris = [{}, \"http://localhost:1/request\", \"https://app.invalid/request\"]\n",
            signer.jwks(),
            uris.join(", ")
        );
        let bank = Bank::with_realm(bank_and(&client)).await;
        let this = Self {
            bank,
            signer,
            url,
            text,
            asked,
        };
        this.publish(&json!({}));
        this
    }

    /// Puts a request object there.
    fn publish(&self, changes: &Value) {
        let now = self.bank.clock.now();
        let sound = json!({
            "iss": "signing-app", "aud": self.bank.issuer, "exp": now + 300, "client_id": "signing-app",
            "response_type": "code", "redirect_uri": WEB, "scope": "openid", "state": "published",
        });
        *self.text.lock().unwrap() = format!("{}\n", self.signer.sign(&changed(&sound, changes)));
    }

    fn request(uri: &str) -> Request {
        Request::code("openid")
            .with("client_id", "signing-app")
            .without("code_challenge")
            .without("code_challenge_method")
            .with("request_uri", uri)
    }

    fn good(&self) -> Request {
        Self::request(&format!("{}/request#one", self.url))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

// Conformance: B115 oidcc-request-uri-signed-rs256 OP-24
// Conformance: JAR-07 JAR-09
#[tokio::test]
async fn a_signed_request_at_a_registered_address_is_fetched_once() {
    let published = Published::start().await;
    let bank = &published.bank;
    let browser = bank.browser();
    let page = published.good().open(bank, &browser).await.page();
    assert_eq!(published.asked(), 1);
    // The request is what it was when it came in, whatever is at the address meanwhile.
    published.publish(&json!({"state": "another"}));
    let page = sign_in(&browser, &page, "alice").await;
    let callback = browser.approve(&page).await.callback();
    assert_eq!(callback.get("state"), Some("published"));
    assert!(callback.get("code").is_some());
    assert_eq!(published.asked(), 1, "the flow does not wait for it at each step");
    // Nothing is cached: a new request is a new look.
    let callback = published.good().open(bank, &browser).await.callback();
    assert_eq!((callback.get("state"), published.asked()), (Some("another"), 2));
}

// Conformance: B114 B115
// Conformance: JAR-07 JAR-08
#[tokio::test]
async fn an_address_that_is_not_registered_is_refused_and_never_asked() {
    let published = Published::start().await;
    let url = &published.url;
    for uri in [
        format!("{url}/request"),
        format!("{url}/request#two"),
        format!("{url}/request?x#one"),
        format!("{url}/request#one#"),
        "urn:example:request_uri:x".to_owned(),
        "http://169.254.169.254/".to_owned(),
        format!("{url}/{}", "x".repeat(600)),
    ] {
        let refused = Published::request(&uri).error(&published.bank).await;
        assert_eq!(refused, "invalid_request_uri", "{uri}");
    }
    assert_eq!(published.asked(), 0);
}

// Conformance: B115
// Conformance: JAR-08
#[tokio::test]
async fn what_cannot_be_had_is_an_invalid_request_uri() {
    let published = Published::start().await;
    for path in ["moved", "endless", "gone"] {
        let request = Published::request(&format!("{}/{path}", published.url));
        assert_eq!(request.error(&published.bank).await, "invalid_request_uri", "{path}");
    }
    assert_eq!(published.asked(), 0, "redirects are not followed");
    // Plain HTTP to a host that the operator has not listed; a host that does not exist.
    for uri in ["http://localhost:1/request", "https://app.invalid/request"] {
        let refused = Published::request(uri).error(&published.bank).await;
        assert_eq!(refused, "invalid_request_uri", "{uri}");
    }
}

// Conformance: B108 B114 oidcc-request-uri-unsigned
// Conformance: oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
#[tokio::test]
async fn what_is_there_must_be_a_signed_request() {
    let published = Published::start().await;
    let bank = &published.bank;
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im9wZW5pZCJ9.";
    for text in ["<html>", "", unsigned] {
        text.clone_into(&mut published.text.lock().unwrap());
        assert_eq!(published.good().error(bank).await, "invalid_request_object", "{text}");
    }
    published.publish(&json!({"exp": bank.clock.now()}));
    assert_eq!(published.good().error(bank).await, "invalid_request_object");
}

#[tokio::test]
async fn without_a_known_redirect_uri_refusals_are_pages() {
    let published = Published::start().await;
    let bank = &published.bank;
    let alone = |uri: &str| {
        let request = Published::request(uri).without("redirect_uri").without("response_type");
        request.without("scope").without("state").without("nonce")
    };
    let page = alone("https://unknown.example/")
        .open(bank, &bank.browser())
        .await
        .page();
    assert_error_page(&page, 400, "invalid_request_uri");
    let good = alone(&format!("{}/request#one", published.url));
    let callback = good.walk(bank, &bank.browser(), "alice").await;
    assert_eq!(callback.get("state"), Some("published"));
    published.publish(&json!({"prompt": "none"}));
    let callback = good.open(bank, &bank.browser()).await.callback();
    assert_eq!(error(&callback), "login_required");
}
