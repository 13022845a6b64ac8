//! Other issuers, whose assertions are believed as far as the realm file says.
//!
//! Spec: RFC 7523 §3, RFC 7521 §8.1 (the trust is established beforehand), RFC 8693 §2.1

use explanation::{Explain, Explanation, catalogue::trusted_issuer};
use jose::{JwsError, SigningAlg, UnverifiedJwt};
use model::{SubjectClaim, TrustedFor, TrustedIssuer, User};
use protocol::{
    assertion::{AssertionAudience, AssertionClaims, AssertionError},
    explained::of_jws,
};
use realm::{FetchError, RealmContext};
use serde_json::{Map, Value};
use storage::StorageError;

/// Why an assertion is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustRefusal {
    /// Not a signed JWT.
    #[error("it is not a signed JWT: {0}")]
    NotAJwt(JwsError),
    /// Its issuer is not trusted, or not for this.
    #[error("its issuer is not trusted here for this: ask the operator of this server")]
    Issuer,
    /// The issuer's keys cannot be had. Why is for the log.
    #[error("the keys of its issuer cannot be had right now")]
    Fetch(#[from] FetchError),
    /// The issuer did not sign it.
    #[error("it cannot be verified: {0}")]
    Signature(JwsError),
    /// A claim.
    #[error(transparent)]
    Claims(#[from] AssertionError),
}

impl Explain for TrustRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::NotAJwt(error) | Self::Signature(error) => of_jws(*error),
            Self::Issuer => &trusted_issuer::UNTRUSTED,
            Self::Fetch(_) => &trusted_issuer::KEYS_UNREACHABLE,
            Self::Claims(error) => return error.explanation(),
        };
        reason.into()
    }
}

/// What a trusted issuer says, to this server and now.
pub struct Assertion<'a> {
    /// Who says it.
    pub issuer: &'a TrustedIssuer,
    /// The claims that every assertion has.
    pub claims: AssertionClaims,
    /// All claims.
    pub all: Map<String, Value>,
}

/// Checks what is said to be an assertion of an issuer that is trusted for a purpose.
pub async fn verify<'a>(
    realm: &'a RealmContext,
    token: &str,
    purpose: TrustedFor,
) -> Result<Assertion<'a>, TrustRefusal> {
    let token = UnverifiedJwt::parse(token).map_err(TrustRefusal::NotAJwt)?;
    let iss = token.claims_unverified().get("iss").and_then(Value::as_str);
    let issuer = realm
        .realm
        .trusted_issuers
        .iter()
        .find(|issuer| iss == Some(issuer.issuer.as_str()) && issuer.purposes.contains(&purpose))
        .ok_or(TrustRefusal::Issuer)?;
    let verified = match (&issuer.jwks, &issuer.jwks_uri) {
        (Some(keys), _) => keys.verify(&token, &SigningAlg::ALL),
        (None, Some(uri)) => {
            let kid = token.header().kid.as_deref();
            let keys = realm.outside.key_set(uri, kid, realm.now()).await?;
            keys.verify(&token, &SigningAlg::ALL)
        }
        (None, None) => Err(JwsError::UnknownKey),
    };
    let all = verified.map_err(TrustRefusal::Signature)?.claims;
    let claims = AssertionClaims::read(&all)?;
    // "The authorization server MUST reject any JWT that does not contain its own identity as the intended audience"
    // (RFC 7523 §3).
    let token_endpoint = realm.url("/token");
    claims.check_audience(AssertionAudience::IssuerOrEndpoint, realm.issuer(), &[&token_endpoint])?;
    claims.check_times(realm.now())?;
    Ok(Assertion { issuer, claims, all })
}

impl Assertion<'_> {
    /// The user of this realm that the issuer means; none when there is none, or they are disabled.
    pub async fn user(&self, realm: &RealmContext) -> Result<Option<User>, StorageError> {
        let (store, sub) = (&realm.store, self.claims.sub.as_str());
        let found = match self.issuer.subject {
            SubjectClaim::Sub => store.find_user(realm.issuer(), sub).await?,
            SubjectClaim::Username => store.find_user_by_name(realm.issuer(), sub).await?,
            SubjectClaim::Email => store.find_user_by_verified_email(realm.issuer(), sub).await?,
        };
        Ok(found.filter(|user| user.enabled))
    }
}
