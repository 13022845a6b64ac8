//! Base64url without padding, the only encoding that JOSE and the tokens use.
//! Spec: RFC 4648 §5, RFC 7515 §2
//!
//! Strict: padding, white space, the standard alphabet and non-zero trailing bits are refused, so that
//! each value has exactly one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; `None` when the text is not the one canonical spelling of some bytes.
pub fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn rfc7515_appendix_c() {
        let bytes = [3, 236, 255, 224, 193];
        assert_eq!(encode(bytes), "A-z_4ME");
        assert_eq!(decode("A-z_4ME"), Some(bytes.to_vec()));
    }

    #[test]
    fn anything_but_the_canonical_spelling_is_refused() {
        for text in ["A-z_4ME=", "A+z/4ME", " A-z_4ME", "A-z_4ME\n", "A", "A-z_4MF"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
        assert_eq!(decode(""), Some(Vec::new()));
    }
}
