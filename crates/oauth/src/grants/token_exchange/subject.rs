//! On whose behalf: the subject of an exchange, and what the new token is worth.
//!
//! Spec: RFC 8693 §2.1 (`subject_token`, `resource`, `audience`, `scope`), RFC 8707 §2

use jose::{UnverifiedJwt, b64};
use model::{Client, TrustedFor};
use protocol::{AuthorizationDetails, actor::Actor, form::Form, grant_type::GrantType, token_type::TokenType};
use realm::RealmContext;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    super::{GrantRefusal, vouched::Vouched},
    ExchangeRefusal, check_form,
    request::ExchangeRequest,
};
use crate::{
    id_token_hint::IdTokenHint,
    introspection::{self, LiveToken},
    issue::{AccessToken, check_access_token_key},
    scope_policy::{self, Rights, ScopeRefusal},
    trusted_issuer,
};

const PARAMETER: &str = "subject_token";

/// Whom the new token acts for.
pub(super) struct Subject {
    source: Source,
    /// Who acts for it already.
    pub act: Option<Actor>,
    /// Who alone may act for it.
    pub may_act: Option<Actor>,
}

enum Source {
    /// An access token of this server: what stands behind it stands behind the new one.
    Token(Box<LiveToken>),
    /// A user whom an ID token or another issuer names.
    User(Box<Vouched>),
}

/// Finds out whom the subject token is about, and that it is the client's to exchange.
pub(super) async fn find(
    realm: &RealmContext,
    client: &Client,
    request: &ExchangeRequest<'_>,
) -> Result<Subject, GrantRefusal> {
    let text = request.subject_token;
    match request.subject_type {
        TokenType::AccessToken => of_access_token(realm, client, text).await,
        TokenType::IdToken => of_id_token(realm, client, text).await,
        TokenType::Jwt if is_of_this_issuer(realm, text) => of_access_token(realm, client, text).await,
        TokenType::Jwt => of_trusted_issuer(realm, text).await,
    }
}

/// Good for choosing how to check it, and no more.
fn is_of_this_issuer(realm: &RealmContext, text: &str) -> bool {
    UnverifiedJwt::parse(text)
        .is_ok_and(|jwt| jwt.claims_unverified().get("iss").and_then(Value::as_str) == Some(realm.issuer()))
}

async fn of_access_token(realm: &RealmContext, client: &Client, text: &str) -> Result<Subject, GrantRefusal> {
    let refusal = || ExchangeRefusal::Token(PARAMETER);
    let token = AccessToken::read(realm, text)
        .filter(|token| introspection::is_meant_for(realm, client.id(), token))
        .ok_or_else(refusal)?;
    let live = introspection::live(realm, token)
        .await?
        .filter(|live| live.is_meant_for(realm, client.id()))
        .ok_or_else(refusal)?;
    Ok(Subject {
        act: live.token.act.clone(),
        may_act: live.token.may_act.clone(),
        source: Source::Token(Box::new(live)),
    })
}

/// An ID token tells its client that the user is signed in; as long as they are, it can ask for what they permitted it.
async fn of_id_token(realm: &RealmContext, client: &Client, text: &str) -> Result<Subject, GrantRefusal> {
    let refusal = || ExchangeRefusal::Token(PARAMETER);
    let hint = IdTokenHint::verify(realm, text)
        .filter(|hint| hint.client_id == client.id() && realm.now() < hint.expires_at)
        .ok_or_else(refusal)?;
    let sid = hint.sid.ok_or_else(refusal)?;
    let session = realm
        .store
        .find_session(realm.issuer(), &sid)
        .await?
        .filter(|session| session.is_alive(realm.now()))
        .ok_or_else(refusal)?;
    let user = realm
        .store
        .find_user(realm.issuer(), &session.user_id)
        .await?
        .filter(|user| user.enabled)
        .ok_or_else(refusal)?;
    let vouched = Vouched {
        user,
        expires_at: hint.expires_at.min(session.expires_at),
        session: Some(session),
    };
    Ok(Subject {
        source: Source::User(Box::new(vouched)),
        act: None,
        may_act: None,
    })
}

