//! Codes that change with each use, as hardware tokens show them.
//!
//! Spec: RFC 4226 §5.3, §7.2 and §7.4, NIST SP 800-63B §5.1.4.2
//!
//! Accepted: the next code, or one of the nine after it, since a button is pressed by accident. Who has pressed it more
//! often types two codes one after the other (§7.4: "the server can ask for a sequence of (say, 2, 3) HOTP values"). The
//! counter of the authenticator is that of the code that was used last.
//!
//! Tokens come with their secrets from a factory, so the operator enrolls them: nobody does so by themselves.

use jose::{OneTimeCodeHash, WrapKey, base32, constant_time_eq, one_time_code};
use model::Authenticator;
use protocol::{Method, Proof};
use realm::{RealmContext, RealmError};
use serde_json::json;
use storage::authenticator;

use super::{FactorVerified, secret_of, with_secret};

/// How far a token may be ahead (§7.2, the look-ahead window).
const AHEAD: i64 = 10;
/// How far it may be ahead of two codes in a row (§7.4, the resynchronization parameter).
const FAR_AHEAD: i64 = 1000;
/// The shortest secret, in bytes (§4, R6).
const SHORTEST: usize = 16;
/// Where the number of digits is kept.
const DIGITS: &str = "digits";

/// What a token holds. It has no `Debug`.
#[derive(Clone)]
pub struct HotpToken {
    secret: Vec<u8>,
    digits: u32,
}

impl HotpToken {
    /// By its secret in base32 and the number of digits that it shows; `None`: no base32, fewer than 16 bytes, or another
    /// number than 6, 7 or 8.
    pub fn new(secret: &str, digits: u32) -> Option<Self> {
        let secret = base32::decode(secret)?;
        (secret.len() >= SHORTEST && (6..=8).contains(&digits)).then_some(Self { secret, digits })
    }

    /// An authenticator of a user, which does not count yet. `next` is the counter of the code that the token shows next.
    pub fn authenticator(&self, wrap: &WrapKey, issuer: &str, user_id: &str, next: i64) -> Authenticator {
        let mut new = with_secret(wrap, issuer, user_id, Method::Hotp, &self.secret);
        new.data.insert(DIGITS.to_owned(), json!(self.digits));
        new.counter = next - 1;
        new
    }

    /// The counter of this code, or of the second of two codes, if it comes after `last`.
    fn counter_of(&self, typed: &str, last: i64) -> Option<i64> {
        match typed.split_at_checked(self.digits as usize) {
            Some((one, "")) => (last + 1..=last + AHEAD).find(|counter| self.is_code(one, *counter)),
            Some((one, two)) => (last + 1..=last + FAR_AHEAD)
                .find(|counter| self.is_code(one, *counter) && self.is_code(two, counter + 1))
                .map(|counter| counter + 1),
            None => None,
        }
    }

    fn is_code(&self, typed: &str, counter: i64) -> bool {
        let expected = one_time_code(OneTimeCodeHash::Sha1, &self.secret, counter.unsigned_abs(), self.digits);
        constant_time_eq(expected.as_bytes(), typed.as_bytes())
    }
}

pub(super) fn verify(
    realm: &RealmContext,
    of: &Authenticator,
    typed: &str,
) -> Result<Option<FactorVerified>, RealmError> {
    let now = realm.now();
    let digits = of.data.get(DIGITS).and_then(serde_json::Value::as_u64);
    let token = HotpToken {
        secret: secret_of(realm, of)?,
        digits: digits.and_then(|digits| u32::try_from(digits).ok()).unwrap_or(6),
    };
    let counter = token.counter_of(typed, of.counter);
    Ok(counter.map(|counter| FactorVerified {
        proof: Proof::of(Method::Hotp, now),
        guards: vec![authenticator::advance(realm.issuer(), &of.id, counter, now)],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226, appendix D: the codes of the counters 0 to 9.
    const CODES: [&str; 10] = [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
    ];

    fn token() -> HotpToken {
        HotpToken::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 6).unwrap()
    }

    #[test]
    fn the_codes_of_rfc_4226_are_taken_in_their_order() {
        for (counter, code) in (0..).zip(CODES) {
            assert_eq!(token().counter_of(code, counter - 1), Some(counter));
            assert_eq!(token().counter_of(code, counter), None, "it was used");
        }
    }

    #[test]
    fn a_token_may_be_a_little_ahead_and_with_two_codes_far() {
        assert_eq!(token().counter_of(CODES[9], -1), Some(9));
        let code = |counter: u64| one_time_code(OneTimeCodeHash::Sha1, b"12345678901234567890", counter, 6);
        assert_eq!(token().counter_of(&code(10), -1), None);
        assert_eq!(token().counter_of(&(code(500) + &code(501)), -1), Some(501));
        assert_eq!(token().counter_of(&(code(500) + &code(502)), -1), None, "not in a row");
        assert_eq!(token().counter_of(&(code(1000) + &code(1001)), -1), None);
        assert_eq!(token().counter_of(&(code(500) + &code(501)), 500), None, "one was used");
    }

    #[test]
    fn nothing_else_is_a_code() {
        for wrong in ["", "75522", "7552240", "７５５２２４", "755224755224"] {
            assert_eq!(token().counter_of(wrong, -1), None, "{wrong}");
        }
        assert!(HotpToken::new("GEZDGNBVGY3TQOJQ", 6).is_none());
        assert!(HotpToken::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 5).is_none());
    }
}
