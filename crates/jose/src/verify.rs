//! One signature against one public key.
//! Spec: RFC 7518 §3.3–3.5, RFC 8037 §3.1

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::{Jwk, JwsError, SigningAlg, jwk::coordinate};

impl Jwk {
    /// Whether the key says of itself that it may check signatures of `alg`.
    pub(crate) fn fits(&self, alg: SigningAlg) -> bool {
        let curve = match alg {
            SigningAlg::Rs256 | SigningAlg::Ps256 => true,
            SigningAlg::Es256 => self.crv.as_deref() == Some("P-256"),
            SigningAlg::EdDsa => self.crv.as_deref() == Some("Ed25519"),
        };
        self.kty == alg.key_type()
            && curve
            && self.alg.as_deref().is_none_or(|own| own == alg.as_str())
            && self.use_.as_deref().is_none_or(|own| own == "sig")
    }

    /// Checks the signature of `message`. The key must fit `alg` already.
    pub fn verify(&self, alg: SigningAlg, message: &[u8], signature: &[u8]) -> Result<(), JwsError> {
        match alg {
            SigningAlg::Rs256 => self.verify_rsa(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            SigningAlg::Ps256 => self.verify_rsa(&RSA_PSS_2048_8192_SHA256, message, signature),
            SigningAlg::Es256 => {
                let point = self.p256_point().ok_or(JwsError::UnfitKey)?;
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .map_err(|_| JwsError::BadSignature)
            }
            SigningAlg::EdDsa => {
                let point = coordinate(self.x.as_deref()).ok_or(JwsError::UnfitKey)?;
                UnparsedPublicKey::new(&ED25519, point)
                    .verify(message, signature)
                    .map_err(|_| JwsError::BadSignature)
            }
        }
    }

    fn verify_rsa(&self, parameters: &RsaParameters, message: &[u8], signature: &[u8]) -> Result<(), JwsError> {
        let (n, e) = self.rsa_components().ok_or(JwsError::UnfitKey)?;
        RsaPublicKeyComponents { n, e }
            .verify(parameters, message, signature)
            .map_err(|_| JwsError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Jwk, JwsError, SigningAlg, b64};

    #[test]
    fn rfc8037_appendix_a_5() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }))
        .unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            b64::decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
                .unwrap();
        assert!(jwk.fits(SigningAlg::EdDsa));
        assert_eq!(jwk.verify(SigningAlg::EdDsa, message, &signature), Ok(()));
        assert_eq!(
            jwk.verify(SigningAlg::EdDsa, &message[1..], &signature),
            Err(JwsError::BadSignature)
        );
    }

    #[test]
    fn rfc7520_section_4_1_rs256() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "RSA",
            "kid": "bilbo.baggins@hobbiton.example",
            "use": "sig",
            "n": "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
            "e": "AQAB"
        }))
        .unwrap();
        let message = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
        let signature = b64::decode("MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg").unwrap();
        let verify = |alg| jwk.verify(alg, message.as_bytes(), &signature);
        assert_eq!(verify(SigningAlg::Rs256), Ok(()));
        assert_eq!(verify(SigningAlg::Ps256), Err(JwsError::BadSignature));
    }

    // Conformance: SEED1-06 F1B-AS-01 F2-CRY-02
    #[test]
    fn a_key_fits_only_the_algorithm_use_and_curve_that_it_names() {
        let fits = |jwk: serde_json::Value, alg| serde_json::from_value::<Jwk>(jwk).unwrap().fits(alg);
        let rsa = json!({"kty": "RSA", "n": "AQ", "e": "AQAB"});
        assert!(fits(rsa.clone(), SigningAlg::Rs256));
        assert!(fits(rsa.clone(), SigningAlg::Ps256));
        assert!(!fits(rsa, SigningAlg::Es256));
        let bound = json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "alg": "PS256"});
        assert!(fits(bound.clone(), SigningAlg::Ps256));
        assert!(!fits(bound, SigningAlg::Rs256));
        let enc = json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "use": "enc"});
        assert!(!fits(enc, SigningAlg::Rs256));
        assert!(!fits(json!({"kty": "EC", "crv": "P-384"}), SigningAlg::Es256));
        assert!(!fits(json!({"kty": "OKP", "crv": "X25519"}), SigningAlg::EdDsa));
    }

    #[test]
    fn coordinates_of_another_length_are_unfit() {
        let jwk: Jwk = serde_json::from_value(json!({"kty": "OKP", "crv": "Ed25519", "x": "AQ"})).unwrap();
        assert_eq!(jwk.verify(SigningAlg::EdDsa, b"", &[0; 64]), Err(JwsError::UnfitKey));
        let jwk: Jwk = serde_json::from_value(json!({"kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}))
        .unwrap();
        assert_eq!(jwk.verify(SigningAlg::Es256, b"", &[0; 64]), Err(JwsError::UnfitKey));
    }

    // Conformance: SEED1-05 F1B-AS-01 F2-CRY-02
    #[test]
    fn an_rsa_key_of_1024_bits_is_unfit() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "RSA", "n": b64::encode([0xff; 128]), "e": "AQAB"
        }))
        .unwrap();
        assert_eq!(jwk.verify(SigningAlg::Rs256, b"", &[0; 128]), Err(JwsError::UnfitKey));
    }
}
