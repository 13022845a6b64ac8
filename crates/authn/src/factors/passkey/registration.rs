//! A passkey is enrolled.
//!
//! Spec: WebAuthn Level 3 §5.4, §7.1
//!
//! A discoverable credential and a verified user are asked for where the authenticator can do that, and not demanded: an old
//! security key that is only touched is still a second factor. Attestation is not asked for.

use model::User;
use realm::RealmContext;
use serde_json::{Value, json};
use storage::Statement;
use webauthn_rs::prelude::{RegisterPublicKeyCredential, SecurityKeyRegistration};

use super::{
    Begun, Ceremony, Credential, PasskeyRefusal, Purpose, RelyingParty, Verification,
    ceremony::{answer, set},
};

/// A passkey that its owner has shown just now.
pub struct NewPasskey {
    /// What to store.
    pub credential: Credential,
    /// What must be in the change that stores it: the challenge is used once.
    pub used: Vec<Statement>,
}

/// Asks the browser of a user to make a passkey. `belongs_to` is the flow or session in which that happens, `enrolled` are
/// the user's others: no authenticator makes a second one beside them.
pub fn begin(
    realm: &RealmContext,
    belongs_to: &str,
    user: &User,
    enrolled: &[Credential],
) -> Result<Begun, PasskeyRefusal> {
    let party = RelyingParty::of(&realm.realm).ok_or(PasskeyRefusal::NoRelyingParty)?;
    let others = enrolled.iter().map(Credential::id).collect();
    let handle = party.user_handle(&user.id);
    let (mut asked, state) = party
        .webauthn
        .start_securitykey_registration(handle, &user.username, user.display(), Some(others), None, None)
        .map_err(PasskeyRefusal::Library)?;
    // Any kind of authenticator; and no credential protection, with which a key without a PIN would lock itself.
    asked.public_key.hints = None;
    asked.public_key.extensions = None;
    let mut options = json!(asked.public_key);
    set(
        options.pointer_mut("/authenticatorSelection"),
        "residentKey",
        json!("preferred"),
    );
    let descriptors = enrolled.iter().map(Credential::descriptor).collect::<Vec<Value>>();
    set(Some(&mut options), "excludeCredentials", json!(descriptors));
    let what = (Purpose::Registration, Verification::Preferred);
    Ceremony::begin(realm, what, (belongs_to, Some(&user.id)), options, json!(state))
}

/// Checks what the browser made of it. What is stored must be unique in the realm, which the change that stores it checks.
pub fn finish(
    realm: &RealmContext,
    (belongs_to, user): (&str, &User),
    (carried, answered): (&str, &str),
) -> Result<NewPasskey, PasskeyRefusal> {
    let party = RelyingParty::of(&realm.realm).ok_or(PasskeyRefusal::NoRelyingParty)?;
    let ceremony = Ceremony::open(realm, carried, Purpose::Registration, belongs_to)?;
    if ceremony.user_id.as_deref() != Some(&user.id) {
        return Err(PasskeyRefusal::Over);
    }
    let made: RegisterPublicKeyCredential = answer(answered)?;
    let state: SecurityKeyRegistration = ceremony.state()?;
    let passkey = party.webauthn.finish_securitykey_registration(&made, &state)?;
    Ok(NewPasskey {
        credential: Credential::of(&passkey)?,
        used: ceremony.use_once(realm),
    })
}
