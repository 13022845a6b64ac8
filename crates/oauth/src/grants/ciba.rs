//! `urn:openid:params:grant-type:ciba`: a client that had a user asked fetches what came of it.
//!
//! Spec: CIBA §10.1, §10.1.1, §10.3.1 and §11
//!
//! Accepted: polling by clients that are told, too ("The OpenID Provider must treat such a Client as if it had been
//! registered to use the Poll mode"). Deliberately not: an answer that is held back until there is one (long polling).

use jose::sha256;
use model::{CibaRequest, Client, PolledState};
use protocol::{Confirmation, TokenDeliveryMode, form::Form};
use realm::RealmContext;
use storage::Polled;

use super::{GrantRefusal, first_tokens, polled};
use crate::{Fault, client_auth::AuthenticatedClient, issue::Redeemed};

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let mode = client.client().metadata.backchannel_token_delivery_mode;
    if !mode.is_some_and(TokenDeliveryMode::fetches) {
        return Err(GrantRefusal::PushedTo);
    }
    let auth_req_id = form.first("auth_req_id").ok_or(GrantRefusal::Missing("auth_req_id"))?;
    let hash = sha256(auth_req_id.as_bytes());
    for _ in 0..polled::ATTEMPTS {
        let request = realm
            .store
            .find_ciba_request(realm.issuer(), &hash)
            .await?
            .ok_or(GrantRefusal::RequestUnknown)?
            .polled;
        if let Some(id) = polled::answer(realm, client, Polled::Ciba, &request).await? {
            let first_use = polled::first_use(realm, Polled::Ciba, &request);
            let redeemed =
                first_tokens::redeem(realm, (client.client(), client.proven()), form, &id, first_use).await?;
            return Ok(redeemed.of_auth_req_id(auth_req_id));
        }
    }
    Err(GrantRefusal::Fault(Fault::Contended))
}

/// What is brought to a client whose user has approved. Nobody knows whether the first attempt arrived that looked as if
/// it had not: what is brought once more has the same refresh token.
pub(crate) async fn push(
    realm: &RealmContext,
    client: &Client,
    request: &CibaRequest,
    auth_req_id: &str,
) -> Result<Redeemed, GrantRefusal> {
    let id = request.polled.authorization_id.as_deref().ok_or(GrantRefusal::Ended)?;
    let redeemed = if request.polled.state == PolledState::Used {
        first_tokens::repeat(realm, client, id).await?
    } else {
        let first_use = polled::first_use(realm, Polled::Ciba, &request.polled);
        let proven = Confirmation::default();
        first_tokens::redeem(realm, (client, &proven), &Form::default(), id, first_use).await?
    };
    Ok(redeemed.of_auth_req_id(auth_req_id))
}
