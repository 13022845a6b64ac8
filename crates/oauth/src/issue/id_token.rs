//! ID tokens.
//!
//! Spec: OpenID Connect Core §2, §3.1.3.6 (`at_hash`), §3.3.2.11 (`c_hash`), §5.4, §5.5, CIBA §10.3.1, FAPI 1.0 Advanced
//! §5.1 and §5.2.2.1 (`s_hash`, detached signatures)
//!
//! Identity claims of scopes are at UserInfo; they are in the ID token only when no access token comes with it (§5.4).
//! Those that the request's `claims` wants here are here, in the first ID token and in those of a refresh.

use jose::left_half_hash;
use model::{Authorization, Client, User};
use protocol::{audience::Audience, claims, id_token::IdTokenClaims, scope::Scope};
use realm::RealmContext;

use super::Protection;
use crate::{Fault, subject};

/// How long an ID token is valid, in seconds: it is read once, when the user signs in.
const LIFETIME: i64 = 600;

/// An ID token in the making.
pub struct IdToken<'a> {
    claims: IdTokenClaims,
    access_token: Option<&'a str>,
    refresh_token: Option<&'a str>,
    code: Option<&'a str>,
    state: Option<&'a str>,
}

impl<'a> IdToken<'a> {
    /// Says who authenticated, when and how, and what was asked for by name of what the user permits; `scope` is that of
    /// the token that comes with it.
    pub fn new(
        realm: &RealmContext,
        client: &Client,
        authorization: &Authorization,
        user: &User,
        scope: &Scope,
    ) -> Result<Self, Fault> {
        let now = realm.now();
        let details = &authorization.details;
        Ok(Self {
            claims: IdTokenClaims {
                iss: realm.issuer().to_owned(),
                sub: subject::of(realm, &client.metadata, &user.id)?,
                aud: Audience::one(client.id()),
                exp: now + LIFETIME,
                iat: now,
                auth_time: Some(authorization.auth_time),
                nonce: None,
                acr: Some(details.acr.to_string()),
                amr: details.amr.clone(),
                azp: None,
                at_hash: None,
                c_hash: None,
                auth_req_id: None,
                rt_hash: None,
                s_hash: None,
                sid: Some(subject::session(realm, &client.metadata, &authorization.session_id)?),
                extra: details.requested_claims(&details.claims.id_token, &user.known_claims(), scope),
            },
            access_token: None,
            refresh_token: None,
            code: None,
            state: None,
        })
    }

    /// Echoes the request's `nonce`.
    #[must_use]
    pub fn nonce(mut self, nonce: Option<String>) -> Self {
        self.claims.nonce = nonce;
        self
    }

    /// Binds it to the access token that is returned with it.
    #[must_use]
    pub fn access_token(mut self, token: &'a str) -> Self {
        self.access_token = Some(token);
        self
    }

    /// Names the backchannel request that it answers, and binds it to the refresh token that comes with it. "Note that
    /// these claims are only required in Push mode" (CIBA §10.3.1); a client that fetches can check them too.
    #[must_use]
    pub fn backchannel(mut self, auth_req_id: Option<String>, refresh_token: Option<&'a str>) -> Self {
        self.refresh_token = refresh_token.filter(|_| auth_req_id.is_some());
        self.claims.auth_req_id = auth_req_id;
        self
    }

    /// Binds it to the code that is returned with it.
    #[must_use]
    pub fn code(mut self, code: &'a str) -> Self {
        self.code = Some(code);
        self
    }

    /// Signs the `state` that is returned with it, by its hash.
    #[must_use]
    pub fn state(mut self, state: Option<&'a str>) -> Self {
        self.state = state;
        self
    }

    /// Says nothing of the user but who it is and how they authenticated.
    #[must_use]
    pub fn without_identity(mut self) -> Self {
        self.claims.extra.clear();
        self
    }

    /// Adds the claims of the scopes, for the flow without an access token.
    #[must_use]
    pub fn with_identity(mut self, authorization: &Authorization, user: &User) -> Self {
        let locales = &authorization.details.claims_locales;
        let given = claims::select(&user.known_claims(), &authorization.scope, locales);
        self.claims.extra.extend(given);
        self
    }

    /// Protects it as the client registered.
    pub fn mint(mut self, realm: &RealmContext, protection: Protection) -> Result<String, Fault> {
        let hash = |text| protection.signing_alg().map(|alg| left_half_hash(alg, text));
        self.claims.at_hash = self.access_token.and_then(hash);
        self.claims.rt_hash = self.refresh_token.and_then(hash);
        self.claims.c_hash = self.code.and_then(hash);
        self.claims.s_hash = self.state.and_then(hash);
        protection.protect(realm, "JWT", &self.claims)
    }
}
