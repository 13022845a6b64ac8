//! One request and its answer, as they went over the wire. What nobody should read again is left out: cookies, pages and
//! passwords of users.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, header};
use jose::UnverifiedJwt;
use serde_json::Value;
use url::form_urlencoded;

/// Names and values, in their order.
pub(super) type Pairs = Vec<(String, String)>;

/// Where requests come in: the authorization server, or an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Site {
    pub kind: SiteKind,
    /// In English and Japanese.
    pub name: [&'static str; 2],
    /// As clients know it, without a path.
    pub origin: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum SiteKind {
    Server,
    Api,
}

/// A request and its answer.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Numbers rise with the time at which requests came in.
    pub number: u64,
    /// When it came in, in unix seconds.
    pub at: i64,
    /// Until the answer.
    pub took: Duration,
    pub site: Arc<Site>,
    pub method: String,
    pub path: String,
    pub query: String,
    pub request: Message,
    pub status: u16,
    pub answer: Message,
    /// What the caller says it is.
    pub user_agent: String,
    /// Whether a browser went there, rather than a script.
    pub is_navigation: bool,
    /// Which client it is of, as far as that can be told.
    pub client: Option<String>,
    /// How many others just like it went before, which are not shown.
    pub repeated: usize,
}

/// What is kept of a request or of an answer.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Those of [`HEADERS`], by their names in lower case.
    pub headers: Pairs,
    pub body: Content,
}

/// A body.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Content {
    #[default]
    Empty,
    Form(Pairs),
    Json(Value),
    /// A JWT, or words.
    Text(String),
    /// A page, a picture, or too long.
    NotKept,
}

/// The headers that say something about the protocol.
static HEADERS: [HeaderName; 12] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::ORIGIN,
    HeaderName::from_static("dpop"),
    HeaderName::from_static("dpop-nonce"),
    header::LOCATION,
    header::WWW_AUTHENTICATE,
    header::CACHE_CONTROL,
    header::RETRY_AFTER,
    HeaderName::from_static("sekisho-explain"),
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
];

/// Fields whose values are not kept, whoever sends them: somebody may type a password that they use elsewhere.
const SECRETS_OF_PEOPLE: [&str; 2] = ["password", "user_code"];

impl Message {
    /// Keeps what is to be kept.
    pub(super) fn new(headers: &HeaderMap, body: Option<&[u8]>) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kept = HEADERS.iter().flat_map(|name| {
            let values = headers.get_all(name).iter();
            values.map(|value| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        });
        Self {
            headers: kept.collect(),
            body: body.map_or(Content::NotKept, |body| {
                Content::of(content_type.unwrap_or_default(), body)
            }),
        }
    }

    /// The first header of this name, which is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Content {
    fn of(content_type: &str, body: &[u8]) -> Self {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        match media_type {
            _ if body.is_empty() => Self::Empty,
            "application/x-www-form-urlencoded" => Self::Form(without_passwords(pairs(body))),
            "application/json" | "application/problem+json" | "application/jwk-set+json" => {
                serde_json::from_slice(body).map_or(Self::NotKept, Self::Json)
            }
            _ if media_type == "text/plain" || media_type.ends_with("jwt") => {
                Self::Text(String::from_utf8_lossy(body).into_owned())
            }
            _ => Self::NotKept,
        }
    }

    /// A field of a form.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        match self {
            Self::Form(pairs) => value(pairs, name),
            _ => None,
        }
    }

    /// A text in a JSON object.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self {
            Self::Json(json) => json.get(name)?.as_str(),
            _ => None,
        }
    }
}

impl Exchange {
    pub(super) fn is_refused(&self) -> bool {
        self.status >= 400
    }

    /// By what a refusal is called when it is explained: server and gateway give it an id, at an API that checks its tokens
    /// itself the step's number does.
    pub(super) fn explain_id(&self) -> Option<String> {
        let id = match (self.answer.header("sekisho-explain"), self.site.kind) {
            (Some(id), _) => id.to_owned(),
            (None, SiteKind::Api) => self.number.to_string(),
            (None, SiteKind::Server) => return None,
        };
        self.is_refused().then_some(id)
    }

    /// The registered word for a refusal.
    pub(super) fn error(&self) -> Option<String> {
        let challenged = || challenge_parameter(self.answer.header("www-authenticate")?, "error");
        self.answer.body.text("error").map(str::to_owned).or_else(challenged)
    }

    /// What was said about a refusal.
    pub(super) fn error_description(&self) -> Option<&str> {
        let body = &self.answer.body;
        body.text("error_description").or_else(|| body.text("detail"))
    }

    /// The access token that was shown.
    pub(super) fn shown_token(&self) -> Option<&str> {
        let (scheme, token) = self.request.header("authorization")?.split_once(' ')?;
        let is_token = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("dpop");
        is_token.then_some(token)
    }

    /// The client that the request itself names, by whichever means.
    pub(super) fn named_client(&self) -> Option<String> {
        let form = &self.request.body;
        let signed = |name| UnverifiedJwt::parse(form.field(name)?).ok();
        let claim = |jwt: UnverifiedJwt| Some(jwt.claims_unverified().get("iss")?.as_str()?.to_owned());
        let basic = || Some(basic_credentials(self.request.header("authorization")?)?.0);
        let queried = || value(&pairs(self.query.as_bytes()), "client_id").map(str::to_owned);
        basic()
            .or_else(|| form.field("client_id").map(str::to_owned))
            .or_else(|| claim(signed("client_assertion")?))
            .or_else(|| claim(signed("request")?))
            .or_else(queried)
    }

