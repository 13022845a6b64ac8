//! Authorization requests that are fine as they are, so that a test changes only what it is about; and what tests do
//! with the answers.

use reqwest::{RequestBuilder, Response};
use sekisho::administration::{self, Action, Command};
use serde_json::Value;
use testkit::{Answer, Browser, Callback, Form, Page, Pkce, pkce, realm};

use crate::bank::Bank;

/// The redirect URI of `web-app`.
pub const WEB: &str = "https://app.example.com/callback";
/// The redirect URI of `js-app`.
pub const JS: &str = "https://js.example.com/callback";
/// A redirect URI of `cli`, with a port that was free when it started.
pub const CLI: &str = "http://127.0.0.1:49152/callback";

/// The API whose tokens are opaque.
pub const BANK_API: &str = "https://api.example.com";
/// The API whose tokens are JWTs.
pub const REPORTS_API: &str = "https://reports.example.com";

/// The parameters of an authorization request, and what the client keeps of it.
#[derive(Clone)]
pub struct Request {
    parameters: Vec<(String, String)>,
    pub pkce: Pkce,
}

impl Request {
    /// `web-app` asks for a code.
    pub fn code(scope: &str) -> Self {
        let pkce = pkce();
        let challenge = pkce.challenge.clone();
        Self {
            parameters: Vec::new(),
            pkce,
        }
        .with("response_type", "code")
        .with("client_id", "web-app")
        .with("redirect_uri", WEB)
        .with("scope", scope)
        .with("state", "the state")
        .with("nonce", "the nonce")
        .with("code_challenge", &challenge)
        .with("code_challenge_method", "S256")
    }

    /// `cli`, a native app, asks for a code.
    pub fn native(scope: &str) -> Self {
        Self::code(scope).with("client_id", "cli").with("redirect_uri", CLI)
    }

    /// `js-app` asks for tokens without a code.
    pub fn implicit(response_type: &str, scope: &str) -> Self {
        Self::code(scope)
            .with("response_type", response_type)
            .with("client_id", "js-app")
            .with("redirect_uri", JS)
            .without("code_challenge")
            .without("code_challenge_method")
    }

    /// With this value for a parameter, and no other.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).also(name, value)
    }

    /// With one more parameter of this name.
    #[must_use]
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// Names and values.
    pub fn parameters(&self) -> Vec<(&str, &str)> {
        let pairs = self.parameters.iter();
        pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Where the browser is sent with it.
    pub fn url(&self, bank: &Bank) -> String {
        bank.authorize_url(&self.parameters())
    }

    /// Opens it.
    pub async fn open(&self, bank: &Bank, browser: &Browser) -> Answer {
        browser.open(&self.url(bank)).await
    }

    /// Opens it, signs in and approves if asked.
    pub async fn walk(&self, bank: &Bank, browser: &Browser, username: &str) -> Callback {
        browser
            .authorize(&self.url(bank), username, &realm::password(username))
            .await
    }

    /// The error that the client gets, whoever sends it the browser.
    pub async fn error(&self, bank: &Bank) -> String {
        let callback = self.open(bank, &bank.browser()).await.callback();
        assert_eq!(callback.get("iss"), Some(bank.issuer.as_str()));
        assert_eq!(callback.get("code"), None);
        error(&callback).to_owned()
    }

    /// Exchanges the code of an answer: the token response.
    pub async fn redeem(&self, bank: &Bank, callback: &Callback) -> Value {
        let response = self.try_redeem(bank, callback).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Exchanges the code of an answer, perhaps in vain.
    pub async fn try_redeem(&self, bank: &Bank, callback: &Callback) -> Response {
        let value = |name| {
            self.parameters()
                .into_iter()
                .find(|(known, _)| *known == name)
                .unwrap()
                .1
        };
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", callback.code()),
            ("redirect_uri", value("redirect_uri")),
            ("code_verifier", &self.pkce.verifier),
        ];
        match value("client_id") {
            "cli" => {
                form.push(("client_id", "cli"));
                bank.post("/token", &form).await
            }
            confidential => bank.post_as("/token", confidential, &form).await,
        }
    }
}

/// The error in an answer.
pub fn error(callback: &Callback) -> &str {
    callback
        .get("error")
        .unwrap_or_else(|| panic!("no error in {}", callback.url))
}

/// A browser in which this user is signed in.
pub async fn signed_in(bank: &Bank, username: &str) -> Browser {
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = sign_in(&browser, &page, username).await;
    assert!(page.has("sign-out"));
    browser
}

/// Signs this user in on a sign-in page: the page that follows.
pub async fn sign_in(browser: &Browser, page: &Page, username: &str) -> Page {
    browser.sign_in(page, username, &realm::password(username)).await.page()
}

/// A response as a page.
pub async fn page(response: Response) -> Page {
    let (url, status, headers) = (
        response.url().clone(),
        response.status().as_u16(),
        response.headers().clone(),
    );
    let html = response.text().await.unwrap();
    Page {
        url,
        status,
        headers,
        html,
    }
}

/// A page that says what went wrong, and leads nowhere.
pub fn assert_error_page(page: &Page, status: u16, code: &str) {
    assert_eq!(
        (page.status, page.error_code().as_deref()),
        (status, Some(code)),
        "{}",
        page.text()
    );
    assert_eq!(page.headers.get("location"), None);
    let id = page.headers["sekisho-explain"].to_str().unwrap().to_owned();
    assert_eq!(page.explain_id(), Some(id));
}

/// The same request with the cookies of a browser.
pub fn with_cookies(request: RequestBuilder, browser: &Browser) -> RequestBuilder {
    let cookies = browser.cookies();
    let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    request.header("cookie", pairs.join("; "))
}

/// A form as a browser sends it by the button `pressed`, without following where the answer leads.
pub fn post(bank: &Bank, browser: &Browser, form: &Form, pressed: &str) -> RequestBuilder {
    let request = bank.http.post(form.action.clone()).form(&form.entries(Some(pressed)));
    with_cookies(request, browser)
}

/// The value of the cookie whose name begins like this.
pub fn cookie(browser: &Browser, prefix: &str) -> Option<String> {
    let mut cookies = browser.cookies().into_iter();
    cookies
        .find(|(name, _)| name.starts_with(prefix))
        .map(|(_, value)| value)
}

/// What an operator does.
pub async fn administer(bank: &Bank, action: Action) {
    let command = Command { realm: None, action };
    administration::execute(&bank.running.realms, &bank.running.passwords, command)
        .await
        .unwrap();
}

/// What a JWT says, unverified.
pub fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&jose::b64::decode(payload).unwrap()).unwrap()
}

/// The text of a member of a JSON object.
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}
