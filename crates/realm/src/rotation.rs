//! Keys are made, published ahead, activated, retired and forgotten, without one failed verification.
//!
//! A new key is published as *next* for longer than anybody may cache the key set; only then it signs. A retired
//! key stays published while anything that it signed can be alive. Each move is a guard on the key's state, so
//! that of several nodes one makes it.

use jose::{JweAlg, SigningAlg, SigningKey, WrapKey};
use model::{AuditKind, Clock, KeyState, SigningKeyRow};
use storage::{Change, Outcome, Statement, Store, audit_event::Provided, key};

use crate::{Purpose, RealmError, Seals, audit, decryption, seals::DAY, wrap_label};

/// How long others may cache the key set, in seconds: `Cache-Control: max-age` of `/jwks`.
pub const JWKS_MAX_AGE: i64 = 300;
/// How long a key is published before it signs, in seconds.
pub const OVERLAP: i64 = 2 * JWKS_MAX_AGE;
/// How long a retired key stays published, in seconds: longer than any signed token lives.
const RETIRED: i64 = 2 * DAY;
/// How long a key signs before the next one is made, in seconds.
pub const SIGNS_FOR: i64 = 90 * DAY;
/// Those made before a realm answers; RSA takes up to a second.
const FAST: [SigningAlg; 2] = [SigningAlg::Es256, SigningAlg::EdDsa];

/// Makes the fast keys of a new realm.
pub(crate) async fn ensure_fast_keys(store: &Store, wrap: &WrapKey, issuer: &str, now: i64) -> Result<(), RealmError> {
    let have = store.signing_keys(issuer).await?;
    ensure_keys(store, wrap, issuer, now, &FAST, &have).await.map(|_| ())
}

async fn ensure_keys(
    store: &Store,
    wrap: &WrapKey,
    issuer: &str,
    now: i64,
    algs: &[SigningAlg],
    have: &[SigningKeyRow],
) -> Result<bool, RealmError> {
    let mut change = Change::new();
    for alg in algs {
        if !have.iter().any(|row| row.alg == *alg && row.state == KeyState::Active) {
            let row = make(wrap, issuer, *alg, KeyState::Active, now, now).await?;
            change = change
                .then(key::insert_signing(issuer, &row)?)
                .then(created(issuer, now, &row));
        }
    }
    if change.guarded.is_empty() {
        return Ok(false);
    }
    check_wrapping_key(store, wrap, issuer, now).await?;
    // Another node may have been first: the unique index keeps its key, and ours is dropped.
    let _ = store.commit(change.then(storage::realm::raise_revision())).await?;
    Ok(true)
}

/// That a key was made, if it was this one that found its place.
fn created(issuer: &str, now: i64, row: &SigningKeyRow) -> Statement {
    event(issuer, now, AuditKind::KeyCreated, row)
        .detail("signs_from", row.activates_at)
        .provided(Provided::SigningKey(&row.kid))
}

fn event(issuer: &str, now: i64, kind: AuditKind, row: &SigningKeyRow) -> audit::Event {
    audit::event_at(issuer, now, kind)
        .detail("kid", row.kid.as_str())
        .detail("alg", row.alg.as_str())
}

async fn make(
    wrap: &WrapKey,
    issuer: &str,
    alg: SigningAlg,
    state: KeyState,
    now: i64,
    activates_at: i64,
) -> Result<SigningKeyRow, RealmError> {
    let (public, private) = tokio::task::spawn_blocking(move || {
        SigningKey::generate(alg).map(|(key, private)| (key.public_jwk(), private))
    })
    .await
    .map_err(|error| RealmError::Key(error.to_string()))?
    .map_err(|error| RealmError::Key(error.to_string()))?;
    Ok(SigningKeyRow {
        kid: public.kid.clone().unwrap_or_default(),
        alg,
        state,
        private_key: wrap.wrap(&wrap_label::signing(issuer), &private),
        public_jwk: public,
        created_at: now,
        activates_at,
        retired_at: None,
    })
}

