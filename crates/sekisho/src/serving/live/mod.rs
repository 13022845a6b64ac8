//! `/gateway` on the operations listener: what calls of the APIs are like right now, in pictures.
//!
//! Rendered here as HTML and SVG; it renews itself without a script. What stands on it comes from callers in part
//! (identifiers of requests), so that everything is escaped, and the policy lets nothing but our own style sheet in.

mod chart;
mod texts;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use minijinja::{Environment, Value, context, value::Serde};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use realm::Realms;
use time::{OffsetDateTime, macros::format_description};
use traffic::{ApiPicture, Picture, Row, SLOT, SLOTS, Traffic};

use self::texts::Language;
use crate::{administration, cli};

/// How often the page renews itself, in seconds.
const RENEWED: u32 = 5;
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    // A test renders it.
    let _ = environment.add_template("page.html", include_str!("page.html"));
    environment
});

#[derive(Clone)]
struct Live {
    traffic: Arc<Traffic>,
    realms: Option<Arc<Realms>>,
}

/// Its routes. `realms`: where refusals can be asked for; none where a gateway runs apart from them.
pub(super) fn router(traffic: Arc<Traffic>, realms: Option<Arc<Realms>>) -> Router {
    Router::new()
        .route("/gateway", get(page))
        .route("/gateway/style.css", get(style))
        .route("/gateway/explain/{id}", get(explain))
        .with_state(Live { traffic, realms })
}

async fn page(State(live): State<Live>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    let language = Language::choose(asked("lang").as_deref(), request.headers());
    let is_renewed = asked("refresh").as_deref() != Some("off");
    match render(&live.traffic.picture(), language, is_renewed) {
        Ok(html) => framed("text/html; charset=utf-8", html),
        Err(error) => {
            tracing::error!(%error, "the page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn style() -> Response {
    framed("text/css; charset=utf-8", include_str!("style.css").to_owned())
}

/// What `sekisho explain ID` says.
async fn explain(State(live): State<Live>, Path(id): Path<String>) -> Response {
    let told = match &live.realms {
        Some(realms) => administration::explain(realms, &id).await,
        None => Err(administration::AdminError::not_found(
            "this gateway runs apart from its server",
            "ask there: sekisho explain ID",
        )),
    };
    match told {
        Ok(answer) => framed("text/plain; charset=utf-8", cli::explained(&answer)),
        Err(error) => {
            let mut response = framed("text/plain; charset=utf-8", format!("{error}\n"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

fn framed(content_type: &'static str, body: String) -> Response {
    let mut response = body.into_response();
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn render(picture: &Picture, language: Language, is_renewed: bool) -> Result<String, minijinja::Error> {
    let apis: Vec<_> = picture.apis.iter().map(|api| api_view(api, language)).collect();
    let recent: Vec<_> = picture
        .recent
        .iter()
        .map(|refusal| {
            let link = utf8_percent_encode(&refusal.id, NON_ALPHANUMERIC).to_string();
            context! { refusal => Serde(refusal), time => clock_time(refusal.at), link }
        })
        .collect();
    TEMPLATES.get_template("page.html")?.render(context! {
        t => Serde(language.texts()),
        lang => language.tag(),
        other => language.other().tag(),
        refresh => is_renewed.then_some(RENEWED),
        last => language.last(SLOT * i64::try_from(SLOTS).unwrap_or_default() / 60, &clock_time(picture.at)),
        apis,
        recent,
    })
}

fn api_view(api: &ApiPicture, language: Language) -> Value {
    let most = api.reasons.first().map_or(1, Row::calls).max(1);
    let reasons: Vec<_> = api
        .reasons
        .iter()
        .take(8)
        .map(|row| context! { name => row.name.as_str(), calls => row.calls(), width => chart::share(row.calls(), most) })
        .collect();
    let rows = |rows: &[Row]| rows.iter().take(50).map(row_view).collect::<Vec<_>>();
    context! {
        all => row_view(&api.all),
        calls => Serde(chart::calls(&api.slots)),
        latency => Serde(chart::latency(&api.slots)),
        routes => rows(&api.routes),
        clients => rows(&api.clients),
        reasons,
        summary => language.summary(&api.all).as_str(),
    }
}

fn row_view(row: &Row) -> Value {
    context! {
        name => row.name.as_str(),
        calls => row.calls(),
        permitted => row.permitted,
        refused => row.refused,
        failed => row.failed,
        p50 => chart::milliseconds(row.latency.p50),
        p95 => chart::milliseconds(row.latency.p95),
        p99 => chart::milliseconds(row.latency.p99),
    }
}

fn clock_time(at: i64) -> String {
    let format = format_description!("[hour]:[minute]:[second]");
    let time = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Version;
    use model::Clock;
    use traffic::{Call, Outcome, Through, TraceContext};

    use super::*;

    /// Calls of an API whose names try to be more than text.
    fn picture() -> Picture {
        let traffic = Traffic::new(Clock::frozen(1_795_435_200), None);
        let trace = TraceContext::begin();
        let call = |outcome, status| Call {
            through: Through::Gateway,
            api: Some("https://api.example/<script>"),
            route: Some("/accounts/**"),
            client: Some("app\"><b>"),
            subject: None,
            method: "GET",
            target: "/accounts",
            version: Version::HTTP_11,
            status,
            outcome,
            took: Duration::from_millis(3),
            bytes: None,
            address: None,
            user_agent: None,
            referer: None,
            id: "id&1",
            trace: &trace,
        };
        for _ in 0..7 {
            traffic.note(&call(Outcome::Permitted, 200));
        }
        traffic.note(&call(Outcome::Refused("token.expired"), 401));
        traffic.note(&call(Outcome::Failed("gateway.unreachable"), 502));
        traffic.picture()
    }

    #[test]
    fn the_page_shows_calls_refusals_and_latency_in_both_languages() {
        for (language, heading) in [(Language::En, "Calls to the APIs"), (Language::Ja, "API への呼び出し")] {
            let html = render(&picture(), language, true).unwrap();
            assert!(html.contains(heading) && html.contains(&format!("lang=\"{}\"", language.tag())));
            for part in [
                "token.expired",
                "gateway.unreachable",
                "accounts&#x2f;**",
                "href=\"/gateway/explain/id%261\"",
                "sekisho explain id&amp;1",
                "<svg",
                "http-equiv=\"refresh\" content=\"5\"",
                "&lt;script&gt;",
                "app&quot;&gt;&lt;b&gt;",
            ] {
                assert!(html.contains(part), "{part}\n{html}");
            }
            assert!(!html.contains("<script") && !html.contains("style=") && !html.contains("<b>"));
        }
    }

    #[test]
    fn it_can_be_told_to_stand_still_and_says_when_there_is_nothing() {
        let html = render(&picture(), Language::En, false).unwrap();
        assert!(!html.contains("http-equiv"));
        let nothing = Traffic::new(Clock::frozen(0), None).picture();
        assert!(
            render(&nothing, Language::En, true)
                .unwrap()
                .contains("No call came in")
        );
    }
}
