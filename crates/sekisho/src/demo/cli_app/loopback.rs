//! How the browser comes back to a program: it listens on a free port of this machine.
//!
//! Spec: RFC 8252 §7.3 and §8.3. The address is `127.0.0.1`, an IP literal: `localhost` may be another interface.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use minijinja::context;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::super::frame::{self, Lang, render};

/// How long the program waits for the user.
const PATIENCE: Duration = Duration::from_mins(5);

/// The browser came, and waits for a page.
pub(super) struct Visit {
    /// What it brought.
    pub query: String,
    reply: oneshot::Sender<Result<(), String>>,
}

impl Visit {
    /// Lets the browser show what came of it: the user is signed in, or why not.
    pub(super) fn reply(self, outcome: Result<(), String>) {
        // The browser may be gone.
        let _ = self.reply.send(outcome);
    }
}

/// A place for the browser to come back to.
pub(super) struct Loopback {
    port: u16,
    visits: mpsc::Receiver<Visit>,
    deadline: Instant,
}

impl Loopback {
    /// Listens, until the program ends.
    pub(super) async fn listen() -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(text)?;
        let port = listener.local_addr().map_err(text)?.port();
        let (sender, visits) = mpsc::channel(1);
        tokio::spawn(axum::serve(listener, router(sender)).into_future());
        Ok(Self {
            port,
            visits,
            deadline: Instant::now() + PATIENCE,
        })
    }

    /// The port that was free.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The next time that a browser comes.
    pub(super) async fn visit(&mut self) -> Result<Visit, String> {
        match tokio::time::timeout_at(self.deadline, self.visits.recv()).await {
            Ok(Some(visit)) => Ok(visit),
            _ => Err("nobody signed in within five minutes".to_owned()),
        }
    }
}

/// Sends the user away, who does the rest in the system's own browser, where the address bar can be seen.
pub(super) fn send_user_to(url: &str) {
    println!("Sign in with your browser; this waits five minutes.\nOpen: {url}");
}

fn router(visits: mpsc::Sender<Visit>) -> Router {
    let routes = Router::new().route("/callback", get(callback)).with_state(visits);
    frame::with_frame(routes, "")
}

async fn callback(State(visits): State<mpsc::Sender<Visit>>, lang: Lang, RawQuery(query): RawQuery) -> Response {
    let (reply, outcome) = oneshot::channel();
    let query = query.unwrap_or_default();
    // Once somebody is signed in, nobody waits any more.
    let outcome = match visits.send(Visit { query, reply }).await {
        Ok(()) => outcome.await.ok(),
        Err(_) => None,
    };
    page(
        lang,
        &outcome.unwrap_or_else(|| Err("this app did not ask for it".to_owned())),
    )
}

fn page(lang: Lang, outcome: &Result<(), String>) -> Response {
    let (status, title, text) = match (outcome, lang) {
        (Ok(()), Lang::En) => (
            StatusCode::OK,
            "You can close this window",
            "You are signed in. Go back to the terminal.",
        ),
        (Ok(()), Lang::Ja) => (
            StatusCode::OK,
            "このウィンドウは閉じてかまいません",
            "サインインしました。ターミナルに戻ってください。",
        ),
        (Err(_), Lang::En) => (
            StatusCode::BAD_REQUEST,
            "You are not signed in",
            "The terminal says more. You can close this window and start again there.",
        ),
        (Err(_), Lang::Ja) => (
            StatusCode::BAD_REQUEST,
            "サインインしていません",
            "詳しくはターミナルをご覧ください。このウィンドウを閉じて、ターミナルからやり直してください。",
        ),
    };
    let code = outcome.as_ref().err();
    // No way to another language: a second GET of this address would be another answer.
    render(
        status,
        lang,
        "terminal.html",
        context! { here => (), title, text, code },
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(visits: mpsc::Sender<Visit>) -> StatusCode {
        let request = Request::get("/callback?code=c").body(Body::empty()).unwrap();
        router(visits).oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn the_browser_is_told_what_the_program_says() {
        for (outcome, expected) in [
            (Ok(()), StatusCode::OK),
            (Err("denied".to_owned()), StatusCode::BAD_REQUEST),
        ] {
            let (sender, mut visits) = mpsc::channel(1);
            let asked = tokio::spawn(status(sender));
            let visit: Visit = visits.recv().await.unwrap();
            assert_eq!(visit.query, "code=c");
            visit.reply(outcome);
            assert_eq!(asked.await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_browser_that_comes_too_late_is_told_so() {
        let (sender, visits) = mpsc::channel(1);
        drop(visits);
        assert_eq!(status(sender).await, StatusCode::BAD_REQUEST);
    }
}
