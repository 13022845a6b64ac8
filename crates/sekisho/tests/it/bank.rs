//! A server in this process with the realm of the tests and a clock that stands still.

use std::net::{Ipv4Addr, SocketAddr};

use model::Clock;
use reqwest::{Response, StatusCode};
use sekisho::{
    config::{self, Listener, ServerConfig},
    wiring::Running,
};
use serde_json::Value;
use storage::Options;
use testkit::{Browser, pkce, process};

/// When the clock stands still: 2026-11-23 12:00:00 UTC.
pub const NOON: i64 = 1_795_435_200;

/// A running server.
pub struct Bank {
    pub running: Running,
    pub clock: Clock,
    pub issuer: String,
    pub http: reqwest::Client,
}

impl Bank {
    /// With SQLite and the realm `testkit::realm::bank`.
    pub async fn start() -> Self {
        Self::with_realm(testkit::realm::bank).await
    }

    /// With SQLite and a realm file of the test's own.
    pub async fn with_realm(realm: impl FnOnce(&str) -> String) -> Self {
        let data = process::temporary_directory("bank");
        let options = Options::Sqlite { path: data.join("sekisho.db") };
        Self::with(options, data, realm).await
    }

    /// With PostgreSQL, in a database of its own.
    pub async fn on_postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| testkit::postgres::shared().create_database()).await.unwrap();
        let options = Options::Postgres { url, connections: 8 };
        Self::with(options, process::temporary_directory("bank"), testkit::realm::bank).await
    }

    async fn with(database: Options, data: std::path::PathBuf, realm: impl FnOnce(&str) -> String) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
        let issuer = format!("http://localhost:{}", address.port());
        let file = config::from_text("bank.toml".as_ref(), &realm(&issuer)).unwrap_or_else(|problems| panic!("{problems:?}"));
        let config = ServerConfig {
            data,
            database,
            realms: vec![file],
            names_realms: true,
            listeners: vec![Listener { bind: address, tls: None }],
            ..ServerConfig::without_file()
        };
        let clock = Clock::frozen(NOON);
        let running = Running::start(config, clock.clone(), None).await.unwrap();
        // RSA keys are made in the background; tests want them now.
        running.realms.maintain_keys().await.unwrap();
        Self { running, clock, issuer, http: testkit::browser::client(None) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// A new browser.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.issuer)
    }

    /// The URL of an authorization request.
    pub fn authorize_url(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = url::Url::parse(&self.url("/authorize")).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    /// Posts a form with client credentials by HTTP Basic.
    pub async fn post_as(&self, path: &str, client_id: &str, form: &[(&str, &str)]) -> Response {
        let secret = testkit::realm::secret(client_id);
        self.http.post(self.url(path)).basic_auth(client_id, Some(secret)).form(form).send().await.unwrap()
    }

    /// Posts a form without credentials.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.http.post(self.url(path)).form(form).send().await.unwrap()
    }

    /// Signs alice in, permits everything to `web-app` and redeems the code: the token response.
    pub async fn tokens(&self, scope: &str) -> Value {
        let pkce = pkce();
        let url = self.authorize_url(&[
            ("response_type", "code"),
            ("client_id", "web-app"),
            ("redirect_uri", "https://app.example.com/callback"),
            ("scope", scope),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", &pkce.challenge),
            ("code_challenge_method", "S256"),
        ]);
        let callback = self.browser().authorize(&url, "alice", &testkit::realm::password("alice")).await;
        let response = self
            .post_as(
                "/token",
                "web-app",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", callback.code()),
                    ("redirect_uri", "https://app.example.com/callback"),
                    ("code_verifier", &pkce.verifier),
                ],
            )
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// What the API learns of a token.
    pub async fn introspect(&self, token: &str) -> Value {
        let response = self.post_as("/introspect", "bank-api", &[("token", token)]).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }
}
