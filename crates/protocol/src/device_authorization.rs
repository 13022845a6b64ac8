//! The codes of the device authorization grant, and the answer that carries them.
//!
//! Spec: RFC 8628 §3.2, §5.1 and §6.1
//!
//! Accepted: a user code as people type or paste it, in any case, with or without the dash, other dashes, dots,
//! spaces and full-width letters included. Deliberately not accepted: letters outside the alphabet, so that a mistype is told from a wrong code.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How long the codes live, in seconds.
pub const LIFETIME: i64 = 600;
/// How long a device waits between two polls at first, in seconds.
pub const INTERVAL: i64 = 5;

/// The letters of a user code: §6.1 proposes these twenty, without vowels, so that no words come about, and without
/// letters that are taken for digits.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many letters a user code has: 20^8 are more than 34 bits.
const LENGTH: usize = 8;

/// A code that the user carries from one device to another by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// The code of a random number. Of 2^64 numbers, the twenty letters are reached evenly to within a billionth.
    pub fn from_number(mut number: u64) -> Self {
        let mut letters = String::with_capacity(LENGTH);
        for _ in 0..LENGTH {
            let at = usize::try_from(number % 20).unwrap_or_default();
            letters.extend(ALPHABET.get(at).copied().map(char::from));
            number /= 20;
        }
        Self(letters)
    }

    /// Reads what somebody typed or pasted; `None` when it cannot be a code.
    pub fn parse(text: &str) -> Option<Self> {
        // No user code is that long, whatever stands between its letters.
        if text.len() > 64 {
            return None;
        }
        let letters: String = text
            .chars()
            .filter(|character| !is_between(*character))
            .map(|character| narrow(character).to_ascii_uppercase())
            .collect();
        let is_code = letters.len() == LENGTH && letters.bytes().all(|letter| ALPHABET.contains(&letter));
        is_code.then_some(Self(letters))
    }

    /// The letters alone, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it is shown: two groups of four.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

/// What may stand between the letters: space and the dashes that keyboards and word processors make.
fn is_between(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '.' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{30fc}'
        )
}

/// The letter of a full-width one, as Japanese keyboards make them.
fn narrow(character: char) -> char {
    match character {
        '\u{ff21}'..='\u{ff5a}' => u32::from(character)
            .checked_sub(0xfee0)
            .and_then(char::from_u32)
            .unwrap_or(character),
        other => other,
    }
}

/// What a device gets. Holds a secret: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeviceAuthorizationResponse {
    /// What the device polls with.
    pub device_code: String,
    /// What it shows.
    pub user_code: String,
    /// Where the user enters it.
    pub verification_uri: String,
    /// The same with the code in it, to be shown as a picture.
    pub verification_uri_complete: String,
    /// How long both codes live, in seconds from now.
    pub expires_in: i64,
    /// How many seconds the device waits between polls.
    pub interval: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        UserCode::parse(text).map(|code| code.to_string())
    }

    // Conformance: B145
    #[test]
    fn a_user_code_has_eight_letters_of_twenty() {
        assert_eq!(UserCode::from_number(0).to_string(), "BBBB-BBBB");
        assert_eq!(UserCode::from_number(20_u64.pow(8) - 1).to_string(), "ZZZZ-ZZZZ");
        assert_eq!(UserCode::from_number(20_u64.pow(8)), UserCode::from_number(0));
        assert_ne!(UserCode::from_number(u64::MAX), UserCode::from_number(u64::MAX - 1));
        assert!(20_u64.pow(8) > 1 << 34, "at least 34 bits");
    }

    #[test]
    fn it_is_read_however_it_is_typed() {
        for text in [
            "BCDF-GHJK",
            "bcdfghjk",
            " bcdf ghjk\n",
            "b-c-d-f-g-h-j-k",
            "bcdf\u{2013}ghjk",
            "BCDF\u{ff0d}GHJK",
            "bcdf.ghjk",
            "ＢＣＤＦーｇｈｊｋ",
        ] {
            assert_eq!(read(text).as_deref(), Some("BCDF-GHJK"), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for text in [
            "",
            "BCDF-GHJ",
            "BCDF-GHJKL",
            "ABCD-FGHJ",
            "BCDF-GHJ0",
            "bcdf+ghjk",
            "ＢＣＤＦＧＨＪ０",
            &"-".repeat(100),
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