/// Makes today's and tomorrow's sealing keys where they are missing.
pub(crate) async fn ensure_sealing_keys(
    store: &Store,
    wrap: &WrapKey,
    issuer: &str,
    now: i64,
) -> Result<bool, RealmError> {
    let have = store.sealing_keys(issuer, now).await?;
    let mut change = Change::new();
    for purpose in Purpose::ALL {
        for day in [now, now + DAY] {
            let id = purpose.key_id(day);
            let missing = !have.iter().any(|row| row.purpose == purpose.as_str() && row.id == id);
            if missing && (day == now || !purpose.is_for_good()) {
                let secret = jose::random_bytes::<32>();
                change = change.then(key::insert_sealing(
                    issuer,
                    &key::SealingKeyRow {
                        purpose: purpose.as_str().to_owned(),
                        id,
                        secret: wrap.wrap(&wrap_label::sealing(issuer, purpose), &secret),
                        created_at: now,
                        expires_at: day + DAY + purpose.keep(),
                    },
                ));
            }
        }
    }
    if change.guarded.is_empty() {
        return Ok(false);
    }
    check_wrapping_key(store, wrap, issuer, now).await?;
    let _ = store.commit(change.then(storage::realm::raise_revision())).await?;
    Ok(true)
}

/// A node with another wrapping key than its fellows must not add keys that they cannot read.
pub(crate) async fn check_wrapping_key(
    store: &Store,
    wrap: &WrapKey,
    issuer: &str,
    now: i64,
) -> Result<(), RealmError> {
    Seals::load(store, wrap, issuer, now).await.map(|_| ())
}

/// Publishes a next key for each algorithm (or the one named). It signs after [`OVERLAP`], or at once when asked:
/// then the keys that it follows are forgotten, what they signed is worth nothing, and clients that cached the key set
/// fail until they fetch it again. That is for a key that leaked. With all algorithms, the keys to which clients encrypt
/// are replaced too.
///
/// Answers the new key ids.
pub async fn rotate(
    store: &Store,
    clock: &Clock,
    wrap: &WrapKey,
    issuer: &str,
    only: Option<SigningAlg>,
    at_once: bool,
) -> Result<Vec<String>, RealmError> {
    let now = clock.now();
    let have = store.signing_keys(issuer).await?;
    let mut change = Change::new();
    let mut kids = Vec::new();
    for alg in SigningAlg::ALL {
        let is_wanted = only.is_none_or(|only| only == alg);
        let pending = have.iter().find(|row| row.alg == alg && row.state == KeyState::Next);
        if let Some(pending) = pending.filter(|_| is_wanted && at_once) {
            // It is published already; its turn comes now.
            let (kid, next) = (&pending.kid, KeyState::Next);
            change = change.then(key::move_signing(issuer, kid, next, next, now, None));
            kids.push(kid.clone());
        }
        if !is_wanted || pending.is_some() {
            continue;
        }
        let activates_at = if at_once { now } else { now + OVERLAP };
        let row = make(wrap, issuer, alg, KeyState::Next, now, activates_at).await?;
        kids.push(row.kid.clone());
        change = change
            .then(key::insert_signing(issuer, &row)?)
            .then(created(issuer, now, &row));
    }
    let _ = store.commit(change.then(storage::realm::raise_revision())).await?;
    if only.is_none() && !kids.is_empty() {
        decryption::replace(store, wrap, issuer, now, at_once).await?;
    }
    if at_once {
        // What the replaced keys signed must not verify any more: they are forgotten at once.
        advance(store, issuer, now, now - RETIRED, store.signing_keys(issuer).await?).await?;
    }
    Ok(kids)
}

