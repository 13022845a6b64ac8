//! ID tokens that only their client can read. OpenID Connect Core §2, §10.2, §16.14.

use jose::{DecryptionKey, JweAlg, JweEnc, UnverifiedJwt};
use serde_json::Value;

use crate::{
    app::{WEB_APP, bank_and, granted, header, refused, text},
    bank::Bank,
    reader::Reader,
};

// Conformance: B82 SEED2-09 F1A-AS-17
#[tokio::test]
async fn it_is_signed_and_then_encrypted_to_the_clients_key_by_every_algorithm() {
    let generated = JweAlg::ALL.map(|alg| (alg, DecryptionKey::generate(alg).unwrap()));
    let x25519 = [JweAlg::EcdhEs, JweAlg::EcdhEsA256Kw].map(|alg| (alg, DecryptionKey::generate_x25519(alg).unwrap()));
    for ((alg, key), enc) in generated.into_iter().chain(x25519).zip(JweEnc::ALL.into_iter().cycle()) {
        let reader = Reader::with_key(key);
        let members = format!(
            "id_token_signed_response_alg = \"ES256\"\nid_token_encrypted_response_alg = \"{}\"\n\
             id_token_encrypted_response_enc = \"{}\"",
            alg.as_str(),
            enc.as_str()
        );
        let bank = Bank::with_realm(bank_and(&reader.registration(&members))).await;
        let tokens = reader.app.tokens(&bank, "openid accounts:read").await;
        let token = text(&tokens, "id_token");
        assert!(UnverifiedJwt::parse(token).is_err(), "what is sent is no signed token");
        assert_eq!(reader.decrypt(token).enc, enc);
        let verified = reader.read(&bank, token).await;
        assert_eq!(verified.header.alg, "ES256");
        assert_eq!(verified.header.typ.as_deref(), Some("JWT"));
        assert_eq!(verified.claims["iss"], bank.issuer);
        assert_eq!(verified.claims["aud"], "reader");
        assert_eq!(verified.claims["sub"], Value::String(bank.user_id("alice").await));
        let at_hash = jose::left_half_hash(jose::SigningAlg::Es256, text(&tokens, "access_token"));
        assert_eq!(verified.claims["at_hash"], at_hash);
    }
}

#[tokio::test]
async fn without_enc_it_is_encrypted_by_the_default_and_after_a_refresh_too() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "id_token_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration(members))).await;
    let tokens = reader.app.tokens(&bank, "openid offline_access").await;
    assert_eq!(reader.decrypt(text(&tokens, "id_token")).enc, JweEnc::A128CbcHs256);
    let again = granted(reader.app.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    let verified = reader.read(&bank, text(&again, "id_token")).await;
    assert_eq!(verified.header.alg, "RS256");
    assert_eq!(verified.claims["aud"], "reader");
}

#[tokio::test]
async fn a_client_whose_keys_cannot_be_had_is_told_so_and_loses_no_code() {
    let reader = Reader::new(JweAlg::EcdhEs);
    // Loopback addresses are not asked.
    let members = "jwks_uri = \"https://127.0.0.1:9/jwks\"\nid_token_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(members))).await;
    let code = reader.app.code(&bank, "openid accounts:read").await;
    for _ in 0..2 {
        let response = reader.app.redeem(&bank, &code).await;
        assert_eq!(header(&response, "retry-after"), "");
        let description = refused(response, "invalid_request").await;
        assert!(
            description
                .starts_with("id_token_encrypted_response_alg wants encryption, but the keys at the client's jwks_uri"),
            "{description}"
        );
    }
    let without_openid = reader.app.tokens(&bank, "accounts:read").await;
    assert!(without_openid["id_token"].is_null());
    assert!(reader.app.sees(&bank, text(&without_openid, "access_token")).await);
}

// Conformance: SEED2-09
#[tokio::test]
async fn other_clients_get_what_they_registered() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "id_token_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration(members))).await;
    let tokens = WEB_APP.tokens(&bank, "openid").await;
    assert!(UnverifiedJwt::parse(text(&tokens, "id_token")).is_ok());
}
