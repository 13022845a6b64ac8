//! The parameters of an exchange: where each stands, what it means, and whether it is a secret.

use jose::UnverifiedJwt;
use serde_json::Value;

use super::super::frame::Lang;
use super::exchange::{Content, Exchange, Message, SiteKind, pairs};
use super::glossary::{self, Meaning, Place};
use super::party;

/// The longest value that is shown in full, in characters.
const LONGEST: usize = 400;

/// Names whose values are as good as keys: shown shortened.
const SECRETS: [&str; 27] = [
    "authorization",
    "dpop",
    "dpop-nonce",
    "code",
    "code_verifier",
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "token",
    "subject_token",
    "actor_token",
    "client_secret",
    "client_assertion",
    "assertion",
    "request",
    "response",
    "request_uri",
    "device_code",
    "auth_req_id",
    "login_hint_token",
    "client_notification_token",
    "flow",
    "csrf",
    "location",
    "state",
    "nonce",
];

/// A group of parameters that stand together.
pub(super) struct Part {
    pub kind: PartKind,
    pub rows: Vec<Row>,
}

/// Where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PartKind {
    Query,
    Form,
    Body,
    RequestHeaders,
    /// Inside of the JWT that is the value of this name.
    Inside(String),
    AnswerHeaders,
    Answer,
    /// What the browser takes along to the app.
    Redirect,
}

impl PartKind {
    pub(super) fn title(&self, lang: Lang) -> String {
        let title = match (self, lang) {
            (Self::Query, Lang::En) => "In the address",
            (Self::Query, Lang::Ja) => "アドレスの中",
            (Self::Form, Lang::En) => "In the form",
            (Self::Form, Lang::Ja) => "フォームの中",
            (Self::Body, Lang::En) => "In the body",
            (Self::Body, Lang::Ja) => "本文の中",
            (Self::RequestHeaders, Lang::En) => "Headers of the request",
            (Self::RequestHeaders, Lang::Ja) => "リクエストのヘッダー",
            (Self::AnswerHeaders, Lang::En) => "Headers of the answer",
            (Self::AnswerHeaders, Lang::Ja) => "応答のヘッダー",
            (Self::Answer, Lang::En) => "In the answer",
            (Self::Answer, Lang::Ja) => "応答の中",
            (Self::Redirect, Lang::En) => "What the browser takes along to the app",
            (Self::Redirect, Lang::Ja) => "ブラウザーがアプリへ運ぶもの",
            (Self::Inside(name), Lang::En) => return format!("Inside of {name}, which is a signed JWT"),
            (Self::Inside(name), Lang::Ja) => return format!("{name} の中（署名付き JWT）"),
        };
        title.to_owned()
    }
}

/// One parameter.
pub(super) struct Row {
    pub name: String,
    /// Shortened, if it is a secret.
    pub value: String,
    pub meaning: Option<&'static Meaning>,
}

/// All parameters of an exchange, those of the request first.
pub(super) fn parts(exchange: &Exchange) -> Vec<Part> {
    let (sent, answered) = (sent_places(exchange), answered_places(exchange));
    let mut parts = vec![part(PartKind::Query, sent, pairs(exchange.query.as_bytes()))];
    match &exchange.request.body {
        Content::Form(pairs) => parts.push(part(PartKind::Form, sent, pairs.clone())),
        Content::Json(json) => parts.push(part(PartKind::Body, sent, members(json))),
        _ => {}
    }
    parts.push(part(
        PartKind::RequestHeaders,
        &[Place::Header],
        exchange.request.headers.clone(),
    ));
    parts.extend(jwts(&exchange.request));
    if let Content::Json(json) = &exchange.answer.body {
        parts.push(part(PartKind::Answer, answered, members(json)));
    }
    parts.extend(jwts(&exchange.answer));
    parts.push(part(
        PartKind::AnswerHeaders,
        &[Place::Header],
        exchange.answer.headers.clone(),
    ));
    if let Some(location) = exchange.leads_to_app() {
        parts.push(part(PartKind::Redirect, &[Place::Redirect], carried(location)));
    }
    parts.retain(|part| !part.rows.is_empty());
    parts
}

fn sent_places(exchange: &Exchange) -> &'static [Place] {
    match (exchange.site.kind, exchange.path.as_str()) {
        (SiteKind::Api, _) => &[Place::Api],
        (_, "/introspect") => &[Place::Introspect, Place::Request],
        (_, "/authorize") => &[Place::Request, Place::Page],
        (_, path) if party::is_page(path) => &[Place::Page, Place::Request],
        _ => &[Place::Request],
    }
}

fn answered_places(exchange: &Exchange) -> &'static [Place] {
    match (exchange.site.kind, exchange.path.as_str()) {
        (SiteKind::Api, _) => &[Place::Api],
        (_, "/introspect") => &[Place::Introspection, Place::Claim, Place::Answer],
        (_, "/userinfo") => &[Place::Claim, Place::Answer],
        (_, path) if path.starts_with("/.well-known/") => &[Place::Metadata],
        _ => &[Place::Answer],
    }
}

