//! How a client of FAPI-CIBA authenticates, at both endpoints.

use jose::random_token;
use serde_json::json;

use super::post;
use crate::{
    app::{granted, refused, text},
    fapi::Fapi,
    signer::{JWT_BEARER, assertion, changed},
};

const TERMINAL: &str = r#"
[[client]]
client_id                       = "fapi-terminal"
client_name                     = "Terminal"
profile                         = "fapi1-advanced"
grant_types                     = ["urn:openid:params:grant-type:ciba"]
response_types                  = []
scope                           = "openid profile"
token_endpoint_auth_method      = "private_key_jwt"
id_token_signed_response_alg    = "ES256"
backchannel_token_delivery_mode = "poll"
backchannel_authentication_request_signing_alg = "ES256"
tls_client_certificate_bound_access_tokens     = true
jwks                            = JWKS
"#;

// Conformance: fapi-ciba-id1-ensure-without-client-assertion-in-token-endpoint-request
// Conformance: fapi-ciba-id1-ensure-without-client-assertion-in-backchannel-authorization-request
// Conformance: fapi-ciba-id1-ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails
// Conformance: fapi-ciba-id1-ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails
// Conformance: fapi-ciba-id1-ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
#[tokio::test]
async fn a_client_that_does_not_prove_itself_asks_nobody_and_gets_nothing() {
    let fapi = Fapi::with(TERMINAL).await;
    let now = fapi.now();
    let sound = || {
        let ours = json!({"aud": fapi.bank.issuer, "jti": random_token()});
        changed(&assertion(&fapi.bank, "fapi-terminal", now), &ours)
    };
    let send = async |path: &str, form: &[(&str, &str)], assertion: Option<String>| {
        let assertion = assertion.unwrap_or_default();
        let credentials = match assertion.as_str() {
            "" => vec![("client_id", "fapi-terminal")],
            assertion => vec![("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)],
        };
        post(&fapi, path, &[form, &credentials].concat()).await
    };
    let says = json!({
        "sub": null, "nbf": now, "scope": "openid", "login_hint": "alice", "binding_message": "Desk 4",
    });
    let request = fapi.keys.es256.sign(&changed(&sound(), &says));
    let ask = [("request", request.as_str())];
    let by_rs256 = || Some(fapi.keys.rs256.sign(&sound()));
    let by_es256 = || Some(fapi.keys.es256.sign(&sound()));
    refused(send("/bc-authorize", &ask, None).await, "invalid_client").await;
    refused(send("/bc-authorize", &ask, by_rs256()).await, "invalid_client").await;
    let asked = granted(send("/bc-authorize", &ask, by_es256()).await).await;

    let fetch = [
        ("grant_type", "urn:openid:params:grant-type:ciba"),
        ("auth_req_id", text(&asked, "auth_req_id")),
    ];
    refused(send("/token", &fetch, None).await, "invalid_client").await;
    refused(send("/token", &fetch, by_rs256()).await, "invalid_client").await;
    refused(send("/token", &fetch, by_es256()).await, "authorization_pending").await;
}
