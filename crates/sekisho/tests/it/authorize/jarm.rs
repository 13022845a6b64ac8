//! Authorization responses as JWTs: JARM.

use jose::{DecryptionKey, JweAlg, SigningAlg, UnverifiedJwt};
use serde_json::{Value, json};
use testkit::pkce;

use crate::{
    app::{claims, key_set, names, refused},
    bank::Bank,
    fapi::{FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING, FAPI2_OTHER, FAPI2_SECURITY, Fapi, FapiApp},
    request::{JS, Request, signed_in},
};

/// The algorithm of a JWT.
fn alg(jwt: &str) -> String {
    UnverifiedJwt::parse(jwt).unwrap().header().alg.clone()
}

// Conformance: B45 JARM-01 JARM-03 JARM-04 F2MS-04 ISS-03 F1A-AS-18 fapi2-security-profile-final-happy-flow
#[tokio::test]
async fn each_mode_carries_one_parameter_that_says_everything() {
    let fapi = Fapi::start().await;
    for app in [FAPI2_MESSAGE_SIGNING, FAPI1_ADVANCED] {
        for (mode, in_fragment) in [
            ("jwt", false),
            ("query.jwt", false),
            ("fragment.jwt", true),
            ("form_post.jwt", false),
        ] {
            let request = fapi.push(app, &json!({"response_mode": mode})).await;
            let callback = fapi.walk(&request).await;
            assert_eq!(callback.in_fragment, in_fragment, "{mode}");
            assert_eq!(
                callback.url.query().is_some(),
                ["jwt", "query.jwt"].contains(&mode),
                "{mode}"
            );
            let answer = fapi.answer(app, &callback).await;
            assert_eq!(names(&answer), ["aud", "code", "exp", "iss", "session_state", "state"]);
            assert_eq!(answer["iss"], fapi.bank.issuer);
            assert_eq!(answer["state"], "the state");
        }
    }
}

// Conformance: JARM-01 F2MS-04 ISS-01 fapi2-security-profile-final-user-rejects-authentication fapi1-advanced-final-user-rejects-authentication
// Conformance: B45
#[tokio::test]
async fn errors_are_signed_too() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_MESSAGE_SIGNING, &json!({})).await;
    let browser = signed_in(&fapi.bank, "alice").await;
    let page = fapi.open(&browser, &request).await.page();
    let callback = browser.deny(&page).await.callback();
    let answer = fapi.answer(FAPI2_MESSAGE_SIGNING, &callback).await;
    assert_eq!(
        names(&answer),
        ["aud", "error", "error_description", "exp", "iss", "state"]
    );
    assert_eq!(
        (&answer["error"], &answer["state"]),
        (&json!("access_denied"), &json!("the state"))
    );
    let silent = fapi.push(FAPI2_MESSAGE_SIGNING, &json!({"prompt": "none"})).await;
    let callback = fapi.open(&fapi.bank.browser(), &silent).await.callback();
    assert_eq!(
        fapi.answer(FAPI2_MESSAGE_SIGNING, &callback).await["error"],
        "login_required"
    );
    // A request that was not pushed.
    let plain = FAPI2_MESSAGE_SIGNING.request(&pkce(), &json!({"response_mode": null}));
    let url = fapi.bank.authorize_url(&crate::fapi::form(&plain));
    let callback = fapi.bank.browser().open(&url).await.callback();
    assert_eq!(
        fapi.answer(FAPI2_MESSAGE_SIGNING, &callback).await["error"],
        "invalid_request"
    );
}

// Conformance: JARM-06 JARM-02 F1A-ALG-01 F2-CRY-01
#[tokio::test]
async fn it_is_signed_by_the_registered_algorithm_else_by_one_that_the_profile_allows() {
    let more = |id: &str, profile: &str, alg: &str| {
        format!(
            "[[client]]\nclient_id = \"{id}\"\nclient_secret = \"{id}-secret\"\nprofile = \"{profile}\"\n\
             redirect_uris = [\"https://{id}.example.com/callback\"]\nscope = \"openid\"\n{alg}\n\n"
        )
    };
    let clients = [
        more("default", "baseline", ""),
        more("chosen", "baseline", "authorization_signed_response_alg = \"EdDSA\""),
    ];
    let fapi = Fapi::with(&clients.concat()).await;
    for (client_id, expected) in [("default", "RS256"), ("chosen", "EdDSA")] {
        let request = Request::code("openid")
            .with("client_id", client_id)
            .with("redirect_uri", &format!("https://{client_id}.example.com/callback"))
            .with("response_mode", "jwt");
        let callback = request.walk(&fapi.bank, &fapi.bank.browser(), "alice").await;
        let response = callback.get("response").unwrap();
        assert_eq!(alg(response), expected);
        assert_eq!(claims(&fapi.bank, response).await["aud"], client_id);
    }
    let request = fapi.push(FAPI2_MESSAGE_SIGNING, &json!({})).await;
    let callback = fapi.walk(&request).await;
    assert_eq!(
        alg(callback.get("response").unwrap()),
        "PS256",
        "RS256 is not for this profile"
    );
}

