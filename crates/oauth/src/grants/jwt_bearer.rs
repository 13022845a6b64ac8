//! `urn:ietf:params:oauth:grant-type:jwt-bearer`: a trusted issuer says for whom.
//!
//! Spec: RFC 7523 §2.1, §3 and §3.1, RFC 7521 §4.1
//!
//! Accepted: a signed JWT of a `[[trusted_issuer]]` with the purpose `jwt-bearer`, meant for the issuer or the token
//! endpoint, from a client that is registered for the grant. A `jti` is optional; if it is there, it is used once.
//! Deliberately not: a refresh token; an ID token, since the user did not authenticate here.

use model::TrustedFor;
use protocol::{form::Form, grant_type::GrantType};
use realm::RealmContext;

use super::{GrantRefusal, vouched::Vouched};
use crate::{
    client_auth::AuthenticatedClient,
    issue::{Redeemed, check_access_token_key},
    single_use::{Once, consume},
    trusted_issuer::{self, TrustRefusal},
};

/// How long a token may outlive the assertion, in seconds: its lifetime should "not significantly exceed the validity
/// period of the assertion" (RFC 7521 §4.1), and assertions are mostly good for a minute.
const GRACE: i64 = 600;

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let assertion = form.first("assertion").ok_or(GrantRefusal::Missing("assertion"))?;
    let assertion = trusted_issuer::verify(realm, assertion, TrustedFor::JwtBearer).await?;
    let claims = &assertion.claims;
    claims.check_lifetime(realm.now()).map_err(TrustRefusal::from)?;
    let vouched = Vouched {
        user: assertion.user(realm).await?.ok_or(GrantRefusal::NoSuchUser)?,
        session: None,
        expires_at: claims.exp + GRACE,
    };
    let permitted = vouched.permit(realm, client.client(), form).await?;
    check_access_token_key(realm, &permitted.audience)?;
    // Used up when everything else is right.
    if let Some(jti) = &claims.jti
        && !consume(realm, Once::GrantAssertion, &claims.iss, jti, claims.exp).await?
    {
        return Err(GrantRefusal::AssertionUsed);
    }
    let token = vouched
        .authorize(realm, client.client(), &permitted, GrantType::JwtBearer)
        .await?;
    Ok(Redeemed::token(client.client(), token, permitted.authorization_details))
}
