//! Registered clients, as their developers would write them: they ask for codes, redeem and refresh.

use jose::{KeySet, SigningAlg, UnverifiedJwt, Verified};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use storage::Change;
use testkit::{Browser, Pkce, Serve, pkce, realm};

use crate::bank::Bank;

/// A server, in this process or as a process of its own.
pub trait Server {
    fn issuer(&self) -> &str;
    fn http(&self) -> Client;

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }
}

impl Server for Bank {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn http(&self) -> Client {
        self.http.clone()
    }
}

impl Server for Serve {
    fn issuer(&self) -> &str {
        self.issuer()
    }

    fn http(&self) -> Client {
        self.http()
    }
}

/// How a client says who it is.
#[derive(Clone, Copy)]
pub enum Method {
    None,
    ClientSecretBasic,
    ClientSecretPost,
}

/// A client of the realm.
#[derive(Clone, Copy)]
pub struct App {
    pub client_id: &'static str,
    pub redirect_uri: &'static str,
    pub method: Method,
}

/// Confidential, `client_secret_basic`.
pub const WEB_APP: App = App {
    client_id: "web-app",
    redirect_uri: "https://app.example.com/callback",
    method: Method::ClientSecretBasic,
};
/// Confidential, `client_secret_post`.
pub const POST_APP: App = App {
    client_id: "post-app",
    redirect_uri: "https://post.example.com/callback",
    method: Method::ClientSecretPost,
};
/// Public.
pub const CLI: App = App {
    client_id: "cli",
    redirect_uri: "http://127.0.0.1:50123/callback",
    method: Method::None,
};
/// Public, on a device without a browser.
pub const TV: App = App {
    client_id: "tv",
    redirect_uri: "",
    method: Method::None,
};
/// Confidential, on a device without a browser, of the bank itself.
pub const KIOSK: App = App {
    client_id: "kiosk",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};
/// Without users.
pub const ROBOT: App = App {
    client_id: "robot",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};
/// The API's own credentials.
pub const BANK_API: App = App {
    client_id: "bank-api",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};

/// A code, with what its client has kept for it.
pub struct Code {
    pub text: String,
    pub verifier: String,
}

impl App {
    /// An authorization request for a code with PKCE.
    pub fn request(self, scope: &str, pkce: &Pkce) -> Vec<(String, String)> {
        [
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("scope", scope),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", &pkce.challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Signs alice in and permits everything.
    pub async fn code(self, server: &impl Server, scope: &str) -> Code {
        self.code_with(server, scope, &[]).await
    }

    /// As [`code`](Self::code) with other parameters; an empty value removes one.
    pub async fn code_with(self, server: &impl Server, scope: &str, other: &[(&str, &str)]) -> Code {
        let browser = Browser::with_client(server.issuer(), server.http());
        self.code_in(server, &browser, scope, other).await
    }

    /// As [`code_with`](Self::code_with) in a browser where alice may be signed in.
    pub async fn code_in(self, server: &impl Server, browser: &Browser, scope: &str, other: &[(&str, &str)]) -> Code {
        let pkce = pkce();
        let mut parameters = self.request(scope, &pkce);
        parameters.retain(|(name, _)| other.iter().all(|(replaced, _)| replaced != name));
        let given = other.iter().filter(|(_, value)| !value.is_empty());
        parameters.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let url = url::Url::parse_with_params(&server.at("/authorize"), parameters).unwrap();
        let callback = browser
            .authorize(url.as_str(), "alice", &realm::password("alice"))
            .await;
        Code {
            text: callback.code().to_owned(),
            verifier: pkce.verifier,
        }
    }

    /// Pushes an authorization request.
    pub async fn push(self, server: &impl Server, request: &[(String, String)]) -> Response {
        // Who asks, `post` says.
        let own = request.iter().filter(|(name, _)| name != "client_id");
        let form: Vec<_> = own.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match self.method {
            Method::ClientSecretBasic => {
                let form = [form.as_slice(), &[("client_id", self.client_id)]].concat();
                self.post(server, "/par", &form).await
            }
            _ => self.post(server, "/par", &form).await,
        }
    }

    /// Posts a form with this client's credentials.
    pub async fn post(self, server: &impl Server, path: &str, form: &[(&str, &str)]) -> Response {
        self.posting(server, path, form).send().await.unwrap()
    }

    /// A form with this client's credentials, which is still to be sent.
    pub fn posting(self, server: &impl Server, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let secret = realm::secret(self.client_id);
        let mut form = form.to_vec();
        let mut request = server.http().post(server.at(path));
        match self.method {
            Method::None => form.push(("client_id", self.client_id)),
            Method::ClientSecretBasic => request = request.basic_auth(self.client_id, Some(&secret)),
            Method::ClientSecretPost => form.extend([("client_id", self.client_id), ("client_secret", &secret)]),
        }
        request.form(&form)
    }

    /// Redeems a code as it should be.
    pub async fn redeem(self, server: &impl Server, code: &Code) -> Response {
        self.redeeming(server, code).send().await.unwrap()
    }

    /// A request that redeems a code, which is still to be sent.
    pub fn redeeming(self, server: &impl Server, code: &Code) -> RequestBuilder {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code.text),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", &code.verifier),
        ];
        self.posting(server, "/token", &form)
    }

