//! A client of FAPI 2.0: pushed request, code and token, by assertions and proofs, for a user who is signed in and has
//! permitted it before; and the calls that it makes with its token.

use std::{fmt::Write as _, sync::Arc};

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Request, StatusCode};
use http_body_util::Full;
use jose::{Signer, SigningAlg, SigningKey, b64, random_token, sha256, sign_jwt};
use model::Clock;
use serde_json::{Value, json};
use testkit::pkce;

use crate::{
    connection::{Answer, Connection},
    limits::Needs,
    load::Turn,
    visit::{PASSWORD, REDIRECT_URI, Visit, code_in, location},
};

const CLIENT_ID: &str = "payer";
/// The scope of a flow.
const SCOPE: &str = "openid accounts:read";
/// The scope of one for the API that verifies its tokens itself.
pub const LEDGER: &str = "openid ledger:read";

/// The keys of the client: that of its assertions, in the realm file, and that of its proofs.
pub struct Keys {
    assertion: SigningKey,
    proof: SigningKey,
}

impl Keys {
    /// New ones.
    pub fn new() -> Result<Self, String> {
        let generate = || SigningKey::generate(SigningAlg::Es256).map_err(|error| error.to_string());
        Ok(Self {
            assertion: generate()?.0,
            proof: generate()?.0,
        })
    }

    /// The client and as many users, for the realm file.
    pub fn realm(&self, users: usize) -> Result<String, String> {
        let jwk = serde_json::to_value(self.assertion.public_jwk()).map_err(|error| error.to_string())?;
        let members = jwk.as_object().into_iter().flatten();
        let members: Vec<String> = members.map(|(name, value)| format!("{name} = {value}")).collect();
        let mut text = format!(
            "\n[[client]]\nclient_id = '{CLIENT_ID}'\nprofile = 'fapi2-security'\n\
             token_endpoint_auth_method = 'private_key_jwt'\nredirect_uris = ['{REDIRECT_URI}']\n\
             grant_types = ['authorization_code']\nscope = '{SCOPE} ledger:read'\n\
             id_token_signed_response_alg = 'ES256'\njwks = {{ keys = [{{ {} }}] }}\n",
            members.join(", ")
        );
        for number in 0..users {
            let _ = write!(text, "\n[[user]]\nusername = 'user{number}'\npassword = '{PASSWORD}'\n");
        }
        Ok(text)
    }
}

/// The client, for one user.
pub struct Payer {
    keys: Arc<Keys>,
    issuer: String,
    /// The user's browser, signed in.
    browser: Visit,
}

/// What a flow needs: two assertions and two proofs are verified and an ID token is signed; the two `jti`, the pushed
/// request and its use, the code and its use, and the events of both (a consent that was remembered, tokens that were issued)
/// are written.
pub const FLOW: Needs = Needs {
    signatures: 1,
    verifications: 4,
    durable_rows: 8,
};

/// What a call needs: its proof is verified.
pub const CALL: Needs = Needs {
    signatures: 0,
    verifications: 1,
    durable_rows: 0,
};

/// What a call with a JWT needs that the API checks itself: its proof and its token are verified.
pub const CALL_WITH_JWT: Needs = Needs {
    verifications: 2,
    ..CALL
};

impl Payer {
    /// Signs the user of this number in, and has them permit the client.
    pub async fn new(
        keys: &Arc<Keys>,
        issuer: &str,
        number: usize,
        connection: &mut Connection,
    ) -> Result<Self, String> {
        let mut this = Self {
            keys: Arc::clone(keys),
            issuer: issuer.to_owned(),
            browser: Visit::new(issuer),
        };
        let user = format!("user{number}");
        // One API to a request.
        for scope in [SCOPE, LEDGER] {
            let request_uri = this.push(connection, scope, &pkce().challenge).await?;
            this.browser.code(connection, &authorize(&request_uri), &user).await?;
        }
        Ok(this)
    }

    async fn push(&self, connection: &mut Connection, scope: &str, code_challenge: &str) -> Result<String, String> {
        let answer = self
            .post(
                connection,
                "/par",
                &[
                    ("response_type", "code"),
                    ("redirect_uri", REDIRECT_URI),
                    ("scope", scope),
                    ("state", "state"),
                    ("code_challenge", code_challenge),
                    ("code_challenge_method", "S256"),
                ],
            )
            .await?;
        answer.expect(StatusCode::CREATED)?.text("request_uri")
    }

