//! The signing keys of a realm, parsed once.

use jose::{Jwk, KeySet, SigningAlg, SigningKey, WrapKey};
use model::KeyState;
use storage::Store;

use crate::{RealmError, seals::UNWRAP, wrap_label};

/// The keys that sign, and the set that is published.
pub struct SigningKeys {
    active: Vec<SigningKey>,
    published: KeySet,
}

impl SigningKeys {
    /// Reads a realm's keys; unwraps those that sign.
    pub(crate) async fn load(store: &Store, wrap: &WrapKey, issuer: &str) -> Result<Self, RealmError> {
        let mut active = Vec::new();
        let mut published: Vec<Jwk> = Vec::new();
        for row in store.signing_keys(issuer).await? {
            if row.state == KeyState::Active {
                let private = wrap
                    .unwrap(&wrap_label::signing(issuer), &row.private_key)
                    .map_err(|_| RealmError::Key(UNWRAP.into()))?;
                active.push(
                    SigningKey::from_pkcs8(row.alg, &private).map_err(|error| RealmError::Key(error.to_string()))?,
                );
            }
            published.push(row.public_jwk);
        }
        Ok(Self {
            active,
            published: KeySet { keys: published },
        })
    }

    /// The key that signs with this algorithm; slow ones (RSA) are made in the background at first start.
    pub fn signer(&self, alg: SigningAlg) -> Option<&SigningKey> {
        self.active.iter().find(|key| key.alg() == alg)
    }

    /// All keys that somebody may need to verify with: next, active and retired ones.
    pub fn published(&self) -> &KeySet {
        &self.published
    }
}
