//! An authorization: one completed request under a grant; tokens name it.

use protocol::{
    AuthorizationDetails, Confirmation,
    acr::Acr,
    claims::{self, ClaimNames},
    claims_request::{ClaimsRequest, RequestedClaims},
    pkce::CodeChallenge,
    scope::Scope,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An authorization. Replay of its code ends it alone; taking back its grant ends it with all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorization {
    /// The id.
    pub id: String,
    /// Under which grant.
    pub grant_id: String,
    /// Who permitted.
    pub user_id: String,
    /// What app.
    pub client_id: String,
    /// In which session.
    pub session_id: String,
    /// What was granted to this request.
    pub scope: Scope,
    /// For whom its tokens may be meant.
    pub audience: Vec<String>,
    /// What the token endpoint needs to know of the request and of the authentication.
    pub details: AuthorizationContext,
    /// When the user authenticated, unix seconds.
    pub auth_time: i64,
    /// SHA-256 of the code; none for flows without a code.
    pub code_hash: Option<Vec<u8>>,
    /// When the code stops working, unix seconds.
    pub code_expires_at: Option<i64>,
    /// When the code was used.
    pub code_used_at: Option<i64>,
    /// Whether it may outlive the session: it holds or will hold a refresh token.
    pub offline: bool,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// Until when anything that came from it can live, unix seconds.
    pub expires_at: i64,
    /// When it was ended.
    pub ended_at: Option<i64>,
}

impl Authorization {
    /// Whether its tokens are still worth something.
    pub fn is_alive(&self, now: i64) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

/// The part of an authorization that is only read when its code is redeemed or a token refreshed: the request and the
/// authentication behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationContext {
    /// The `redirect_uri` of the request, when it named one: the token request must repeat it (RFC 6749 §4.1.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// PKCE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// The `nonce` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The resources that the request named (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// What the user permitted in detail (RFC 9396).
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    /// The single claims that the request asked for.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// Which of them the user permitted besides those of the scope.
    #[serde(default, skip_serializing_if = "ClaimNames::is_empty")]
    pub permitted_claims: ClaimNames,
    /// The languages that the request prefers for claims, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_locales: Vec<String>,
    /// The keys that the request was bound to: who redeems its code must prove to hold them (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Confirmation::is_empty")]
    pub bound_to: Confirmation,
    /// Whether the client manages the grant by its id, so that the token endpoint tells it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grant_is_managed: bool,
    /// The level of the authentication.
    pub acr: Acr,
    /// Its methods.
    pub amr: Vec<String>,
}

impl AuthorizationContext {
    /// What is known without a request: how the user authenticated.
    pub fn authenticated(acr: Acr, amr: Vec<String>) -> Self {
        Self {
            redirect_uri: None,
            code_challenge: None,
            nonce: None,
            resource: Vec::new(),
            authorization_details: AuthorizationDetails::default(),
            claims: ClaimsRequest::default(),
            permitted_claims: ClaimNames::new(),
            claims_locales: Vec::new(),
            bound_to: Confirmation::default(),
            grant_is_managed: false,
            acr,
            amr,
        }
    }

    /// What to tell of the user, of the claims that were asked for one by one in a place (`requested`): those that
    /// `scope` covers or that the user permitted.
    pub fn requested_claims(
        &self,
        requested: &RequestedClaims,
        known: &Map<String, Value>,
        scope: &Scope,
    ) -> Map<String, Value> {
        let may_see =
            |claim: &str| self.permitted_claims.contains(claim) || claims::of_scope(scope).any(|given| given == claim);
        requested.select(known, may_see, &self.claims_locales)
    }
}
