//! The rules that the assertions of `private_key_jwt` and `client_secret_jwt` share.
//!
//! Spec: RFC 7521 §4.2, RFC 7523 §2.2, §3 and §3.2, OpenID Connect Core §9
//!
//! Accepted: the `typ` of any JWT, or the one that says what it is. An assertion is used once: its `jti` is consumed when
//! everything else about it is right, so that a refused one costs nothing.

use explanation::{Explain, Explanation, catalogue::assertion};
use jose::{JwsError, ShortSecret, UnverifiedJwt, Verified};
use model::Client;
use protocol::{
    TokenEndpointAuthMethod,
    assertion::{AssertionClaims, AssertionError, CLIENT_ASSERTION_TYPE},
    explained::of_jws,
};
use realm::{RealmContext, trail};

use super::{ClientAuthRefusal, Credential, Presented};
use crate::{
    EndpointRequest, Fault,
    client_keys::ClientKeysError,
    single_use::{Once, consume},
};

/// The `typ` of a JWT that says nothing, and of one that is this (draft-ietf-oauth-rfc7523bis §4). What a client signs
/// for another purpose (a request object, a proof) must not do as its word for itself (RFC 8725 §3.11).
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// Why an assertion is not believed. The texts tell the client's developer what to do.
#[derive(Debug, thiserror::Error)]
pub enum AssertionRefusal {
    /// One of the two parameters came without the other, or with another type.
    #[error("send client_assertion together with client_assertion_type={CLIENT_ASSERTION_TYPE}")]
    Parameters,
    /// Not a signed JWT.
    #[error("client_assertion is not a signed JWT: {0}")]
    NotAJwt(JwsError),
    /// A JWT for something else.
    #[error("client_assertion has the typ of another kind of JWT; use client-authentication+jwt, JWT or none")]
    OtherType,
    /// It is not by and about this client.
    #[error("iss and sub of the assertion must both be the client_id")]
    NotItself,
    /// A claim.
    #[error(transparent)]
    Claims(#[from] AssertionError),
    /// The registered keys did not sign it.
    #[error("the assertion cannot be verified: {0}")]
    Keys(#[from] ClientKeysError),
    /// The secret did not make it.
    #[error("the assertion cannot be verified: {0}")]
    Mac(JwsError),
    /// There is no secret to check it with.
    #[error("the client has no secret that an assertion can be checked with: give it a new one")]
    NoSecret,
    /// The secret is too short.
    #[error("the client needs a longer secret: {0}")]
    ShortSecret(#[from] ShortSecret),
    /// It was used before.
    #[error("the assertion was used before: make a new one, with a jti of its own, for each request")]
    Used,
}

impl Explain for AssertionRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Parameters => return Explanation::from(&assertion::PARAMETERS).expected(CLIENT_ASSERTION_TYPE),
            Self::Mac(JwsError::BadSignature) => &assertion::WRONG_MAC,
            Self::NotAJwt(error) | Self::Mac(error) => of_jws(*error),
            Self::OtherType => &assertion::OTHER_TYPE,
            Self::NotItself => &assertion::NOT_ITSELF,
            Self::Claims(error) => return error.explanation(),
            Self::Keys(error) => return error.explanation(),
            Self::NoSecret => &assertion::NO_SECRET,
            Self::ShortSecret(_) => &assertion::SHORT_SECRET,
            Self::Used => &assertion::USED,
        };
        reason.into()
    }
}

/// The assertion in a request, if `is_mine` says of its algorithm that this is the method.
pub(super) fn presented(
    request: &EndpointRequest<'_>,
    method: TokenEndpointAuthMethod,
    is_mine: fn(&str) -> bool,
) -> Result<Option<Presented>, ClientAuthRefusal> {
    let form = request.form;
    let assertion = match (form.first("client_assertion_type"), form.first("client_assertion")) {
        (None, None) => return Ok(None),
        (Some(CLIENT_ASSERTION_TYPE), Some(assertion)) => assertion,
        _ => return Err(AssertionRefusal::Parameters.into()),
    };
    let assertion = UnverifiedJwt::parse(assertion).map_err(AssertionRefusal::NotAJwt)?;
    if !is_mine(&assertion.header().alg) {
        return Ok(None);
    }
    // "The client_id is unnecessary for client assertion authentication because the client is identified by the
    // subject within the assertion" (RFC 7521 §4.2).
    let client_id = assertion.claims_unverified().get("sub").and_then(|sub| sub.as_str());
    Ok(Some(Presented {
        client_id: client_id.ok_or(AssertionRefusal::NotItself)?.to_owned(),
        method,
        credential: Credential::Assertion(Box::new(assertion)),
    }))
}

/// Checks what a client says of itself, once its signature or MAC was checked, and uses it up.
pub(super) async fn check(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
    client: &Client,
    verified: &Verified,
) -> Result<(), ClientAuthRefusal> {
    let typ = verified.header.typ.as_deref().map(str::to_ascii_lowercase);
    let is_fit = |typ: &str| TYPES.contains(&typ.strip_prefix("application/").unwrap_or(typ));
    if !typ.as_deref().is_none_or(is_fit) {
        return Err(AssertionRefusal::OtherType.into());
    }
    let claims = AssertionClaims::read(&verified.claims).map_err(AssertionRefusal::from)?;
    let jti = check_claims(realm, request, client, &claims)?;
    // "These tokens MUST only be used once" (OpenID Connect Core §9).
    if consume(realm, Once::ClientAssertion, client.id(), jti, claims.exp)
        .await
        .map_err(Fault::from)?
    {
        trail::passed(&assertion::TIMES);
        trail::passed(&assertion::ONCE);
        Ok(())
    } else {
        Err(AssertionRefusal::Used.into())
    }
}

fn check_claims<'a>(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
    client: &Client,
    claims: &'a AssertionClaims,
) -> Result<&'a str, AssertionRefusal> {
    // "the sub (subject) claim […] for client authentication, the subject MUST be the client_id of the OAuth client"
    // (RFC 7523 §3); iss likewise (OpenID Connect Core §9).
    if claims.iss != client.id() || claims.sub != client.id() {
        return Err(AssertionRefusal::NotItself);
    }
    trail::passed(&assertion::SUBJECT);
    let endpoints: Vec<String> = realm.urls("/token").chain(realm.urls(request.path)).collect();
    claims.check_audience(
        client.profile(&realm.realm).client_assertion_audience,
        realm.issuer(),
        &endpoints.iter().map(String::as_str).collect::<Vec<_>>(),
    )?;
    trail::passed(&assertion::AUDIENCE);
    claims.check_times(realm.now()).inspect_err(|error| {
        if matches!(error, AssertionError::Expired) {
            let ago = realm.now() - claims.exp;
            trail::compared(
                &assertion::EXPIRED,
                "exp in the future",
                &format!("exp {ago} seconds ago"),
            );
        }
    })?;
    claims.check_lifetime(realm.now())?;
    Ok(claims.jti.as_deref().ok_or(AssertionError::Missing("jti"))?)
}
