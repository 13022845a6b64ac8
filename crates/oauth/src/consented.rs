//! What became of a user's consent: how a grant appears or changes, whichever way the request came.

use model::{Grant, new_id};
use realm::RealmContext;
use storage::{Change, StorageError, grant};

use crate::authorize::Permission;

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

/// What of what is asked a living grant permits.
pub(crate) fn already(realm: &RealmContext, asked: &Permission, grant: Option<&Grant>) -> Permission {
    grant
        .filter(|grant| grant.is_alive(realm.now()))
        .map(|grant| asked.permitted_by(grant))
        .unwrap_or_default()
}

/// Makes the grant, or changes the one that is there. Answers its id.
pub(crate) fn use_grant(
    realm: &RealmContext,
    consented: &Consented<'_>,
    known: Option<Grant>,
) -> Result<(String, Change), StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let a_new_term = now + realm.realm.lifetimes.grant;
    match known {
        Some(known) if known.is_alive(now) => {
            let expires_at = match consented.approval {
                Approval::Asked => a_new_term,
                Approval::Remembered => known.expires_at,
            };
            let kept = match consented.approval {
                Approval::Asked => consented.asked.not_asked(&known),
                Approval::Remembered => Permission {
                    scope: known.scope.clone(),
                    claims: known.claims.clone(),
                },
            };
            let all = kept.union(consented.permitted);
            let touch = grant::touch(issuer, &known, (&all.scope, &all.claims), expires_at, now)?;
            Ok((known.id, Change::new().then(touch)))
        }
        expired => {
            let new = Grant {
                id: new_id(),
                user_id: consented.user_id.to_owned(),
                client_id: consented.client_id.to_owned(),
                scope: consented.permitted.scope.clone(),
                claims: consented.permitted.claims.clone(),
                created_at: now,
                updated_at: now,
                expires_at: a_new_term,
                ended_at: None,
            };
            let end = expired
                .map(|old| grant::end(issuer, &old.user_id, &old.id, now))
                .unwrap_or_default();
            let change = Change::new().then_all(end).then(grant::insert(issuer, &new)?);
            Ok((new.id, change))
        }
    }
}