    /// Where the answer sends the browser, when that is away from the server's own pages.
    pub(super) fn leads_to_app(&self) -> Option<&str> {
        let location = self.answer.header("location")?;
        let is_absolute = location.starts_with("http://") || location.starts_with("https://");
        let own = location.strip_prefix(&self.site.origin);
        // The stage is an app that lives where the server lives.
        let is_app = is_absolute && own.is_none_or(|path| path.starts_with(super::CALLBACK));
        is_app.then_some(location)
    }
}

/// Name and password of `Authorization: Basic`, still form-encoded as RFC 6749 §2.3.1 wants them.
pub(super) fn basic_credentials(authorization: &str) -> Option<(String, String)> {
    let encoded = authorization.strip_prefix("Basic ")?;
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).ok()?;
    let (name, password) = String::from_utf8(decoded)
        .ok()?
        .split_once(':')
        .map(|(name, password)| (name.to_owned(), password.to_owned()))?;
    Some((name, password))
}

/// A parameter of the challenge that tells the error.
fn challenge_parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// Reads a query or a form.
pub(super) fn pairs(text: &[u8]) -> Pairs {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The value of a name.
pub(super) fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn without_passwords(pairs: Pairs) -> Pairs {
    let hidden = |(name, value): (String, String)| {
        let value = if SECRETS_OF_PEOPLE.contains(&name.as_str()) {
            "•••".to_owned()
        } else {
            value
        };
        (name, value)
    };
    pairs.into_iter().map(hidden).collect()
}

/// A request for nothing in particular, which was answered.
#[cfg(test)]
pub(super) fn test_exchange(number: u64) -> Exchange {
    Exchange {
        number,
        at: 1_700_000_000,
        took: Duration::from_millis(3),
        site: Arc::new(test_site(SiteKind::Server)),
        method: "POST".to_owned(),
        path: "/token".to_owned(),
        query: String::new(),
        request: Message::default(),
        status: 200,
        answer: Message::default(),
        user_agent: String::new(),
        is_navigation: false,
        client: None,
        repeated: 0,
    }
}

#[cfg(test)]
pub(super) fn test_site(kind: SiteKind) -> Site {
    Site {
        kind,
        name: ["Sekisho", "Sekisho"],
        origin: "http://localhost:8080".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(content_type: &str, body: &str) -> Message {
        let headers = [
            (header::CONTENT_TYPE, content_type),
            (header::COOKIE, "session=secret"),
            (header::SET_COOKIE, "session=secret"),
        ];
        let headers = headers.map(|(name, value)| (name, value.parse().unwrap()));
        Message::new(&HeaderMap::from_iter(headers), Some(body.as_bytes()))
    }

    #[test]
    fn cookies_pages_and_passwords_are_not_kept() {
        let form = message(
            "application/x-www-form-urlencoded",
            "username=alice&password=alice-password",
        );
        assert_eq!(form.body.field("username"), Some("alice"));
        let text = format!("{form:?}");
        assert!(!text.contains("alice-password") && !text.contains("secret"), "{text}");
        assert_eq!(message("text/html; charset=utf-8", "<p>secret").body, Content::NotKept);
        assert_eq!(message("application/json", "{broken").body, Content::NotKept);
    }

    #[test]
    fn a_client_is_known_by_whichever_means_it_names_itself() {
        let mut exchange = test_exchange(1);
        assert_eq!(exchange.named_client(), None);
        exchange.query = "client_id=by-query".to_owned();
        assert_eq!(exchange.named_client().as_deref(), Some("by-query"));
        exchange.request.body = Content::Form(pairs(b"client_id=by-form"));
        assert_eq!(exchange.named_client().as_deref(), Some("by-form"));
        // budget-web:secret
        let header = "Basic YnVkZ2V0LXdlYjpzZWNyZXQ=".to_owned();
        exchange.request.headers = vec![("authorization".to_owned(), header)];
        assert_eq!(exchange.named_client().as_deref(), Some("budget-web"));
    }

    #[test]
    fn a_redirect_leads_to_an_app_unless_it_leads_to_the_servers_own_pages() {
        let leads = |location: &str| {
            let mut exchange = test_exchange(1);
            exchange.answer.headers = vec![("location".to_owned(), location.to_owned())];
            exchange.leads_to_app().is_some()
        };
        assert!(leads("http://localhost:8081/callback?code=c"));
        assert!(leads("http://localhost:8080/stage/callback?code=c"));
        assert!(!leads("http://localhost:8080/sign-in?flow=f"));
        assert!(!leads("/consent?flow=f"));
    }

    #[test]
    fn the_reason_of_an_api_is_in_its_challenge() {
        let mut exchange = test_exchange(1);
        let challenge = r#"Bearer realm="http://localhost:8082", error="invalid_token", error_description="x""#;
        exchange.answer.headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
        assert_eq!(exchange.error().as_deref(), Some("invalid_token"));
    }
}
