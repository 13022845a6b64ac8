//! A passkey is enrolled.
//!
//! Spec: WebAuthn Level 3 §5.4, §7.1
//!
//! A discoverable credential and a verified user are asked for where the authenticator can do that, and not demanded: an old
//! security key that is only touched is still a second factor. Attestation is asked for where the realm names makers
//! (`passkey_ca`), and demanded of nobody: a passkey for which none of them vouches is one like others.

use jose::{b64, sha256};
use model::User;
use realm::RealmContext;
use serde_json::{Map, Value, json};
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
    /// Whether one of the realm's makers vouches for the device that holds its key.
    pub is_attested: bool,
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
    if !realm.realm.passkey_ca.is_empty() {
        set(Some(&mut options), "attestation", json!("direct"));
    }
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
    let plain: SecurityKeyRegistration = ceremony.state()?;
    let vouched = match makers(&realm.realm.passkey_ca) {
        Some(makers) => {
            let mut state: Value = ceremony.state()?;
            set(Some(&mut state), MAKERS, makers);
            let state: SecurityKeyRegistration = serde_json::from_value(state).map_err(|_| PasskeyRefusal::Over)?;
            let vouched = party.webauthn.finish_securitykey_registration(&made, &state);
            vouched
                .inspect_err(|error| tracing::info!(%error, "no maker vouches for a passkey"))
                .ok()
        }
        None => None,
    };
    let is_attested = vouched.is_some();
    let passkey = match vouched {
        Some(passkey) => passkey,
        None => party.webauthn.finish_securitykey_registration(&made, &plain)?,
    };
    Ok(NewPasskey {
        credential: Credential::of(&passkey)?,
        is_attested,
        used: ceremony.use_once(realm),
    })
}

/// The member of the library's state that says which makers are believed.
const MAKERS: &str = "ca_list";

/// The makers as the library reads them, all their models; `None`: there are none, or they cannot be read.
fn makers(pem: &[String]) -> Option<Value> {
    let ders = pem.iter().filter_map(|text| x509::certificates(text).ok()).flatten();
    let makers: Map<String, Value> = ders
        .map(|der| {
            let maker = json!({ "ca": b64::encode(&der), "aaguids": {}, "blanket_allow": true });
            (b64::encode(sha256(&der)), maker)
        })
        .collect();
    (!makers.is_empty()).then(|| json!({ "cas": makers }))
}
