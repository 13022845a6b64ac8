//! What all pages of the demo share: two languages, one stylesheet, strict headers.
//!
//! Texts stand in the templates side by side, as `t("English", "日本語")`.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use minijinja::{Environment, Value};
use url::form_urlencoded;

/// Remembers the language that was chosen. Cookies do not know ports, so it holds in all the demo's apps.
const LANGUAGE_COOKIE: &str = "sekisho-demo-lang";

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    En,
    Ja,
}

impl Lang {
    /// The language tag.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    fn parse(tag: &str) -> Option<Self> {
        match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "ja" => Some(Self::Ja),
            _ => None,
        }
    }

    /// What was just chosen, else what was chosen before, else what the browser prefers.
    fn choose(query: &str, headers: &HeaderMap) -> Self {
        chosen_now(query)
            .or_else(|| Self::parse(&cookie(headers, LANGUAGE_COOKIE)?))
            .or_else(|| preferred(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?))
            .unwrap_or(Self::En)
    }
}

impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::choose(parts.uri.query().unwrap_or_default(), &parts.headers))
    }
}

fn chosen_now(query: &str) -> Option<Lang> {
    let (_, tag) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "lang")?;
    Lang::parse(&tag)
}

/// The language with the highest weight (RFC 9110 §12.5.4), the first of equals.
fn preferred(accept_language: &str) -> Option<Lang> {
    let mut best = None;
    for entry in accept_language.split(',') {
        let (tag, parameter) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight: f32 = parameter
            .trim()
            .strip_prefix("q=")
            .and_then(|q| q.parse().ok())
            .unwrap_or(0.0);
        let is_better = best.is_none_or(|(_, other)| weight > other);
        if let Some(lang) = Lang::parse(tag)
            && is_better
            && weight > 0.0
        {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

/// The value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// An app that sends users away, and may have to tell them that it came to nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum App {
    Budget,
    Board,
    Pay,
}

impl App {
    /// Its name for the template, and that of its icon.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Board => "board",
            Self::Pay => "pay",
        }
    }
}

/// Adds the stylesheet, the icons and the headers to an app's routes. `form_target`: the origin, besides the app's
/// own, that a form may lead to.
pub(super) fn with_frame(routes: Router, form_target: &str) -> Router {
    framed(routes, &format!("form-action 'self' {form_target}"))
}

/// The same for an app whose pages have a script: this one, at `/app.js`, which may ask the app itself and nobody else.
pub(super) fn with_script(routes: Router, script: &'static str) -> Router {
    with_scripts(routes, &[("/app.js", script)], "connect-src 'self'; form-action 'self'")
}

/// The same for an app whose pages have several. `more`: what their policy allows besides running these.
pub(super) fn with_scripts(routes: Router, scripts: &[(&str, &'static str)], more: &str) -> Router {
    let routes = scripts.iter().fold(routes, |routes, (path, script)| {
        routes.route(path, asset("text/javascript; charset=utf-8", script))
    });
    framed(routes, &format!("script-src 'self'; {more}"))
}

/// Adds the headers alone, for pages beside an app's own.
pub(super) fn with_headers(routes: Router) -> Router {
    routes.route_layer(middleware::from_fn_with_state(policy("form-action 'none'"), headers))
}

fn policy(more: &str) -> String {
    format!("default-src 'none'; style-src 'self'; img-src 'self'; {more}; base-uri 'none'; frame-ancestors 'none'")
}

fn framed(routes: Router, more: &str) -> Router {
    let icon = |svg| asset("image/svg+xml", svg);
    routes
        .route("/demo.css", asset("text/css; charset=utf-8", include_str!("demo.css")))
        .route("/sekisho.svg", icon(include_str!("pages/sekisho.svg")))
        .route("/budget.svg", icon(include_str!("pages/budget.svg")))
        .route("/pay.svg", icon(include_str!("pages/pay.svg")))
        .route("/till.svg", icon(include_str!("pages/till.svg")))
        .route("/board.svg", icon(include_str!("pages/board.svg")))
        .route("/pocket.svg", icon(include_str!("pages/pocket.svg")))
        .route_layer(middleware::from_fn_with_state(policy(more), headers))
}

pub(super) fn asset(content_type: &'static str, text: &'static str) -> MethodRouter {
    get(move || async move { ([(header::CONTENT_TYPE, content_type)], text) })
}

async fn headers(State(policy): State<String>, request: Request, next: Next) -> Response {
    let chosen = chosen_now(request.uri().query().unwrap_or_default());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A page may have a policy of its own.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&policy)
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(lang) = chosen {
        let line = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; HttpOnly", lang.tag());
        headers.extend(HeaderValue::from_str(&line).map(|line| (header::SET_COOKIE, line)));
    }
    response
}

/// Renders a page of `pages/`. The context's `here` is the path that the language links lead to.
pub(super) fn render(status: StatusCode, lang: Lang, page: &str, context: Value) -> Response {
    match rendered(lang, page, context) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(page, %error, "a page of the demo cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown.").into_response()
        }
    }
}