// Conformance: JARM-02 JARM-05 JARM-06
#[tokio::test]
async fn for_who_wants_it_it_is_encrypted_and_then_tokens_may_go_by_query() {
    let key = DecryptionKey::generate(JweAlg::EcdhEsA256Kw).unwrap();
    let jwk = serde_json::to_value(key.public_jwk()).unwrap();
    let members: Vec<String> = jwk
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let client = format!(
        "[[client]]\nclient_id = \"private\"\nclient_secret = \"private-secret\"\nprofile = \"openid-core\"\n\
         redirect_uris = [\"https://private.example.com/callback\"]\nscope = \"openid\"\n\
         grant_types = [\"authorization_code\", \"implicit\"]\nresponse_types = [\"code\", \"code id_token\"]\n\
         authorization_encrypted_response_alg = \"ECDH-ES+A256KW\"\nauthorization_encrypted_response_enc = \"A256GCM\"\n\
         jwks = {{ keys = [{{ {} }}] }}\n\n",
        members.join(", ")
    );
    let fapi = Fapi::with(&client).await;
    let keys = key_set(&fapi.bank).await;
    for response_type in ["code", "code id_token"] {
        let request = Request::code("openid")
            .with("client_id", "private")
            .with("redirect_uri", "https://private.example.com/callback")
            .with("response_type", response_type)
            .with("response_mode", "query.jwt");
        let callback = request.walk(&fapi.bank, &fapi.bank.browser(), "alice").await;
        assert_eq!(callback.parameters.len(), 1);
        let opened = key.decrypt(callback.get("response").unwrap()).unwrap();
        assert_eq!(opened.cty.as_deref(), Some("JWT"));
        let inner = UnverifiedJwt::parse(std::str::from_utf8(&opened.plaintext).unwrap()).unwrap();
        let answer = keys.verify(&inner, &SigningAlg::ALL).unwrap().claims;
        assert_eq!(answer["aud"], "private");
        assert_eq!(answer.contains_key("id_token"), response_type != "code");
        assert!(answer["code"].is_string());
    }
}

// Conformance: JARM-03 JARM-04 JARM-05
#[tokio::test]
async fn every_response_type_can_be_a_jwt_and_numbers_are_numbers_in_it() {
    let bank = Bank::start().await;
    let request = Request::implicit("id_token token", "openid accounts:read").with("response_mode", "jwt");
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert!(callback.in_fragment && callback.url.as_str().starts_with(JS));
    let answer = claims(&bank, callback.get("response").unwrap()).await;
    assert_eq!(answer["expires_in"], 600);
    assert_eq!(answer["token_type"], "Bearer");
    assert!(answer["id_token"].is_string() && answer["access_token"].is_string());
    let readable = Request::implicit("id_token token", "openid").with("response_mode", "query.jwt");
    let callback = readable.open(&bank, &bank.browser()).await.callback();
    assert!(callback.in_fragment, "an error is not sent where the tokens may not go");
    assert_eq!(
        claims(&bank, callback.get("response").unwrap()).await["error"],
        "invalid_request"
    );
}

// Conformance: JARM-07 F1A-ALG-02 F2-AS-01
#[tokio::test]
async fn the_metadata_list_modes_and_algorithms_of_the_offered_profiles() {
    async fn metadata(bank: &Bank) -> Value {
        let response = bank.http.get(bank.url("/.well-known/openid-configuration"));
        response.send().await.unwrap().json().await.unwrap()
    }
    let all = metadata(&Bank::start().await).await;
    let modes = [
        "query",
        "fragment",
        "form_post",
        "jwt",
        "query.jwt",
        "fragment.jwt",
        "form_post.jwt",
    ];
    assert_eq!(all["response_modes_supported"], json!(modes));
    assert_eq!(
        all["authorization_signing_alg_values_supported"],
        json!(["RS256", "PS256", "ES256", "EdDSA"])
    );
    assert!(
        all["authorization_encryption_alg_values_supported"]
            .as_array()
            .is_some_and(|algs| !algs.is_empty())
    );
    assert!(
        all["authorization_encryption_enc_values_supported"]
            .as_array()
            .is_some_and(|encs| !encs.is_empty())
    );
    assert_eq!(all["require_signed_request_object"], false);
    let strict = Bank::with_realm(|issuer| {
        format!(
            "issuer = \"{issuer}\"\ndisplay_name = \"Bank\"\nlocales = [\"en\"]\nprofile = \"fapi2-message-signing\"\n\
             profiles = [\"fapi2-message-signing\"]\n"
        )
    })
    .await;
    let strict = metadata(&strict).await;
    assert_eq!(strict["response_modes_supported"], json!(modes[3..]));
    assert_eq!(strict["require_signed_request_object"], true);
    for name in [
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "introspection_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ] {
        assert_eq!(strict[name], json!(["PS256", "ES256", "EdDSA"]), "{name}");
    }
}

// Conformance: F1A-AS-03 fapi1-advanced-final-ensure-response-type-code-fails
#[tokio::test]
async fn who_may_get_plain_answers_gets_what_it_asks_for() {
    let fapi = Fapi::start().await;
    let jwt = fapi.push(FAPI2_OTHER, &json!({"response_mode": "jwt"})).await;
    assert!(fapi.walk(&jwt).await.get("response").is_some());
    let plain = fapi.push(FAPI2_SECURITY, &json!({})).await;
    assert!(fapi.walk(&plain).await.get("code").is_some());
    let refuse = async |app: FapiApp| {
        let response = fapi.try_push(app, &pkce(), &json!({"response_mode": null})).await;
        refused(response, "invalid_request").await
    };
    for app in [FAPI1_ADVANCED, FAPI2_MESSAGE_SIGNING] {
        assert!(refuse(app).await.contains("response_mode=jwt"));
    }
}
