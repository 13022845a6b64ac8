//! The demo as a stage, at `/stage`: what just went over the wire, step by step, explained; and an app that can be broken.
//!
//! - [`recorder`]: the layer that looks at what passes; [`recording`] keeps the last of it, as [`exchange`]s
//! - [`party`]: who asked whom
//! - [`parts`], [`glossary`], `parameters.toml`: each parameter in one sentence, with the section that defines it
//! - [`curl`]: a step as a command
//! - [`scenario`]: the stage's own app, which asks for a code; [`act`]: what can be done with that, rightly and wrongly;
//!   [`wire`]: what it sends
//! - [`why`], [`at_api`]: why something was refused
//! - [`reset`]: the next visitor starts afresh
//! - [`pages`]: what is shown
//!
//! Only the demo has it: whoever can open these pages sees tokens.

mod act;
mod at_api;
mod curl;
mod exchange;
mod glossary;
mod pages;
mod parts;
mod party;
mod recorder;
mod recording;
mod reset;
mod scenario;
mod session;
mod why;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use realm::Realms;

use self::exchange::{Exchange, pairs, value};
pub(super) use self::exchange::{Site, SiteKind};
pub(super) use self::party::{API_USER_AGENT, Registered};
pub(super) use self::recorder::record;
pub(super) use self::recording::Recording;
use self::session::Session;
pub(super) use self::wire::Wire;
use super::bank::Bank;
use super::frame::{self, Lang};
use super::own_forms::only_own_forms;
use super::sessions::Sessions;

/// Where the answers to the stage's own requests arrive.
const CALLBACK: &str = "/stage/callback";

/// The cookies by which the demo's apps know a browser. Cookies do not know ports, so the stage can take them back.
const SESSIONS_OF_APPS: [&str; 4] = ["budget-session", "pay-session", "board-session", "desk-session"];

/// What the pages need.
pub(super) struct Stage {
    pub recording: Arc<Recording>,
    pub registered: Registered,
    /// By which the stage's own app talks to everybody.
    pub wire: Wire,
    /// What the server remembers of its refusals, and what is reset.
    pub realms: Arc<Realms>,
    pub bank: Arc<Bank>,
}

/// The stage while it runs.
struct Running {
    stage: Stage,
    sessions: Sessions<Session>,
}

/// The pages, below `/stage`.
pub(super) fn router(stage: Stage) -> Router {
    let issuer = stage.wire.issuer.clone();
    let sessions = Sessions::new("stage-session");
    let routes = Router::new()
        .route("/", get(shown))
        .route("/diagram", get(diagram))
        .route("/steps/{number}", get(step))
        .route("/explain/{id}", get(explained))
        .route("/start", post(scenario::start))
        .route("/callback", get(scenario::callback))
        .route("/act", post(scenario::act))
        .route("/reset", post(reset))
        .with_state(Arc::new(Running { stage, sessions }));
    let routes = only_own_forms(routes, &issuer);
    let style = frame::asset("text/css; charset=utf-8", include_str!("../stage.css"));
    frame::with_script(routes.route("/stage.css", style), include_str!("../pages/stage.js"))
}

async fn shown(State(running): State<Arc<Running>>, lang: Lang, headers: HeaderMap) -> Response {
    let session = running.sessions.find(&headers);
    pages::stage(lang, &running.stage, &mut *session.lock().await)
}

/// The lines alone, for the script that keeps the page up to date; nothing when it has them already.
async fn diagram(State(running): State<Arc<Running>>, lang: Lang, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query.unwrap_or_default().as_bytes());
    if value(&query, "revision") == Some(&running.stage.recording.revision().to_string()) {
        return StatusCode::NO_CONTENT.into_response();
    }
    pages::diagram(lang, &running.stage)
}

async fn step(State(running): State<Arc<Running>>, lang: Lang, Path(number): Path<u64>) -> Response {
    match running.stage.recording.find(number) {
        Some(exchange) => pages::step(lang, &running.stage, &exchange),
        None => forgotten(),
    }
}

/// Why something was refused, by the id that the server gave it, or by the number of an API's step.
async fn explained(State(running): State<Arc<Running>>, lang: Lang, Path(id): Path<String>) -> Response {
    match running.stage.refused(&id) {
        Some(exchange) => pages::explained(lang, &running.stage, &exchange),
        None => forgotten(),
    }
}

/// The step is not kept any more.
fn forgotten() -> Response {
    Redirect::to("/stage").into_response()
}

/// Ends what the visitor began, here and at the server.
async fn reset(State(running): State<Arc<Running>>, headers: HeaderMap) -> Response {
    let stage = &running.stage;
    if let Err(error) = reset::end_everything(&stage.realms, &stage.wire.issuer).await {
        tracing::warn!(%error, "the demo was not reset");
        return (StatusCode::SERVICE_UNAVAILABLE, "This did not work; try again.").into_response();
    }
    stage.bank.refill();
    stage.recording.clear();
    let cookie = running.sessions.replace(&headers, Session::default());
    let mut response = ([(header::SET_COOKIE, cookie)], Redirect::to("/stage")).into_response();
    // What the apps remember of this browser is worth nothing any more.
    for name in SESSIONS_OF_APPS {
        let gone = HeaderValue::from_str(&format!("{name}=; Path=/; Max-Age=0"));
        response
            .headers_mut()
            .extend(gone.map(|line| (header::SET_COOKIE, line)));
    }
    response
}

