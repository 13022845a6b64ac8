//! A set of public keys, and the check of a token against it.
//! Spec: RFC 7517 §5, RFC 7515 §5.2, RFC 8725 §3.1
//!
//! Accepted: several keys of one `kid` (each is tried), tokens without `kid` (every key that fits is tried).
//! Deliberately not: an algorithm that the caller did not list. The caller's list comes from what was
//! registered or published, never from the token.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Jwk, JwsError, SigningAlg, UnverifiedJwt, Verified};

/// A JWK Set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeySet {
    /// The keys, in the order of the document.
    pub keys: Vec<Jwk>,
}

impl KeySet {
    /// Checks the signature of `token` with the keys of this set.
    ///
    /// `allowed`: the algorithms that this kind of token may be signed with.
    pub fn verify(&self, token: &UnverifiedJwt, allowed: &[SigningAlg]) -> Result<Verified, JwsError> {
        let header = token.header();
        // RFC 7515 §4.1.11: "If any of the listed extension Header Parameters are not understood and
        // supported by the recipient, then the JWS is invalid." None is supported.
        if header.crit {
            return Err(JwsError::CriticalExtension);
        }
        let alg = SigningAlg::parse(&header.alg)
            .filter(|alg| allowed.contains(alg))
            .ok_or(JwsError::AlgNotAllowed)?;

        let named = |key: &&Jwk| header.kid.is_none() || key.kid == header.kid;
        let mut outcome = JwsError::UnknownKey;
        for key in self.keys.iter().filter(named) {
            if !key.fits(alg) {
                // With a kid this is the answer, unless a second key of that kid does fit.
                if header.kid.is_some() && outcome == JwsError::UnknownKey {
                    outcome = JwsError::UnfitKey;
                }
                continue;
            }
            match key.verify(alg, token.signing_input(), token.signature()) {
                Ok(()) => return Ok(Verified::from_checked(token)),
                // A wrong signature says more than an unfit key beside it.
                Err(error) if outcome != JwsError::BadSignature => outcome = error,
                Err(_) => {}
            }
        }
        Err(outcome)
    }

    /// Whether some key can have signed by one of these algorithms.
    pub fn fits(&self, algs: &[SigningAlg]) -> bool {
        self.keys.iter().any(|key| algs.iter().any(|alg| key.fits(*alg)))
    }

    /// Whether some key has this `kid`.
    pub fn contains(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }
}

