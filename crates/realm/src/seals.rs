//! Sealing keys: they change daily, separate per realm and purpose, made a day ahead so that every node has them.

use std::collections::HashMap;

use jose::{SealingKey, WrapKey, associated_data};
use storage::Store;

use crate::{RealmError, wrap_label};

/// Seconds of a day.
pub(crate) const DAY: i64 = 24 * 3600;

/// What a sealed value is for. A value sealed for one purpose does not open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Opaque access tokens.
    Token,
    /// Flows in progress.
    Flow,
    /// The cookie by which a browser is recognised after a successful sign-in; and what an app without one keeps of its
    /// user's session.
    Device,
    /// Refresh tokens: an HMAC key that does not change daily.
    Refresh,
    /// Pairwise subject identifiers: an HMAC key that never changes, or users would become others.
    Pairwise,
}

impl Purpose {
    /// All.
    pub const ALL: [Self; 5] = [Self::Token, Self::Flow, Self::Device, Self::Refresh, Self::Pairwise];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Flow => "flow",
            Self::Device => "device",
            Self::Refresh => "refresh",
            Self::Pairwise => "pairwise",
        }
    }

    /// Whether its one key lives as long as the realm.
    pub(crate) fn is_for_good(self) -> bool {
        matches!(self, Self::Refresh | Self::Pairwise)
    }

    /// The id of the key to use at a time: the day, except where keys live long.
    pub(crate) fn key_id(self, now: i64) -> u32 {
        if self.is_for_good() {
            1
        } else {
            u32::try_from(now / DAY).unwrap_or(0)
        }
    }

    /// How long a key is kept after its day, in seconds: as long as what it sealed can live.
    pub(crate) fn keep(self) -> i64 {
        match self {
            Self::Token => 30 * DAY,
            Self::Flow => DAY,
            Self::Device => 92 * DAY,
            Self::Refresh | Self::Pairwise => 36_500 * DAY,
        }
    }
}

struct Key {
    sealing: SealingKey,
    raw: [u8; 32],
}

/// The sealing keys of a realm.
pub struct Seals {
    keys: HashMap<(Purpose, u32), Key>,
    associated: HashMap<Purpose, Vec<u8>>,
}

impl Seals {
    /// Reads and unwraps a realm's keys.
    pub(crate) async fn load(store: &Store, wrap: &WrapKey, issuer: &str, now: i64) -> Result<Self, RealmError> {
        let mut keys = HashMap::new();
        for row in store.sealing_keys(issuer, now).await? {
            let Some(purpose) = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == row.purpose) else {
                continue;
            };
            let raw: [u8; 32] = wrap
                .unwrap(&wrap_label::sealing(issuer, purpose), &row.secret)
                .map_err(|_| RealmError::Key(UNWRAP.into()))?
                .as_slice()
                .try_into()
                .map_err(|_| RealmError::Key("a sealing key has the wrong length".into()))?;
            keys.insert(
                (purpose, row.id),
                Key {
                    sealing: SealingKey::new(row.id, raw),
                    raw,
                },
            );
        }
        let associated = Purpose::ALL
            .into_iter()
            .map(|purpose| (purpose, associated_data(issuer, purpose.as_str())))
            .collect();
        Ok(Self { keys, associated })
    }

    /// Seals with the key of the day, else the newest of the purpose.
    pub(crate) fn seal(&self, purpose: Purpose, plain: &[u8], now: i64) -> Result<Vec<u8>, RealmError> {
        let key = self
            .keys
            .get(&(purpose, purpose.key_id(now)))
            .or_else(|| self.newest(purpose))
            .ok_or_else(|| RealmError::Key(format!("no sealing key for {}", purpose.as_str())))?;
        Ok(key.sealing.seal(self.associated(purpose), plain))
    }

    pub(crate) fn open(&self, purpose: Purpose, sealed: &[u8]) -> Option<Vec<u8>> {
        let id = jose::key_id_of(sealed)?;
        self.keys
            .get(&(purpose, id))?
            .sealing
            .open(self.associated(purpose), sealed)
    }

    /// The HMAC key of refresh tokens with this id.
    pub fn refresh_key(&self, id: u32) -> Option<&[u8; 32]> {
        self.keys.get(&(Purpose::Refresh, id)).map(|key| &key.raw)
    }

    /// The id of the HMAC key that new refresh tokens use.
    pub fn refresh_key_id(&self) -> Option<u32> {
        self.keys
            .keys()
            .filter(|(purpose, _)| *purpose == Purpose::Refresh)
            .map(|(_, id)| *id)
            .max()
    }

    /// The HMAC key of pairwise subject identifiers.
    pub fn pairwise_key(&self) -> Option<&[u8; 32]> {
        self.newest(Purpose::Pairwise).map(|key| &key.raw)
    }

    fn newest(&self, purpose: Purpose) -> Option<&Key> {
        self.keys
            .iter()
            .filter(|((of, _), _)| *of == purpose)
            .max_by_key(|((_, id), _)| *id)
            .map(|(_, key)| key)
    }

    fn associated(&self, purpose: Purpose) -> &[u8] {
        self.associated.get(&purpose).map_or(&[], Vec::as_slice)
    }
}

pub(crate) const UNWRAP: &str = "it does not open with this wrapping key: the nodes of one database must share \
     [keys] wrap, and a database is worth nothing without it";
