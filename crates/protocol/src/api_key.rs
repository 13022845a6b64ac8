//! API keys: a secret that a program can tell from any other text, and from a mistyped one, without asking anybody.
//!
//! A key is `sekisho_`, 44 letters and digits that hold 256 random bits, and six that are the CRC-32 (ISO 3309) of all that
//! stands before them: `sekisho_[0-9A-Za-z]{50}`. By the prefix scanners of secrets find it wherever it leaks; by the checksum
//! they know that it is one, and a typing error costs no query. It is a `b64token` (RFC 6750 §2.1).

/// With what each key begins.
pub const PREFIX: &str = "sekisho_";

/// The header that a key may be sent in, besides `Authorization: Bearer`.
pub const HEADER: &str = "x-api-key";

/// Digits for 128 bits, and for 32.
const HALF: usize = 22;
const CHECKSUM: usize = 6;

/// Why a text is no API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// Not the form of one.
    #[error("an API key is sekisho_ and 50 letters and digits")]
    Malformed,
    /// Of the form, but one character or more is another.
    #[error("the checksum of the API key is wrong: it is mistyped")]
    Checksum,
}

/// An API key as it is sent. A secret: no `Debug`, no `Display`.
#[derive(Clone)]
pub struct ApiKeySecret(String);

impl ApiKeySecret {
    /// The key of these random bits.
    pub fn from_random(halves: [[u8; 16]; 2]) -> Self {
        let mut text = PREFIX.to_owned();
        for half in halves {
            push_digits(&mut text, u128::from_be_bytes(half), HALF);
        }
        let checksum = crc32(text.as_bytes());
        push_digits(&mut text, checksum.into(), CHECKSUM);
        Self(text)
    }

    /// Whether a text is meant to be an API key, well written or not.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let digits = text.strip_prefix(PREFIX).ok_or(ApiKeyError::Malformed)?;
        if digits.len() != 2 * HALF + CHECKSUM || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ApiKeyError::Malformed);
        }
        let (rest, checksum) = text.split_at(text.len() - CHECKSUM);
        let mut expected = String::new();
        push_digits(&mut expected, crc32(rest.as_bytes()).into(), CHECKSUM);
        if checksum == expected {
            Ok(Self(text.to_owned()))
        } else {
            Err(ApiKeyError::Checksum)
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A number in this many digits of base 62: `0-9`, `A-Z`, `a-z`.
fn push_digits(text: &mut String, number: u128, digits: usize) {
    let mut rest = number;
    let mut reversed = Vec::with_capacity(digits);
    for _ in 0..digits {
        let digit = u8::try_from(rest % 62).unwrap_or_default();
        reversed.push(match digit {
            0..=9 => b'0' + digit,
            10..=35 => b'A' + (digit - 10),
            _ => b'a' + (digit - 36),
        });
        rest /= 62;
    }
    text.extend(reversed.into_iter().rev().map(char::from));
}

/// CRC-32 as zip, PNG and Ethernet have it.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8, second: u8) -> String {
        ApiKeySecret::from_random([[first; 16], [second; 16]])
            .as_str()
            .to_owned()
    }

    fn error(text: &str) -> Option<ApiKeyError> {
        ApiKeySecret::parse(text).err()
    }

    #[test]
    fn a_key_is_read_back_and_is_of_the_form_that_is_documented() {
        for (first, second) in [(0, 0), (1, 2), (0x7f, 0x80), (0xff, 0xff)] {
            let key = key(first, second);
            assert_eq!(error(&key), None, "{key}");
            assert_eq!(key.len(), 58);
            assert!(ApiKeySecret::is_meant(&key) && crate::BearerToken::from_token(&key).is_ok());
        }
        assert!(key(0, 0).starts_with("sekisho_00000000000000000000000000000000000000000000"));
        assert_ne!(key(1, 2), key(2, 1));
    }

    /// The check value of the catalogue of checksums, and that of nothing.
    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!((crc32(b"123456789"), crc32(b"")), (0xCBF4_3926, 0));
        // Computed elsewhere, so that scanners may rely on it.
        let zeros = "sekisho_00000000000000000000000000000000000000000000";
        assert_eq!(crc32(zeros.as_bytes()), CRC_OF_ZEROS);
    }
    const CRC_OF_ZEROS: u32 = 0x8509_34D2;

    #[test]
    fn every_single_error_of_typing_is_found() {
        let key = key(3, 4);
        for at in PREFIX.len()..key.len() {
            let mut mistyped = key.clone().into_bytes();
            mistyped[at] = if mistyped[at] == b'x' { b'y' } else { b'x' };
            let mistyped = String::from_utf8(mistyped).unwrap();
            assert_eq!(error(&mistyped), Some(ApiKeyError::Checksum), "{at}");
        }
        let mut swapped = key.clone().into_bytes();
        swapped.swap(12, 13);
        let swapped = String::from_utf8(swapped).unwrap();
        assert_eq!(error(&swapped).is_some(), swapped != key);
    }

    #[test]
    fn other_texts_are_no_keys() {
        let key = key(5, 6);
        let with = |text: &str| key.replacen("sekisho_", text, 1);
        let longer = format!("{key}0");
        let shorter = &key[..key.len() - 1];
        let marked = key.replacen(&key[20..21], "_", 1);
        for text in [
            "",
            "sekisho_",
            &with("Sekisho_"),
            &with("sekisho-"),
            &longer,
            shorter,
            &marked,
            &key.replacen(&key[20..21], "é", 1),
        ] {
            assert_eq!(error(text), Some(ApiKeyError::Malformed), "{text}");
        }
        assert!(ApiKeySecret::is_meant("sekisho_") && !ApiKeySecret::is_meant("eyJhbGciOi"));
    }
}