impl<'de> Deserialize<'de> for KeySet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Members {
            keys: Vec<Value>,
        }
        let mut keys = Vec::new();
        for value in Members::deserialize(deserializer)?.keys {
            match Jwk::deserialize(&value) {
                Ok(key) => keys.push(key),
                // RFC 7517 §5: malformed keys SHOULD be ignored. A private one is worse than malformed.
                Err(error) if Jwk::has_private_member(&value) => {
                    return Err(D::Error::custom(error));
                }
                Err(_) => {}
            }
        }
        Ok(Self { keys })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::KeySet;
    use crate::{JwsError, Signer as _, SigningAlg, SigningKey, UnverifiedJwt, Verified, b64, sign_jwt};

    fn set(keys: &Value) -> KeySet {
        serde_json::from_value(json!({ "keys": keys })).unwrap()
    }

    fn key(alg: SigningAlg) -> SigningKey {
        SigningKey::generate(alg).unwrap().0
    }

    fn verify(set: &KeySet, token: &str) -> Result<Verified, JwsError> {
        set.verify(&UnverifiedJwt::parse(token)?, &SigningAlg::ALL)
    }

    /// A token with any header, signed properly.
    fn signed(key: &SigningKey, header: &Value) -> String {
        let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode("{}"));
        let signature = key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", b64::encode(signature))
    }

    #[test]
    fn rfc7515_appendix_a_2() {
        let set = set(&json!([{"kty": "RSA", "e": "AQAB",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]));
        let verified = verify(&set, "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw").unwrap();
        assert_eq!(verified.claims["iss"], "joe");
        assert_eq!(verified.claims["exp"], 1_300_819_380);
    }

    #[test]
    fn rfc7515_appendix_a_3() {
        let set = set(&json!([{"kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]));
        let verified = verify(&set, "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q").unwrap();
        assert_eq!(verified.claims["iss"], "joe");
    }

    #[test]
    fn rfc7520_section_6_ps256() {
        let set = set(
            &json!([{"kty": "RSA", "kid": "hobbiton.example", "use": "sig", "e": "AQAB",
            "n": "kNrPIBDXMU6fcyv5i-QHQAQ-K8gsC3HJb7FYhYaw8hXbNJa-t8q0lDKwLZgQXYV-ffWxXJv5GGrlZE4GU52lfMEegTDzYTrRQ3tepgKFjMGg6Iy6fkl1ZNsx2gEonsnlShfzA9GJwRTmtKPbk1s-hwx1IU5AT-AIelNqBgcF2vE5W25_SGGBoaROVdUYxqETDggM1z5cKV4ZjDZ8-lh4oVB07bkac6LQdHpJUUySH_Er20DXx30Kyi97PciXKTS-QKXnmm8ivyRCmux22ZoPUind2BKC5OiG4MwALhaL2Z2k8CsRdfy-7dg7z41Rp6D0ZeEvtaUp4bX4aKraL4rTfw"}]),
        );
        let verified = verify(&set, "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJob2JiaXRvbi5leGFtcGxlIiwiZXhwIjoxMzAwODE5MzgwLCJodHRwOi8vZXhhbXBsZS5jb20vaXNfcm9vdCI6dHJ1ZX0.dPpMqwRZxFYi1UfcDAaf8M99o7kwUWtiXZ-ByvVuJih4MhJ_aZqciprz0OWaIAkIvn1qskChirjKvY9ESZNUCP4JjvfyPS-nqjJxYoA5ztWOyFk2cZNIPXjcJXSQwXPO9tEe-v4VSqgD0aKHqPxYog4N6Cz1lKph1U1sYDSI67_bLL7elg_vkjfMp5_W5l5LuUYGMeh6hxQIaIUXf9EwV2JmvTMuZ-vBOWy0Sniy1EFo72CRTvmtrIf5AROo5MNliY3KtUxeP-SOmD-LEYwW9SlkohYzMVAZDDOrVbv7KVRHpeYNaK75KEQqdCEEkS_rskZS-Qtt_nlegTWh1mEYaA").unwrap();
        assert_eq!(verified.claims["iss"], "hobbiton.example");
        assert_eq!(verified.header.typ.as_deref(), Some("JWT"));
    }

    #[test]
    fn every_algorithm_verifies_what_it_signed_and_nothing_that_was_changed() {
        for alg in SigningAlg::ALL {
            let key = key(alg);
            let set = KeySet {
                keys: vec![key.public_jwk()],
            };
            let token = sign_jwt(&key, "at+jwt", &json!({"sub": "alice"})).unwrap();
            let verified = verify(&set, &token).unwrap();
            assert_eq!(verified.claims["sub"], "alice");
            assert_eq!(verified.header.alg, alg.as_str());
            assert_eq!(verified.header.kid.as_deref(), Some(key.kid()));

            let parts: Vec<&str> = token.split('.').collect();
            let claims = b64::encode(r#"{"sub":"mallory"}"#);
            let header = b64::encode(format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, key.kid()));
            let mut signature = b64::decode(parts[2]).unwrap();
            signature[10] ^= 1;
            for changed in [
                format!("{}.{claims}.{}", parts[0], parts[2]),
                format!("{header}.{}.{}", parts[1], parts[2]),
                format!("{}.{}.{}", parts[0], parts[1], b64::encode(&signature)),
                format!("{}.{}.{}", parts[0], parts[1], b64::encode(&signature[1..])),
                format!("{}.{}.", parts[0], parts[1]),
            ] {
                assert_eq!(verify(&set, &changed), Err(JwsError::BadSignature), "{alg}");
            }
        }
    }

    // Conformance: F2-CRY-01 SEED2-08
    #[test]
    fn alg_none_hmac_and_what_the_caller_did_not_list_are_refused() {
        let key = key(SigningAlg::Es256);
        let set = KeySet {
            keys: vec![key.public_jwk()],
        };
        for alg in ["none", "None", "HS256", "ES384", ""] {
            let token = signed(&key, &json!({"alg": alg, "kid": key.kid()}));
            assert_eq!(verify(&set, &token), Err(JwsError::AlgNotAllowed), "{alg}");
        }
        let token = sign_jwt(&key, "JWT", &json!({})).unwrap();
        let token = UnverifiedJwt::parse(&token).ok().unwrap();
        assert!(set.verify(&token, &[SigningAlg::Es256]).is_ok());
        assert_eq!(
            set.verify(&token, &[SigningAlg::Rs256, SigningAlg::EdDsa]),
            Err(JwsError::AlgNotAllowed)
        );
    }

    #[test]
    fn a_key_is_never_used_for_another_algorithm() {
        let rsa = key(SigningAlg::Ps256);
        let set = KeySet {
            keys: vec![rsa.public_jwk()],
        };
        for alg in ["RS256", "ES256", "EdDSA"] {
            let token = signed(&rsa, &json!({"alg": alg, "kid": rsa.kid()}));
            assert_eq!(verify(&set, &token), Err(JwsError::UnfitKey), "{alg}");
        }
    }

    #[test]
    fn any_crit_is_refused() {
        let key = key(SigningAlg::EdDsa);
        let set = KeySet {
            keys: vec![key.public_jwk()],
        };
        for crit in [json!(["b64"]), json!(["x"]), json!([]), json!(null)] {
            let token = signed(&key, &json!({"alg": "EdDSA", "kid": key.kid(), "crit": crit}));
            assert_eq!(verify(&set, &token), Err(JwsError::CriticalExtension));
        }
    }

    // Conformance: F1A-SEC-02 F2-CRY-03
    #[test]
    fn keys_that_the_header_brings_or_points_at_are_never_looked_at() {
        let (known, stranger) = (key(SigningAlg::Es256), key(SigningAlg::Es256));
        let set = KeySet {
            keys: vec![known.public_jwk()],
        };
        let pointing = |kid: &str| {
            json!({"alg": "ES256", "kid": kid, "jwk": stranger.public_jwk(), "jku": "https://evil.example/jwks",
                   "x5u": "https://evil.example/cert", "x5c": ["AAAA"]})
        };
        assert!(verify(&set, &signed(&known, &pointing(known.kid()))).is_ok());
        assert_eq!(
            verify(&set, &signed(&stranger, &pointing(known.kid()))),
            Err(JwsError::BadSignature)
        );
        assert_eq!(
            verify(&set, &signed(&stranger, &pointing(stranger.kid()))),
            Err(JwsError::UnknownKey)
        );
    }

    #[test]
    fn an_unknown_kid_is_told_apart_from_a_wrong_signature() {
        let (one, other) = (key(SigningAlg::EdDsa), key(SigningAlg::EdDsa));
        let set = KeySet {
            keys: vec![one.public_jwk()],
        };
        let token = sign_jwt(&other, "JWT", &json!({})).unwrap();
        assert_eq!(verify(&set, &token), Err(JwsError::UnknownKey));
        let token = signed(&other, &json!({"alg": "EdDSA", "kid": one.kid()}));
        assert_eq!(verify(&set, &token), Err(JwsError::BadSignature));
        assert!(set.contains(one.kid()));
        assert!(!set.contains(other.kid()));
    }

    // Conformance: F1A-SEC-03 F2-CRY-04
    #[test]
    fn keys_that_share_a_kid_are_all_tried() {
        let (one, other, rsa) = (key(SigningAlg::EdDsa), key(SigningAlg::EdDsa), key(SigningAlg::Rs256));
        let keys = [&rsa, &one, &other].map(|key| {
            let mut jwk = key.public_jwk();
            jwk.kid = Some("same".to_owned());
            jwk
        });
        let set = KeySet { keys: keys.to_vec() };
        for signer in [&one, &other] {
            let token = signed(signer, &json!({"alg": "EdDSA", "kid": "same"}));
            assert!(verify(&set, &token).is_ok());
        }
        let stranger = key(SigningAlg::EdDsa);
        let token = signed(&stranger, &json!({"alg": "EdDSA", "kid": "same"}));
        assert_eq!(verify(&set, &token), Err(JwsError::BadSignature));
    }

    #[test]
    fn without_a_kid_every_fitting_key_is_tried() {
        let (one, other) = (key(SigningAlg::EdDsa), key(SigningAlg::Es256));
        let set = KeySet {
            keys: vec![one.public_jwk(), other.public_jwk()],
        };
        assert!(verify(&set, &signed(&other, &json!({"alg": "ES256"}))).is_ok());
        assert_eq!(
            verify(&set, &signed(&other, &json!({"alg": "RS256"}))),
            Err(JwsError::UnknownKey)
        );
    }

    #[test]
    fn malformed_keys_of_a_set_are_ignored_but_private_ones_are_not() {
        let set = set(
            &json!([{"kid": "no type"}, 7, {"kty": "AKP"}, {"kty": "RSA", "n": 5}, {"kty": "OKP", "crv": "Ed25519"}]),
        );
        assert_eq!(set.keys.len(), 2);
        let private = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]});
        assert!(serde_json::from_value::<KeySet>(private).is_err());
        assert!(serde_json::from_value::<KeySet>(json!({})).is_err());
    }
}
