//! The server is killed in the middle of a load, again and again: what it acknowledged is there afterwards, and no
//! code works twice.

use reqwest::{Client, Response};
use serde_json::Value;
use testkit::{Engine, Serve, pkce, postgres::Cluster};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    app::{App, BANK_API, CLI, Code, Server, WEB_APP, granted, refused, text},
    https::PROGRAM,
};

/// Kills of each engine.
const ROUNDS: usize = 20;
/// Clients that work at once.
const WORKERS: usize = 6;
/// Grants that are acknowledged before the first kill.
const GRANTS: usize = 10;

/// The way to a server that may be gone at any moment.
#[derive(Clone)]
struct Way {
    issuer: String,
    http: Client,
    /// Of a browser in which alice is signed in and has permitted everything.
    cookies: String,
}

impl Server for Way {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn http(&self) -> Client {
        self.http.clone()
    }
}

/// What happened to a code, as far as its client knows.
struct Outcome {
    code: Code,
    /// The acknowledged answer.
    tokens: Option<Value>,
    /// Whether the revocation of its refresh token was acknowledged.
    is_revoked: bool,
}

/// `None` when the server is gone, or its database.
fn reached(answer: Result<Response, reqwest::Error>) -> Option<Response> {
    answer.ok().filter(|response| response.status() != 503)
}

impl Way {
    async fn to(server: &Serve) -> Self {
        let browser = server.browser();
        WEB_APP.code_in(server, &browser, "accounts:read", &[]).await;
        let cookies = browser.cookies_for(&url::Url::parse(server.issuer()).unwrap());
        Self {
            issuer: server.issuer().to_owned(),
            http: server.http(),
            cookies,
        }
    }

    /// A new code; the consent is remembered.
    async fn code(&self) -> Option<Code> {
        let pkce = pkce();
        let url = url::Url::parse_with_params(&self.at("/authorize"), WEB_APP.request("accounts:read", &pkce)).unwrap();
        let answer = reached(self.http.get(url).header("cookie", &self.cookies).send().await)?;
        let callback = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code");
        Some(Code {
            text: code.1.into_owned(),
            verifier: pkce.verifier,
        })
    }

    async fn post(&self, app: App, path: &str, form: &[(&str, &str)]) -> Option<Response> {
        let request = self.http.post(self.at(path));
        let request = match app.client_id {
            "cli" => request.form(&[form, &[("client_id", "cli")]].concat()),
            id => request.basic_auth(id, Some(testkit::realm::secret(id))).form(form),
        };
        reached(request.send().await)
    }

    /// A code and what becomes of it. `None` when there is not even a code.
    async fn grant(&self, and_revoke: bool) -> Option<Outcome> {
        let mut outcome = Outcome {
            code: self.code().await?,
            tokens: None,
            is_revoked: false,
        };
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &outcome.code.text),
            ("redirect_uri", WEB_APP.redirect_uri),
            ("code_verifier", &outcome.code.verifier),
        ];
        outcome.tokens = match self.post(WEB_APP, "/token", &form).await {
            // An answer that breaks off is none.
            Some(answer) if answer.status() == 200 => answer.json().await.ok(),
            Some(answer) => panic!("{}", answer.text().await.unwrap_or_default()),
            None => None,
        };
        if let (Some(tokens), true) = (&outcome.tokens, and_revoke) {
            let answer = self
                .post(WEB_APP, "/revoke", &[("token", text(tokens, "refresh_token"))])
                .await;
            if answer.is_none() {
                // Nobody knows.
                outcome.tokens = None;
            }
            outcome.is_revoked = answer.is_some_and(|answer| answer.status() == 200);
        }
        Some(outcome)
    }
}

/// Grants until the server is gone.
async fn work(way: Way, done: mpsc::Sender<()>, turn: usize) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    while let Some(outcome) = way.grant((outcomes.len() + turn) % 3 == 2).await {
        let is_over = outcome.tokens.is_none();
        outcomes.push(outcome);
        if is_over {
            break;
        }
        let _ = done.send(()).await;
    }
    outcomes
}

