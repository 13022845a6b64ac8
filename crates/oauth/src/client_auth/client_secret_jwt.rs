//! `client_secret_jwt`: an assertion that the client authenticated with its secret.
//!
//! Spec: OpenID Connect Core §9, RFC 7523 §2.2 and §3
//!
//! Accepted: HS256. The secret is kept wrapped, and unwrapped for this check alone.

use jose::{HS256, MacKey, UnverifiedJwt, Verified};
use model::Client;
use protocol::TokenEndpointAuthMethod;
use realm::RealmContext;

use super::{
    ClientAuthRefusal, Presented,
    assertion::{self, AssertionRefusal},
};
use crate::{EndpointRequest, client_secret};

pub(super) fn presented(request: &EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal> {
    assertion::presented(request, TokenEndpointAuthMethod::ClientSecretJwt, |alg| alg == HS256)
}

/// Checks the MAC by the client's secret.
pub(super) fn verify(
    realm: &RealmContext,
    client: &Client,
    assertion: &UnverifiedJwt,
) -> Result<Verified, ClientAuthRefusal> {
    let secret = client_secret::recover(realm, client)?.ok_or(AssertionRefusal::NoSecret)?;
    let key = MacKey::new(secret.expose().as_bytes()).map_err(AssertionRefusal::from)?;
    Ok(key.verify(assertion).map_err(AssertionRefusal::Mac)?)
}
