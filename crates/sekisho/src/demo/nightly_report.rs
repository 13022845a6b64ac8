//! The nightly report, a program without a user, run by a button: two-party access.
//!
//! Spec: RFC 6749 §4.4, RFC 6750 §2.1
//!
//! It gets a token by its own secret, and calls the API with it. Nobody signs in, and nobody is asked.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use minijinja::{Value, context};

use super::Places;
use super::bank_client::{ApiError, BankClient};
use super::frame::{Lang, render};
use super::oidc_client::token::Tokens;
use super::oidc_client::{ClientError, OidcClient, Registration, http};

/// What it is registered for. It asks for no more.
const SCOPE: &str = "accounts:read";

/// What happened.
struct Run {
    token: Result<Token, ClientError>,
    /// What the API said, if there was a token to ask with.
    answer: Option<Result<serde_json::Value, ApiError>>,
}

/// What is shown of a token: enough to recognise it, too little to use it.
struct Token {
    beginning: String,
    scope: String,
    seconds: i64,
}

/// The page, for the landing page's routes.
pub(super) fn routes() -> Router<Arc<Places>> {
    Router::new().route("/nightly-report", get(shown).post(run))
}

async fn shown(State(places): State<Arc<Places>>, lang: Lang) -> Response {
    page(&places, lang, None)
}

async fn run(State(places): State<Arc<Places>>, lang: Lang) -> Response {
    let run = report(&places).await;
    page(&places, lang, Some(&run))
}

async fn report(places: &Places) -> Run {
    let token = match token(&places.issuer()).await {
        Ok(tokens) => tokens,
        Err(error) => {
            return Run {
                token: Err(error),
                answer: None,
            };
        }
    };
    let answer = match http() {
        Ok(http) => {
            let bank = BankClient::new(http, &places.api());
            bank.summary(&token.access_token).await
        }
        Err(error) => Err(ApiError::Unreachable(error.to_string())),
    };
    Run {
        answer: Some(answer),
        token: Ok(Token {
            beginning: token.access_token.chars().take(12).collect(),
            seconds: token.seconds_left(),
            scope: token.scope,
        }),
    }
}

async fn token(issuer: &str) -> Result<Tokens, ClientError> {
    let registration = Registration {
        client_id: "nightly-report",
        client_secret: Some("nightly-report-secret"),
        redirect_uri: String::new(),
    };
    let oidc = OidcClient::discover(issuer, registration).await?;
    oidc.client_credentials(SCOPE).await
}

fn page(places: &Places, lang: Lang, run: Option<&Run>) -> Response {
    render(StatusCode::OK, lang, "nightly_report.html", context_of(places, run))
}

fn context_of(places: &Places, run: Option<&Run>) -> Value {
    let token = run.and_then(|run| run.token.as_ref().ok());
    let answer = run.and_then(|run| run.answer.as_ref());
    let refused = run.and_then(|run| run.token.as_ref().err().map(ToString::to_string));
    let error = refused.or_else(|| answer.and_then(|answer| answer.as_ref().err().map(ToString::to_string)));
    context! {
        here => "/nightly-report",
        issuer => places.issuer(),
        api => places.api(),
        scope => SCOPE,
        token => token.map(|token| context! {
            beginning => &token.beginning, scope => &token.scope, seconds => token.seconds,
        }),
        answer => answer.and_then(|answer| answer.as_ref().ok()).map(ToString::to_string),
        error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::frame::rendered;
    use super::*;

    fn html(lang: Lang, run: Option<&Run>) -> String {
        let context = context_of(&Places::at(8080).unwrap(), run);
        rendered(lang, "nightly_report.html", context).unwrap()
    }

    #[test]
    fn before_it_ran_there_is_a_button_and_nothing_else_is_claimed() {
        for lang in [Lang::En, Lang::Ja] {
            let page = html(lang, None);
            assert!(page.contains("id=\"run\""), "{page}");
            assert!(
                !page.contains("id=\"answer\"") && !page.contains("id=\"problem\""),
                "{page}"
            );
        }
    }

    #[test]
    fn what_happened_is_shown_step_by_step() {
        let run = Run {
            token: Ok(Token {
                beginning: "abc".to_owned(),
                scope: SCOPE.to_owned(),
                seconds: 120,
            }),
            answer: Some(Ok(json!({ "summary": { "accounts": 3 } }))),
        };
        let page = html(Lang::En, Some(&run));
        for part in ["abc…", "grant_type=client_credentials", "120", "&quot;accounts&quot;:3"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[tokio::test]
    async fn without_a_server_it_says_so() {
        let run = report(&Places::at(1).unwrap()).await;
        let page = html(Lang::Ja, Some(&run));
        assert!(page.contains("id=\"problem\"") && page.contains("no answer"), "{page}");
    }
}