/// Rotates the refresh token of a public client until the server is gone; the last one that was acknowledged.
async fn rotate(way: Way, mut token: String) -> String {
    loop {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
        let Some(answer) = way.post(CLI, "/token", &form).await else {
            return token;
        };
        let Ok(tokens) = answer.json::<Value>().await else {
            return token;
        };
        text(&tokens, "refresh_token").clone_into(&mut token);
    }
}

/// Everything that was acknowledged is there, and nothing works twice.
async fn check(way: &Way, outcome: Outcome) {
    if let Some(tokens) = &outcome.tokens {
        let refresh = WEB_APP.refresh(way, text(tokens, "refresh_token")).await;
        if outcome.is_revoked {
            refused(refresh, "invalid_grant").await;
        } else {
            granted(refresh).await;
        }
        assert_eq!(
            BANK_API.sees(way, text(tokens, "access_token")).await,
            !outcome.is_revoked
        );
    } else {
        // Whether it was redeemed is not known: it may be once more now, if it was not.
        let status = WEB_APP.redeem(way, &outcome.code).await.status();
        assert!(status == 200 || status == 400, "{status}");
    }
    refused(WEB_APP.redeem(way, &outcome.code).await, "invalid_grant").await;
}

/// Works until this many grants were acknowledged, and kills in the midst of the next ones; how many these were.
async fn round(server: &mut Serve, way: &Way, acknowledged: usize, kill: impl FnOnce(&mut Serve)) -> usize {
    let rotating = text(&CLI.tokens(server, "accounts:read").await, "refresh_token").to_owned();
    let (done, mut acknowledgements) = mpsc::channel(1024);
    let workers: Vec<JoinHandle<Vec<Outcome>>> = (0..WORKERS)
        .map(|turn| tokio::spawn(work(way.clone(), done.clone(), turn)))
        .collect();
    drop(done);
    let rotation = tokio::spawn(rotate(way.clone(), rotating));
    for _ in 0..acknowledged {
        acknowledgements.recv().await.expect("the workers work");
    }
    tokio::task::block_in_place(|| kill(server));
    let mut outcomes = Vec::new();
    for worker in workers {
        outcomes.extend(worker.await.unwrap());
    }
    let last = rotation.await.unwrap();
    let interrupted = outcomes.iter().filter(|outcome| outcome.tokens.is_none()).count();
    assert!(outcomes.len() - interrupted >= acknowledged);

    tokio::task::block_in_place(|| server.restart());
    granted(CLI.refresh(way, &last).await).await;
    for outcome in outcomes {
        check(way, outcome).await;
    }
    // Who was signed in still is.
    way.code().await.expect("a code without a new sign-in");
    interrupted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_server_is_killed_on_sqlite() {
    let mut server = Serve::start(PROGRAM, Engine::Sqlite);
    let way = Way::to(&server).await;
    let mut interrupted = 0;
    for number in 0..ROUNDS {
        interrupted += round(&mut server, &way, GRANTS + number, Serve::kill9).await;
    }
    assert!(interrupted > 0, "no kill met a grant in progress");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_server_is_killed_on_postgresql() {
    let mut cluster = Cluster::start();
    let mut server = Serve::start(PROGRAM, Engine::Postgres(cluster.create_database()));
    let way = Way::to(&server).await;
    let mut interrupted = 0;
    for number in 0..ROUNDS {
        let kills_both = number == ROUNDS / 2;
        let kill = |server: &mut Serve| {
            if kills_both {
                cluster.kill9();
            }
            server.kill9();
            if kills_both {
                cluster.restart();
            }
        };
        interrupted += round(&mut server, &way, GRANTS + number, kill).await;
    }
    assert!(interrupted > 0, "no kill met a grant in progress");
}
