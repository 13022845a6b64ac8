//! Clients of the financial-grade profiles, as their developers would write them: they authenticate by
//! `private_key_jwt`, push their requests, send the browser, and redeem.

use std::sync::LazyLock;

use jose::{SigningAlg, random_token};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::{
    Answer, Browser, Callback, Pkce, pkce,
    pki::{Identity, Subject},
    realm,
};

use crate::{
    app::{Server, bank_and, claims, granted, text},
    bank::Bank,
    signer::{JWT_BEARER, Signer, assertion, changed, jwks},
};

/// A client of the test realm.
#[derive(Clone, Copy)]
pub struct FapiApp {
    pub client_id: &'static str,
    pub profile: &'static str,
    /// Further members of its registration, as TOML.
    members: &'static str,
}

const CODE: &str = "grant_types = [\"authorization_code\", \"refresh_token\"]";

pub const FAPI1_BASELINE: FapiApp = FapiApp {
    client_id: "fapi1-reader",
    profile: "fapi1-baseline",
    members: CODE,
};
/// Of which tokens are bound to a certificate.
pub const FAPI1_ADVANCED: FapiApp = FapiApp {
    client_id: "fapi1-writer",
    profile: "fapi1-advanced",
    members: "response_types = [\"code\", \"code id_token\"]\ngrant_types = [\"authorization_code\", \"implicit\", \"refresh_token\"]\ntls_client_certificate_bound_access_tokens = true",
};
pub const FAPI2_SECURITY: FapiApp = FapiApp {
    client_id: "fapi2-app",
    profile: "fapi2-security",
    members: CODE,
};
/// With the same keys as [`FAPI2_SECURITY`]; many tests want two clients.
pub const FAPI2_OTHER: FapiApp = FapiApp {
    client_id: "fapi2-other",
    profile: "fapi2-security",
    members: CODE,
};
pub const FAPI2_MESSAGE_SIGNING: FapiApp = FapiApp {
    client_id: "fapi2-signer",
    profile: "fapi2-message-signing",
    members: CODE,
};
/// Of `baseline`, and pushes of its own will.
pub const PUSHER: FapiApp = FapiApp {
    client_id: "pusher",
    profile: "baseline",
    members: "grant_types = [\"authorization_code\", \"refresh_token\"]\nrequire_pushed_authorization_requests = true",
};

const ALL: [FapiApp; 6] = [
    FAPI1_BASELINE,
    FAPI1_ADVANCED,
    FAPI2_SECURITY,
    FAPI2_OTHER,
    FAPI2_MESSAGE_SIGNING,
    PUSHER,
];

/// The keys of the clients, the same for all of them and for all tests.
pub struct Keys {
    pub es256: Signer,
    pub ps256: Signer,
    /// Of an algorithm that no financial-grade profile allows.
    pub rs256: Signer,
    /// Nobody's.
    pub stranger: Signer,
    /// With which clients connect.
    pub certificate: Identity,
}

/// The bank with these clients, behind a proxy that passes on their certificates.
pub struct Fapi {
    pub bank: Bank,
    pub keys: &'static Keys,
}

impl Keys {
    fn shared() -> &'static Self {
        static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
            es256: Signer::new(SigningAlg::Es256),
            ps256: Signer::new(SigningAlg::Ps256),
            rs256: Signer::new(SigningAlg::Rs256),
            stranger: Signer::new(SigningAlg::Es256),
            certificate: Subject::named("client").self_signed(),
        });
        &KEYS
    }

    /// The public ones that clients have registered.
    pub fn jwks(&self) -> String {
        jwks(&[&self.es256, &self.ps256, &self.rs256])
    }
}

/// A request that was pushed, with what its client has kept.
pub struct Pushed {
    pub app: FapiApp,
    pub request_uri: String,
    pub pkce: Pkce,
}

impl FapiApp {
    pub fn redirect_uri(self) -> String {
        format!("https://{}.example.com/callback", self.client_id)
    }

    /// The table of the realm file.
    fn toml(self, jwks: &str) -> String {
        let Self {
            client_id,
            profile,
            members,
        } = self;
        let redirect_uri = self.redirect_uri();
        format!(
            "[[client]]\nclient_id = \"{client_id}\"\nclient_name = \"{client_id}\"\nprofile = \"{profile}\"\n\
             redirect_uris = [\"{redirect_uri}\", \"{redirect_uri}?dummy1=lorem&dummy2=ipsum\"]\n\
             token_endpoint_auth_method = \"private_key_jwt\"\nid_token_signed_response_alg = \"ES256\"\n\
             scope = \"openid profile email offline_access accounts:read payments:write\"\njwks = {jwks}\n{members}\n\n"
        )
    }

    /// The parameters of a request for a code, some of them replaced; `null` removes one. As JSON, since they may be
    /// signed.
    pub fn request(self, pkce: &Pkce, changes: &Value) -> Value {
        let sound = json!({
            "client_id": self.client_id, "response_type": "code", "redirect_uri": self.redirect_uri(),
            "scope": "openid accounts:read", "state": "the state", "nonce": "the nonce",
            "code_challenge": pkce.challenge, "code_challenge_method": "S256",
        });
        let sound = changed(&sound, &json!({"response_mode": self.is_signed().then_some("jwt")}));
        changed(&sound, changes)
    }

    /// Whether its profile wants requests, and responses that are a code alone, signed.
    fn is_signed(self) -> bool {
        ["fapi1-advanced", "fapi2-message-signing"].contains(&self.profile)
    }
}

