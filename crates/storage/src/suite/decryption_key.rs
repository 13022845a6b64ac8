//! Keys that decrypt: the newest first, until they expire or are forgotten.

use jose::{DecryptionKey, JweAlg};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, decryption_key, decryption_key::DecryptionKeyRow};

for_both_engines![keys_are_found_newest_first_until_they_end];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

async fn keys_are_found_newest_first_until_they_end(db: Database) {
    let row = |kid: &str, created_at| DecryptionKeyRow {
        kid: kid.into(),
        alg: JweAlg::EcdhEs,
        private_key: vec![1, 2, 3],
        public_jwk: DecryptionKey::generate(JweAlg::EcdhEs).unwrap().public_jwk().clone(),
        created_at,
        expires_at: created_at + 100,
    };
    let (old, new) = (row("old", NOW), row("new", NOW + 10));
    for key in [&old, &new, &old] {
        let change = Change::new().then(decryption_key::insert(REALM, key).unwrap());
        assert_eq!(db.store.commit(change).await.unwrap(), Outcome::Applied);
    }
    let found = async |now| {
        let rows = db.store.decryption_keys(REALM, now).await.unwrap();
        rows.into_iter().map(|row| row.kid).collect::<Vec<_>>()
    };
    assert_eq!(found(NOW + 20).await, ["new", "old"]);
    let rows = db.store.decryption_keys(REALM, NOW + 20).await.unwrap();
    assert_eq!(
        (rows[1].public_jwk.clone(), rows[1].private_key.clone()),
        (old.public_jwk, vec![1, 2, 3])
    );
    assert_eq!(found(NOW + 100).await, ["new"]);
    assert!(
        db.store
            .decryption_keys("https://other.example", NOW)
            .await
            .unwrap()
            .is_empty()
    );
    let forget = Change::new().then(decryption_key::forget_before(REALM, NOW + 10));
    assert_eq!(db.store.commit(forget).await.unwrap(), Outcome::Applied);
    assert_eq!(found(NOW + 20).await, ["new"]);
}
