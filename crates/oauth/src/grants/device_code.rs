//! `urn:ietf:params:oauth:grant-type:device_code`: a device polls until its user has answered elsewhere.
//!
//! Spec: RFC 8628 §3.4 and §3.5.

use jose::sha256;
use protocol::form::Form;
use realm::RealmContext;
use storage::Polled;

use super::{GrantRefusal, first_tokens, polled};
use crate::{Fault, client_auth::AuthenticatedClient, issue::Redeemed};

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let code = form.first("device_code").ok_or(GrantRefusal::Missing("device_code"))?;
    let hash = sha256(code.as_bytes());
    for _ in 0..polled::ATTEMPTS {
        let request = realm
            .store
            .find_device_request(realm.issuer(), &hash)
            .await?
            .ok_or(GrantRefusal::RequestUnknown)?
            .polled;
        if let Some(id) = polled::answer(realm, client, Polled::Device, &request).await? {
            let first_use = polled::first_use(realm, Polled::Device, &request);
            return first_tokens::redeem(realm, (client.client(), client.proven()), form, &id, first_use).await;
        }
    }
    Err(GrantRefusal::Fault(Fault::Contended))
}
