//! `authorization_code`: a code becomes tokens, once.
//!
//! Spec: RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2, RFC 9700 §2.1.1.

use jose::sha256;
use model::{Authorization, RefreshFamily, new_id};
use protocol::{
    form::Form,
    grant_type::GrantType,
    pkce::{PkceVerified, check_code_verifier},
};
use realm::RealmContext;
use storage::{Change, Outcome, authorization};

use super::GrantRefusal;
use crate::{
    Fault,
    client_auth::AuthenticatedClient,
    issue::{Behalf, Redeemed, check_keys, refresh_token},
    scope_policy,
};

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let code = form.first("code").ok_or(GrantRefusal::Missing("code"))?;
    let found = realm
        .store
        .find_authorization_by_code(realm.issuer(), &sha256(code.as_bytes()))
        .await?
        .ok_or(GrantRefusal::UnknownCode)?;
    let pkce = check_code(realm, client, form, &found).await?;

    let user = realm
        .store
        .find_user(realm.issuer(), &found.user_id)
        .await?
        .filter(|user| user.enabled)
        .ok_or(GrantRefusal::Ended)?;
    let found = realm
        .store
        .find_living_authorization(realm.issuer(), &found.id, realm.now())
        .await?
        .filter(|living| !living.scope.is_empty())
        .ok_or(GrantRefusal::Ended)?;
    let registered = scope_policy::registered(realm, &client.client().metadata);
    let permitted = found.scope.intersection(registered);
    let (scope, audience) = scope_policy::narrow(realm, &permitted, &found.audience, form)?;
    scope_policy::check_targets(realm, client.client(), &audience)?;
    let id_token = check_keys(realm, client.client(), &scope, &audience).await?;

    let family = wants_refresh_token(client, &found)
        .then(|| new_family(realm, client, &found))
        .transpose()?;
    commit(realm, &found, pkce, family.as_ref()).await?;
    let refresh_token = family
        .as_ref()
        .map(|family| {
            refresh_token::mint(realm, &family.family, family.generation, family.key_id)
                .ok_or(Fault::NotReady("refresh tokens"))
        })
        .transpose()?;
    Ok(Redeemed {
        client: client.client().clone(),
        scope,
        audience,
        refresh_token,
        nonce: found.details.nonce.clone(),
        id_token,
        behalf: Behalf::User(Box::new(found), Box::new(user)),
    })
}

async fn check_code(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
    found: &Authorization,
) -> Result<PkceVerified, GrantRefusal> {
    let now = realm.now();
    // "the authorization server MUST […] ensure that the authorization code was issued to the authenticated
    // confidential client, or if the client is public, ensure that the code was issued to client_id" (§4.1.3).
    // A stranger's attempt does not end what belongs to somebody else.
    if found.client_id != client.client().id() {
        return Err(GrantRefusal::CodeOfAnotherClient);
    }
    // "If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD
    // revoke […] all tokens previously issued based on that authorization code" (§4.1.2).
    if found.code_used_at.is_some() {
        let end = authorization::end(realm.issuer(), &found.id, now);
        let _ = realm.store.commit(Change::new().then(end)).await?;
        return Err(GrantRefusal::CodeUsed);
    }
    if found.code_expires_at.is_none_or(|at| now >= at) {
        return Err(GrantRefusal::CodeExpired(realm.realm.lifetimes.authorization_code));
    }
    // "if the redirect_uri parameter was included in the initial authorization request […] their values are
    // identical" (§4.1.3).
    let redirect_uri = form.first("redirect_uri");
    if found.details.redirect_uri.is_some() && found.details.redirect_uri.as_deref() != redirect_uri {
        return Err(GrantRefusal::RedirectUriMismatch);
    }
    Ok(check_code_verifier(
        found.details.code_challenge.as_ref(),
        form.first("code_verifier"),
    )?)
}

/// In OpenID requests a refresh token follows from `offline_access` (OIDC Core §11), otherwise from the
/// registration of the grant type.
fn wants_refresh_token(client: &AuthenticatedClient, found: &Authorization) -> bool {
    let is_registered = client.client().metadata.grant_types.contains(&GrantType::RefreshToken);
    let is_permitted = !found.scope.contains("openid") || found.scope.contains("offline_access");
    is_registered && is_permitted
}

fn new_family(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    found: &Authorization,
) -> Result<RefreshFamily, Fault> {
    let now = realm.now();
    Ok(RefreshFamily {
        family: refresh_token::new_family(),
        authorization_id: found.id.clone(),
        client_id: client.client().id().to_owned(),
        key_id: realm
            .seals
            .refresh_key_id()
            .ok_or(Fault::NotReady("refresh tokens"))?
            .into(),
        generation: 1,
        rotated_at: now,
        scope: found.scope.clone(),
        expires_at: now + realm.realm.lifetimes.refresh_token,
        ended_at: None,
    })
}

/// This code, unused, becomes used and its refresh token appears; otherwise what came from it is revoked.
async fn commit(
    realm: &RealmContext,
    found: &Authorization,
    _pkce: PkceVerified,
    family: Option<&RefreshFamily>,
) -> Result<(), GrantRefusal> {
    let (issuer, now, change_id) = (realm.issuer(), realm.now(), new_id());
    let change = Change::new()
        .then(authorization::redeem(
            issuer,
            &found.id,
            family.is_some(),
            &change_id,
            now,
        ))
        .then_all(family.map(|family| storage::refresh_token::insert(issuer, family, &change_id, now)))
        .or_else(authorization::end(issuer, &found.id, now))
        .recognised_by(authorization::changed_by(issuer, &found.id, &change_id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(GrantRefusal::CodeUsed),
    }
}
