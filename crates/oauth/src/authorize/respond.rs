//! The authorization response, built from a validated redirect URI alone.
//!
//! Spec: RFC 6749 §4.1.2, RFC 9207 (`iss` in every response, errors too), Form Post Response Mode, JARM §2
//!
//! As a JWT, all parameters are in it, `iss` and `session_state` too, and nothing stands beside it.

use std::sync::Arc;

use protocol::{
    ClientMetadata, authorization_request::RequestError, redirect_uri::ValidatedRedirectUri,
    response_mode::ResponseMode, token_response::safe_description,
};
use realm::RealmContext;
use serde_json::{Map, Value};

use crate::issue::{Protection, ProtectionRefusal};

/// How long a response as a JWT is good, in seconds. JARM §2.1: "A maximum JWT lifetime of 10 minutes is RECOMMENDED."
const JWT_LIFETIME: i64 = 600;

/// An answer to the client, through the browser.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    client: Arc<ClientMetadata>,
    redirect_uri: ValidatedRedirectUri,
    mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

/// How the browser is to carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// By a redirect to this URL.
    Redirect(String),
    /// By posting these fields.
    FormPost {
        /// Where to.
        action: String,
        /// What.
        fields: Vec<(&'static str, String)>,
    },
}

impl AuthorizationResponse {
    /// An answer that says nothing yet.
    pub(crate) fn to(client: &Arc<ClientMetadata>, redirect_uri: ValidatedRedirectUri, mode: ResponseMode) -> Self {
        Self {
            client: Arc::clone(client),
            redirect_uri,
            mode,
            parameters: Vec::new(),
        }
    }

    pub(crate) fn success(
        mut self,
        issuer: &str,
        state: Option<&str>,
        parameters: Vec<(&'static str, String)>,
    ) -> Self {
        self.parameters = parameters;
        self.parameters.extend(state.map(|state| ("state", state.to_owned())));
        self.parameters.push(("iss", issuer.to_owned()));
        self
    }

    pub(crate) fn error(self, issuer: &str, state: Option<&str>, error: &RequestError) -> Self {
        let mut parameters = vec![("error", error.code.as_str().to_owned())];
        let description = safe_description(&error.description);
        if !description.is_empty() {
            parameters.push(("error_description", description));
        }
        self.success(issuer, state, parameters)
    }

    /// How it travels. Refused is what is to be encrypted and cannot be.
    pub async fn destination(&self, realm: &RealmContext) -> Result<Destination, ProtectionRefusal> {
        Ok(self.carrying(self.protected(realm).await?))
    }

    /// What travels: the parameters, or the JWT that holds them.
    pub async fn protected(&self, realm: &RealmContext) -> Result<Vec<(&'static str, String)>, ProtectionRefusal> {
        if !self.mode.is_jwt() {
            return Ok(self.parameters.clone());
        }
        let protection = Protection::of_authorization_response(realm, &self.client).await?;
        let response = protection.protect(realm, "JWT", &self.claims(realm.now()))?;
        Ok(vec![("response", response)])
    }

    /// JARM §2.1: "names and string values are included as JSON strings and numerical values (e.g., `expires_in` value) are
    /// included as JSON numbers".
    fn claims(&self, now: i64) -> Map<String, Value> {
        let parameters = self.parameters.iter().map(|(name, value)| {
            let number = Some(value).filter(|_| *name == "expires_in");
            let number = number.and_then(|value| value.parse::<i64>().ok()).map(Value::from);
            ((*name).to_owned(), number.unwrap_or_else(|| value.clone().into()))
        });
        let of_the_jwt = [
            ("aud".to_owned(), self.client.client_id.clone().into()),
            ("exp".to_owned(), (now + JWT_LIFETIME).into()),
        ];
        // `iss` is among the parameters.
        parameters.chain(of_the_jwt).collect()
    }

    /// The parameters on their way to the redirect URI.
    pub fn carrying(&self, parameters: Vec<(&'static str, String)>) -> Destination {
        let borrowed: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match self.mode {
            ResponseMode::Query | ResponseMode::QueryJwt | ResponseMode::Jwt => {
                Destination::Redirect(self.redirect_uri.with_query(&borrowed))
            }
            ResponseMode::Fragment | ResponseMode::FragmentJwt => {
                Destination::Redirect(self.redirect_uri.with_fragment(&borrowed))
            }
            ResponseMode::FormPost | ResponseMode::FormPostJwt => Destination::FormPost {
                action: self.redirect_uri.as_str().to_owned(),
                fields: parameters,
            },
        }
    }
}
