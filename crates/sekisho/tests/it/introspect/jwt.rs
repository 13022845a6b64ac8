//! Introspection answered by a JWT. RFC 9701.

use jose::{JweAlg, JweEnc, UnverifiedJwt};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::realm;

use crate::{
    app::{App, BANK_API, WEB_APP, bank_and, granted, header, key_set, names, refused, text, verify},
    bank::{Bank, NOON},
    reader::Reader,
};

const JWT: &str = "application/token-introspection+jwt";

/// The bank's realm, in which `reader` may ask about tokens of the bank's API.
fn realm_with(reader: &Reader, members: &str) -> impl FnOnce(&str) -> String {
    let registration = reader.registration(members);
    move |issuer| {
        bank_and(&registration)(issuer).replace(
            "introspection = [\"bank-api\"]",
            "introspection = [\"bank-api\", \"reader\"]",
        )
    }
}

fn request(bank: &Bank, caller: App, token: &str) -> RequestBuilder {
    bank.http
        .post(bank.url("/introspect"))
        .basic_auth(caller.client_id, Some(realm::secret(caller.client_id)))
        .form(&[("token", token)])
}

async fn ask(bank: &Bank, caller: App, token: &str) -> Response {
    request(bank, caller, token).header("accept", JWT).send().await.unwrap()
}

async fn jwt(response: Response) -> String {
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), JWT);
    assert_eq!(header(&response, "cache-control"), "no-store");
    response.text().await.unwrap()
}

// Conformance: F2MS-05 INT-06
#[tokio::test]
async fn whoever_asks_for_a_jwt_gets_one_that_says_the_same() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid accounts:read").await;
    let token = text(&tokens, "access_token");
    let verified = verify(&key_set(&bank).await, &jwt(ask(&bank, BANK_API, token).await).await);
    assert_eq!(verified.header.alg, "RS256", "the default");
    assert_eq!(verified.header.typ.as_deref(), Some("token-introspection+jwt"));
    let claims = Value::Object(verified.claims);
    // Nothing of the token is a claim of the JWT itself.
    assert_eq!(names(&claims), ["aud", "iat", "iss", "token_introspection"]);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(bank.issuer), &json!("bank-api"))
    );
    assert_eq!(claims["iat"], NOON);
    assert_eq!(claims["token_introspection"], BANK_API.introspect(&bank, token).await);
}

// Conformance: INT-02
#[tokio::test]
async fn of_a_token_that_is_worth_nothing_it_says_nothing_else() {
    let bank = Bank::start().await;
    let not_for_the_api = WEB_APP.tokens(&bank, "openid").await;
    for token in ["x", text(&not_for_the_api, "access_token")] {
        let verified = verify(&key_set(&bank).await, &jwt(ask(&bank, BANK_API, token).await).await);
        assert_eq!(verified.claims["token_introspection"], json!({"active": false}));
        assert_eq!(verified.claims["aud"], "bank-api");
    }
}

// Conformance: F2MS-05 INT-08
#[tokio::test]
async fn it_is_signed_and_encrypted_as_the_caller_registered() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "introspection_signed_response_alg = \"PS256\"\nintrospection_encrypted_response_alg = \"ECDH-ES\"\n\
                   introspection_encrypted_response_enc = \"A256CBC-HS512\"";
    let bank = Bank::with_realm(realm_with(&reader, members)).await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    for (token, active) in [(text(&tokens, "access_token"), true), ("x", false)] {
        let answer = jwt(ask(&bank, reader.app, token).await).await;
        assert!(UnverifiedJwt::parse(&answer).is_err());
        assert_eq!(reader.decrypt(&answer).enc, JweEnc::A256CbcHs512);
        let verified = reader.read(&bank, &answer).await;
        assert_eq!(verified.header.alg, "PS256");
        assert_eq!(verified.header.typ.as_deref(), Some("token-introspection+jwt"));
        assert_eq!(verified.claims["aud"], "reader");
        assert_eq!(verified.claims["token_introspection"]["active"], active);
    }
    // What is registered says how, not whether: without the header it is JSON.
    assert!(reader.app.sees(&bank, text(&tokens, "access_token")).await);
}

// Conformance: INT-06
#[tokio::test]
async fn only_who_names_it_gets_a_jwt() {
    let bank = Bank::start().await;
    for accept in [
        "*/*",
        "application/json",
        "application/jwt",
        &format!("{JWT};q=0, application/json"),
    ] {
        let response = request(&bank, BANK_API, "x")
            .header("accept", accept)
            .send()
            .await
            .unwrap();
        assert_eq!(header(&response, "content-type"), "application/json", "{accept}");
        assert_eq!(granted(response).await, json!({"active": false}));
    }
    let several = request(&bank, BANK_API, "x")
        .header("accept", "application/json")
        .header("accept", JWT);
    jwt(several.send().await.unwrap()).await;
}

// Conformance: INT-01
#[tokio::test]
async fn a_caller_who_is_nobody_gets_no_jwt() {
    let bank = Bank::start().await;
    let nobody = bank
        .http
        .post(bank.url("/introspect"))
        .header("accept", JWT)
        .form(&[("token", "x")]);
    refused(nobody.send().await.unwrap(), "invalid_client").await;
}

#[tokio::test]
async fn a_caller_whose_keys_cannot_be_had_is_told_so() {
    let reader = Reader::new(JweAlg::EcdhEs);
    let members = "jwks_uri = \"https://127.0.0.1:9/jwks\"\nintrospection_encrypted_response_alg = \"ECDH-ES\"";
    let bank = Bank::with_realm(bank_and(&reader.registration_without_keys(members))).await;
    let description = refused(ask(&bank, reader.app, "x").await, "invalid_request").await;
    assert!(
        description.starts_with("introspection_encrypted_response_alg"),
        "{description}"
    );
}

// Conformance: INT-07
#[tokio::test]
async fn the_answer_is_no_access_token() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "openid reports:read").await;
    let answer = jwt(ask(&bank, WEB_APP, text(&tokens, "access_token")).await).await;
    assert!(!WEB_APP.sees(&bank, &answer).await);
    let userinfo = bank.http.get(bank.url("/userinfo")).bearer_auth(&answer);
    assert_eq!(userinfo.send().await.unwrap().status(), 401);
}
