//! What became of a user's consent: how a grant appears or changes, whichever way the request came.
//!
//! Spec: Grant Management for OAuth 2.0 (Implementer's Draft 1) §5.2 and §5.6

use jose::{b64, random_bytes};
use model::{AuditKind, Authorization, Grant, new_id};
use protocol::{AuthorizationDetails, grant_management::GrantManagement};
use realm::{RealmContext, audit};
use storage::{Change, StorageError, grant};

use crate::{authorization_details, authorize::Permission};

/// How long an unclaimed grant outlives its code, in seconds: the tokens of a code that is redeemed at the last moment.
const SLACK: i64 = 60;

/// How the user permitted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// On a page, just now: the permission begins anew.
    Asked,
    /// Before: the permission ends when it would have ended.
    Remembered,
}

/// What a user permits, and how.
pub(crate) struct Consented<'a> {
    /// Whom.
    pub(crate) client_id: &'a str,
    /// Who.
    pub(crate) user_id: &'a str,
    /// What was asked for.
    pub(crate) asked: &'a Permission,
    /// What of it is permitted.
    pub(crate) permitted: &'a Permission,
    /// On a page or not.
    pub(crate) approval: Approval,
}

impl Consented<'_> {
    /// What becomes of the grant by it.
    pub(crate) fn kind(&self, realm: &RealmContext, known: &Known) -> AuditKind {
        match (self.approval, known) {
            (Approval::Remembered, _) => AuditKind::ConsentRemembered,
            (Approval::Asked, Known::Merge(_) | Known::Replace(_)) => AuditKind::ConsentChanged,
            (Approval::Asked, Known::Remembered(Some(known))) if known.is_alive(realm.now()) => {
                AuditKind::ConsentChanged
            }
            (Approval::Asked, Known::Remembered(_) | Known::New) => AuditKind::ConsentGiven,
        }
    }

    /// What is told of it: of what was permitted in detail the types alone, since the rest is the user's own affair.
    pub(crate) fn event(&self, realm: &RealmContext, kind: AuditKind, authorization: &Authorization) -> audit::Event {
        let permitted = self.permitted;
        let mut event = audit::event(realm, kind)
            .user(self.user_id)
            .client(self.client_id)
            .detail("grant", authorization.grant_id.as_str())
            .detail("authorization", authorization.id.as_str())
            .detail("scope", permitted.scope.to_string());
        if !permitted.claims.is_empty() {
            event = event.detail("claims", permitted.claims.iter().cloned().collect::<Vec<_>>());
        }
        if !permitted.authorization_details.is_empty() {
            let types: Vec<&str> = permitted.authorization_details.types().collect();
            event = event.detail("authorization_details", types);
        }
        event
    }
}

/// The grant that a request is about, as it is before the user's answer.
pub(crate) enum Known {
    /// The one that is remembered, if there is any. It may have expired.
    Remembered(Option<Grant>),
    /// One that is to be made, beside all others.
    New,
    /// One that the client manages, to be widened.
    Merge(Grant),
    /// One that the client manages, to be begun anew.
    Replace(Grant),
}

/// Finds the grant that a request is about. `None`: it names one that is none of this client and user, or has ended.
pub(crate) async fn find(
    realm: &RealmContext,
    client_id: &str,
    user_id: &str,
    management: Option<&GrantManagement>,
) -> Result<Option<Known>, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let Some(management) = management else {
        let known = realm.store.find_grant(issuer, user_id, client_id).await?;
        return Ok(Some(Known::Remembered(known)));
    };
    let Some(id) = management.grant_id() else {
        return Ok(Some(Known::New));
    };
    let is_theirs = |grant: &Grant| {
        grant.managed && grant.is_alive(now) && grant.client_id == client_id && grant.user_id == user_id
    };
    let found = realm.store.find_grant_by_id(issuer, id).await?.filter(is_theirs);
    Ok(found.map(|grant| match management {
        GrantManagement::Replace(_) => Known::Replace(grant),
        _ => Known::Merge(grant),
    }))
}

