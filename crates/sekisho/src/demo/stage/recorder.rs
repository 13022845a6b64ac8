//! Looks at what passes: a layer around the authorization server and around each API. The demo alone has it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Body as _;
use model::Clock;

use super::exchange::{Exchange, Message, Site, SiteKind};
use super::party;
use super::recording::Recording;

/// What is longer is passed on, and not kept.
const MOST_BYTES: u64 = 64 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Recorder {
    recording: Arc<Recording>,
    site: Arc<Site>,
}

/// Records what these routes are asked and answer.
pub(in crate::demo) fn record(routes: Router, recording: &Arc<Recording>, site: &Arc<Site>) -> Router {
    let recorder = Recorder {
        recording: Arc::clone(recording),
        site: Arc::clone(site),
    };
    routes.layer(middleware::from_fn_with_state(recorder, pass))
}

async fn pass(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    if is_noise(&request, recorder.site.kind) {
        return next.run(request).await;
    }
    let number = recorder.recording.begin();
    let (at, began) = (Clock::system().now(), Instant::now());
    let (parts, body) = request.into_parts();
    let Ok((body, sent)) = kept(body).await else {
        return (StatusCode::BAD_REQUEST, "The body did not arrive.").into_response();
    };
    let request = Message::new(&parts.headers, sent.as_deref());
    let (method, uri) = (parts.method.to_string(), parts.uri.clone());
    let (user_agent, is_navigation) = (text(&parts.headers, "user-agent"), is_navigation(&parts.headers));

    let response = next.run(Request::from_parts(parts, body)).await;
    let (head, body) = response.into_parts();
    let Ok((body, answered)) = kept(body).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    recorder.recording.keep(Exchange {
        number,
        at,
        took: began.elapsed(),
        site: recorder.site,
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        request,
        status: head.status.as_u16(),
        answer: Message::new(&head.headers, answered.as_deref()),
        user_agent,
        is_navigation,
        client: None,
        repeated: 0,
    });
    Response::from_parts(head, body)
}

/// What would only hide the rest: the demo's own pages, style sheets, what browsers ask before a script may, and pages that
/// look for news.
fn is_noise(request: &Request, site: SiteKind) -> bool {
    let path = request.uri().path();
    let is_script = text(request.headers(), "sec-fetch-dest") == "empty";
    let is_foreign = site == SiteKind::Server && !web::is_claimed(path);
    is_foreign
        || path.starts_with("/assets/")
        || request.method() == Method::OPTIONS
        || (is_script && party::is_page(path))
}

fn is_navigation(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-mode") == "navigate"
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// A body, and a copy of it if it is not too long.
async fn kept(body: Body) -> Result<(Body, Option<Bytes>), ()> {
    let length = body.size_hint().exact();
    if length.is_none_or(|length| length > MOST_BYTES) {
        return Ok((body, None));
    }
    let arriving = to_bytes(body, usize::MAX);
    let bytes = tokio::time::timeout(PATIENCE, arriving)
        .await
        .map_err(|_| ())?
        .map_err(|_| ())?;
    Ok((Body::from(bytes.clone()), Some(bytes)))
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::super::exchange::{Content, test_site};
    use super::*;

    async fn recorded(request: Request) -> (Arc<Recording>, Response) {
        let recording = Arc::new(Recording::default());
        let routes = Router::new()
            .route(
                "/token",
                post(|body: Bytes| async move { (StatusCode::BAD_REQUEST, body) }),
            )
            .route("/sign-in", get(|| async { "page" }))
            .route("/assets/{name}", get(|| async { "style" }));
        let routes = record(routes, &recording, &Arc::new(test_site(SiteKind::Server)));
        let response = routes.oneshot(request).await.unwrap();
        (recording, response)
    }

    fn form(body: String) -> Request {
        Request::post("/token?a=b")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("user-agent", "curl/8")
            .body(Body::from(body))
            .unwrap()
    }

    #[tokio::test]
    async fn what_passes_is_kept_and_not_changed() {
        let (recording, response) = recorded(form("code=c".to_owned())).await;
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "code=c");
        let exchange = recording.all().pop().unwrap();
        assert_eq!((exchange.path.as_str(), exchange.query.as_str()), ("/token", "a=b"));
        assert_eq!((exchange.status, exchange.request.body.field("code")), (400, Some("c")));
        assert_eq!(exchange.user_agent, "curl/8");
    }

    #[tokio::test]
    async fn what_is_too_long_passes_and_is_not_kept() {
        let long = "x".repeat(65 * 1024);
        let (recording, response) = recorded(form(long.clone())).await;
        assert_eq!(to_bytes(response.into_body(), 100_000).await.unwrap(), long.as_bytes());
        assert_eq!(recording.all()[0].request.body, Content::NotKept);
    }

    #[tokio::test]
    async fn style_sheets_preflights_and_scripts_that_look_for_news_are_left_out() {
        let preflight = Request::builder().method("OPTIONS").uri("/token");
        let news = Request::get("/sign-in").header("sec-fetch-dest", "empty");
        for noise in [Request::get("/assets/x.css"), Request::get("/stage"), preflight, news] {
            let (recording, _) = recorded(noise.body(Body::empty()).unwrap()).await;
            assert!(recording.all().is_empty());
        }
    }
}
