//! `private_key_jwt`: an assertion that the client signed with a key of which it registered the public half.
//!
//! Spec: OpenID Connect Core §9, RFC 7523 §2.2 and §3
//!
//! Accepted: the algorithm that the client registered, else any of its profile. Deliberately not: `none` and HMAC.

use jose::{HS256, SigningAlg, UnverifiedJwt, Verified};
use model::Client;
use protocol::TokenEndpointAuthMethod;
use realm::RealmContext;

use super::{
    ClientAuthRefusal, Presented,
    assertion::{self, AssertionRefusal},
};
use crate::{EndpointRequest, client_keys};

pub(super) fn presented(request: &EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal> {
    assertion::presented(request, TokenEndpointAuthMethod::PrivateKeyJwt, |alg| alg != HS256)
}

/// Checks the signature by the client's keys.
pub(super) async fn verify(
    realm: &RealmContext,
    client: &Client,
    assertion: &UnverifiedJwt,
) -> Result<Verified, AssertionRefusal> {
    let profile = client.profile(&realm.realm);
    let allowed = match client
        .metadata
        .token_endpoint_auth_signing_alg
        .as_deref()
        .map(SigningAlg::parse)
    {
        Some(None) => Vec::new(),
        registered => client_keys::allowed(profile, registered.flatten()),
    };
    Ok(client_keys::verify(realm, &client.metadata, assertion, &allowed).await?)
}