impl Stage {
    /// The refusal that is called by this id.
    fn refused(&self, id: &str) -> Option<Arc<Exchange>> {
        let is_it = |exchange: &Exchange| exchange.explain_id().as_deref() == Some(id);
        let all = self.recording.all();
        all.into_iter().rev().find(|exchange| is_it(exchange))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use explanation::{ErrorCode, Explanation, Refusal, catalogue};
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::super::oidc_client::http;
    use super::exchange::{Content, test_exchange};
    use super::*;
    use crate::administration::tests::World;

    /// A stage with nobody around it.
    async fn stage() -> (Arc<Recording>, Router) {
        let recording = Arc::new(Recording::default());
        let nowhere = || "http://localhost:1".to_owned();
        let wire = Wire {
            http: http().unwrap(),
            recording: Arc::clone(&recording),
            issuer: nowhere(),
            api: nowhere(),
            payments_api: nowhere(),
        };
        let realms = World::new().await.realms.clone();
        let failed = Explanation::from(&catalogue::server::UNAVAILABLE).with("<this>", "<that>");
        realms.refusals.refused(Refusal {
            id: "known".to_owned(),
            at: 0,
            issuer: None,
            method: String::new(),
            path: String::new(),
            status: 400,
            error: ErrorCode::InvalidGrant,
            description: String::new(),
            client_id: None,
            client_is_proven: false,
            network: None,
            trace_id: None,
            passed: Vec::new(),
            failed,
        });
        let stage = Stage {
            recording: Arc::clone(&recording),
            registered: Registered::default(),
            wire,
            realms,
            bank: Arc::new(Bank::new()),
        };
        (recording, Router::new().nest("/stage", router(stage)))
    }

    async fn page(router: &Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// A token request by somebody who means harm, and its refusal.
    fn hostile(recording: &Recording, id: &str) -> u64 {
        let mut exchange = test_exchange(recording.begin());
        exchange.path = "/token/<script>".to_owned();
        exchange.status = 400;
        exchange.request.body = Content::Form(vec![("<b>".to_owned(), "\"><script>".to_owned())]);
        exchange.answer.headers = vec![("sekisho-explain".to_owned(), id.to_owned())];
        exchange.answer.body = Content::Json(json!({ "error": "<script>", "error_description": "<script>" }));
        let number = exchange.number;
        recording.keep(exchange);
        number
    }

    #[tokio::test]
    async fn what_strangers_send_is_escaped() {
        let (recording, router) = stage().await;
        let number = hostile(&recording, "known");
        let step = format!("/stage/steps/{number}");
        for path in ["/stage", "/stage/diagram", step.as_str(), "/stage/explain/known"] {
            let (status, html) = page(&router, path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(!html.contains("<script>"), "{path}: {html}");
            assert!(html.contains("&lt;script&gt;"), "{path}: {html}");
        }
    }

    #[tokio::test]
    async fn a_refusal_of_the_server_is_explained_while_it_is_remembered() {
        let (recording, router) = stage().await;
        hostile(&recording, "known");
        let (_, html) = page(&router, "/stage/explain/known").await;
        for part in ["RFC 6749 §4.1.2.1", "&lt;this&gt;", "&lt;that&gt;", "id=\"checks\""] {
            assert!(html.contains(part), "{part}: {html}");
        }
        hostile(&recording, "forgotten");
        let (status, html) = page(&router, "/stage/explain/forgotten").await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            html.contains("id=\"cause\"") && !html.contains("id=\"checks\""),
            "{html}"
        );
        assert_eq!(page(&router, "/stage/explain/never").await.0, StatusCode::SEE_OTHER);
    }

    #[tokio::test]
    async fn the_script_gets_lines_when_there_are_new_ones() {
        let (recording, router) = stage().await;
        let revision = recording.revision();
        let unchanged = format!("/stage/diagram?revision={revision}");
        assert_eq!(page(&router, &unchanged).await.0, StatusCode::NO_CONTENT);
        hostile(&recording, "known");
        assert_eq!(page(&router, &unchanged).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_step_that_was_forgotten_leads_back_to_the_diagram() {
        let (_, router) = stage().await;
        let response = router.oneshot(Request::get("/stage/steps/7").body(Body::empty()).unwrap());
        assert_eq!(response.await.unwrap().headers()[header::LOCATION], "/stage");
    }

    #[tokio::test]
    async fn other_pages_press_no_button_and_its_own_page_does() {
        let (recording, router) = stage().await;
        hostile(&recording, "known");
        let post = async |path: &str, site: &str| {
            let request = Request::post(path).header("sec-fetch-site", site);
            let response = router.clone().oneshot(request.body(Body::empty()).unwrap());
            response.await.unwrap().status()
        };
        for path in ["/stage/start", "/stage/act", "/stage/reset"] {
            for site in ["cross-site", "same-site", "none"] {
                assert_eq!(post(path, site).await, StatusCode::FORBIDDEN, "{path} {site}");
            }
        }
        assert_eq!(recording.all().len(), 1);
        assert_eq!(post("/stage/reset", "same-origin").await, StatusCode::SEE_OTHER);
        assert!(recording.all().is_empty());
    }

    #[tokio::test]
    async fn an_answer_to_nothing_that_was_asked_is_not_taken() {
        let (_, router) = stage().await;
        let (status, _) = page(&router, "/stage/callback?code=c&state=guessed&iss=http://localhost:1").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(!page(&router, "/stage").await.1.contains("id=\"fresh\""));
    }
}
