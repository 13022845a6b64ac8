//! A native app with a back end: the program knows its server and a session there, and never sees a token.
//!
//! Spec: RFC 8252 §6 and §7.3. What it hands on, its server checks: [`super::super::desk_app`].

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::super::bank::{Account, Payment};
use super::super::desk_app::SESSION;
use super::super::oidc_client::http;
use super::loopback::{Loopback, send_user_to};
use super::terminal::{Bank, converse};
use super::{not_there, told};

/// The program's server, and its session there.
struct WithServer {
    http: reqwest::Client,
    server: String,
    session: String,
}

/// Why the server did not do it.
#[derive(Debug)]
struct Refusal {
    status: u16,
    error: String,
    is_scope_missing: bool,
}

impl Refusal {
    fn explained(&self) -> String {
        told(&self.error, self.status == 401, self.is_scope_missing)
    }

    fn no_answer(error: impl std::fmt::Display) -> Self {
        Self {
            status: 502,
            error: format!("no answer from the app's server ({error})"),
            is_scope_missing: false,
        }
    }
}

/// Who signed in.
#[derive(Deserialize)]
struct User {
    user_name: String,
    scope: Vec<String>,
}

pub(super) async fn run(server: &str) -> Result<(), String> {
    let mut loopback = Loopback::listen().await?;
    let http = http().map_err(|error| error.to_string())?;
    let (app, open) = begin(http, server, loopback.port())
        .await
        .map_err(|refusal| not_there(server, refusal.error))?;
    send_user_to(&open);
    let user = app.signed_in(&mut loopback).await?;
    println!("Signed in as {}. Allowed: {}", user.user_name, user.scope.join(" "));
    println!("The tokens are at {server}. This program has a session there, and nothing else.");
    converse(&app).await;
    // The server may be gone already.
    let _ = app
        .http
        .delete(format!("{server}/session"))
        .header(SESSION, &app.session)
        .send()
        .await;
    Ok(())
}

/// Asks the server to begin a sign-in, and answers where the user has to go.
async fn begin(http: reqwest::Client, server: &str, port: u16) -> Result<(WithServer, String), Refusal> {
    #[derive(Deserialize)]
    struct Begun {
        session: String,
        open: String,
    }
    let request = http.post(format!("{server}/sign-ins")).json(&json!({ "port": port }));
    let begun: Begun = send(request).await?;
    let app = WithServer {
        http,
        server: server.to_owned(),
        session: begun.session,
    };
    Ok((app, begun.open))
}

impl WithServer {
    /// Waits for the browser, and hands on what it brings.
    async fn signed_in(&self, loopback: &mut Loopback) -> Result<User, String> {
        loop {
            let visit = loopback.visit().await?;
            let answer = json!({ "query": visit.query });
            let outcome: Result<User, Refusal> = self
                .ask(self.http.post(self.at("/sign-ins/answer")).json(&answer))
                .await;
            let told = outcome.as_ref().map(|_| ()).map_err(|refusal| refusal.error.clone());
            visit.reply(told);
            match outcome {
                // An answer to somebody else's question changes nothing: the real one may still come.
                Err(refusal) if refusal.status == 409 => {}
                outcome => return outcome.map_err(|refusal| refusal.error),
            }
        }
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refusal> {
        send(request.header(SESSION, &self.session)).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }
}

async fn send<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Refusal> {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
        missing_scope: Option<String>,
    }
    let answer = request.send().await.map_err(Refusal::no_answer)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(Refusal::no_answer)?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(Refusal::no_answer);
    }
    let refused: Refused = serde_json::from_slice(&body).map_err(Refusal::no_answer)?;
    Err(Refusal {
        status: status.as_u16(),
        error: refused.error,
        is_scope_missing: refused.missing_scope.is_some(),
    })
}

impl Bank for WithServer {
    async fn accounts(&self) -> Result<Vec<Account>, String> {
        let answer = self.ask(self.http.get(self.at("/accounts"))).await;
        answer.map_err(|refusal: Refusal| refusal.explained())
    }

    async fn pay(&self, payment: &Payment) -> Result<Account, String> {
        let answer = self.ask(self.http.post(self.at("/payments")).json(payment)).await;
        answer.map_err(|refusal: Refusal| refusal.explained())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_worth_nothing_any_more_is_told_with_the_way_out() {
        let refusal = |status, is_scope_missing| Refusal {
            status,
            error: "HTTP 401 invalid_token".to_owned(),
            is_scope_missing,
        };
        assert!(
            refusal(401, false)
                .explained()
                .contains("\nThe permission was taken back")
        );
        assert!(refusal(403, true).explained().contains("\nYou did not allow this."));
        assert!(!refusal(422, false).explained().contains('\n'));
    }
}
