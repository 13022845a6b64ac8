//! Hashes, message authentication and comparison in constant time.
//! Spec: FIPS 180-4, RFC 2104, OIDC Core §3.1.3.6 and §3.3.2.11

use aws_lc_rs::{digest, hmac};
use subtle::ConstantTimeEq as _;

use crate::{SigningAlg, b64};

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, data).as_ref())
}

/// SHA-256 of all parts, each with its length: no other parts have the same.
pub fn sha256_of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut input = Vec::with_capacity(128);
    for part in parts {
        input.extend_from_slice(&(part.len() as u64).to_be_bytes());
        input.extend_from_slice(part);
    }
    sha256(&input)
}

/// HMAC with SHA-256. A key of 32 random bytes is what it is meant for.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    array(hmac::sign(&key, data).as_ref())
}

/// Whether both are the same, in a time that does not depend on where they differ. The time may tell
/// whether the lengths differ.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The left half of a value's hash in base64url: `at_hash`, `c_hash` and `s_hash`.
///
/// The hash is the one of the algorithm that signs the ID token. `EdDSA` names no hash; with Ed25519
/// everybody uses SHA-512, the hash inside the signature scheme.
pub fn left_half_hash(alg: SigningAlg, value: &str) -> String {
    let algorithm = match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 | SigningAlg::Es256 => &digest::SHA256,
        SigningAlg::EdDsa => &digest::SHA512,
    };
    let hash = digest::digest(algorithm, value.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    b64::encode(left)
}

fn array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::{constant_time_eq, hmac_sha256, left_half_hash, sha256, sha256_of_parts};
    use crate::{SigningAlg, b64};

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").unwrap();
            out
        })
    }

    #[test]
    fn fips180_sha256_of_abc() {
        assert_eq!(
            hex(&sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn parts_are_kept_apart() {
        let of = |parts: [&str; 2]| sha256_of_parts(parts.map(str::as_bytes));
        for other in [["a", "bc"], ["abc", ""], ["c", "ab"]] {
            assert_ne!(of(["ab", "c"]), of(other));
        }
    }

    #[test]
    fn rfc4231_test_case_2() {
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn equal_means_same_length_and_same_bytes() {
        assert!(constant_time_eq(b"same", b"same"));
        assert!(constant_time_eq(b"", b""));
        assert!(!constant_time_eq(b"same", b"sama"));
        assert!(!constant_time_eq(b"same", b"sam"));
    }

    // Conformance: OP-13
    /// OIDC Core, appendices A.3 and A.4: the values that belong to the example tokens.
    #[test]
    fn oidc_core_appendix_a_at_hash_and_c_hash() {
        assert_eq!(
            left_half_hash(SigningAlg::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(
            left_half_hash(
                SigningAlg::Rs256,
                "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
            ),
            "LDktKdoQak3Pk0cnXxCltA"
        );
    }

    #[test]
    fn ed25519_takes_half_of_sha512() {
        let hash = b64::decode(left_half_hash(SigningAlg::EdDsa, "abc")).unwrap();
        assert_eq!(
            hex(&hash),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        );
    }
}
