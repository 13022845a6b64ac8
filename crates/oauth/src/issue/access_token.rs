//! Access tokens: sealed, so that only this server can read them, or signed (RFC 9068) for APIs that want that.
//!
//! Spec: RFC 6749 §1.4, RFC 9068 §2, RFC 8693 §4, RFC 9396 §9.1.
//!
//! Either way a token carries what it is worth and names the authorization that can end it. It costs no row.

use jose::{SigningAlg, UnverifiedJwt, b64, sign_jwt};
use model::{Authorization, Client, TokenFormat, User};
use protocol::{
    AuthorizationDetails, Confirmation, SecurityProfile,
    access_token::{AUTHORIZATION_ID, AccessTokenClaims, OWNER},
    acr::Acr,
    actor::Actor,
    revocation_events::Tags,
    scope::Scope,
};
use realm::{Purpose, RealmContext};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Fault, authorization_details,
    scope_policy::{self, Rights},
    subject,
};

/// The `typ` of a JWT access token (RFC 9068 §2.1).
const TYP: &str = protocol::access_token::TYP;
const ACT: &str = "act";
const MAY_ACT: &str = "may_act";
const AUTHORIZATION_DETAILS: &str = "authorization_details";

/// What an access token says, in either form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Its id: 128 random bits.
    #[serde(rename = "j")]
    pub jti: String,
    /// The authorization that it came from; none for two-party use.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub authorization_id: Option<String>,
    /// Whom it acts for: the user, or in two-party use the client. In a JWT that was read, the user is named as the
    /// client knows them; [`live`](crate::introspection::live) finds out who that is.
    #[serde(rename = "u")]
    pub sub: String,
    /// The client that it was issued to.
    #[serde(rename = "c")]
    pub client_id: String,
    /// For whom it is meant.
    #[serde(rename = "d")]
    pub audience: Vec<String>,
    /// What it permits.
    #[serde(rename = "s")]
    pub scope: Scope,
    /// What it permits in detail; `None`: all that its authorization does, of the APIs that it is for. So a token that
    /// the row knows all about stays short.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<AuthorizationDetails>,
    /// When it was made, unix seconds.
    #[serde(rename = "i")]
    pub issued_at: i64,
    /// When it expires, unix seconds.
    #[serde(rename = "e")]
    pub expires_at: i64,
    /// How the user had authenticated.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// When, unix seconds.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The client to which the authorization belongs, if another got this token for one of that client's.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who acts for the subject (RFC 8693 §4.1).
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Who alone may act for the subject (RFC 8693 §4.4).
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<Actor>,
    /// The key that it is bound to.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// How a token for this audience is signed; `None`: it is sealed.
fn signing_alg(realm: &RealmContext, audience: &[String]) -> Option<SigningAlg> {
    let mut apis = scope_policy::target_apis(realm, audience).peekable();
    let alg = apis.peek()?.signing_alg.unwrap_or(SigningAlg::Es256);
    apis.all(|api| api.token_format == TokenFormat::Jwt).then_some(alg)
}

/// Whether a token for this audience is a JWT.
pub(crate) fn is_signed(realm: &RealmContext, audience: &[String]) -> bool {
    signing_alg(realm, audience).is_some()
}

/// Whether the key is there that signs tokens for this audience, if they are signed.
pub(crate) fn check_key(realm: &RealmContext, audience: &[String]) -> Result<(), Fault> {
    match signing_alg(realm, audience) {
        Some(alg) if realm.keys.signer(alg).is_none() => Err(Fault::NotReady(alg.as_str())),
        _ => Ok(()),
    }
}

impl AccessToken {
    /// A token that acts for a user.
    pub fn for_user(realm: &RealmContext, authorization: &Authorization, user: &User, rights: &Rights) -> Self {
        let all = &authorization.details.authorization_details;
        let is_all = authorization_details::for_audience(realm, all, &rights.audience) == rights.authorization_details;
        // An API that reads the token itself cannot look into the row.
        let are_in_row = is_all && !is_signed(realm, &rights.audience);
        let of_client = Self::for_client(realm, &authorization.client_id, rights);
        Self {
            authorization_details: (!are_in_row).then(|| rights.authorization_details.clone()),
            authorization_id: Some(authorization.id.clone()),
            sub: user.id.clone(),
            // APIs compare levels of X.1254; what else an app can ask for is said to the app.
            acr: Some(authorization.details.acr.published()),
            auth_time: Some(authorization.auth_time),
            // Who reads the token itself does not see when that ends.
            expires_at: of_client.expires_at.min(authorization.expires_at),
            ..of_client
        }
    }

    /// A token that acts for the client itself.
    pub fn for_client(realm: &RealmContext, client_id: &str, rights: &Rights) -> Self {
        let now = realm.now();
        Self {
            jti: b64::encode(jose::random_bytes::<16>()),
            authorization_id: None,
            sub: client_id.to_owned(),
            client_id: client_id.to_owned(),
            audience: rights.audience.clone(),
            scope: rights.scope.clone(),
            authorization_details: Some(rights.authorization_details.clone()),
            issued_at: now,
            expires_at: now + realm.realm.lifetimes.access_token,
            acr: None,
            auth_time: None,
            owner: None,
            act: None,
            may_act: None,
            cnf: None,
        }
    }

