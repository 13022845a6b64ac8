//! Keys, and algorithms that need them.

use super::*;

#[test]
fn keys_are_given_in_one_way() {
    assert_sound(&serde_json::json!({"jwks": {"keys": []}}));
    assert_trouble(
        &serde_json::json!({"jwks": {"keys": []}, "jwks_uri": "https://a.example/jwks"}),
        "jwks",
    );
}

/// A key on P-256 that says nothing of itself (RFC 7518 appendix C).
fn p256() -> serde_json::Value {
    serde_json::json!({"kty": "EC", "crv": "P-256",
        "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"})
}

#[test]
fn what_is_to_be_encrypted_needs_a_key() {
    for answer in ["id_token", "userinfo", "introspection"] {
        let (alg, enc) = (
            format!("{answer}_encrypted_response_alg"),
            format!("{answer}_encrypted_response_enc"),
        );
        let keys = |key: serde_json::Value| serde_json::json!({"keys": [key]});
        assert_sound(&serde_json::json!({&alg: "ECDH-ES", "jwks": keys(p256())}));
        assert_sound(&serde_json::json!({&alg: "ECDH-ES", &enc: "A256GCM", "jwks": keys(p256())}));
        assert_sound(&serde_json::json!({&alg: "RSA-OAEP-256", "jwks_uri": "https://a.example/jwks"}));
        assert_trouble(&serde_json::json!({&alg: "ECDH-ES"}), &alg);
        assert_trouble(&serde_json::json!({&enc: "A256GCM", "jwks": keys(p256())}), &enc);
        for unfit in [
            serde_json::json!({"use": "sig"}),
            serde_json::json!({"alg": "ES256"}),
            serde_json::json!({"crv": "P-384"}),
            serde_json::json!({"x": "AA"}),
        ] {
            let mut key = p256();
            key.as_object_mut().unwrap().extend(unfit.as_object().unwrap().clone());
            assert_trouble(&serde_json::json!({&alg: "ECDH-ES", "jwks": keys(key)}), "jwks");
        }
        assert_trouble(&serde_json::json!({&alg: "RSA-OAEP-256", "jwks": keys(p256())}), "jwks");
    }
}

// Conformance: oidcc-idtoken-unsigned
// Conformance: F1A-ALG-03
#[test]
fn what_is_not_offered_cannot_be_registered() {
    for (member, words) in [
        ("id_token_signed_response_alg", ["none", "HS256"]),
        ("userinfo_signed_response_alg", ["none", "HS256"]),
        ("introspection_signed_response_alg", ["none", "HS256"]),
        ("id_token_encrypted_response_alg", ["dir", "RSA1_5"]),
        ("userinfo_encrypted_response_alg", ["A128KW", "RSA-OAEP"]),
        ("introspection_encrypted_response_enc", ["A192GCM", "none"]),
    ] {
        for word in words {
            let json = serde_json::json!({ member: word });
            assert!(
                serde_json::from_value::<ClientMetadata>(json).is_err(),
                "{member} {word}"
            );
        }
    }
}

#[test]
fn assertions_need_what_they_are_checked_with() {
    let key = serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AQ"}]});
    let method = "token_endpoint_auth_method";
    assert_sound(&serde_json::json!({method: "private_key_jwt", "jwks": key}));
    assert_sound(&serde_json::json!({method: "private_key_jwt", "jwks_uri": "https://a.example/jwks"}));
    assert_trouble(&serde_json::json!({method: "private_key_jwt"}), method);
    assert_trouble(
        &serde_json::json!({method: "private_key_jwt", "jwks": {"keys": []}}),
        method,
    );
    for (name, good, bad) in [
        ("private_key_jwt", "ES256", "HS256"),
        ("client_secret_jwt", "HS256", "ES256"),
        ("client_secret_basic", "ES256", "none"),
    ] {
        let alg = "token_endpoint_auth_signing_alg";
        assert_sound(&serde_json::json!({method: name, "jwks": key, alg: good}));
        for bad in [bad, "none", "HS512", "es256"] {
            assert_trouble(&serde_json::json!({method: name, "jwks": key, alg: bad}), alg);
        }
    }
}
