//! Who acts: delegation with an `actor_token`, impersonation without.
//!
//! Spec: RFC 8693 §1.1, §4.1 and §4.4
//!
//! With an `actor_token` the new token says who acts for whom, and keeps saying who acted before. Without one the client
//! acts as the subject; who acted before stays written all the same, so that no hand in between can wipe it out.

use model::Client;
use protocol::actor::Actor;
use realm::RealmContext;

use super::{super::GrantRefusal, ExchangeRefusal, request::ExchangeRequest, subject::Subject};
use crate::{introspection, issue::AccessToken};

/// How many may act for each other.
const MAX_ACTORS: usize = 8;

/// What the new token says about it.
pub(super) struct Acting {
    pub act: Option<Actor>,
    pub may_act: Option<Actor>,
}

/// Settles who acts, and that they may.
pub(super) async fn settle(
    realm: &RealmContext,
    client: &Client,
    request: &ExchangeRequest<'_>,
    subject: &Subject,
) -> Result<Acting, GrantRefusal> {
    let actor = match request.actor_token {
        Some(token) => Some(find(realm, client, token).await?),
        None => None,
    };
    let party = actor.as_deref().unwrap_or(client.id());
    let may_act = subject.may_act.clone();
    if may_act
        .as_ref()
        .is_some_and(|may_act| !may_act.is(party, realm.issuer()))
    {
        return Err(ExchangeRefusal::NotTheActor.into());
    }
    let act = match actor {
        Some(actor) => Some(Actor::new(actor, subject.act.clone())),
        None => subject.act.clone(),
    };
    if act.as_ref().is_some_and(|act| act.depth() > MAX_ACTORS) {
        return Err(ExchangeRefusal::TooManyActors.into());
    }
    Ok(Acting { act, may_act })
}

/// The party of an actor token: the client's own access token, of one that acts for itself. A stranger's token is no
/// proof that the stranger has a part in this.
async fn find(realm: &RealmContext, client: &Client, text: &str) -> Result<String, GrantRefusal> {
    let refusal = || ExchangeRefusal::Token("actor_token");
    let token = AccessToken::read(realm, text)
        .filter(|token| token.client_id == client.id())
        .ok_or_else(refusal)?;
    if token.act.is_some() {
        return Err(ExchangeRefusal::TooManyActors.into());
    }
    let live = introspection::live(realm, token).await?.ok_or_else(refusal)?;
    Ok(live.sub_for_client)
}