    /// Asks for the codes of a device: the answer.
    pub async fn device(self, server: &impl Server, scope: &str) -> Value {
        granted(self.post(server, "/device_authorization", &[("scope", scope)]).await).await
    }

    /// Polls with a device code.
    pub async fn poll(self, server: &impl Server, device: &Value) -> Response {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", text(device, "device_code")),
        ];
        self.post(server, "/token", &form).await
    }

    /// Asks for new tokens.
    pub async fn refresh(self, server: &impl Server, refresh_token: &str) -> Response {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.post(server, "/token", &form).await
    }

    /// Signs alice in, permits everything and redeems the code: the token response.
    pub async fn tokens(self, server: &impl Server, scope: &str) -> Value {
        let code = self.code(server, scope).await;
        granted(self.redeem(server, &code).await).await
    }

    /// What this client learns of a token.
    pub async fn introspect(self, server: &impl Server, token: &str) -> Value {
        granted(self.post(server, "/introspect", &[("token", token)]).await).await
    }

    /// Whether this client learns that a token is worth something.
    pub async fn sees(self, server: &impl Server, token: &str) -> bool {
        self.introspect(server, token).await["active"].as_bool().unwrap()
    }
}

/// A text in a JSON object.
pub fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name]
        .as_str()
        .unwrap_or_else(|| panic!("no text {name} in {json}"))
}

/// The names of a JSON object, sorted.
pub fn names(json: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A header of an answer, as text; empty when it is not there.
pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The JSON of an answer that must be a success.
pub async fn granted(response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.unwrap();
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Checks that an answer is this error, in the form of RFC 6749 §5.2, and answers its description.
pub async fn refused(response: Response, error: &str) -> String {
    let status = response.status().as_u16();
    let (content_type, cache) = (header(&response, "content-type"), header(&response, "cache-control"));
    assert_eq!((content_type, cache), ("application/json", "no-store"), "{status}");
    let challenge = header(&response, "www-authenticate").to_owned();
    assert!(
        !header(&response, "sekisho-explain").is_empty(),
        "each refusal has an id"
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (status, &body["error"]),
        (if error == "invalid_client" { 401 } else { 400 }, &error.into()),
        "{body}"
    );
    assert_eq!(challenge.starts_with("Basic realm="), status == 401, "{challenge}");
    assert_eq!(names(&body), ["error", "error_description"]);
    let description = text(&body, "error_description");
    let is_allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(description.bytes().all(is_allowed), "{description}");
    description.to_owned()
}

/// The keys that a server publishes.
pub async fn key_set(server: &impl Server) -> KeySet {
    server
        .http()
        .get(server.at("/jwks"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

/// Verifies a JWT of any algorithm that is offered.
pub fn verify(keys: &KeySet, jwt: &str) -> Verified {
    keys.verify(&UnverifiedJwt::parse(jwt).unwrap(), &SigningAlg::ALL)
        .unwrap()
}

/// The claims of a JWT that verifies by the published keys.
pub async fn claims(server: &impl Server, jwt: &str) -> Value {
    Value::Object(verify(&key_set(server).await, jwt).claims)
}

/// The test realm with more TOML at its end.
pub fn bank_and(more: &str) -> impl FnOnce(&str) -> String {
    move |issuer| format!("{}\n{more}", realm::bank(issuer))
}

/// What an operator does to the rows of the realm.
impl Bank {
    pub async fn change(&self, change: Change) {
        assert_eq!(
            self.running.realms.store.commit(change).await.unwrap(),
            storage::Outcome::Applied
        );
    }

    pub async fn disable_client(&self, client_id: &str) {
        let statement = storage::client::set_enabled(&self.issuer, client_id, false, self.clock.now());
        self.change(Change::new().then(statement)).await;
    }

    pub async fn user_id(&self, username: &str) -> String {
        let found = self
            .running
            .realms
            .store
            .find_user_by_name(&self.issuer, username)
            .await
            .unwrap();
        found.unwrap().id
    }

    pub async fn disable_user(&self, username: &str) {
        let id = self.user_id(username).await;
        let statement = storage::user::set_enabled(&self.issuer, &id, false, self.clock.now());
        self.change(Change::new().then(statement)).await;
    }

    /// Takes back what a user permitted a client.
    pub async fn end_grant(&self, username: &str, client_id: &str) {
        let (store, user) = (&self.running.realms.store, self.user_id(username).await);
        let grant = store.find_grant(&self.issuer, &user, client_id).await.unwrap().unwrap();
        let end = storage::grant::end(&self.issuer, &user, &grant.id, self.clock.now());
        self.change(Change::new().then_all(end)).await;
    }

    /// Ends all sessions of a user.
    pub async fn end_sessions(&self, username: &str) {
        let (store, user, now) = (
            &self.running.realms.store,
            self.user_id(username).await,
            self.clock.now(),
        );
        for session in store.sessions_of_user(&self.issuer, &user, now).await.unwrap() {
            self.change(Change::new().then_all(storage::session::end(&self.issuer, &user, &session.id, now)))
                .await;
        }
    }
}
