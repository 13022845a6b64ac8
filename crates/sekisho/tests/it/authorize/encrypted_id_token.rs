//! ID tokens that come through the browser, for their client alone. OpenID Connect Core §3.2.2.5, §3.3.2.11, §10.2.

use jose::{JweAlg, SigningAlg, left_half_hash};

use crate::{
    app::bank_and,
    bank::Bank,
    reader::Reader,
    request::{Request, error},
};

fn request(response_type: &str) -> Request {
    Request::code("openid email")
        .with("client_id", "reader")
        .with("redirect_uri", "https://reader.example.com/callback")
        .with("response_type", response_type)
}

// Conformance: B82 F1A-AS-17
#[tokio::test]
async fn who_the_user_is_does_not_pass_through_the_browser_in_the_clear() {
    let reader = Reader::new(JweAlg::EcdhEsA256Kw);
    let members = "id_token_encrypted_response_alg = \"ECDH-ES+A256KW\"";
    let bank = Bank::with_realm(bank_and(&reader.registration(members))).await;
    let browser = bank.browser();
    let callback = request("id_token").walk(&bank, &browser, "alice").await;
    assert!(callback.in_fragment);
    let alone = reader.read(&bank, callback.get("id_token").unwrap()).await;
    assert_eq!(alone.claims["email"], "alice@example.com");
    assert_eq!(alone.claims["nonce"], "the nonce");
    let callback = request("code id_token").walk(&bank, &browser, "alice").await;
    let beside = reader.read(&bank, callback.get("id_token").unwrap()).await;
    let c_hash = left_half_hash(SigningAlg::Rs256, callback.code());
    assert_eq!(beside.claims["c_hash"], c_hash);
    assert_eq!(beside.claims["sub"], alone.claims["sub"]);
}

#[tokio::test]
async fn a_client_whose_keys_cannot_be_had_gets_an_error_and_nothing_else() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "jwks_uri = \"https://127.0.0.1:9/jwks\"\nid_token_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(members))).await;
    for response_type in ["id_token", "code id_token"] {
        let callback = request(response_type).walk(&bank, &bank.browser(), "alice").await;
        assert!(callback.in_fragment);
        assert_eq!(error(&callback), "invalid_request");
        let description = callback.get("error_description").unwrap();
        assert!(
            description.starts_with("id_token_encrypted_response_alg"),
            "{description}"
        );
        assert_eq!((callback.get("code"), callback.get("id_token")), (None, None));
        assert_eq!(callback.get("state"), Some("the state"));
    }
    // A code alone needs no key yet.
    assert!(
        !request("code")
            .walk(&bank, &bank.browser(), "alice")
            .await
            .code()
            .is_empty()
    );
}
