//! A user for whom a client asks while they are not there: somebody else vouches for them.
//!
//! Spec: RFC 7521 §4.1, RFC 7523 §3.1, RFC 6749 §3.3
//!
//! An assertion says who the user is, not what the user permits. So the client gets what the user permitted it before,
//! on a page; a `first_party` client, which is never asked about, gets what it is registered for, and the permission
//! appears at `/account` like any other. Never a refresh token: whoever vouches is asked again.

use model::{Authorization, AuthorizationContext, Client, Grant, Session, User, new_id};
use protocol::{
    Assurance,
    acr::Acr,
    form::Form,
    grant_type::GrantType,
    scope::{OFFLINE_ACCESS, Scope},
};
use realm::RealmContext;
use storage::{Change, Outcome, StorageError, authorization, session};

use super::{GrantRefusal, first_tokens::issued};
use crate::{
    Fault, authorization_details,
    authorize::Permission,
    consented::{self, Approval, Consented, Known},
    issue::AccessToken,
    scope_policy::{self, Rights, ScopeRefusal},
};

/// How often a grant that others change meanwhile is read again.
const ATTEMPTS: usize = 3;
/// How long an authorization's row outlives its token, in seconds.
const SLACK: i64 = 60;

/// Somebody whom an assertion or a token names.
pub(super) struct Vouched {
    /// Who.
    pub user: User,
    /// Where they are signed in, if the token says so: what comes of it ends with it.
    pub session: Option<Session>,
    /// When what comes of it ends at the latest, unix seconds.
    pub expires_at: i64,
}

impl Vouched {
    /// What this client may have for this user, of what it asks for.
    pub async fn permit(&self, realm: &RealmContext, client: &Client, form: &Form) -> Result<Rights, GrantRefusal> {
        let asked = scope_policy::asked(form)?;
        let details = authorization_details::asked(form)?;
        authorization_details::check(realm, &client.metadata, &details)?;
        let scope = scope_policy::for_user(realm, client, &asked, &details)?.filter(|name| name != OFFLINE_ACCESS);
        let granted = self.find_grant(realm, client).await?;
        // What is a transaction of its own was never permitted before, whoever made the app.
        let remembered = granted.as_ref().map(|grant| &grant.authorization_details);
        let is_remembered = remembered
            .is_some_and(|granted| authorization_details::within(&realm.details_types, &details, granted) == details);
        if !details.is_empty() && !is_remembered {
            return Err(GrantRefusal::NotPermitted);
        }
        let scope = if client.metadata.first_party {
            scope
        } else {
            let granted = granted.map(|grant| grant.scope).unwrap_or_default();
            if !asked.is_empty() && !scope.is_subset_of(&granted) {
                return Err(GrantRefusal::NotPermitted);
            }
            scope.intersection(&granted)
        };
        if scope.is_empty() && details.is_empty() {
            return Err(GrantRefusal::NotPermitted);
        }
        let audience = scope_policy::audience(realm, client, (&scope, &details), &scope_policy::resources(form)?)?;
        let scope = scope_policy::for_audience(realm, (&scope, &details), &audience)?;
        self.check_assurance(realm, &audience)?;
        Ok(Rights {
            scope,
            authorization_details: details,
            audience,
        })
    }

    fn assurance(&self, realm: &RealmContext) -> Option<Assurance> {
        let session = self.session.as_ref();
        session.map(|session| session.assurance(&self.user, realm.now()))
    }

    /// An API that wants to know how the user authenticated is not content with somebody else's word.
    fn check_assurance(&self, realm: &RealmContext, audience: &[String]) -> Result<(), GrantRefusal> {
        let reached = self.assurance(realm).map(|assurance| assurance.acr);
        let too_weak = scope_policy::target_apis(realm, audience).find(|api| {
            api.acr
                .is_some_and(|needed| reached.is_none_or(|reached| reached < needed))
        });
        match too_weak {
            Some(api) => Err(ScopeRefusal::AssuranceTooLow(api.identifier.clone()).into()),
            None => Ok(()),
        }
    }

