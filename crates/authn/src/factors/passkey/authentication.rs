//! Somebody shows a passkey.
//!
//! Spec: WebAuthn Level 3 §5.5, §7.2
//!
//! 1. [`begin`]: the page asks for any passkey (the user is not known yet) or for one of a user's.
//! 2. The browser answers; [`answered`] opens the ceremony and says which credential it is about.
//! 3. Whoever called looks the credential up in the realm, with its owner.
//! 4. [`finish`]: owner, origin, relying party, challenge, signature, verification of the user, counter. What it answers
//!    holds what must be in the change that relies on it.

use model::User;
use realm::RealmContext;
use serde_json::{Value, json};
use storage::Statement;
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PublicKeyCredential};

use super::{
    Begun, Ceremony, Credential, PasskeyRefusal, Purpose, RelyingParty, UnreadableCredential, Verification,
    ceremony::{answer, set},
};

/// What a passkey proved.
pub struct Proof {
    /// What is stored of it from now on: its counter went on.
    pub credential: Credential,
    /// Whether its authenticator verified the user, now and when it was enrolled: who finds a key without a PIN can give
    /// it one.
    pub is_verified: bool,
    /// What must be in the change that relies on it: the challenge is used once.
    pub used: Vec<Statement>,
}

/// An answer whose ceremony is open, before the credential is known.
pub struct Answered {
    ceremony: Ceremony,
    credential: PublicKeyCredential,
}

impl Answered {
    /// The id of the credential that it says it is of.
    pub fn credential_id(&self) -> &[u8] {
        self.credential.get_credential_id()
    }

    /// Who is to answer, where that was known at the beginning.
    pub fn user_id(&self) -> Option<&str> {
        self.ceremony.user_id.as_deref()
    }
}

/// Asks for any passkey, or for one of this user's; in the flow or session `belongs_to`.
pub fn begin(
    realm: &RealmContext,
    belongs_to: &str,
    whose: Option<(&User, &[Credential])>,
    verification: Verification,
) -> Result<Begun, PasskeyRefusal> {
    let party = RelyingParty::of(&realm.realm).ok_or(PasskeyRefusal::NoRelyingParty)?;
    // Both states are alike but for what they demand; credentials are not in them: the one that answers is looked up.
    let (mut asked, state) = match verification {
        Verification::Required => {
            let begun = party.webauthn.start_discoverable_authentication();
            begun.map(|(asked, state)| (asked, json!(state)))
        }
        Verification::Preferred => {
            let begun = party.webauthn.start_securitykey_authentication(&[]);
            begun.map(|(asked, state)| (asked, json!(state)))
        }
    }
    .map_err(PasskeyRefusal::Library)?;
    asked.public_key.hints = None;
    asked.public_key.extensions = None;
    let mut options = json!(asked.public_key);
    if let Some((_, credentials)) = whose {
        let allowed = credentials.iter().map(Credential::descriptor).collect::<Vec<Value>>();
        set(Some(&mut options), "allowCredentials", json!(allowed));
    }
    let user_id = whose.map(|(user, _)| user.id.as_str());
    let what = (Purpose::Authentication, verification);
    Ceremony::begin(realm, what, (belongs_to, user_id), options, state)
}

/// Opens the ceremony that a form carries, and reads the answer to it.
pub fn answered(
    realm: &RealmContext,
    belongs_to: &str,
    (carried, answered): (&str, &str),
) -> Result<Answered, PasskeyRefusal> {
    Ok(Answered {
        ceremony: Ceremony::open(realm, carried, Purpose::Authentication, belongs_to)?,
        credential: answer(answered)?,
    })
}

/// Checks the answer by the credential that is stored under its id, and the user who owns that.
pub fn finish(
    realm: &RealmContext,
    answered: &Answered,
    (credential, owner): (&Credential, &User),
) -> Result<Proof, PasskeyRefusal> {
    let Answered {
        ceremony,
        credential: shown,
    } = answered;
    let party = RelyingParty::of(&realm.realm).ok_or(PasskeyRefusal::NoRelyingParty)?;
    // §7.2 step 6: who was known at the beginning owns the credential; who was not is named by it.
    let handle = party.user_handle(&owner.id);
    let handle = handle.as_bytes().as_slice();
    let is_owner = match (ceremony.user_id.as_deref(), shown.get_user_unique_id()) {
        (Some(user_id), None) => user_id == owner.id,
        (Some(user_id), Some(named)) => user_id == owner.id && named == handle,
        (None, named) => named == Some(handle),
    };
    if !is_owner {
        return Err(PasskeyRefusal::Unknown);
    }
    let state: DiscoverableAuthentication = ceremony.state()?;
    let mut passkey: Passkey = serde_json::from_str(&credential.record).map_err(|_| UnreadableCredential)?;
    let result = party
        .webauthn
        .finish_discoverable_authentication_v2(shown, state, &passkey)?;
    let is_verified = result.user_verified() && credential.verifies_user();
    if ceremony.verification == Verification::Required && !is_verified {
        return Err(PasskeyRefusal::NotVerified);
    }
    passkey.update_credential(&result);
    Ok(Proof {
        credential: Credential::of(&passkey)?,
        is_verified,
        used: ceremony.use_once(realm),
    })
}
