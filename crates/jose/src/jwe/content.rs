//! How the content is encrypted.
//! Spec: RFC 7518 §5.2 (AES-CBC with HMAC), §5.3 (AES-GCM)

use aws_lc_rs::{
    aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    cipher::{
        AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
        UnboundCipherKey,
    },
    hmac,
    iv::FixedLength,
};

use crate::{JweEnc, constant_time_eq, random_bytes};

/// The length of an AES block, of a CBC initialization vector, and of a GCM tag.
const BLOCK: usize = 16;

/// Encrypted content.
pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl JweEnc {
    /// The length of its key, in bytes.
    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A256CbcHs512 => 64,
        }
    }

    const fn is_gcm(self) -> bool {
        matches!(self, Self::A128Gcm | Self::A256Gcm)
    }
}

/// Encrypts. `None`: the key has another length, or the library failed.
pub(super) fn seal(enc: JweEnc, key: &[u8], associated: &[u8], plaintext: &[u8]) -> Option<Sealed> {
    if enc.is_gcm() {
        // The key is for this one message, so no nonce can come twice.
        seal_gcm(enc, key, random_bytes(), associated, plaintext)
    } else {
        seal_cbc(enc, key, random_bytes(), associated, plaintext)
    }
}

/// Decrypts. `None`: something was changed, or the key is another.
pub(super) fn open(enc: JweEnc, key: &[u8], associated: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
    if enc.is_gcm() {
        open_gcm(enc, key, associated, sealed)
    } else {
        open_cbc(enc, key, associated, sealed)
    }
}

fn gcm_key(enc: JweEnc, key: &[u8]) -> Option<LessSafeKey> {
    let algorithm = if enc == JweEnc::A128Gcm {
        &AES_128_GCM
    } else {
        &AES_256_GCM
    };
    UnboundKey::new(algorithm, key).map(LessSafeKey::new).ok()
}

fn seal_gcm(enc: JweEnc, key: &[u8], iv: [u8; NONCE_LEN], associated: &[u8], plaintext: &[u8]) -> Option<Sealed> {
    let mut ciphertext = plaintext.to_vec();
    let tag = gcm_key(enc, key)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(associated), &mut ciphertext)
        .ok()?;
    Some(Sealed {
        iv: iv.to_vec(),
        ciphertext,
        tag: tag.as_ref().to_vec(),
    })
}

