//! What the stage shows.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::{Value, context};
use time::OffsetDateTime;
use time::macros::format_description;

use super::super::frame::{Lang, render};
use super::act::{Act, Scene};
use super::exchange::{Exchange, SiteKind};
use super::party::{Lane, Party};
use super::session::Session;
use super::why::{self, Checked, Why};
use super::{Stage, at_api, curl, glossary, parts, party};

/// How many exchanges the diagram shows.
const SHOWN: usize = 80;

/// The page with the scenario and the diagram.
pub(super) fn stage(lang: Lang, stage: &Stage, session: &mut Session) -> Response {
    let acts = Act::ALL.map(|act| context! { name => act.name(), title => act.title(lang) });
    let played = session.played.as_ref().map(|(act, scenes)| {
        let scenes: Vec<Value> = scenes.iter().map(|scene| of_scene(lang, scene)).collect();
        context! { name => act.name(), title => act.title(lang), lesson => act.lesson(lang), scenes }
    });
    let page = context! {
        here => "/stage",
        fresh => session.fresh.as_ref().map(|fresh| parts::shown("code", &fresh.code)),
        acts => acts.to_vec(), played, problem => session.problem.take(),
        ..lines(lang, stage)
    };
    render(StatusCode::OK, lang, "stage.html", page)
}

fn of_scene(lang: Lang, scene: &Scene) -> Value {
    let exchange = &scene.exchange;
    context! {
        what => scene.what(lang), number => exchange.number,
        method => &exchange.method, url => format!("{}{}", exchange.site.origin, exchange.path),
        status => exchange.status, is_refused => exchange.is_refused(),
        error => exchange.error(), description => exchange.error_description(),
        id => exchange.answer.header("sekisho-explain"), explain => exchange.explain_id(),
    }
}

/// Why a step was refused.
pub(super) fn explained(lang: Lang, stage: &Stage, exchange: &Exchange) -> Response {
    let id = exchange.answer.header("sekisho-explain");
    let remembered = id.and_then(|id| stage.realms.refusals.find(id));
    let (why, asked) = match (exchange.site.kind, remembered) {
        (SiteKind::Server, Some(refusal)) => (Why::from(&*refusal), None),
        (SiteKind::Server, None) => (why::as_answered(exchange), None),
        (SiteKind::Api, Some(refusal)) => (at_api::by_gateway(lang, &stage.recording, exchange, &refusal), None),
        (SiteKind::Api, None) => {
            let asked = at_api::introspection(&stage.recording, exchange);
            let why = at_api::why(lang, &stage.recording, exchange);
            (why, asked.map(|asked| asked.number))
        }
    };
    let checks: Vec<Value> = why.checks.iter().map(of_check).collect();
    let page = context! {
        here => format!("/stage/explain/{}", exchange.explain_id().unwrap_or_default()),
        number => exchange.number, asked, id,
        method => &exchange.method, path => &exchange.path, status => exchange.status,
        error => exchange.error(), description => exchange.error_description(),
        challenge => exchange.answer.header("www-authenticate"),
        checks, cause => why.cause, remedy => why.remedy,
    };
    render(StatusCode::OK, lang, "stage_explain.html", page)
}

fn of_check(check: &Checked) -> Value {
    context! {
        is_passed => check.is_passed, asks => &check.asks, section => &check.section,
        expected => &check.expected, found => &check.found,
    }
}

/// The diagram alone.
pub(super) fn diagram(lang: Lang, stage: &Stage) -> Response {
    render(StatusCode::OK, lang, "stage_diagram.html", lines(lang, stage))
}

fn lines(lang: Lang, stage: &Stage) -> Value {
    // The revision first: a line too many is drawn again, one too few would be missed.
    let revision = stage.recording.revision();
    let exchanges = stage.recording.all();
    let left_out = exchanges.len().saturating_sub(SHOWN);
    let shown = exchanges.iter().skip(left_out);
    let lines: Vec<Value> = shown.flat_map(|exchange| of_exchange(lang, stage, exchange)).collect();
    let columns = [Lane::User, Lane::App, Lane::Server, Lane::Api].map(|lane| lane.name(lang));
    context! { revision, lanes => columns.to_vec(), lines, left_out }
}

