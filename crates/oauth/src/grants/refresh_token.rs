//! `refresh_token`: a new access token; for public clients a new refresh token too.
//!
//! Spec: RFC 6749 §6, RFC 9396 §6.1, RFC 9700 §4.14, OpenID Connect Core §12.

use explanation::catalogue;
use model::{AuditKind, Authorization, RefreshFamily, new_id};
use protocol::form::Form;
use realm::{RealmContext, audit, trail};
use storage::{Change, Outcome};

use super::GrantRefusal;
use crate::{
    Fault,
    client_auth::AuthenticatedClient,
    issue::{
        Behalf, Redeemed, check_keys,
        refresh_token::{self, PresentedRefreshToken},
    },
    scope_policy::{self, Rights, ScopeRefusal},
};

/// For how long, in seconds, the answer to a lost response is repeated.
const REPAIR_WINDOW: i64 = 60;
/// How often a request that others overtake is decided again.
const ATTEMPTS: usize = 3;

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let text = form
        .first("refresh_token")
        .ok_or(GrantRefusal::Missing("refresh_token"))?;
    let presented = PresentedRefreshToken::parse(text).ok_or(GrantRefusal::UnknownRefreshToken)?;
    for _ in 0..ATTEMPTS {
        let family = find(realm, client, &presented).await?;
        let (authorization, user) = realm
            .store
            .find_living_authorization(realm.issuer(), &family.authorization_id, realm.now())
            .await?
            .ok_or(GrantRefusal::Ended)?;
        // What is asked for is settled before anything is used up: a mistake costs no token.
        let all = Rights::of(realm, &client.client().metadata, &authorization);
        let permitted = Rights {
            scope: asked_scope(&family, form)?.intersection(&all.scope),
            ..all
        };
        if permitted.are_none() {
            return Err(GrantRefusal::Ended);
        }
        let rights = scope_policy::narrow(realm, permitted, form)?;
        scope_policy::check_targets(realm, client.client(), &rights.audience)?;
        let id_token = check_keys(realm, client.client(), &rights.scope, &rights.audience).await?;
        let Some(step) = use_token(realm, client, &family, &presented, &authorization).await? else {
            continue;
        };
        let refresh_token = refresh_token::mint(realm, &family.family, step.generation, family.key_id)
            .ok_or(Fault::NotReady("refresh tokens"))?;
        return Ok(Redeemed {
            client: client.client().clone(),
            rights,
            refresh_token: Some(refresh_token),
            // "it SHOULD NOT have a nonce Claim" (OIDC Core §12.2).
            nonce: None,
            id_token,
            issued_token_type: None,
            auth_req_id: None,
            counted: step.counted,
            behalf: Behalf::User(Box::new(authorization), Box::new(user)),
        });
    }
    Err(GrantRefusal::Fault(Fault::Contended))
}

/// The living family of a genuine token of this client.
async fn find(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    presented: &PresentedRefreshToken,
) -> Result<RefreshFamily, GrantRefusal> {
    let family = realm
        .store
        .find_refresh_family(realm.issuer(), &presented.family)
        .await?
        .filter(|family| presented.is_genuine(realm, family.key_id))
        .ok_or(GrantRefusal::UnknownRefreshToken)?;
    if family.client_id != client.client().id() {
        return Err(GrantRefusal::RefreshTokenOfAnotherClient);
    }
    trail::passed(&catalogue::refresh_token::OF_CLIENT);
    if !family.cnf.as_ref().is_none_or(|cnf| cnf.is_proven_by(client.proven())) {
        return Err(GrantRefusal::OtherKey);
    }
    if family.ended_at.is_some() {
        return Err(GrantRefusal::Ended);
    }
    if realm.now() >= family.expires_at {
        return Err(GrantRefusal::UnknownRefreshToken);
    }
    trail::passed(&catalogue::refresh_token::KNOWN);
    Ok(family)
}

/// "The requested scope MUST NOT include any scope not originally granted" (RFC 6749 §6).
fn asked_scope(family: &RefreshFamily, form: &Form) -> Result<protocol::scope::Scope, GrantRefusal> {
    let Some(asked) = form.first("scope") else {
        return Ok(family.scope.clone());
    };
    let asked = protocol::scope::Scope::parse(asked).map_err(ScopeRefusal::from)?;
    if asked.is_subset_of(&family.scope) {
        Ok(asked)
    } else {
        trail::compared(
            &catalogue::scope::TOO_WIDE,
            &family.scope.to_string(),
            &asked.to_string(),
        );
        Err(ScopeRefusal::TooWide.into())
    }
}

/// A use of a token.
struct Used {
    /// The generation to hand out.
    generation: i64,
    /// That it was used, if nothing was written.
    counted: Option<audit::Event>,
}

/// Uses the token. `None`: another request was faster.
async fn use_token(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    family: &RefreshFamily,
    presented: &PresentedRefreshToken,
    authorization: &Authorization,
) -> Result<Option<Used>, GrantRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let idle = realm.realm.lifetimes.refresh_token;
    let expires_at = (now + idle).min(authorization.expires_at);
    let event = |kind| {
        audit::event(realm, kind)
            .user(&authorization.user_id)
            .client(&family.client_id)
            .detail("authorization", authorization.id.as_str())
    };
    let again = |generation| {
        // So many come that they are counted, by client.
        let event = audit::event(realm, AuditKind::TokenRefreshed).client(&family.client_id);
        Ok(Some(Used {
            generation,
            counted: Some(event.anywhere()),
        }))
    };
    if presented.generation == family.generation {
        let rotates = client.is_public() && client.client().profile(&realm.realm).rotate_public_refresh_tokens;
        let change = if rotates {
            // This generation becomes the next; otherwise somebody was faster, and it is decided again.
            let change_id = new_id();
            Change::new()
                .then(storage::refresh_token::rotate(
                    issuer, family, &change_id, now, expires_at,
                ))
                .recognised_by(storage::refresh_token::changed_by(issuer, &family.family, &change_id))
        } else if expires_at - family.expires_at > idle / 10 {
            Change::new().then(storage::refresh_token::keep_alive(issuer, family, expires_at))
        } else {
            // Used again soon: nothing to write.
            return again(family.generation);
        };
        let change = change.then(event(AuditKind::TokenRefreshed));
        let applied = realm.store.commit(change).await? == Outcome::Applied;
        return Ok(applied.then(|| Used {
            generation: family.generation + i64::from(rotates),
            counted: None,
        }));
    }
    // The token before the newest, sent again soon by the same client while the newest is unused: its answer was
    // lost. The same newest token is handed out again; no sibling appears.
    let is_previous = presented.generation == family.generation - 1;
    if is_previous && now - family.rotated_at <= REPAIR_WINDOW {
        return again(family.generation);
    }
    // "If a refresh token is compromised and subsequently used by both the attacker and the legitimate client, one
    // of them will present an invalidated refresh token" (RFC 9700 §4.14.2): end what it stands for.
    let change = Change::new()
        .then(storage::refresh_token::end(issuer, &family.family, now))
        .then_all(event(AuditKind::RefreshTokenReplayed).ending(&authorization.id));
    let _ = realm.store.commit(change).await?;
    Err(GrantRefusal::RefreshTokenReplayed)
}
