//! Recovery codes: ten, written down for the day when a device is lost, each good for once.
//!
//! Spec: NIST SP 800-63B §5.1.2 and §6.1.2.3
//!
//! A code has 80 random bits. What is stored of it is a hash, and that is wrapped. A code counts as no factor: it opens
//! the way to enroll another authenticator, without the wait that a password alone has. Codes are made in a session that
//! was proved by two factors alone, else whoever knows the password would make their own way around the others.

use jose::{WrapKey, base32, constant_time_eq, hmac_sha256, random_bytes};
use model::{Authenticator, Session, User, new_id};
use protocol::{Method, Proof};
use realm::{RealmContext, RealmError};
use serde_json::{Value, json};

use super::{FactorVerified, Offered, label, secret_of, without_secret};
use crate::enrolment::{self, Counts, EnrolRefusal, can_make_recovery_codes};

/// How many there are.
pub const COUNT: usize = 10;
/// The letters of a code.
const LETTERS: usize = 16;
/// Letters in a group.
const GROUP: usize = 4;
/// Bytes of the hash of a code.
const HASH: usize = 32;
/// Where it is kept how many are left.
const LEFT: &str = "left";

/// What is shown once.
pub struct Offer {
    /// The codes.
    pub codes: Vec<String>,
    /// What must come back when the user has written them down.
    pub sealed: String,
}

/// Begins to enroll a set: with new codes.
pub fn begin(realm: &RealmContext, session: &Session) -> Result<Offer, RealmError> {
    let codes = new_codes();
    let sealed = Offered::seal(realm, session, Method::RecoveryCode, codes.join(" ").as_bytes())?;
    Ok(Offer { codes, sealed })
}

/// Enrolls the set, in the place of the one before.
pub async fn confirm(realm: &RealmContext, whose: (&Session, &User), sealed: &str) -> Result<Counts, EnrolRefusal> {
    let (session, user) = whose;
    let offered = Offered::open(realm, session, Method::RecoveryCode, sealed);
    let offered = offered.filter(|_| can_make_recovery_codes(session, realm.now()));
    let text = String::from_utf8(offered.ok_or(EnrolRefusal::SignedOut)?.secret).unwrap_or_default();
    let codes: Vec<&str> = text.split(' ').collect();
    let new = authenticator(&realm.wrap, realm.issuer(), &user.id, &codes);
    enrolment::add(realm, whose, new).await
}

/// How many codes of a set are left.
pub fn left(set: &Authenticator) -> u64 {
    set.data.get(LEFT).and_then(Value::as_u64).unwrap_or_default()
}

fn new_codes() -> Vec<String> {
    let grouped = |text: String| {
        let letters: Vec<char> = text.chars().collect();
        let groups = letters.chunks(GROUP).map(|group| group.iter().collect::<String>());
        groups.collect::<Vec<_>>().join("-")
    };
    (0..COUNT)
        .map(|_| grouped(base32::encode(&random_bytes::<10>())))
        .collect()
}

fn authenticator(wrap: &WrapKey, issuer: &str, user_id: &str, codes: &[&str]) -> Authenticator {
    let id = new_id();
    let hashes: Vec<Vec<u8>> = codes.iter().filter_map(|code| hash(&id, code)).collect();
    let mut new = without_secret(id, user_id, Method::RecoveryCode);
    keep(wrap, issuer, &mut new, &hashes);
    // A user has one set: another one takes its place.
    new.lookup = Some(user_id.to_owned());
    new
}

pub(super) fn verify(
    realm: &RealmContext,
    of: &Authenticator,
    typed: &str,
) -> Result<Option<FactorVerified>, RealmError> {
    let Some(wanted) = hash(&of.id, typed) else {
        return Ok(None);
    };
    let hashes: Vec<Vec<u8>> = secret_of(realm, of)?.chunks(HASH).map(<[u8]>::to_vec).collect();
    let others = hashes.iter().filter(|known| !constant_time_eq(known, &wanted));
    let left: Vec<Vec<u8>> = others.cloned().collect();
    if left.len() == hashes.len() {
        return Ok(None);
    }
    let now = realm.now();
    let mut used = of.clone();
    keep(&realm.wrap, realm.issuer(), &mut used, &left);
    let replace = storage::authenticator::replace(realm.issuer(), &used, of.counter + 1, now)?;
    Ok(Some(FactorVerified {
        proof: Proof::of(Method::RecoveryCode, now),
        guards: vec![replace],
    }))
}

/// Of a code, however it is written; `None`: it is none. The id keeps equal codes of two sets apart.
fn hash(id: &str, code: &str) -> Option<Vec<u8>> {
    let letters: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_uppercase();
    (letters.len() == LETTERS).then(|| hmac_sha256(id.as_bytes(), letters.as_bytes()).to_vec())
}

fn keep(wrap: &WrapKey, issuer: &str, set: &mut Authenticator, hashes: &[Vec<u8>]) {
    set.wrapped_secret = Some(wrap.wrap(&label(issuer, &set.id), &hashes.concat()));
    set.data.insert(LEFT.to_owned(), json!(hashes.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_codes_of_eighty_bits_in_groups() {
        let codes = new_codes();
        assert_eq!(codes.len(), COUNT);
        for code in &codes {
            assert_eq!(code.len(), 19, "{code}");
            assert!(code.split('-').all(|group| group.len() == GROUP));
        }
        let mut distinct = codes.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), COUNT);
    }

    #[test]
    fn a_code_is_recognised_however_it_is_written() {
        let of_set = |code| hash("set", code);
        assert_eq!(of_set("ABCD-EFGH-IJKL-MNOP"), of_set("abcdefgh ijklmnop"));
        assert_eq!(of_set("ABCD-EFGH-IJKL-MNO"), None);
        assert_eq!(of_set("ABCD-EFGH-IJKL-MNOPQ"), None);
        assert_ne!(hash("one", "ABCDEFGHIJKLMNOP"), hash("two", "ABCDEFGHIJKLMNOP"));
    }
}