fn part(kind: PartKind, places: &[Place], pairs: Vec<(String, String)>) -> Part {
    let row = |(name, value): (String, String)| Row {
        meaning: glossary::find(places, &name),
        value: shown(&name, &value),
        name,
    };
    Part {
        kind,
        rows: pairs.into_iter().map(row).collect(),
    }
}

/// The members of a JSON object, those that are no texts as JSON.
fn members(json: &Value) -> Vec<(String, String)> {
    let members = json.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.map(|(name, value)| (name.clone(), text(value))).collect()
}

/// What the JWTs of a message say. Nobody has checked them here.
fn jwts(message: &Message) -> Vec<Part> {
    let named = ["request", "client_assertion", "assertion", "id_token"];
    let values = named.map(|name| (name, message.body.field(name).or_else(|| message.body.text(name))));
    let values = values.into_iter().chain([("DPoP", message.header("dpop"))]);
    let inside = values.filter_map(|(name, value)| {
        let jwt = UnverifiedJwt::parse(value?).ok()?;
        let claims = Value::Object(jwt.claims_unverified().clone());
        // What is signed may hold parameters of a request beside claims.
        let places = [Place::Claim, Place::Request];
        Some(part(PartKind::Inside(name.to_owned()), &places, members(&claims)))
    });
    inside.collect()
}

/// The parameters of a redirect, in the query or in the fragment.
fn carried(location: &str) -> Vec<(String, String)> {
    let (_, carried) = location.split_once(['?', '#']).unwrap_or_default();
    pairs(carried.as_bytes())
}

/// A value as it is shown.
pub(super) fn shown(name: &str, value: &str) -> String {
    if !SECRETS.contains(&name) {
        return cut(value, LONGEST);
    }
    // What stands before the secret itself says what it is: `Bearer`, or where a redirect leads.
    let place = value.find([' ', '?', '#']).map_or(0, |place| place + 1);
    let (kind, secret) = value.split_at(place);
    format!("{kind}{}", shortened(secret))
}

/// Beginning and end of a secret: enough to recognise it by.
fn shortened(secret: &str) -> String {
    let length = secret.chars().count();
    if length <= 16 {
        return secret.to_owned();
    }
    let beginning: String = secret.chars().take(8).collect();
    let end: String = secret.chars().skip(length - 4).collect();
    format!("{beginning}…{end}")
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((place, _)) => format!("{}…", text.get(..place).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::exchange::{pairs, test_exchange};
    use super::*;

    #[test]
    fn secrets_are_shortened_and_what_they_are_is_not() {
        let long = "abcdefgh-0123456789-wxyz";
        assert_eq!(shown("access_token", long), "abcdefgh…wxyz");
        assert_eq!(
            shown("authorization", &format!("Bearer {long}")),
            "Bearer abcdefgh…wxyz"
        );
        assert_eq!(
            shown("location", &format!("http://localhost:8081/callback?code={long}")),
            "http://localhost:8081/callback?code=abc…wxyz"
        );
        assert_eq!(shown("scope", long), long);
        assert_eq!(shown("scope", &"あ".repeat(500)).chars().count(), LONGEST + 1);
        assert_eq!(shown("state", "short"), "short");
    }

    #[test]
    fn everything_that_was_sent_and_answered_is_told_where_it_stood() {
        let mut exchange = test_exchange(1);
        exchange.query = "resource=http://localhost:8082".to_owned();
        exchange.request.body = Content::Form(pairs(b"grant_type=authorization_code&made_up=1"));
        exchange.answer.body = Content::Json(json!({ "access_token": "t", "expires_in": 60 }));
        let location = "http://localhost:8081/callback?code=c&state=s".to_owned();
        exchange.answer.headers = vec![("location".to_owned(), location)];
        let parts = parts(&exchange);
        let kinds: Vec<_> = parts.iter().map(|part| part.kind.clone()).collect();
        let expected = [
            PartKind::Query,
            PartKind::Form,
            PartKind::Answer,
            PartKind::AnswerHeaders,
            PartKind::Redirect,
        ];
        assert_eq!(kinds, expected);
        assert_eq!(parts[1].rows[0].meaning.unwrap().section, "RFC 6749 §4.1.3");
        assert!(parts[1].rows[1].meaning.is_none());
        assert_eq!(parts[2].rows[1].value, "60");
        assert_eq!(parts[4].rows[0].meaning.unwrap().section, "RFC 6749 §4.1.2");
    }

    #[test]
    fn what_a_jwt_says_is_told_too() {
        let mut exchange = test_exchange(1);
        let encode = |json: Value| jose::b64::encode(json.to_string());
        let jwt = format!(
            "{}.{}.c2ln",
            encode(json!({ "alg": "ES256" })),
            encode(json!({ "iss": "pay-web" }))
        );
        exchange.request.headers = vec![("dpop".to_owned(), jwt)];
        let parts = parts(&exchange);
        let inside = parts
            .iter()
            .find(|part| part.kind == PartKind::Inside("DPoP".to_owned()));
        assert_eq!(inside.unwrap().rows[0].value, "pay-web");
    }
}