pub(super) fn rendered(lang: Lang, page: &str, context: Value) -> Result<String, minijinja::Error> {
    let context = minijinja::context! { lang => lang.tag(), ..context };
    TEMPLATES.get_template(page)?.render(context)
}

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
    for (name, source) in [
        ("layout.html", include_str!("pages/layout.html")),
        ("landing.html", include_str!("pages/landing.html")),
        ("picture.html", include_str!("pages/picture.html")),
        ("budget.html", include_str!("pages/budget.html")),
        ("pay.html", include_str!("pages/pay.html")),
        ("payment.html", include_str!("pages/payment.html")),
        ("till.html", include_str!("pages/till.html")),
        ("bank_accounts.html", include_str!("pages/bank_accounts.html")),
        ("bank_permission.html", include_str!("pages/bank_permission.html")),
        ("board.html", include_str!("pages/board.html")),
        ("pocket.html", include_str!("pages/pocket.html")),
        ("silent.html", include_str!("pages/silent.html")),
        ("app_forms.html", include_str!("pages/app_forms.html")),
        ("nightly_report.html", include_str!("pages/nightly_report.html")),
        ("charge.html", include_str!("pages/charge.html")),
        ("financial_grade.html", include_str!("pages/financial_grade.html")),
        ("problem.html", include_str!("pages/problem.html")),
        ("mailbox.html", include_str!("pages/mailbox.html")),
        ("mail.html", include_str!("pages/mail.html")),
        ("stage.html", include_str!("pages/stage.html")),
        ("stage_diagram.html", include_str!("pages/stage_diagram.html")),
        ("stage_explain.html", include_str!("pages/stage_explain.html")),
        ("stage_step.html", include_str!("pages/stage_step.html")),
        ("terminal.html", include_str!("pages/terminal.html")),
    ] {
        // One that does not parse is missing afterwards; the tests render them all.
        if let Err(error) = environment.add_template(name, source) {
            tracing::error!(name, %error, "a template of the demo is wrong");
        }
    }
    environment.add_function("t", |state: &minijinja::State, english: String, japanese: String| {
        let is_japanese = state.lookup("lang").is_some_and(|lang| lang.as_str() == Some("ja"));
        if is_japanese { japanese } else { english }
    });
    environment.add_filter("yen", |amount: i64| super::bank::yen(amount));
    environment
});

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_language_is_the_chosen_one_then_the_remembered_one_then_the_preferred_one() {
        let japanese = headers_with(header::ACCEPT_LANGUAGE, "ja,en;q=0.8");
        assert_eq!(Lang::choose("", &japanese), Lang::Ja);
        assert_eq!(Lang::choose("lang=en", &japanese), Lang::En);
        assert_eq!(Lang::choose("lang=tlh", &japanese), Lang::Ja);
        let mut remembered = headers_with(header::COOKIE, "a=b; sekisho-demo-lang=ja");
        remembered.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        assert_eq!(Lang::choose("", &remembered), Lang::Ja);
        assert_eq!(Lang::choose("", &HeaderMap::new()), Lang::En);
    }

    #[test]
    fn preferences_are_weighed() {
        for (accept, lang) in [
            ("ja-JP", Some(Lang::Ja)),
            ("fr, en;q=0.7, ja;q=0.9", Some(Lang::Ja)),
            ("en;q=0.5,ja;q=0.5", Some(Lang::En)),
            ("ja;q=0, en;q=0.1", Some(Lang::En)),
            ("fr", None),
            ("ja;q=x", None),
        ] {
            assert_eq!(preferred(accept), lang, "{accept}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = headers_with(header::COOKIE, "xa=1; a=2; ab=3");
        assert_eq!(cookie(&headers, "a").as_deref(), Some("2"));
        assert_eq!(cookie(&headers, "b"), None);
    }

    #[test]
    fn texts_are_escaped() {
        let context = minijinja::context! {
            here => "/", app => App::Pay.name(), title => "<script>", text => "a", code => "", retry => false,
        };
        let html = rendered(Lang::En, "problem.html", context).unwrap();
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn the_stylesheet_is_small() {
        assert!(include_str!("demo.css").len() < 7 * 1024);
    }
}
