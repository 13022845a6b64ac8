//! Refresh tokens as text: `family ‖ generation ‖ HMAC`, base64url.
//!
//! Nothing of a token is stored: the row of its family names the key and the living generation, and the HMAC
//! (256 bits under a wrapped key) makes a token of the next generation as often as it is needed.

use jose::{b64, constant_time_eq, hmac_sha256};
use realm::RealmContext;

const FAMILY: usize = 16;
const GENERATION: usize = 8;
const MAC: usize = 32;

/// A refresh token that was presented; nothing is known of it yet.
pub struct PresentedRefreshToken {
    /// The family that it claims.
    pub family: String,
    /// The generation that it claims.
    pub generation: i64,
    mac: [u8; MAC],
}

/// The token of a family and generation. `None`: the key is not known here.
pub fn mint(realm: &RealmContext, family: &str, generation: i64, key_id: i64) -> Option<String> {
    let mac = mac(realm, family, generation, key_id)?;
    let mut bytes = b64::decode(family)?;
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.extend_from_slice(&mac);
    Some(b64::encode(bytes))
}

/// A new family's id: 128 random bits.
pub fn new_family() -> String {
    b64::encode(jose::random_bytes::<FAMILY>())
}

fn mac(realm: &RealmContext, family: &str, generation: i64, key_id: i64) -> Option<[u8; MAC]> {
    let key = realm.seals.refresh_key(u32::try_from(key_id).ok()?)?;
    let mut input = realm.issuer().as_bytes().to_vec();
    input.push(0);
    input.extend_from_slice(family.as_bytes());
    input.extend_from_slice(&generation.to_be_bytes());
    Some(hmac_sha256(key, &input))
}

impl PresentedRefreshToken {
    /// Takes a token apart; `None` for anything that does not have the form.
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = b64::decode(token)?;
        if bytes.len() != FAMILY + GENERATION + MAC {
            return None;
        }
        let (family, rest) = bytes.split_at(FAMILY);
        let (generation, mac) = rest.split_at(GENERATION);
        Some(Self {
            family: b64::encode(family),
            generation: i64::from_be_bytes(generation.try_into().ok()?),
            mac: mac.try_into().ok()?,
        })
    }

    /// Whether this server made it.
    pub fn is_genuine(&self, realm: &RealmContext, key_id: i64) -> bool {
        mac(realm, &self.family, self.generation, key_id).is_some_and(|mac| constant_time_eq(&mac, &self.mac))
    }
}