/// The line of an exchange, and that of the redirect that it ended in.
fn of_exchange(lang: Lang, stage: &Stage, exchange: &Exchange) -> Vec<Value> {
    let (from, to) = stage.registered.ends(exchange);
    let arrow = arrow(lang, &from, &to);
    let mut lines = vec![context! {
        id => format!("step-{}", exchange.number), number => exchange.number,
        datetime => datetime(exchange.at), clock => clock(exchange.at),
        method => &exchange.method, path => &exchange.path, status => exchange.status,
        is_refused => exchange.is_refused(), error => exchange.error(), repeated => exchange.repeated,
        ..arrow
    }];
    if let Some(location) = exchange.leads_to_app() {
        let app = stage.registered.app_at(location);
        let path = url::Url::parse(location).map_or_else(|_| String::new(), |url| url.path().to_owned());
        lines.push(context! {
            id => format!("step-{}-redirect", exchange.number), number => exchange.number,
            datetime => datetime(exchange.at), clock => clock(exchange.at), method => "GET", path, status => (),
            is_refused => false, error => (), repeated => 0, ..self::arrow(lang, &Party::user(), &app)
        });
    }
    lines
}

/// From which lane to which: `left` and `right` are places, `direction` where the tip is.
fn arrow(lang: Lang, from: &Party, to: &Party) -> Value {
    let (left, right) = (from.lane.min(to.lane), from.lane.max(to.lane));
    context! {
        from => from.name(lang), to => to.name(lang),
        left => left.place(), right => right.place(),
        direction => if from.lane <= to.lane { "rightwards" } else { "leftwards" },
    }
}

/// One step, with everything that was said.
pub(super) fn step(lang: Lang, stage: &Stage, exchange: &Exchange) -> Response {
    let (from, to) = stage.registered.ends(exchange);
    let (before, after) = stage.recording.neighbours(exchange.number);
    let purpose = glossary::endpoint(&exchange.path);
    let page = context! {
        here => format!("/stage/steps/{}", exchange.number),
        number => exchange.number, before, after,
        from => from.name(lang), to => to.name(lang),
        datetime => datetime(exchange.at), clock => clock(exchange.at),
        took => exchange.took.as_millis().to_string(),
        method => &exchange.method, path => &exchange.path, status => exchange.status,
        is_refused => exchange.is_refused(), error => exchange.error(), description => exchange.error_description(),
        explain => exchange.explain_id(),
        repeated => exchange.repeated,
        client => &exchange.client,
        purpose => purpose.map(|purpose| context! { text => purpose.text(lang), section => &purpose.section }),
        parts => parts::parts(exchange).iter().map(|part| of_part(lang, part)).collect::<Vec<_>>(),
        by_browser => from.lane == Lane::User,
        is_form => exchange.method != "GET" && party::is_page(&exchange.path),
        is_spent => is_spent(exchange),
        command => curl::command(exchange),
    };
    render(StatusCode::OK, lang, "stage_step.html", page)
}

fn of_part(lang: Lang, part: &parts::Part) -> Value {
    let row = |row: &parts::Row| {
        let meaning = row
            .meaning
            .map(|meaning| context! { text => meaning.text(lang), section => &meaning.section });
        context! { name => &row.name, value => &row.value, meaning }
    };
    context! {
        title => part.kind.title(lang),
        rows => part.rows.iter().map(row).collect::<Vec<_>>(),
    }
}

/// Whether the request holds something that works once.
fn is_spent(exchange: &Exchange) -> bool {
    let form = &exchange.request.body;
    let is_once = ["code", "client_assertion", "request"]
        .iter()
        .any(|name| form.field(name).is_some());
    is_once || exchange.request.header("dpop").is_some()
}

fn datetime(at: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::from_unix_timestamp(at)
        .ok()
        .and_then(|at| at.format(&format).ok())
        .unwrap_or_default()
}

fn clock(at: i64) -> String {
    let format = format_description!("[hour]:[minute]:[second]");
    OffsetDateTime::from_unix_timestamp(at)
        .ok()
        .and_then(|at| at.format(&format).ok())
        .unwrap_or_default()
}
