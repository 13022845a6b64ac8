//! The parameters of a backchannel request: those of its form, or those that the client has signed.
//!
//! Spec: CIBA §7.1.1 and §7.2-2, FAPI-CIBA §5.2.2-6, §5.2.2-9 and §7.10
//!
//! A client that has registered an algorithm for it signs each request, as does one whose profile wants it. What is
//! wrong with a signed request is `invalid_request` (§13 knows no other code for it).

use explanation::{Explain, Explanation, catalogue::ciba};
use jose::UnverifiedJwt;
use model::Client;
use protocol::{
    RequestError,
    error_code::ErrorCode,
    explained::of_jws,
    form::Form,
    signed_authentication_request::{SignedAuthenticationRequest, check_beside},
};
use realm::RealmContext;
use storage::StorageError;

use crate::{client_keys, single_use};

/// What may be used once.
pub(super) struct Once {
    jti: String,
    expires_at: i64,
}

impl Once {
    /// Uses it; `false`: it was used before.
    pub(super) async fn consume(&self, realm: &RealmContext, client: &Client) -> Result<bool, StorageError> {
        let what = single_use::Once::AuthenticationRequest;
        single_use::consume(realm, what, client.id(), &self.jti, self.expires_at).await
    }
}

/// The parameters, and what makes a signed request unique.
pub(super) async fn parameters(
    realm: &RealmContext,
    client: &Client,
    form: &Form,
) -> Result<(Form, Option<Once>), RequestError> {
    let invalid = |why: Explanation, text: String| RequestError {
        code: ErrorCode::InvalidRequest,
        description: text,
        why,
    };
    let profile = client.profile(&realm.realm);
    let registered = client.metadata.backchannel_authentication_request_signing_alg;
    let Some(text) = form.first("request") else {
        if profile.signed_requests || registered.is_some() {
            return Err(RequestError::new(
                &ciba::UNSIGNED,
                "this client signs its requests: send them as request",
            ));
        }
        return Ok((form.clone(), None));
    };
    check_beside(form)?;
    let token = UnverifiedJwt::parse(text)
        .map_err(|error| invalid(of_jws(error).into(), format!("the signed request: {error}")))?;
    let allowed = registered.as_ref().map_or(profile.signing_algs, std::slice::from_ref);
    let verified = client_keys::verify(realm, &client.metadata, &token, allowed)
        .await
        .map_err(|error| invalid(error.explanation(), format!("the signed request: {error}")))?;
    let signed = SignedAuthenticationRequest::read(
        verified.header.typ.as_deref(),
        &verified.claims,
        realm.issuer(),
        client.id(),
        profile.request_object_lifetime,
        realm.now(),
    )?;
    let once = Once {
        jti: signed.jti,
        expires_at: signed.expires_at,
    };
    Ok((signed.parameters, Some(once)))
}
