//! Whom a request wants to be signed in: `id_token_hint`, and `sub` with a value in `claims`.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`id_token_hint`), §3.1.2.2 (4 and 5), §5.5.1 (`value`)
//!
//! A hint whose key was forgotten proves nothing, so it never passes silently; but it names a user, and no other one is
//! answered for.

use explanation::catalogue::authorize;
use protocol::RequestError;
use realm::RealmContext;

use super::{AuthorizeRefusal, Person, ValidRequest};
use crate::{Fault, id_token_hint::IdTokenHint, subject};

/// Whom a request wants.
pub(super) struct WantedUser<'r> {
    valid: &'r ValidRequest,
    /// What the hint says, and whether a published key proves it.
    hint: Option<(IdTokenHint, bool)>,
}

/// Whether a user is the wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsWanted {
    /// Yes, or nobody in particular is wanted.
    Yes,
    /// So says a hint that can no longer be verified.
    Perhaps,
    /// No.
    No,
}

impl<'r> WantedUser<'r> {
    /// Reads what the request says.
    pub fn of(realm: &RealmContext, valid: &'r ValidRequest) -> Result<Self, AuthorizeRefusal> {
        let Some(text) = &valid.request.id_token_hint else {
            return Ok(Self { valid, hint: None });
        };
        let hint = IdTokenHint::read(realm, text).ok_or_else(|| {
            let text = "id_token_hint is not an ID token of this issuer";
            let error = RequestError::new(&authorize::ID_TOKEN_HINT, text);
            AuthorizeRefusal::redirect(realm.issuer(), valid, error)
        })?;
        Ok(Self {
            valid,
            hint: Some(hint),
        })
    }

    /// Whether the one who is signed in is the one, by the `sub` by which the client knows them.
    pub fn is(&self, realm: &RealmContext, person: &Person) -> Result<IsWanted, Fault> {
        let sub = subject::of(realm, &self.valid.client.metadata, &person.user.id)?;
        let is_named = self.hint.as_ref().is_none_or(|(hint, _)| hint.sub == sub);
        if !is_named || !self.valid.request.claims.accepts_subject(&sub) {
            return Ok(IsWanted::No);
        }
        Ok(match self.hint {
            Some((_, false)) => IsWanted::Perhaps,
            _ => IsWanted::Yes,
        })
    }
}