/// What is due for a realm's keys: missing ones are made, next ones activated, old ones retired and forgotten.
/// Answers whether anything changed.
pub async fn maintain(store: &Store, clock: &Clock, wrap: &WrapKey, issuer: &str) -> Result<bool, RealmError> {
    let now = clock.now();
    let mut rows = store.signing_keys(issuer).await?;
    let mut changed = ensure_keys(store, wrap, issuer, now, &SigningAlg::ALL, &rows).await?;
    if changed {
        rows = store.signing_keys(issuer).await?;
    }
    changed |= ensure_sealing_keys(store, wrap, issuer, now).await?;
    changed |= decryption::ensure(store, wrap, issuer, now, &JweAlg::ALL).await?;
    for row in &rows {
        let is_old = row.state == KeyState::Active && now - row.activates_at > SIGNS_FOR;
        let has_next = rows
            .iter()
            .any(|next| next.alg == row.alg && next.state == KeyState::Next);
        if is_old && !has_next {
            rotate(store, clock, wrap, issuer, Some(row.alg), false).await?;
            changed = true;
        }
    }
    changed |= advance(store, issuer, now, now, rows).await?;
    Ok(changed)
}

/// Activates the next keys whose time has come, retires those they follow, forgets what nobody needs.
async fn advance(
    store: &Store,
    issuer: &str,
    now: i64,
    retired_at: i64,
    mut rows: Vec<SigningKeyRow>,
) -> Result<bool, RealmError> {
    let mut changed = false;
    for next in rows
        .iter()
        .filter(|row| row.state == KeyState::Next && row.activates_at <= now)
    {
        let mut change = Change::new();
        for active in rows
            .iter()
            .filter(|row| row.alg == next.alg && row.state == KeyState::Active)
        {
            change = change.then(key::move_signing(
                issuer,
                &active.kid,
                KeyState::Active,
                KeyState::Retired,
                active.activates_at,
                Some(retired_at),
            ));
        }
        change = change
            .then(key::move_signing(
                issuer,
                &next.kid,
                KeyState::Next,
                KeyState::Active,
                now,
                None,
            ))
            .then(event(issuer, now, AuditKind::KeyActivated, next))
            .then(storage::realm::raise_revision());
        changed |= store.commit(change).await? == Outcome::Applied;
    }
    if changed {
        rows = store.signing_keys(issuer).await?;
    }
    for row in rows {
        if row.retired_at.is_some_and(|at| at + RETIRED <= now) {
            let change = Change::new()
                .then(key::remove_signing(issuer, &row.kid))
                .then(event(issuer, now, AuditKind::KeyRemoved, &row))
                .then(storage::realm::raise_revision());
            changed |= store.commit(change).await? == Outcome::Applied;
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use storage::Options;

    use super::*;

    const ISSUER: &str = "https://id.example.com";
    const NOW: i64 = 1_800_000_000;

    async fn pairwise_key(store: &Store, wrap: &WrapKey, now: i64) -> Option<[u8; 32]> {
        let seals = Seals::load(store, wrap, ISSUER, now).await.unwrap();
        seals.pairwise_key().copied()
    }

    #[tokio::test]
    async fn a_realm_from_before_gets_the_key_of_pairwise_subjects_once_and_keeps_it() {
        let directory = std::env::temp_dir().join(format!("realm-rotation-{}", jose::random_token()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("test.db");
        let store = Store::open(&Options::Sqlite { path }).await.unwrap();
        let wrap = WrapKey::from_bytes(jose::random_bytes());
        let refresh = key::SealingKeyRow {
            purpose: Purpose::Refresh.as_str().to_owned(),
            id: 1,
            secret: wrap.wrap(
                &wrap_label::sealing(ISSUER, Purpose::Refresh),
                &jose::random_bytes::<32>(),
            ),
            created_at: NOW - DAY,
            expires_at: NOW + 1000 * DAY,
        };
        let change = Change::new().then(key::insert_sealing(ISSUER, &refresh));
        assert_eq!(store.commit(change).await.unwrap(), Outcome::Applied);
        assert_eq!(pairwise_key(&store, &wrap, NOW).await, None);

        assert!(ensure_sealing_keys(&store, &wrap, ISSUER, NOW).await.unwrap());
        let key = pairwise_key(&store, &wrap, NOW).await;
        assert!(key.is_some());
        for later in [NOW + DAY, NOW + 10_000 * DAY] {
            ensure_sealing_keys(&store, &wrap, ISSUER, later).await.unwrap();
            assert_eq!(
                pairwise_key(&store, &wrap, later).await,
                key,
                "users would become others"
            );
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
