//! Tokens that are bound to keys of Token Binding.
//!
//! Spec: OAuth Token Binding §2, §3.2, §4.1, §5, §7.1
//!
//! An access token is bound to the key that the client uses with the API: the referred one. A refresh token is bound to the
//! key that it uses here: the provided one (`sender_constraint.rs`). Either happens in a realm that says so, for a client
//! that says that it can; such a client is refused when it brings no key. Deliberately not: token-bound JWTs (§6), since
//! nobody could make one any more.

use explanation::catalogue::pkce;
use protocol::{
    AuthorizationRequest, ClientMetadata, CodeChallenge, Confirmation, RequestError, SecurityProfile,
    token_binding::TokenBindings,
};
use realm::RealmContext;

use crate::sender_constraint::SenderRefusal;

/// What an access token is bound to, besides `cnf`.
pub(crate) fn bind(
    realm: &RealmContext,
    client: &ClientMetadata,
    bindings: Option<&TokenBindings>,
    cnf: Option<Confirmation>,
) -> Result<Option<Confirmation>, SenderRefusal> {
    if !realm.realm.token_binding {
        return Ok(cnf);
    }
    if client.client_refresh_token_token_binding_supported && bindings.is_none() {
        return Err(SenderRefusal::BindingMissing);
    }
    if !client.client_access_token_token_binding_supported {
        return Ok(cnf);
    }
    let referred = bindings.and_then(|bindings| bindings.referred.as_ref());
    let referred = referred.ok_or(SenderRefusal::ReferredMissing)?;
    Ok(Some(Confirmation {
        tbh: Some(referred.hash()),
        ..cnf.unwrap_or_default()
    }))
}

/// A code is bound to a key in the place of a secret only where realm and profile let it.
pub(crate) fn check_code_challenge(
    realm: &RealmContext,
    profile: &SecurityProfile,
    request: &AuthorizationRequest,
) -> Result<(), RequestError> {
    let is_bound = request
        .code_challenge
        .as_ref()
        .is_some_and(CodeChallenge::is_token_bound);
    if is_bound && !(realm.realm.token_binding && profile.token_bound_codes) {
        let text = "code_challenge_method is not supported here, send S256";
        return Err(RequestError::new(&pkce::UNKNOWN_METHOD, text));
    }
    Ok(())
}