fn open_gcm(enc: JweEnc, key: &[u8], associated: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
    // §5.3: "The requested size of the Authentication Tag output MUST be 128 bits".
    if sealed.tag.len() != BLOCK {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(&sealed.iv).ok()?;
    let mut text = [sealed.ciphertext.as_slice(), &sealed.tag].concat();
    let length = gcm_key(enc, key)?
        .open_in_place(nonce, Aad::from(associated), &mut text)
        .ok()?
        .len();
    text.truncate(length);
    Some(text)
}

/// The two halves of a key: the first is for the MAC, the second for the cipher (§5.2.2.1).
fn halves(enc: JweEnc, key: &[u8]) -> Option<(hmac::Key, UnboundCipherKey)> {
    if key.len() != enc.key_len() {
        return None;
    }
    let (mac, cipher) = key.split_at(key.len() / 2);
    let (hash, algorithm) = if enc == JweEnc::A128CbcHs256 {
        (hmac::HMAC_SHA256, &AES_128)
    } else {
        (hmac::HMAC_SHA512, &AES_256)
    };
    Some((
        hmac::Key::new(hash, mac),
        UnboundCipherKey::new(algorithm, cipher).ok()?,
    ))
}

fn seal_cbc(enc: JweEnc, key: &[u8], iv: [u8; BLOCK], associated: &[u8], plaintext: &[u8]) -> Option<Sealed> {
    let (mac, cipher) = halves(enc, key)?;
    let mut ciphertext = plaintext.to_vec();
    PaddedBlockEncryptingKey::cbc_pkcs7(cipher)
        .ok()?
        .less_safe_encrypt(&mut ciphertext, EncryptionContext::Iv128(FixedLength::from(iv)))
        .ok()?;
    Some(Sealed {
        tag: tag(&mac, associated, &iv, &ciphertext),
        iv: iv.to_vec(),
        ciphertext,
    })
}

fn open_cbc(enc: JweEnc, key: &[u8], associated: &[u8], sealed: &Sealed) -> Option<Vec<u8>> {
    let (mac, cipher) = halves(enc, key)?;
    // The tag comes first: a padding that is looked at before it would be an oracle (§5.2.2.2, step 2).
    let expected = tag(&mac, associated, &sealed.iv, &sealed.ciphertext);
    if !constant_time_eq(&expected, &sealed.tag) {
        return None;
    }
    let iv = FixedLength::<BLOCK>::try_from(sealed.iv.as_slice()).ok()?;
    let mut text = sealed.ciphertext.clone();
    let length = PaddedBlockDecryptingKey::cbc_pkcs7(cipher)
        .ok()?
        .decrypt(&mut text, DecryptionContext::Iv128(iv))
        .ok()?
        .len();
    text.truncate(length);
    Some(text)
}

/// HMAC over A ‖ IV ‖ E ‖ AL, the left half of it. AL is the number of bits of A (§5.2.2.1).
fn tag(mac: &hmac::Key, associated: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let bits = (associated.len() as u64).wrapping_mul(8);
    let mut context = hmac::Context::with_key(mac);
    for part in [associated, iv, ciphertext, &bits.to_be_bytes()] {
        context.update(part);
    }
    let whole = context.sign();
    let (left, _) = whole.as_ref().split_at(whole.as_ref().len() / 2);
    left.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::b64;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    /// RFC 7518 appendix B: one plaintext, one header, keys of counting bytes.
    fn appendix_b(enc: JweEnc, ciphertext: &str, tag: &str) {
        let plaintext: &[u8] = b"A cipher system must not be required to be secret, and it must be able to fall into \
            the hands of the enemy without inconvenience";
        let associated = b"The second principle of Auguste Kerckhoffs";
        let key: Vec<u8> = (0..u8::try_from(enc.key_len()).unwrap()).collect();
        let iv = hex("1af38c2dc2b96ffdd86694092341bc04").try_into().unwrap();
        let sealed = seal_cbc(enc, &key, iv, associated, plaintext).unwrap();
        assert_eq!(sealed.ciphertext, hex(ciphertext));
        assert_eq!(sealed.tag, hex(tag));
        assert_eq!(open(enc, &key, associated, &sealed).as_deref(), Some(plaintext));
    }

    #[test]
    fn rfc7518_appendix_b_1() {
        appendix_b(
            JweEnc::A128CbcHs256,
            "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2\
             fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b\
             384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db",
            "652c3fa36b0a7c5b3219fab3a30bc1c4",
        );
    }

    #[test]
    fn rfc7518_appendix_b_3() {
        appendix_b(
            JweEnc::A256CbcHs512,
            "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2\
             e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3\
             a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
            "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
        );
    }

    /// The content alone: its key came by an algorithm that is not offered here.
    #[test]
    fn rfc7520_section_5_2_a256gcm() {
        let key = b64::decode("mYMfsggkTAm0TbvtlFh2hyoXnbEzJQjMxmgLN3d8xXA").unwrap();
        let header =
            b"eyJhbGciOiJSU0EtT0FFUCIsImtpZCI6InNhbXdpc2UuZ2FtZ2VlQGhvYmJpdG9uLmV4YW1wbGUiLCJlbmMiOiJBMjU2R0NNIn0";
        let plaintext = super::super::tests::RFC7520.as_bytes();
        let iv = b64::decode("-nBoKLH0YkLZPSI9").unwrap().try_into().unwrap();
        let sealed = seal_gcm(JweEnc::A256Gcm, &key, iv, header, plaintext).unwrap();
        assert_eq!(
            b64::encode(&sealed.ciphertext),
            "o4k2cnGN8rSSw3IDo1YuySkqeS_t2m1GXklSgqBdpACm6UJuJowOHC5ytjqYgRL-I-soPlwqMUf4UgRWWeaOGNw6vGW-xyM01lTYxrXfVzIIaRdhYtEMRBvBWbEwP7ua1DRfvaOjgZv6Ifa3brcAM64d8p5lhhNcizPersuhw5f-pGYzseva-TUaL8iWnctc-sSwy7SQmRkfhDjwbz0fz6kFovEgj64X1I5s7E6GLp5fnbYGLa1QUiML7Cc2GxgvI7zqWo0YIEc7aCflLG1-8BboVWFdZKLK9vNoycrYHumwzKluLWEbSVmaPpOslY2n525DxDfWaVFUfKQxMF56vn4B9QMpWAbnypNimbM8zVOw"
        );
        assert_eq!(b64::encode(&sealed.tag), "UCGiqJxhBI3IFVdPalHHvA");
        assert_eq!(open(JweEnc::A256Gcm, &key, header, &sealed).as_deref(), Some(plaintext));
    }

    #[test]
    fn a_key_of_another_length_encrypts_nothing() {
        for enc in JweEnc::ALL {
            for length in [0, enc.key_len() - 1, enc.key_len() + 1] {
                assert!(seal(enc, &vec![7; length], b"", b"x").is_none(), "{enc:?} {length}");
            }
        }
    }

    #[test]
    fn a_tag_that_was_cut_short_opens_nothing() {
        for enc in JweEnc::ALL {
            let key = vec![7; enc.key_len()];
            let mut sealed = seal(enc, &key, b"a", b"content").unwrap();
            assert!(open(enc, &key, b"a", &sealed).is_some());
            while sealed.tag.pop().is_some() {
                assert!(open(enc, &key, b"a", &sealed).is_none(), "{enc:?}");
            }
        }
    }
}
