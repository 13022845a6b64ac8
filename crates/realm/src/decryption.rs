//! The keys to which clients encrypt their requests: one for each algorithm, published, and replaced in time.
//!
//! Spec: OpenID Connect Core §10.2 and §10.2.1 (rotation), RFC 7517 §4.2 (`use`)
//!
//! A new key is published in the place of the one before, which still decrypts for longer than anybody may cache the key
//! set. Private parts are read from the database when something is to be decrypted, which is seldom, so every node knows
//! every key.

use jose::{Addressee, Decrypted, DecryptionKey, JweAlg, JweError, Jwk, KeySet, WrapKey};
use model::AuditKind;
use storage::{
    Change, Store,
    audit_event::Provided,
    decryption_key::{self, DecryptionKeyRow},
};

use crate::{
    RealmContext, RealmError, audit, rotation,
    seals::{DAY, UNWRAP},
    wrap_label,
};

/// For how long a key is published, in seconds.
const PUBLISHED_FOR: i64 = 90 * DAY;
/// For how much longer it decrypts, in seconds.
const KEPT: i64 = 2 * DAY;
/// Those made before a realm answers; RSA takes up to a second.
const FAST: [JweAlg; 2] = [JweAlg::EcdhEs, JweAlg::EcdhEsA256Kw];

/// Makes the fast keys of a new realm.
pub(crate) async fn ensure_fast(store: &Store, wrap: &WrapKey, issuer: &str, now: i64) -> Result<(), RealmError> {
    ensure(store, wrap, issuer, now, &FAST).await.map(|_| ())
}

/// Makes the keys that are missing, or that have been published for long enough. Answers whether there were any.
pub(crate) async fn ensure(
    store: &Store,
    wrap: &WrapKey,
    issuer: &str,
    now: i64,
    algs: &[JweAlg],
) -> Result<bool, RealmError> {
    let have = store.decryption_keys(issuer, now).await?;
    let is_there = |alg: &JweAlg| {
        let mut published = have.iter().filter(|row| now < row.created_at + PUBLISHED_FOR);
        published.any(|row| row.alg == *alg)
    };
    let missing: Vec<JweAlg> = algs.iter().copied().filter(|alg| !is_there(alg)).collect();
    if missing.is_empty() {
        return Ok(false);
    }
    rotation::check_wrapping_key(store, wrap, issuer, now).await?;
    let change = Change::new().then_all(new(wrap, issuer, now, &missing).await?);
    let _ = store.commit(change.then(storage::realm::raise_revision())).await?;
    Ok(true)
}

/// Replaces all keys: after `at_once` nothing decrypts what was encrypted to those before.
pub(crate) async fn replace(
    store: &Store,
    wrap: &WrapKey,
    issuer: &str,
    now: i64,
    at_once: bool,
) -> Result<(), RealmError> {
    let forget = at_once.then(|| decryption_key::forget_before(issuer, i64::MAX));
    let change = Change::new()
        .then_all(forget)
        .then_all(new(wrap, issuer, now, &JweAlg::ALL).await?)
        .then(storage::realm::raise_revision());
    let _ = store.commit(change).await?;
    Ok(())
}

async fn new(wrap: &WrapKey, issuer: &str, now: i64, algs: &[JweAlg]) -> Result<Vec<storage::Statement>, RealmError> {
    let failed = |error: &dyn std::fmt::Display| RealmError::Key(error.to_string());
    let mut statements = Vec::new();
    for &alg in algs {
        let (key, private) = tokio::task::spawn_blocking(move || DecryptionKey::generate_pkcs8(alg))
            .await
            .map_err(|error| failed(&error))?
            .map_err(|error| failed(&error))?;
        let public = key.public_jwk().clone();
        let row = DecryptionKeyRow {
            kid: public.kid.clone().unwrap_or_default(),
            alg,
            private_key: wrap.wrap(&wrap_label::decryption(issuer), &private),
            public_jwk: public,
            created_at: now,
            expires_at: now + PUBLISHED_FOR + KEPT,
        };
        let event = audit::event_at(issuer, now, AuditKind::KeyCreated)
            .detail("kid", row.kid.as_str())
            .detail("alg", alg.as_str());
        statements.push(decryption_key::insert(issuer, &row)?);
        statements.push(event.provided(Provided::DecryptionKey(&row.kid)));
    }
    Ok(statements)
}

/// The newest key of each algorithm: "use" says that they are for encryption.
pub(crate) async fn published(store: &Store, issuer: &str, now: i64) -> Result<Vec<Jwk>, RealmError> {
    let rows = store.decryption_keys(issuer, now).await?;
    let newest = JweAlg::ALL
        .iter()
        .filter_map(|alg| rows.iter().find(|row| row.alg == *alg));
    Ok(newest.map(|row| row.public_jwk.clone()).collect())
}

impl RealmContext {
    /// Everything that is published: the keys that somebody may verify with, and those to encrypt to.
    pub fn key_set(&self) -> KeySet {
        let signing = self.keys.published().keys.iter();
        KeySet {
            keys: signing.chain(&self.encryption_keys).cloned().collect(),
        }
    }

    /// Decrypts what somebody encrypted to one of this realm's keys. The inner `Err`: it cannot be.
    pub async fn decrypt(&self, token: &str) -> Result<Result<Decrypted, JweError>, RealmError> {
        let addressee = match Addressee::of(token) {
            Ok(addressee) => addressee,
            Err(error) => return Ok(Err(error)),
        };
        let rows = self.store.decryption_keys(self.issuer(), self.now()).await?;
        let is_meant = |row: &&DecryptionKeyRow| {
            row.alg == addressee.alg && addressee.kid.as_ref().is_none_or(|kid| *kid == row.kid)
        };
        for row in rows.iter().filter(is_meant) {
            let private = self
                .wrap
                .unwrap(&wrap_label::decryption(self.issuer()), &row.private_key)
                .map_err(|_| RealmError::Key(UNWRAP.into()))?;
            let key =
                DecryptionKey::from_pkcs8(row.alg, &private).map_err(|error| RealmError::Key(error.to_string()))?;
            if let Ok(decrypted) = key.decrypt(token) {
                return Ok(Ok(decrypted));
            }
        }
        Ok(Err(JweError::Undecryptable))
    }
}