async fn of_trusted_issuer(realm: &RealmContext, text: &str) -> Result<Subject, GrantRefusal> {
    let assertion = trusted_issuer::verify(realm, text, TrustedFor::TokenExchange)
        .await
        .map_err(ExchangeRefusal::from)?;
    let act: Option<Actor> = claim(&assertion.all, "act")?;
    let user = assertion.user(realm).await?.ok_or(ExchangeRefusal::Token(PARAMETER))?;
    let vouched = Vouched {
        user,
        session: None,
        expires_at: assertion.claims.exp,
    };
    Ok(Subject {
        source: Source::User(Box::new(vouched)),
        act: act.map(|act| act.of_issuer(&assertion.claims.iss)),
        may_act: claim(&assertion.all, "may_act")?,
    })
}

fn claim<T: DeserializeOwned>(claims: &Map<String, Value>, name: &'static str) -> Result<Option<T>, ExchangeRefusal> {
    claims
        .get(name)
        .map(|value| serde_json::from_value(value.clone()))
        .transpose()
        .map_err(|_| ExchangeRefusal::Malformed(name))
}

impl Subject {
    /// Whether it is a token of this server: what comes of it costs no row.
    pub const fn is_token(&self) -> bool {
        matches!(self.source, Source::Token(_))
    }

    /// The new token, by what the client asks for.
    pub async fn token(
        &self,
        realm: &RealmContext,
        client: &Client,
        form: &Form,
        wants_jwt: bool,
    ) -> Result<(AccessToken, AuthorizationDetails), GrantRefusal> {
        match &self.source {
            Source::User(vouched) => {
                let form = &only_resources(form);
                let permitted = vouched.permit(realm, client, form).await.map_err(in_exchange)?;
                check_form(realm, &permitted.audience, wants_jwt)?;
                check_access_token_key(realm, &permitted.audience)?;
                let token = vouched
                    .authorize(realm, client, &permitted, GrantType::TokenExchange)
                    .await
                    .map_err(in_exchange)?;
                Ok((token, permitted.authorization_details))
            }
            Source::Token(live) => {
                let (token, details) = narrowed(realm, client, form, live)?;
                check_form(realm, &token.audience, wants_jwt)?;
                check_access_token_key(realm, &token.audience)?;
                Ok((token, details))
            }
        }
    }
}

/// What is unacceptable by policy is called otherwise in an exchange (RFC 8693 §2.2.2).
fn in_exchange(refusal: GrantRefusal) -> GrantRefusal {
    match refusal {
        GrantRefusal::NotPermitted => ExchangeRefusal::NotPermitted.into(),
        other => other,
    }
}

/// `audience` names the same APIs as `resource`: an identifier is all that an API has.
fn only_resources(form: &Form) -> Form {
    Form::from_pairs(form.iter().map(|(name, value)| {
        let name = if name == "audience" { "resource" } else { name };
        (name, value)
    }))
}

/// What the client asks for out of what the subject's token is worth now.
fn narrowed(
    realm: &RealmContext,
    client: &Client,
    form: &Form,
    live: &LiveToken,
) -> Result<(AccessToken, AuthorizationDetails), GrantRefusal> {
    let asked = scope_policy::asked(form)?;
    if !asked.is_subset_of(&live.scope) {
        return Err(ScopeRefusal::TooWide.into());
    }
    let asked = if asked.is_empty() { live.scope.clone() } else { asked };
    let granted = Rights {
        scope: asked,
        authorization_details: live.authorization_details.clone(),
        audience: live.audience.clone(),
    };
    let rights = scope_policy::narrow(realm, granted, &only_resources(form))?;
    scope_policy::check_targets(realm, client, &rights.audience)?;
    let (old, now) = (&live.token, realm.now());
    let owner = old.owner.as_ref().unwrap_or(&old.client_id);
    let token = AccessToken {
        jti: b64::encode(jose::random_bytes::<16>()),
        authorization_id: old.authorization_id.clone(),
        sub: old.sub.clone(),
        owner: (owner != client.id()).then(|| owner.clone()),
        client_id: client.id().to_owned(),
        audience: rights.audience,
        scope: rights.scope,
        authorization_details: Some(rights.authorization_details.clone()),
        issued_at: now,
        expires_at: old.expires_at.min(now + realm.realm.lifetimes.access_token),
        acr: old.acr,
        auth_time: old.auth_time,
        act: None,
        may_act: None,
        cnf: None,
    };
    Ok((token, rights.authorization_details))
}