    /// The whole flow; answers the access token.
    async fn flow(&self, connection: &mut Connection, scope: &str) -> Result<Answer, String> {
        let pkce = pkce();
        let request_uri = self.push(connection, scope, &pkce.challenge).await?;
        let answer = self.browser.clone().get(connection, &authorize(&request_uri)).await?;
        let code = location(&answer).as_deref().and_then(code_in);
        let code = code.ok_or_else(|| format!("no code, but {}", answer.status))?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &pkce.verifier),
        ];
        self.post(connection, "/token", &form).await?.expect(StatusCode::OK)
    }

    async fn post(&self, connection: &mut Connection, path: &str, form: &[(&str, &str)]) -> Result<Answer, String> {
        let now = Clock::system().now();
        let assertion = json!({
            "iss": CLIENT_ID, "sub": CLIENT_ID, "aud": self.issuer, "jti": random_token(), "iat": now, "exp": now + 60,
        });
        let assertion = sign_jwt(&self.keys.assertion, "JWT", &assertion).map_err(|error| error.to_string())?;
        let body = Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair(
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            .append_pair("client_assertion", &assertion)
            .finish();
        let request = Request::post(path)
            .header("host", self.host())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("dpop", self.proof("POST", &format!("{}{path}", self.issuer), None)?)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        connection.send(request).await
    }

    /// A proof (RFC 9449 §4.2).
    fn proof(&self, method: &str, url: &str, access_token: Option<&str>) -> Result<String, String> {
        let key = &self.keys.proof;
        let jwk = serde_json::to_value(key.public_jwk()).map_err(|error| error.to_string())?;
        let public = |name: &str| jwk.get(name).cloned().unwrap_or_default();
        let header = json!({
            "typ": "dpop+jwt", "alg": key.alg().as_str(),
            "jwk": { "kty": public("kty"), "crv": public("crv"), "x": public("x"), "y": public("y") },
        });
        let mut claims = json!({
            "jti": random_token(), "htm": method, "htu": url, "iat": Clock::system().now(),
        });
        if let (Some(token), Some(claims)) = (access_token, claims.as_object_mut()) {
            claims.insert("ath".into(), Value::String(b64::encode(sha256(token.as_bytes()))));
        }
        let input = format!(
            "{}.{}",
            b64::encode(header.to_string()),
            b64::encode(claims.to_string())
        );
        let signature = key.sign(input.as_bytes()).map_err(|error| error.to_string())?;
        Ok(format!("{input}.{}", b64::encode(signature)))
    }

    fn host(&self) -> &str {
        self.issuer.trim_start_matches("http://")
    }
}

fn authorize(request_uri: &str) -> String {
    let query = Serializer::new(String::new())
        .append_pair("client_id", CLIENT_ID)
        .append_pair("request_uri", request_uri)
        .finish();
    format!("/authorize?{query}")
}

/// Flow after flow.
#[derive(Clone)]
pub struct Flows(pub Arc<Payer>);

impl Turn for Flows {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        Ok(self.0.flow(connection, SCOPE).await?.body.len())
    }
}

/// Calls with one token.
#[derive(Clone)]
pub struct Calls {
    payer: Arc<Payer>,
    origin: String,
    path: &'static str,
    token: String,
}

impl Calls {
    /// Of the issuer, for this user, with a new token.
    pub async fn new(payer: &Arc<Payer>, path: &'static str, connection: &mut Connection) -> Result<Self, String> {
        Self::with_scope(payer, SCOPE, path, connection).await
    }

    /// The same for another scope.
    pub async fn with_scope(
        payer: &Arc<Payer>,
        scope: &str,
        path: &'static str,
        connection: &mut Connection,
    ) -> Result<Self, String> {
        Ok(Self {
            token: payer.flow(connection, scope).await?.text("access_token")?,
            origin: payer.issuer.clone(),
            payer: Arc::clone(payer),
            path,
        })
    }

    /// The same at another server, `http://host:port`.
    pub fn at(self, origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            ..self
        }
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Turn for Calls {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        let (url, token) = (format!("{}{}", self.origin, self.path), &self.token);
        let request = Request::get(self.path)
            .header("host", self.origin.trim_start_matches("http://"))
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", self.payer.proof("GET", &url, Some(token))?)
            .body(Full::default())
            .map_err(|error| error.to_string())?;
        Ok(connection.send(request).await?.expect(StatusCode::OK)?.body.len())
    }
}
