//! Passkeys as rows: what a user has, and which of them answers.
//!
//! Spec: WebAuthn Level 3 §7.1 step 26 (one owner), §7.2 step 22 (the counter), §6.1.1
//!
//! A row is found by the hash of the credential's id, which is unique in the realm. What counts once, the challenge and the
//! place of the counter, are guards of the change that relies on the answer.

use jose::{b64, sha256};
use model::{AuditKind, Authenticator, Session, User, new_id};
use protocol::{Method, Proof};
use realm::{RealmContext, audit};
use serde_json::Value;
use storage::{Change, Outcome, StorageError, outbox};

use super::{
    Begun, Credential, PasskeyRefusal, UnreadableCredential, Verification, authentication,
    registration::{self, NewPasskey},
};
use crate::{
    enrolment::{self, Counts, EnrolRefusal},
    factors::{FactorVerified, without_secret},
    notice::{self, Content},
    prove::usable,
};

/// The member of `data` that holds the credential record.
const RECORD: &str = "passkey";
/// The member of `data` that says that a maker vouched for its hardware when it was enrolled.
const IS_ATTESTED: &str = "is_attested";

/// By what a passkey is found.
fn lookup(credential_id: &[u8]) -> String {
    b64::encode(sha256(credential_id))
}

/// The row of a new passkey. It does not count yet.
pub fn authenticator(user: &User, new: &NewPasskey) -> Result<Authenticator, UnreadableCredential> {
    let credential = &new.credential;
    let mut row = without_secret(new_id(), &user.id, Method::Passkey);
    if new.is_attested {
        row.data.insert(IS_ATTESTED.to_owned(), true.into());
    }
    holding(
        &Authenticator {
            lookup: Some(lookup(&credential.id())),
            counter: credential.counter().into(),
            ..row
        },
        credential,
    )
}

/// The row with this record.
fn holding(row: &Authenticator, credential: &Credential) -> Result<Authenticator, UnreadableCredential> {
    let record: Value = serde_json::from_str(&credential.record).map_err(|_| UnreadableCredential)?;
    let mut row = row.clone();
    row.data.insert(RECORD.to_owned(), record);
    Ok(row)
}

/// The credential of a row.
fn credential_of(row: &Authenticator) -> Result<Credential, UnreadableCredential> {
    let record = row.data.get(RECORD).ok_or(UnreadableCredential)?;
    Credential::parse(&record.to_string())
}

/// What the passkey of a row proves, used now.
pub(crate) fn would_prove(row: &Authenticator, now: i64) -> Proof {
    let credential = credential_of(row);
    let verifies = credential.as_ref().is_ok_and(Credential::verifies_user);
    Proof::passkey(
        now,
        verifies,
        credential.is_ok_and(|credential| is_in_hardware(row, &credential)),
    )
}

/// Whether its key cannot leave a piece of hardware. That it cannot be copied is what a passkey says of itself, and reaches no
/// level unless a maker vouched for the device.
fn is_in_hardware(row: &Authenticator, credential: &Credential) -> bool {
    row.data.get(IS_ATTESTED) == Some(&Value::Bool(true)) && !credential.is_syncable()
}

/// Asks a user's browser to make a passkey, in the flow or session `belongs_to`.
pub async fn ask_for_new(realm: &RealmContext, belongs_to: &str, user: &User) -> Result<Begun, PasskeyRefusal> {
    let mut rows = realm.store.authenticators_of_user(realm.issuer(), &user.id).await?;
    rows.retain(|row| row.method == Method::Passkey);
    registration::begin(realm, belongs_to, user, &credentials(&rows)?)
}

