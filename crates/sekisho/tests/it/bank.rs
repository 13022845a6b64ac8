//! A server in this process with the realm of the tests and a clock that stands still.

use std::{
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::OnceLock,
    thread,
};

use model::Clock;
use reqwest::{Response, StatusCode};
use sekisho::{
    config::{self, Listener, Network, Outgoing, Proxy, Role, ServerConfig},
    wiring::Running,
};
use serde_json::Value;
use storage::Options;
use testkit::{Browser, pkce, process};
use tokio::runtime::Runtime;

/// When the clock stands still: 2026-11-23 12:00:00 UTC.
pub const NOON: i64 = 1_795_435_200;

/// The issuer of [`Bank::start`]. Clients find its port by their own resolver.
const SAME_ISSUER: &str = "http://localhost";

/// A running server.
pub struct Bank {
    pub running: Running,
    pub clock: Clock,
    pub issuer: String,
    pub http: reqwest::Client,
    address: SocketAddr,
    data: Directory,
}

/// A directory that is removed when it is no longer needed.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Bank {
    /// With SQLite and the realm `testkit::realm::bank`, started before: its keys and users are there. They take most of
    /// the time of a first start, so that is done once for all tests. The issuer is the same everywhere, without a port.
    pub async fn start() -> Self {
        let (data, address) = (process::temporary_directory("bank"), free_address());
        for (name, bytes) in started_before() {
            fs::write(data.join(name), bytes).unwrap();
        }
        let options = Options::Sqlite {
            path: data.join("sekisho.db"),
        };
        let proxy = Proxy::default();
        Self::with(options, data, address, SAME_ISSUER, (testkit::realm::bank, proxy)).await
    }

    /// With SQLite and a realm file of the test's own, started for the first time.
    pub async fn with_realm(realm: impl FnOnce(&str) -> String) -> Self {
        Self::at_own_port(realm, Proxy::default()).await
    }

    /// As [`with_realm`](Self::with_realm), behind a proxy on this machine that passes on the certificates of clients:
    /// a request with the header `testkit::pki::Identity::client_cert` is one over mutual TLS.
    pub async fn behind_proxy(realm: impl FnOnce(&str) -> String) -> Self {
        let proxy = Proxy {
            client_cert: vec![Network::parse("127.0.0.1").unwrap()],
            ..Proxy::default()
        };
        Self::at_own_port(realm, proxy).await
    }

    /// As [`with_realm`](Self::with_realm), behind a proxy on this machine that says from where its clients come.
    pub async fn behind_trusted_proxy(realm: impl FnOnce(&str) -> String) -> Self {
        let proxy = Proxy {
            trusted: vec![Network::parse("127.0.0.1").unwrap()],
            ..Proxy::default()
        };
        Self::at_own_port(realm, proxy).await
    }

    /// As [`behind_proxy`](Self::behind_proxy), where this proxy may also ask whether calls of APIs go on; and with a
    /// listener for Envoy, whose address is answered.
    pub async fn asked_by(proxy: &str, realm: impl FnOnce(&str) -> String) -> (Self, SocketAddr) {
        let proxy = Proxy {
            client_cert: vec![Network::parse("127.0.0.1").unwrap()],
            forward_auth: vec![Network::parse(proxy).unwrap()],
            ..Proxy::default()
        };
        let bank = Self::at_own_port(realm, proxy).await;
        let envoy = bank.running.addresses()[1];
        (bank, envoy)
    }

    async fn at_own_port(realm: impl FnOnce(&str) -> String, proxy: Proxy) -> Self {
        let (data, address) = (process::temporary_directory("bank"), free_address());
        let options = Options::Sqlite {
            path: data.join("sekisho.db"),
        };
        let issuer = format!("http://localhost:{}", address.port());
        Self::with(options, data, address, &issuer, (realm, proxy)).await
    }

    /// With PostgreSQL, in a database of its own.
    pub async fn on_postgres() -> Self {
        Self::on_postgres_with(testkit::realm::bank).await
    }

    /// The same with a realm file of the test's own.
    pub async fn on_postgres_with(realm: impl FnOnce(&str) -> String) -> Self {
        let url = tokio::task::spawn_blocking(|| testkit::postgres::shared().create_database())
            .await
            .unwrap();
        let options = Options::Postgres { url, connections: 8 };
        let (data, address) = (process::temporary_directory("bank"), free_address());
        let issuer = format!("http://localhost:{}", address.port());
        let proxy = Proxy::default();
        Self::with(options, data, address, &issuer, (realm, proxy)).await
    }

    async fn with(
        database: Options,
        data: PathBuf,
        address: SocketAddr,
        issuer: &str,
        (realm, proxy): (impl FnOnce(&str) -> String, Proxy),
    ) -> Self {
        let file =
            config::from_text("bank.toml".as_ref(), &realm(issuer)).unwrap_or_else(|problems| panic!("{problems}"));
        let config = ServerConfig {
            data: data.clone(),
            database,
            realms: vec![file],
            names_realms: true,
            listeners: [Role::Server]
                .into_iter()
                .chain((!proxy.forward_auth.is_empty()).then_some(Role::ExtAuthz))
                .map(|role| Listener {
                    bind: if role == Role::Server { address } else { free_address() },
                    tls: None,
                    role,
                })
                .collect(),
            // What others publish is on this machine.
            outgoing: Outgoing {
                allow: vec!["127.0.0.1".into()],
                ..Outgoing::default()
            },
            proxy,
            ..ServerConfig::without_file()
        };
        let clock = Clock::frozen(NOON);
        let running = Running::start(config, clock.clone(), None).await.unwrap();
        // RSA keys are made in the background; tests want them now.
        running.realms.maintain_keys().await.unwrap();
        let http = testkit::browser::client(Some(address));
        Self {
            running,
            clock,
            issuer: issuer.to_owned(),
            http,
            address,
            data: Directory(data),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// A new browser.
    pub fn browser(&self) -> Browser {
        Browser::with_client(&self.issuer, testkit::browser::client(Some(self.address)))
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
        self.http
            .post(self.url(path))
            .basic_auth(client_id, Some(secret))
            .form(form)
            .send()
            .await
            .unwrap()
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
        let callback = self
            .browser()
            .authorize(&url, "alice", &testkit::realm::password("alice"))
            .await;
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

fn free_address() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()))
}

/// The files of a data directory in which a server has run, by name.
fn started_before() -> &'static [(OsString, Vec<u8>)] {
    static FILES: OnceLock<Vec<(OsString, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| thread::spawn(first_start).join().unwrap())
}

fn first_start() -> Vec<(OsString, Vec<u8>)> {
    let data = process::temporary_directory("bank");
    // A runtime of its own: when it is gone, nothing of the server runs any more.
    let runtime = Runtime::new().unwrap();
    let directory = runtime.block_on(async {
        let options = Options::Sqlite {
            path: data.join("sekisho.db"),
        };
        let realm = (testkit::realm::bank, Proxy::default());
        let bank = Bank::with(options, data, free_address(), SAME_ISSUER, realm).await;
        bank.running.stop().await;
        bank.data
    });
    drop(runtime);
    let files = fs::read_dir(&directory.0).unwrap().map(Result::unwrap);
    let files = files.filter(|file| file.file_type().unwrap().is_file());
    files
        .map(|file| (file.file_name(), fs::read(file.path()).unwrap()))
        .collect()
}