    /// What is bound to no key lives only as long as the client's profile allows.
    pub(crate) fn limit_lifetime(&mut self, profile: &SecurityProfile) {
        if self.cnf.is_none() {
            let longest = self.issued_at.saturating_add(profile.longest_bearer_lifetime);
            self.expires_at = self.expires_at.min(longest);
        }
    }

    /// By what the stream of revocations calls it: whoever keeps what it was worth listens for these.
    pub fn revocation_tags(&self, issuer: &str) -> Vec<String> {
        let tags = Tags::of(issuer);
        [
            Some(tags.token(&self.jti)),
            Some(tags.client(&self.client_id)),
            self.authorization_id.as_deref().map(|id| tags.authorization(id)),
            self.owner.as_deref().map(|id| tags.client(id)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// How it is presented.
    pub fn token_type(&self) -> &'static str {
        self.cnf.as_ref().map_or("Bearer", Confirmation::token_type)
    }

    /// The token as text, in the form that its APIs want: a JWT when all of them do, else sealed.
    pub fn mint(&self, realm: &RealmContext, client: &Client) -> Result<String, Fault> {
        match signing_alg(realm, &self.audience) {
            Some(alg) => {
                let signer = realm.keys.signer(alg).ok_or(Fault::NotReady(alg.as_str()))?;
                let claims = self.claims(realm, client)?;
                sign_jwt(signer, TYP, &claims).map_err(|error| Fault::Signing(error.to_string()))
            }
            None => Ok(b64::encode(realm.seal(Purpose::Token, self)?)),
        }
    }

    fn claims(&self, realm: &RealmContext, client: &Client) -> Result<AccessTokenClaims, Fault> {
        Ok(AccessTokenClaims {
            iss: realm.issuer().to_owned(),
            // The client can read it, so it says what the client may know.
            sub: match self.authorization_id {
                Some(_) => subject::of(realm, &client.metadata, &self.sub)?,
                None => self.sub.clone(),
            },
            aud: self.audience.clone().into(),
            client_id: self.client_id.clone(),
            jti: self.jti.clone(),
            iat: self.issued_at,
            exp: self.expires_at,
            scope: self.scope.clone(),
            acr: self.acr.map(|acr| acr.to_string()),
            auth_time: self.auth_time,
            amr: Vec::new(),
            cnf: self.cnf.clone(),
            extra: self.extra(),
        })
    }

    /// The claims that RFC 9068 does not list.
    fn extra(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.clone().map(Value::String);
        let actor = |actor: &Option<Actor>| actor.as_ref().and_then(|actor| serde_json::to_value(actor).ok());
        let details = self
            .authorization_details
            .as_ref()
            .filter(|details| !details.is_empty());
        [
            (AUTHORIZATION_ID, text(&self.authorization_id)),
            (OWNER, text(&self.owner)),
            (ACT, actor(&self.act)),
            (MAY_ACT, actor(&self.may_act)),
            (
                AUTHORIZATION_DETAILS,
                details.and_then(|details| serde_json::to_value(details).ok()),
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    /// Reads a token that this realm minted, whichever form it has. It says nothing about revocation.
    /// `None`: not ours, tampered with, or expired.
    pub fn read(realm: &RealmContext, token: &str) -> Option<Self> {
        let read = realm.read_tokens.of(token, || {
            if token.contains('.') {
                Self::read_jwt(realm, token)
            } else {
                realm.open(Purpose::Token, &b64::decode(token)?)
            }
        })?;
        (realm.now() < read.expires_at).then(|| Self::clone(&read))
    }

    fn read_jwt(realm: &RealmContext, token: &str) -> Option<Self> {
        let unverified = UnverifiedJwt::parse(token).ok()?;
        if unverified.header().typ.as_deref() != Some(TYP) {
            return None;
        }
        let verified = realm.keys.published().verify(&unverified, &SigningAlg::ALL).ok()?;
        let claims: AccessTokenClaims = serde_json::from_value(Value::Object(verified.claims)).ok()?;
        // A token is believed only in the form in which it would be minted: a signing key opens no API whose tokens are
        // sealed.
        let is_minted_so = signing_alg(realm, &claims.aud.0).is_some_and(|alg| alg.as_str() == verified.header.alg);
        let text = |name: &str| claims.extra.get(name).and_then(Value::as_str).map(str::to_owned);
        // A chain of actors that cannot be read must not be lost on the way.
        let actor = |name: &str| -> Option<Option<Actor>> {
            let value = claims.extra.get(name).cloned();
            value.map(serde_json::from_value).transpose().ok()
        };
        let (act, may_act) = (actor(ACT)?, actor(MAY_ACT)?);
        // What is not in a JWT it does not permit.
        let details = match claims.extra.get(AUTHORIZATION_DETAILS).cloned() {
            Some(value) => serde_json::from_value(value).ok()?,
            None => AuthorizationDetails::default(),
        };
        (claims.iss == realm.issuer() && is_minted_so).then(|| Self {
            authorization_id: text(AUTHORIZATION_ID),
            owner: text(OWNER),
            act,
            may_act,
            jti: claims.jti,
            sub: claims.sub,
            client_id: claims.client_id,
            audience: claims.aud.0,
            scope: claims.scope,
            authorization_details: Some(details),
            issued_at: claims.iat,
            expires_at: claims.exp,
            acr: claims.acr.as_deref().and_then(Acr::parse),
            auth_time: claims.auth_time,
            cnf: claims.cnf,
        })
    }
}