/// Enrols the passkey that a form brought in this session, under a name.
pub async fn enrol(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    form: (&str, &str),
    name: &str,
) -> Result<Counts, EnrolRefusal> {
    let new = registration::finish(realm, (&session.id, user), form).map_err(EnrolRefusal::Passkey)?;
    let row = authenticator(user, &new).map_err(|error| EnrolRefusal::Passkey(error.into()))?;
    if realm.store.commit(Change::new().then_all(new.used)).await? == Outcome::Missed {
        return Err(EnrolRefusal::Passkey(PasskeyRefusal::Used));
    }
    let row = Authenticator {
        name: enrolment::cleaned(name),
        ..row
    };
    match enrolment::add(realm, (session, user), row).await {
        Err(EnrolRefusal::Again) => Err(EnrolRefusal::Passkey(PasskeyRefusal::Enrolled)),
        ended => ended,
    }
}

/// Asks for any passkey: its owner signs in without a name.
pub fn ask_anybody(realm: &RealmContext, flow_id: &str) -> Result<Begun, PasskeyRefusal> {
    authentication::begin(realm, flow_id, None, Verification::Required)
}

/// Asks for one of the passkeys of a user, in a flow, as one factor beside what was proved already.
pub async fn ask(realm: &RealmContext, flow_id: &str, user: &User) -> Result<Begun, PasskeyRefusal> {
    let rows = usable(realm, user, Method::Passkey).await?;
    let credentials = credentials(&rows)?;
    let whose = Some((user, credentials.as_slice()));
    authentication::begin(realm, flow_id, whose, Verification::Preferred)
}

fn credentials(rows: &[Authenticator]) -> Result<Vec<Credential>, UnreadableCredential> {
    rows.iter().map(credential_of).collect()
}

/// Verifies the answer in a form: who owns the passkey, and what that proves.
pub(crate) async fn verify(
    realm: &RealmContext,
    flow_id: &str,
    form: (&str, &str),
) -> Result<(User, FactorVerified), PasskeyRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let answered = authentication::answered(realm, flow_id, form)?;
    let lookup = lookup(answered.credential_id());
    let found = realm
        .store
        .find_authenticator_by_lookup(issuer, Method::Passkey, &lookup)
        .await?;
    let row = found.filter(|row| row.is_active(now)).ok_or(PasskeyRefusal::Unknown)?;
    let owner = realm.store.find_user(issuer, &row.user_id).await?;
    let owner = owner.filter(|owner| owner.enabled).ok_or(PasskeyRefusal::Unknown)?;
    let proof = match authentication::finish(realm, &answered, (&credential_of(&row)?, &owner)) {
        Ok(proof) => proof,
        Err(PasskeyRefusal::Cloned) => {
            tell_of_copy(realm, &owner, &row).await?;
            return Err(PasskeyRefusal::Cloned);
        }
        Err(refusal) => return Err(refusal),
    };
    let counter = proof.credential.counter().into();
    let mut guards = proof.used;
    guards.push(storage::authenticator::replace(
        issuer,
        &holding(&row, &proof.credential)?,
        counter,
        now,
    )?);
    let verified = FactorVerified {
        proof: Proof::passkey(now, proof.is_verified, is_in_hardware(&row, &proof.credential)),
        guards,
    };
    Ok((owner, verified))
}

/// §6.1.1: somebody may have a copy. The operator reads it in the audit, the owner gets mail; the key itself may still be
/// the owner's, so it is theirs to remove it.
async fn tell_of_copy(realm: &RealmContext, owner: &User, row: &Authenticator) -> Result<(), StorageError> {
    tracing::warn!(
        realm = realm.issuer(),
        user = owner.id,
        authenticator = row.id,
        "the counter of a passkey went back: there may be a copy of it"
    );
    let event = audit::event(realm, AuditKind::AuthenticatorCloned)
        .user(&owner.id)
        .detail("authenticator", row.id.as_str());
    let copied = Content::PasskeyCopied {
        name: row.name.clone(),
        when: realm.now(),
    };
    let mail = notice::tell(realm, owner, copied);
    let change = Change::new()
        .then(event)
        .then_all(mail.map(|mail| outbox::enqueue(mail, realm.now())));
    let _: Outcome = realm.store.commit(change).await?;
    Ok(())
}