impl Known {
    /// What of what is asked was permitted before. "ONLY the permissions requested by the client and consented by the
    /// resource owner in the actual request" remain of a grant that is replaced (Grant Management §5.2), so the user is
    /// asked for all of it.
    pub(crate) fn already(&self, realm: &RealmContext, asked: &Permission) -> Permission {
        let known = match self {
            Self::Remembered(known) => known.as_ref(),
            Self::Merge(known) => Some(known),
            Self::New | Self::Replace(_) => None,
        };
        known
            .filter(|grant| grant.is_alive(realm.now()))
            .map(|grant| asked.permitted_by(&realm.details_types, grant))
            .unwrap_or_default()
    }
}

/// Makes the grant, or changes the one that is there. Answers its id.
pub(crate) fn use_grant(
    realm: &RealmContext,
    consented: &Consented<'_>,
    known: Known,
) -> Result<(String, Change), StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    match known {
        Known::Remembered(Some(known)) if known.is_alive(now) => widen(realm, consented, known),
        Known::Remembered(expired) => {
            let end = expired
                .map(|old| grant::end(issuer, &old.user_id, &old.id, now))
                .unwrap_or_default();
            let new = new_grant(realm, consented);
            let change = Change::new().then_all(end).then(grant::insert(issuer, &new)?);
            Ok((new.id, change))
        }
        Known::New => {
            let new = Grant {
                // Clients are told it, and nobody is to guess it.
                id: b64::encode(random_bytes::<16>()),
                managed: true,
                // "If the tokens haven't been claimed the grant should be deleted by the AS after a reasonable timeout"
                // (Grant Management §5.6.1): it ends with its code.
                expires_at: now + realm.realm.lifetimes.authorization_code + SLACK,
                ..new_grant(realm, consented)
            };
            let insert = grant::insert(issuer, &new)?;
            Ok((new.id, Change::new().then(insert)))
        }
        // "shall invalidate existing refresh tokens associated with the updated grant" (Grant Management §5.2).
        Known::Merge(known) => {
            let (id, change) = widen(realm, consented, known)?;
            let end = grant::end_refresh_tokens(issuer, &id, now);
            Ok((id, change.then(end)))
        }
        Known::Replace(known) => {
            let Permission {
                scope,
                claims,
                authorization_details,
            } = &consented.permitted.remembered(&realm.details_types);
            let expires_at = now + realm.realm.lifetimes.grant;
            let touch = grant::touch(issuer, &known, (scope, claims, authorization_details), expires_at, now)?;
            let end = grant::end_authorizations(issuer, &known.id, now);
            Ok((known.id, Change::new().then(touch).then(end)))
        }
    }
}

fn widen(realm: &RealmContext, consented: &Consented<'_>, known: Grant) -> Result<(String, Change), StorageError> {
    let (now, types) = (realm.now(), &realm.details_types);
    let (expires_at, all) = match consented.approval {
        Approval::Asked => {
            let kept = consented.asked.not_asked(&known);
            let new = consented.permitted.remembered(types);
            (now + realm.realm.lifetimes.grant, kept.union(&new))
        }
        // Whatever is in detail was found in the grant.
        Approval::Remembered => {
            let kept = Permission {
                scope: known.scope.clone(),
                claims: known.claims.clone(),
                authorization_details: known.authorization_details.clone(),
            };
            let new = Permission {
                authorization_details: AuthorizationDetails::default(),
                ..consented.permitted.clone()
            };
            (known.expires_at, kept.union(&new))
        }
    };
    let after = (&all.scope, &all.claims, &all.authorization_details);
    let touch = grant::touch(realm.issuer(), &known, after, expires_at, now)?;
    // Tokens look up the scope in the grant, but not what is in detail: where some of that was taken back, what came
    // before ends.
    let kept = authorization_details::within(types, &known.authorization_details, &all.authorization_details);
    let end = (kept != known.authorization_details).then(|| grant::end_authorizations(realm.issuer(), &known.id, now));
    Ok((known.id, Change::new().then(touch).then_all(end)))
}

fn new_grant(realm: &RealmContext, consented: &Consented<'_>) -> Grant {
    let now = realm.now();
    Grant {
        id: new_id(),
        user_id: consented.user_id.to_owned(),
        client_id: consented.client_id.to_owned(),
        scope: consented.permitted.scope.clone(),
        claims: consented.permitted.claims.clone(),
        authorization_details: authorization_details::remembered(
            &realm.details_types,
            &consented.permitted.authorization_details,
        ),
        managed: false,
        created_at: now,
        updated_at: now,
        expires_at: now + realm.realm.lifetimes.grant,
        ended_at: None,
    }
}
