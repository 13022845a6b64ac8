//! `authorization_code`: a code becomes tokens, once.
//!
//! Spec: RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2, RFC 9700 §2.1.1.

use explanation::{catalogue, shown_uri};
use jose::sha256;
use model::{AuditKind, Authorization};
use protocol::{
    form::Form,
    grant_type::GrantType,
    pkce::{PkceVerified, check_code_verifier},
};
use realm::{RealmContext, audit, trail};
use storage::{Change, Statement};

use super::{
    GrantRefusal,
    first_tokens::{self, FirstUse},
};
use crate::{client_auth::AuthenticatedClient, issue::Redeemed};

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
    let _: PkceVerified = check_code(realm, client, form, &found).await?;

    // This code, unused, becomes used and its tokens appear; otherwise what came from it is revoked.
    let [end, event] = replayed(realm, &found);
    let first_use = FirstUse {
        grant_type: GrantType::AuthorizationCode,
        change: Change::new().or_else(end).or_else(event),
        missed: GrantRefusal::CodeUsed,
    };
    first_tokens::redeem(realm, (client.client(), client.proven()), form, &found.id, first_use).await
}

/// Ends what came from a code that is used twice.
fn replayed(realm: &RealmContext, found: &Authorization) -> [Statement; 2] {
    audit::event(realm, AuditKind::CodeReplayed)
        .user(&found.user_id)
        .client(&found.client_id)
        .detail("authorization", found.id.as_str())
        .ending(&found.id)
}

async fn check_code(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
    found: &Authorization,
) -> Result<PkceVerified, GrantRefusal> {
    let now = realm.now();
    trail::passed(&catalogue::authorization_code::KNOWN);
    // "the authorization server MUST […] ensure that the authorization code was issued to the authenticated
    // confidential client, or if the client is public, ensure that the code was issued to client_id" (§4.1.3).
    // A stranger's attempt does not end what belongs to somebody else.
    if found.client_id != client.client().id() {
        return Err(GrantRefusal::CodeOfAnotherClient);
    }
    trail::passed(&catalogue::authorization_code::OF_CLIENT);
    // "If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD
    // revoke […] all tokens previously issued based on that authorization code" (§4.1.2).
    if found.code_used_at.is_some() {
        let _ = realm
            .store
            .commit(Change::new().then_all(replayed(realm, found)))
            .await?;
        return Err(GrantRefusal::CodeUsed);
    }
    trail::passed(&catalogue::authorization_code::UNUSED);
    if found.code_expires_at.is_none_or(|at| now >= at) {
        let lifetime = realm.realm.lifetimes.authorization_code;
        let ago = found.code_expires_at.map_or(0, |at| now - at);
        let (expected, late) = (
            format!("within {lifetime} seconds"),
            format!("{ago} seconds later than that"),
        );
        trail::compared(&catalogue::authorization_code::EXPIRED, &expected, &late);
        return Err(GrantRefusal::CodeExpired(lifetime));
    }
    trail::passed(&catalogue::authorization_code::ALIVE);
    // RFC 9449 §10: "the authorization server MUST verify" that the proof is by the key of the request.
    if !found.details.bound_to.is_proven_by(client.proven()) {
        return Err(GrantRefusal::OtherKey);
    }
    trail::passed(&catalogue::binding::SAME_KEY);
    // "if the redirect_uri parameter was included in the initial authorization request […] their values are
    // identical" (§4.1.3).
    let redirect_uri = form.first("redirect_uri");
    if found.details.redirect_uri.is_some() && found.details.redirect_uri.as_deref() != redirect_uri {
        let registered = found.details.redirect_uri.as_deref().unwrap_or_default();
        trail::compared(
            &catalogue::authorization_code::REDIRECT_URI_OTHER,
            &shown_uri(registered),
            &redirect_uri.map_or_else(|| "none".to_owned(), shown_uri),
        );
        return Err(GrantRefusal::RedirectUriMismatch);
    }
    trail::passed(&catalogue::authorization_code::REDIRECT_URI);
    let verified = check_code_verifier(
        found.details.code_challenge.as_ref(),
        form.first("code_verifier"),
        client.proven().tbh.as_deref(),
    )?;
    trail::passed(&catalogue::pkce::VERIFIER);
    Ok(verified)
}
