//! An app whose users are sent to the issuer: the code flow with PKCE, and refreshing.

use std::sync::Arc;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Request, StatusCode};
use http_body_util::Full;
use testkit::pkce;
use tokio::sync::Mutex;

use crate::{
    connection::{Answer, Connection},
    load::Turn,
    scenario::basic,
    visit::{REDIRECT_URI, Visit},
};

/// Where an issuer is, and what this app is there.
#[derive(Debug, Clone)]
pub struct App {
    /// `http://host:port`.
    pub origin: String,
    /// The path of the authorization endpoint.
    pub authorize: String,
    /// The path of the token endpoint.
    pub token: String,
    /// Its `client_id`.
    pub client_id: &'static str,
    /// Its secret; none: a public client.
    pub secret: Option<&'static str>,
    /// What it asks for.
    pub scope: &'static str,
    /// More parameters of its requests.
    pub more: &'static [(&'static str, &'static str)],
}

impl App {
    /// A confidential app of the server under measurement.
    pub fn confidential(issuer: &str) -> Self {
        Self {
            origin: issuer.to_owned(),
            authorize: "/authorize".into(),
            token: "/token".into(),
            client_id: "app",
            secret: Some("app-secret-of-the-benchmark"),
            scope: "openid accounts:read",
            more: &[],
        }
    }

    /// A public one, which gets refresh tokens.
    pub fn public(issuer: &str) -> Self {
        Self {
            client_id: "phone",
            secret: None,
            scope: "accounts:read",
            ..Self::confidential(issuer)
        }
    }

    /// The whole flow, from the request to the tokens.
    pub async fn flow(&self, connection: &mut Connection, visit: &mut Visit, user: &str) -> Result<Answer, String> {
        let pkce = pkce();
        let code = visit.code(connection, &self.request(&pkce.challenge), user).await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &pkce.verifier),
        ];
        self.ask(connection, &form).await
    }

    /// An authorization request: a path with its query.
    pub fn request(&self, code_challenge: &str) -> String {
        let query = Serializer::new(String::new())
            .append_pair("client_id", self.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", self.scope)
            .append_pair("state", "state")
            .append_pair("code_challenge", code_challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(self.more)
            .finish();
        format!("{}?{query}", self.authorize)
    }

    /// Asks the token endpoint.
    pub async fn ask(&self, connection: &mut Connection, form: &[(&str, &str)]) -> Result<Answer, String> {
        let answer = connection.send(self.token_request(form)?).await?;
        answer.expect(StatusCode::OK)
    }

    fn token_request(&self, form: &[(&str, &str)]) -> Result<Request<Full<Bytes>>, String> {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = Request::post(&self.token)
            .header("host", self.origin.trim_start_matches("http://"))
            .header("content-type", "application/x-www-form-urlencoded");
        match self.secret {
            Some(secret) => request = request.header("authorization", basic(self.client_id, secret)),
            None => drop(body.append_pair("client_id", self.client_id)),
        }
        let body = Full::new(Bytes::from(body.finish()));
        request.body(body).map_err(|error| error.to_string())
    }
}

/// Whole flows one after the other.
#[derive(Clone)]
pub struct Flows {
    app: Arc<App>,
    user: String,
    /// The browser as it is before each flow: with a session, or without.
    browser: Visit,
}

impl Flows {
    /// Of users who have signed in and agreed before: each gets a browser with a session.
    pub async fn with_sessions(app: &Arc<App>, users: usize, connection: &mut Connection) -> Result<Vec<Self>, String> {
        let mut flows = Vec::new();
        for number in 0..users {
            let mut these = Self::without_session(app, number);
            app.flow(connection, &mut these.browser, &these.user).await?;
            flows.push(these);
        }
        Ok(flows)
    }

    /// Of the user with this number, who begins without cookies each time.
    pub fn without_session(app: &Arc<App>, number: usize) -> Self {
        Self {
            app: Arc::clone(app),
            user: format!("user{number}"),
            browser: Visit::new(&app.origin),
        }
    }
}

impl Turn for Flows {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        let mut browser = self.browser.clone();
        let tokens = self.app.flow(connection, &mut browser, &self.user).await?;
        Ok(tokens.body.len())
    }
}

/// One family of refresh tokens, used again and again; whoever goes on takes the newest.
#[derive(Clone)]
pub struct Refreshes {
    app: Arc<App>,
    newest: Arc<Mutex<String>>,
}

impl Refreshes {
    /// A family for each of so many users.
    pub async fn new(app: &Arc<App>, users: usize, connection: &mut Connection) -> Result<Vec<Self>, String> {
        let mut families = Vec::new();
        for number in 0..users {
            let mut browser = Visit::new(&app.origin);
            let tokens = app.flow(connection, &mut browser, &format!("user{number}")).await?;
            families.push(Self {
                app: Arc::clone(app),
                newest: Arc::new(Mutex::new(tokens.text("refresh_token")?)),
            });
        }
        Ok(families)
    }
}

impl Turn for Refreshes {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        let mut newest = self.newest.lock().await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", newest.as_str())];
        let tokens = self.app.ask(connection, &form).await?;
        *newest = tokens.text("refresh_token")?;
        Ok(tokens.body.len())
    }
}