    async fn find_grant(&self, realm: &RealmContext, client: &Client) -> Result<Option<Grant>, GrantRefusal> {
        let found = realm
            .store
            .find_grant(realm.issuer(), &self.user.id, client.id())
            .await?;
        Ok(found.filter(|grant| grant.is_alive(realm.now())))
    }

    /// Makes the authorization, under the user's grant, and a token of it.
    pub async fn authorize(
        &self,
        realm: &RealmContext,
        client: &Client,
        permitted: &Rights,
        grant_type: GrantType,
    ) -> Result<AccessToken, GrantRefusal> {
        let issuer = realm.issuer();
        for _ in 0..ATTEMPTS {
            let known = realm.store.find_grant(issuer, &self.user.id, client.id()).await?;
            let Some((grant_id, change)) = self.use_grant(realm, client, known, &permitted.scope)? else {
                return Err(GrantRefusal::NotPermitted);
            };
            let new = self.authorization(realm, client, grant_id, permitted);
            let change_id = new_id();
            let change = change
                .then_all(
                    self.session
                        .iter()
                        .map(|session| session::still_alive(issuer, &session.id)),
                )
                .then(authorization::insert(issuer, &new, &change_id)?)
                .then(issued(realm, &new, grant_type, permitted))
                .recognised_by(authorization::changed_by(issuer, &new.id, &change_id));
            if realm.store.commit(change).await? == Outcome::Applied {
                let token = AccessToken::for_user(realm, &new, &self.user, permitted);
                return Ok(AccessToken {
                    expires_at: token.expires_at.min(self.expires_at),
                    // Without a session nobody is known to have authenticated, at any level or time.
                    acr: self.assurance(realm).map(|assurance| assurance.acr.published()),
                    auth_time: self.session.as_ref().map(|session| session.auth_time),
                    ..token
                });
            }
        }
        Err(GrantRefusal::Fault(Fault::Contended))
    }

    /// Uses the grant that permits the scope, or, for a client that is never asked about, makes that it does. `None`: it
    /// was taken back in this very moment.
    fn use_grant(
        &self,
        realm: &RealmContext,
        client: &Client,
        known: Option<Grant>,
        scope: &Scope,
    ) -> Result<Option<(String, Change)>, StorageError> {
        let is_enough = known
            .as_ref()
            .is_some_and(|known| known.is_alive(realm.now()) && scope.is_subset_of(&known.scope));
        if !is_enough && !client.metadata.first_party {
            return Ok(None);
        }
        let permitted = Permission {
            scope: scope.clone(),
            ..Permission::default()
        };
        let consented = Consented {
            client_id: client.id(),
            user_id: &self.user.id,
            asked: &permitted,
            permitted: &permitted,
            approval: Approval::Remembered,
        };
        consented::use_grant(realm, &consented, Known::Remembered(known)).map(Some)
    }

    fn authorization(
        &self,
        realm: &RealmContext,
        client: &Client,
        grant_id: String,
        permitted: &Rights,
    ) -> Authorization {
        let now = realm.now();
        let session = self.session.as_ref();
        let (acr, amr) = self.assurance(realm).map_or((Acr::Loa1, Vec::new()), |assurance| {
            (assurance.acr.published(), assurance.amr)
        });
        Authorization {
            id: new_id(),
            grant_id,
            user_id: self.user.id.clone(),
            client_id: client.id().to_owned(),
            session_id: session.map(|session| session.id.clone()).unwrap_or_default(),
            scope: permitted.scope.clone(),
            audience: permitted.audience.clone(),
            details: AuthorizationContext {
                authorization_details: permitted.authorization_details.clone(),
                ..AuthorizationContext::authenticated(acr, amr)
            },
            auth_time: session.map_or(now, |session| session.auth_time),
            code_hash: None,
            code_expires_at: None,
            code_used_at: None,
            offline: false,
            created_at: now,
            expires_at: self.expires_at.min(now + realm.realm.lifetimes.access_token) + SLACK,
            ended_at: None,
        }
    }
}
