//! Software statements: what a trusted issuer says of a client's software wins over what the client says.
//!
//! Spec: RFC 7591 §2.3 and §3.1.1 ("If the authorization server supports software statements, client metadata values
//! conveyed in the software statement MUST take precedence")
//!
//! Accepted: a JWT, signed by a `[[trusted_issuer]]` with the purpose `software-statement`, without or with `exp`,
//! `nbf`, `iat` and `aud`, which must then be right.
//! Deliberately not: MACs, and members that are the operator's, whoever says them.

use explanation::{Explain, Explanation, catalogue::registration};
use jose::{KeySet, SigningAlg, UnverifiedJwt};
use model::{TrustedFor, TrustedIssuer};
use protocol::{Scope, error_code::ErrorCode};
use realm::RealmContext;
use serde_json::{Map, Value};

/// The member.
const MEMBER: &str = "software_statement";
/// Claims that are about the statement, not about the client (RFC 7519 §4.1).
const NOT_METADATA: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti", MEMBER];
/// How far others' clocks may be ahead, in seconds.
const SKEW: i64 = 60;

/// Why a software statement does not count.
#[derive(Debug, thiserror::Error)]
pub enum StatementRefusal {
    /// Not a signed JWT.
    #[error("is not a signed JWT: send it as its issuer made it")]
    Malformed,
    /// Its issuer is not trusted to vouch for clients here.
    #[error("is from an issuer that is not trusted here to vouch for software: ask the operator of this server")]
    Unapproved,
    /// The issuer did not sign it.
    #[error("does not verify: {0}")]
    Signature(String),
    /// Not yet, no longer, or not for this server.
    #[error("is {0}: get a new one from its issuer")]
    NotNow(&'static str),
    /// The client was registered with one.
    #[error("is missing: this client was registered with one; send the same again, or a newer one")]
    Missing,
}

impl StatementRefusal {
    /// The registered error code (RFC 7591 §3.2.2).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unapproved => ErrorCode::UnapprovedSoftwareStatement,
            Self::Malformed | Self::Signature(_) | Self::NotNow(_) | Self::Missing => {
                ErrorCode::InvalidSoftwareStatement
            }
        }
    }
}

impl Explain for StatementRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Malformed => &registration::STATEMENT_MALFORMED,
            Self::Unapproved => &registration::STATEMENT_UNAPPROVED,
            Self::Signature(_) => &registration::STATEMENT_SIGNATURE,
            Self::NotNow(what) => return Explanation::from(&registration::STATEMENT_NOT_NOW).found(what),
            Self::Missing => &registration::STATEMENT_MISSING,
        };
        reason.into()
    }
}

/// What was vouched for of what not anybody may have. What the client says beside its statement is not.
#[derive(Default)]
pub(super) struct Vouched {
    pub scope: Scope,
    /// Grant types that work without a user.
    pub acts_alone: bool,
}

/// Puts what the request's software statement says over what the client says.
///
/// `known` is the statement that the client was registered with: it was verified then, counts as long as its issuer is
/// trusted, and cannot be left out, since what it vouched for would be the client's to change.
pub(super) async fn overlay(
    realm: &RealmContext,
    members: &mut Map<String, Value>,
    known: Option<&str>,
) -> Result<Vouched, StatementRefusal> {
    let text = match (members.get(MEMBER), known) {
        (None | Some(Value::Null), None) => return Ok(Vouched::default()),
        (None | Some(Value::Null), Some(_)) => return Err(StatementRefusal::Missing),
        (Some(Value::String(text)), _) => text.clone(),
        (Some(_), _) => return Err(StatementRefusal::Malformed),
    };
    let statement = UnverifiedJwt::parse(&text).map_err(|_| StatementRefusal::Malformed)?;
    let claims = statement.claims_unverified();
    let issuer = trusted_issuer(realm, claims).ok_or(StatementRefusal::Unapproved)?;
    if known != Some(&text) {
        let kid = statement.header().kid.as_deref();
        let keys = key_set(realm, issuer, kid).await?;
        keys.verify(&statement, &SigningAlg::ALL)
            .map_err(|error| StatementRefusal::Signature(error.to_string()))?;
        check_claims(realm, claims)?;
    }
    let vouched = claims.iter().filter(|(name, _)| !NOT_METADATA.contains(&name.as_str()));
    members.extend(vouched.map(|(name, value)| (name.clone(), value.clone())));
    let scope = claims.get("scope").and_then(Value::as_str).map(Scope::parse);
    Ok(Vouched {
        scope: scope.and_then(Result::ok).unwrap_or_default(),
        acts_alone: claims.contains_key("grant_types"),
    })
}

fn trusted_issuer<'a>(realm: &'a RealmContext, claims: &Map<String, Value>) -> Option<&'a TrustedIssuer> {
    let issuer = claims.get("iss")?.as_str()?;
    let is_it =
        |known: &&TrustedIssuer| known.issuer == issuer && known.purposes.contains(&TrustedFor::SoftwareStatement);
    realm.realm.trusted_issuers.iter().find(is_it)
}

async fn key_set(realm: &RealmContext, issuer: &TrustedIssuer, kid: Option<&str>) -> Result<KeySet, StatementRefusal> {
    match (&issuer.jwks, &issuer.jwks_uri) {
        (Some(keys), _) => Ok(keys.clone()),
        (None, Some(uri)) => match realm.outside.key_set(uri, kid, realm.now()).await {
            Ok(keys) => Ok(KeySet::clone(&keys)),
            Err(error) => Err(StatementRefusal::Signature(format!(
                "the keys of its issuer cannot be had: {error}"
            ))),
        },
        (None, None) => Err(StatementRefusal::Signature("its issuer has no keys here".into())),
    }
}

fn check_claims(realm: &RealmContext, claims: &Map<String, Value>) -> Result<(), StatementRefusal> {
    let now = realm.now();
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(StatementRefusal::Malformed),
    };
    if time("exp")?.is_some_and(|end| end <= now) {
        return Err(StatementRefusal::NotNow("expired"));
    }
    if time("nbf")?.is_some_and(|start| start > now + SKEW) || time("iat")?.is_some_and(|made| made > now + SKEW) {
        return Err(StatementRefusal::NotNow("not valid yet"));
    }
    let is_us = |value: &Value| value.as_str() == Some(realm.issuer());
    let is_for_us = match claims.get("aud") {
        None => true,
        Some(Value::Array(several)) => several.iter().any(is_us),
        Some(one) => is_us(one),
    };
    if is_for_us {
        Ok(())
    } else {
        Err(StatementRefusal::NotNow("meant for another server"))
    }
}
