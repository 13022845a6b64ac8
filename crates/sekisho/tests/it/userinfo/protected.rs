//! UserInfo as a signed or encrypted JWT. OpenID Connect Core §5.3.2.

use jose::JweAlg;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{WEB_APP, bank_and, granted, header, key_set, text, verify},
    bank::Bank,
    reader::Reader,
};

async fn ask(bank: &Bank, reader: &Reader) -> (Value, Response) {
    let tokens = reader.app.tokens(bank, "openid email").await;
    let userinfo = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(text(&tokens, "access_token"));
    (tokens, userinfo.send().await.unwrap())
}

async fn jwt(response: Response) -> String {
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/jwt");
    assert_eq!(header(&response, "cache-control"), "no-store");
    response.text().await.unwrap()
}

// Conformance: B86 oidcc-userinfo-rs256 OP-15
#[tokio::test]
async fn it_is_signed_by_the_registered_algorithm_for_the_client_that_asks() {
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let reader = Reader::new(JweAlg::EcdhEs);
        let members = format!("userinfo_signed_response_alg = \"{alg}\"");
        let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(&members))).await;
        let (tokens, response) = ask(&bank, &reader).await;
        let keys = key_set(&bank).await;
        let verified = verify(&keys, &jwt(response).await);
        assert_eq!(verified.header.alg, alg);
        let id_token = verify(&keys, text(&tokens, "id_token"));
        let expected = json!({"iss": bank.issuer, "aud": "reader", "sub": id_token.claims["sub"],
            "email": "alice@example.com", "email_verified": true});
        assert_eq!(Value::Object(verified.claims), expected);
    }
}

// Conformance: OP-15
#[tokio::test]
async fn it_is_signed_and_then_encrypted() {
    let reader = Reader::new(JweAlg::RsaOaep256);
    let members = "userinfo_signed_response_alg = \"ES256\"\nuserinfo_encrypted_response_alg = \"RSA-OAEP-256\"\n\
                   userinfo_encrypted_response_enc = \"A256GCM\"";
    let bank = Bank::with_realm(bank_and(&reader.registration(members))).await;
    let token = jwt(ask(&bank, &reader).await.1).await;
    assert_eq!(reader.decrypt(&token).enc, jose::JweEnc::A256Gcm);
    let verified = reader.read(&bank, &token).await;
    assert_eq!(verified.header.alg, "ES256");
    assert_eq!(verified.claims["iss"], bank.issuer);
    assert_eq!(verified.claims["aud"], "reader");
    assert_eq!(verified.claims["email"], "alice@example.com");
}

#[tokio::test]
async fn it_is_encrypted_without_being_signed_when_that_alone_is_registered() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "userinfo_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration(members))).await;
    let decrypted = reader.decrypt(&jwt(ask(&bank, &reader).await.1).await);
    assert_eq!(decrypted.cty, None);
    let claims: Value = serde_json::from_slice(&decrypted.plaintext).unwrap();
    assert_eq!(claims["sub"], bank.user_id("alice").await);
    assert_eq!(claims["email"], "alice@example.com");
}

#[tokio::test]
async fn other_clients_get_json() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "userinfo_signed_response_alg = \"RS256\"";
    let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(members))).await;
    let tokens = WEB_APP.tokens(&bank, "openid").await;
    let userinfo = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(text(&tokens, "access_token"));
    let response = userinfo.send().await.unwrap();
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(granted(response).await, json!({"sub": bank.user_id("alice").await}));
}

#[tokio::test]
async fn a_client_whose_keys_cannot_be_had_is_told_so() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "jwks_uri = \"https://127.0.0.1:9/jwks\"\nuserinfo_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(members))).await;
    let response = ask(&bank, &reader).await.1;
    assert_eq!(response.status(), 400);
    assert!(header(&response, "www-authenticate").contains("error=\"invalid_request\""));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "invalid_request");
    assert!(text(&body, "error_description").starts_with("userinfo_encrypted_response_alg"));
}

/// It has the issuer and the user, but is neither the proof of a sign-in nor a permission.
#[tokio::test]
async fn it_is_neither_an_id_token_nor_an_access_token() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "userinfo_signed_response_alg = \"ES256\"";
    let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(members))).await;
    let token = jwt(ask(&bank, &reader).await.1).await;
    let userinfo = bank.http.get(bank.url("/userinfo")).bearer_auth(&token);
    assert_eq!(userinfo.send().await.unwrap().status(), 401);
    let hint = [("id_token_hint", token.as_str()), ("prompt", "none")];
    let request = crate::request::Request::code("openid")
        .with("client_id", "reader")
        .with("redirect_uri", reader.app.redirect_uri);
    let request = hint
        .iter()
        .fold(request, |request, (name, value)| request.with(name, value));
    let browser = crate::request::signed_in(&bank, "alice").await;
    let callback = request.open(&bank, &browser).await.callback();
    assert_eq!(crate::request::error(&callback), "invalid_request");
}
