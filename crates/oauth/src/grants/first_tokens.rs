//! An authorization that nobody has used yet becomes tokens, once, whichever code led to it.
//!
//! Spec: RFC 6749 §4.1.3 and §5.1, RFC 8707 §2.2, RFC 9396 §6, OpenID Connect Core §11.

use model::{AuditKind, Authorization, Client, RefreshFamily, User, new_id};
use protocol::{Confirmation, form::Form, grant_type::GrantType};
use realm::{RealmContext, audit};
use storage::{Change, Outcome, authorization, grant};

use super::GrantRefusal;
use crate::{
    Fault,
    issue::{Behalf, Protection, Redeemed, check_keys, refresh_token},
    scope_policy::{self, Rights},
    sender_constraint,
};

/// What is used up with an authorization.
pub(super) struct FirstUse {
    /// What is redeemed.
    pub(super) grant_type: GrantType,
    /// What else becomes used, and what happens instead when somebody was first.
    pub(super) change: Change,
    /// What the second one is told.
    pub(super) missed: GrantRefusal,
}

/// The tokens of the authorization `id`, for the client to which it belongs and which proved these keys.
pub(super) async fn redeem(
    realm: &RealmContext,
    (client, proven): (&Client, &Confirmation),
    form: &Form,
    id: &str,
    first_use: FirstUse,
) -> Result<Redeemed, GrantRefusal> {
    let ready = Ready::find(realm, client, form, id).await?;
    let family = scope_policy::gives_refresh_token(client, &ready.found.scope)
        .then(|| new_family(realm, client, proven, &ready.found))
        .transpose()?;
    let event =
        issued(realm, &ready.found, first_use.grant_type, &ready.rights).detail("refresh_token", family.is_some());
    commit(realm, &ready.found, (first_use, event), family.as_ref()).await?;
    ready.redeemed(realm, client, family.as_ref())
}

/// That a client gets tokens of an authorization.
pub(super) fn issued(
    realm: &RealmContext,
    authorization: &Authorization,
    grant_type: GrantType,
    rights: &Rights,
) -> audit::Event {
    audit::event(realm, AuditKind::TokenIssued)
        .user(&authorization.user_id)
        .client(&authorization.client_id)
        .detail("grant_type", grant_type.as_str())
        .detail("authorization", authorization.id.as_str())
        .detail("scope", rights.scope.to_string())
        .detail("api", rights.audience.clone())
}

/// The same tokens once more, where nobody knows whether they arrived: the refresh token is the same one.
pub(super) async fn repeat(realm: &RealmContext, client: &Client, id: &str) -> Result<Redeemed, GrantRefusal> {
    let ready = Ready::find(realm, client, &Form::default(), id).await?;
    let family = realm.store.find_first_refresh_family(realm.issuer(), id).await?;
    ready.redeemed(realm, client, family.as_ref())
}

/// An authorization whose tokens can be made.
struct Ready {
    found: Authorization,
    user: User,
    rights: Rights,
    id_token: Option<Protection>,
}

impl Ready {
    async fn find(realm: &RealmContext, client: &Client, form: &Form, id: &str) -> Result<Self, GrantRefusal> {
        let (found, user) = realm
            .store
            .find_living_authorization(realm.issuer(), id, realm.now())
            .await?
            .filter(|(living, _)| !living.scope.is_empty() || !living.details.authorization_details.is_empty())
            .ok_or(GrantRefusal::Ended)?;
        let permitted = Rights::of(realm, &client.metadata, &found);
        let rights = scope_policy::narrow(realm, permitted, form)?;
        scope_policy::check_targets(realm, client, &rights.audience)?;
        let id_token = check_keys(realm, client, &rights.scope, &rights.audience).await?;
        Ok(Self {
            found,
            user,
            rights,
            id_token,
        })
    }

    fn redeemed(
        self,
        realm: &RealmContext,
        client: &Client,
        family: Option<&RefreshFamily>,
    ) -> Result<Redeemed, GrantRefusal> {
        let refresh_token = family
            .map(|family| {
                refresh_token::mint(realm, &family.family, family.generation, family.key_id)
                    .ok_or(Fault::NotReady("refresh tokens"))
            })
            .transpose()?;
        Ok(Redeemed {
            client: client.clone(),
            rights: self.rights,
            refresh_token,
            nonce: self.found.details.nonce.clone(),
            id_token: self.id_token,
            issued_token_type: None,
            auth_req_id: None,
            counted: None,
            behalf: Behalf::User(Box::new(self.found), Box::new(self.user)),
        })
    }
}

fn new_family(
    realm: &RealmContext,
    client: &Client,
    proven: &Confirmation,
    found: &Authorization,
) -> Result<RefreshFamily, Fault> {
    let now = realm.now();
    Ok(RefreshFamily {
        family: refresh_token::new_family(),
        authorization_id: found.id.clone(),
        client_id: client.id().to_owned(),
        key_id: realm
            .seals
            .refresh_key_id()
            .ok_or(Fault::NotReady("refresh tokens"))?
            .into(),
        generation: 1,
        rotated_at: now,
        scope: found.scope.clone(),
        cnf: sender_constraint::of_refresh_tokens(&client.metadata, client.profile(&realm.realm), proven),
        expires_at: now + realm.realm.lifetimes.refresh_token,
        ended_at: None,
    })
}

/// This authorization, unused, becomes used with what led to it, and its refresh token appears.
async fn commit(
    realm: &RealmContext,
    found: &Authorization,
    (first_use, event): (FirstUse, audit::Event),
    family: Option<&RefreshFamily>,
) -> Result<(), GrantRefusal> {
    let (issuer, now, change_id) = (realm.issuer(), realm.now(), new_id());
    let term = realm.realm.lifetimes.grant;
    let is_managed = found.details.grant_is_managed;
    let change = first_use
        .change
        // Before the authorization, whose end may follow from the grant's.
        .then_all(is_managed.then(|| grant::claim(issuer, &found.grant_id, term)))
        .then(authorization::redeem(
            issuer,
            &found.id,
            family.is_some(),
            &change_id,
            now,
        ))
        .then_all(
            family
                .map(|family| storage::refresh_token::insert(issuer, family, &change_id, now))
                .transpose()?,
        )
        .then(event)
        .recognised_by(authorization::changed_by(issuer, &found.id, &change_id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(first_use.missed),
    }
}
