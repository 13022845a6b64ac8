//! `client_credentials`: two-party access; the client acts for itself.
//!
//! Spec: RFC 6749 §4.4
//!
//! Deliberately not: a refresh token (§4.4.3); scopes of OpenID Connect, since there is no user.

use model::AuditKind;
use protocol::{form::Form, grant_type::GrantType};
use realm::{RealmContext, audit};

use super::GrantRefusal;
use crate::{
    client_auth::AuthenticatedClient,
    issue::{Behalf, Redeemed},
    scope_policy,
};

pub(super) fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let rights = scope_policy::for_client_itself(realm, client.client(), form)?;
    let event = audit::event(realm, AuditKind::TokenIssued)
        .client(client.client().id())
        .detail("grant_type", GrantType::ClientCredentials.as_str())
        .detail("api", rights.audience.clone());
    Ok(Redeemed {
        counted: Some(event.anywhere()),
        client: client.client().clone(),
        behalf: Behalf::Client,
        rights,
        refresh_token: None,
        nonce: None,
        id_token: None,
        issued_token_type: None,
        auth_req_id: None,
    })
}