/// The members of an object as the parameters of a form.
pub fn form(parameters: &Value) -> Vec<(&str, &str)> {
    let members = parameters.as_object().unwrap().iter();
    members
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect()
}

impl Fapi {
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// With more TOML at the end of the realm file; `JWKS` in it is the public keys of the clients.
    pub async fn with(more: &str) -> Self {
        let keys = Keys::shared();
        let jwks = keys.jwks();
        let clients: String = ALL.iter().map(|app| app.toml(&jwks)).collect();
        let bank = Bank::behind_proxy(bank_and(&(clients + &more.replace("JWKS", &jwks)))).await;
        Self { bank, keys }
    }

    pub fn now(&self) -> i64 {
        self.bank.clock.now()
    }

    /// What a client says of itself, some of it replaced.
    pub fn assertion(&self, app: FapiApp, changes: &Value) -> String {
        self.keys
            .es256
            .sign(&changed(&assertion(&self.bank, app.client_id, self.now()), changes))
    }

    /// A POST of a form with this client's assertion, to be sent.
    pub fn post(&self, app: FapiApp, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let assertion = self.assertion(app, &json!({}));
        let credentials = [
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
        ];
        self.bank
            .http
            .post(self.bank.at(path))
            .form(&[form, &credentials].concat())
    }

    /// The request as an object that the client signed, some of its claims replaced; `null` removes one.
    pub fn object(&self, app: FapiApp, pkce: &Pkce, changes: &Value) -> Value {
        let now = self.now();
        let of_the_jwt = json!({
            "iss": app.client_id, "aud": self.bank.issuer, "iat": now, "nbf": now, "exp": now + 300,
            "jti": random_token(),
        });
        changed(&changed(&app.request(pkce, &json!({})), &of_the_jwt), changes)
    }

    /// The parameters that a client of its profile pushes: signed, where they must be.
    pub fn parameters(&self, app: FapiApp, pkce: &Pkce, changes: &Value) -> Vec<(String, String)> {
        let pairs = if app.is_signed() {
            let object = self
                .keys
                .es256
                .sign_as("oauth-authz-req+jwt", &self.object(app, pkce, changes));
            json!({"client_id": app.client_id, "request": object})
        } else {
            app.request(pkce, changes)
        };
        form(&pairs)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Pushes a request as its profile wants it, some parameters replaced: the answer.
    pub async fn try_push(&self, app: FapiApp, pkce: &Pkce, changes: &Value) -> Response {
        let parameters = self.parameters(app, pkce, changes);
        let form: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.post(app, "/par", &form).send().await.unwrap()
    }

    /// Pushes a request as its profile wants it.
    pub async fn push(&self, app: FapiApp, changes: &Value) -> Pushed {
        let pkce = pkce();
        let request_uri = pushed(self.try_push(app, &pkce, changes).await).await;
        Pushed { app, request_uri, pkce }
    }

    /// Where the browser is sent.
    pub fn url(&self, pushed: &Pushed) -> String {
        self.bank.authorize_url(&[
            ("client_id", pushed.app.client_id),
            ("request_uri", &pushed.request_uri),
        ])
    }

    /// Sends a browser.
    pub async fn open(&self, browser: &Browser, pushed: &Pushed) -> Answer {
        browser.open(&self.url(pushed)).await
    }

    /// Sends a browser in which alice signs in and permits what she is asked.
    pub async fn walk(&self, pushed: &Pushed) -> Callback {
        self.walk_in(&self.bank.browser(), pushed).await
    }

    /// As [`walk`](Self::walk), in a browser where she may be signed in.
    pub async fn walk_in(&self, browser: &Browser, pushed: &Pushed) -> Callback {
        browser
            .authorize(&self.url(pushed), "alice", &realm::password("alice"))
            .await
    }

    /// What the client learns from its callback: the parameters, out of the JWT if they came as one.
    pub async fn answer(&self, app: FapiApp, callback: &Callback) -> Value {
        let Some(response) = callback.get("response") else {
            let pairs = callback.parameters.iter();
            return pairs
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect();
        };
        assert_eq!(
            callback.parameters.len(),
            1,
            "nothing stands beside it: {}",
            callback.url
        );
        let answer = claims(&self.bank, response).await;
        assert_eq!(answer["aud"], app.client_id);
        assert_eq!(answer["exp"], self.now() + 600);
        answer
    }

    /// Walks, and redeems the code: the token response.
    pub async fn tokens(&self, pushed: &Pushed) -> Value {
        let callback = self.walk(pushed).await;
        let answer = self.answer(pushed.app, &callback).await;
        granted(self.redeem(pushed, text(&answer, "code")).send().await.unwrap()).await
    }

    /// The token request for a code, to be sent over mutual TLS.
    pub fn redeem(&self, pushed: &Pushed, code: &str) -> RequestBuilder {
        let redirect_uri = pushed.app.redirect_uri();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", &pushed.pkce.verifier),
        ];
        let (name, value) = self.keys.certificate.client_cert();
        self.post(pushed.app, "/token", &form).header(name, value)
    }
}

/// The `request_uri` of an answer that must be a success.
pub async fn pushed(response: Response) -> String {
    let status = response.status();
    let body = response.text().await.unwrap();
    assert_eq!(status, 201, "{body}");
    text(&serde_json::from_str(&body).unwrap(), "request_uri").to_owned()
}
