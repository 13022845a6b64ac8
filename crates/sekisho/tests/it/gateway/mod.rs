//! APIs behind the gateway: one that says what it got, and the server that decides.

mod apart;
mod away;
mod cors;
mod decided;
mod identity;
mod listening;
mod raw;
mod seen;
mod tls;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, body::Bytes, extract::State, http::request::Parts};
use model::Clock;
use reqwest::{Client, Response};
use sekisho::{
    config::{self, Listener, Role, ServerConfig},
    wiring::Running,
};
use serde_json::{Value, json};
use storage::Options;
use testkit::process;

use crate::{
    app::{Server, bank_and, granted, text},
    bank::NOON,
};

/// An API that answers what it got, and counts.
pub struct Things {
    pub address: SocketAddr,
    calls: Arc<AtomicUsize>,
}

impl Things {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, calls) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let router = Router::new().fallback(echo).with_state(Arc::clone(&calls));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, calls }
    }

    /// How many calls have reached it.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn echo(State(calls): State<Arc<AtomicUsize>>, parts: Parts, body: Bytes) -> Json<Value> {
    calls.fetch_add(1, Ordering::SeqCst);
    Json(said(&parts, &body))
}

/// What an API got.
pub fn said(parts: &Parts, body: &[u8]) -> Value {
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
    json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers.collect::<serde_json::Map<_, _>>(),
        "body": String::from_utf8_lossy(body),
    })
}

/// A realm with an API at this address, behind the gateway, and a client that may call it.
pub fn things(identifier: &str, upstream: &str, gateway: &str) -> String {
    format!(
        r#"
[[client]]
client_id                  = "caller"
client_secret              = "caller-secret"
grant_types                = ["client_credentials"]
response_types             = []
token_endpoint_auth_method = "client_secret_post"
scope                      = "things:read things:write"

[[client]]
client_id                  = "things-api"
client_secret              = "things-api-secret"
grant_types                = ["client_credentials"]
response_types             = []
token_endpoint_auth_method = "client_secret_basic"

[[api]]
identifier    = "{identifier}"
name          = "Things"
upstream      = {upstream}
introspection = ["things-api"]
scope         = [{{ name = "things:read", description = {{ en = "Read things" }} }},
                 {{ name = "things:write", description = {{ en = "Write things" }} }}]
route         = [{{ methods = ["GET"], path = "/things/**", scope = ["things:read"] }},
                 {{ methods = ["POST"], path = "/things", scope = ["things:write"] }},
                 {{ path = "/open", access = ["none"] }}]
{gateway}
"#
    )
}

/// A server with a gateway listener.
pub struct Guarded {
    pub running: Running,
    pub clock: Clock,
    pub gateway: SocketAddr,
    issuer: String,
    data: Directory,
}

/// A directory that is removed when it is no longer needed.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Server for Guarded {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn http(&self) -> Client {
        testkit::browser::client(None)
    }
}

impl Guarded {
    /// Before an API; `gateway` is the table of that name.
    pub async fn start(upstream: &str, gateway: &str) -> Self {
        let data = process::temporary_directory("gateway");
        let database = Options::Sqlite {
            path: data.join("sekisho.db"),
        };
        Self::over(database, data, upstream, gateway).await
    }

    /// Over this database.
    pub async fn over(database: Options, data: PathBuf, upstream: &str, gateway: &str) -> Self {
        let here = || SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
        let (own, front) = (here(), here());
        let issuer = format!("http://localhost:{}", own.port());
        let realm = bank_and(&things(&identifier(front), upstream, gateway))(&issuer);
        let file = config::from_text("bank.toml".as_ref(), &realm).unwrap_or_else(|problems| panic!("{problems}"));
        let listener = |bind, role| Listener { bind, tls: None, role };
        let config = ServerConfig {
            data: data.clone(),
            database,
            realms: vec![file],
            names_realms: true,
            listeners: vec![listener(own, Role::Server), listener(front, Role::Gateway)],
            access_log: Some(config::AccessLog {
                file: data.join("access.log"),
                format: traffic::Format::Json,
            }),
            ..ServerConfig::without_file()
        };
        let clock = Clock::frozen(NOON);
        let running = Running::start(config, clock.clone(), None).await.unwrap();
        Self {
            running,
            clock,
            gateway: front,
            issuer,
            data: Directory(data),
        }
    }

    /// The lines of its access log so far.
    pub fn access_log(&self) -> Vec<Value> {
        self.running.traffic.flush();
        let text = std::fs::read_to_string(self.data.0.join("access.log")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A token of `caller`.
    pub async fn token(&self, scope: &str) -> String {
        token(self, scope).await
    }

    /// Calls the API with a token; an empty one is none.
    pub async fn call(&self, method: &str, path: &str, token: &str) -> Response {
        call(self.gateway, method, path, token).await
    }
}

/// The identifier of an API at this address.
pub fn identifier(gateway: SocketAddr) -> String {
    format!("http://localhost:{}", gateway.port())
}

/// A token of `caller`.
pub async fn token(server: &impl Server, scope: &str) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "caller"),
        ("client_secret", "caller-secret"),
        ("scope", scope),
    ];
    let answer = server
        .http()
        .post(server.at("/token"))
        .form(&form)
        .send()
        .await
        .unwrap();
    text(&granted(answer).await, "access_token").to_owned()
}

/// Revokes a token of `caller`.
pub async fn revoke(server: &impl Server, token: &str) {
    let form = [
        ("client_id", "caller"),
        ("client_secret", "caller-secret"),
        ("token", token),
    ];
    let answer = server
        .http()
        .post(server.at("/revoke"))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// Calls the API behind a gateway.
pub async fn call(gateway: SocketAddr, method: &str, path: &str, token: &str) -> Response {
    let url = format!("{}{path}", identifier(gateway));
    let request = testkit::browser::client(None).request(method.parse().unwrap(), url);
    let request = if token.is_empty() {
        request
    } else {
        request.bearer_auth(token)
    };
    request.send().await.unwrap()
}

/// The upstream, as a file has it.
pub fn at(things: &Things) -> String {
    format!("\"http://{}\"", things.address)
}
