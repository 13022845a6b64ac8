//! How a client of FAPI-CIBA authenticates, at both endpoints.

use jose::{SigningAlg, random_token};
use serde_json::json;
use testkit::pki::{Identity, Subject};

use super::post;
use crate::{
    app::{granted, refused, text},
    fapi::Fapi,
    mutual_tls,
    signer::{JWT_BEARER, Signer, assertion, changed},
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
    let weakly = || Some(fapi.keys.rs256.sign(&sound()));
    let properly = || Some(fapi.keys.es256.sign(&sound()));
    refused(send("/bc-authorize", &ask, None).await, "invalid_client").await;
    refused(send("/bc-authorize", &ask, weakly()).await, "invalid_client").await;
    let asked = granted(send("/bc-authorize", &ask, properly()).await).await;

    let fetch = [
        ("grant_type", "urn:openid:params:grant-type:ciba"),
        ("auth_req_id", text(&asked, "auth_req_id")),
    ];
    refused(send("/token", &fetch, None).await, "invalid_client").await;
    refused(send("/token", &fetch, weakly()).await, "invalid_client").await;
    refused(send("/token", &fetch, properly()).await, "authorization_pending").await;
}

// Conformance: fapi-ciba-id1-ensure-wrong-client-id-in-token-endpoint-request
// Conformance: fapi-ciba-id1-ensure-wrong-client-id-in-backchannel-authorization-request
// Conformance: fapi-ciba-id1-ensure-different-client-id-and-issuer-in-backchannel-authorization-request
#[tokio::test]
async fn a_certificate_is_good_for_its_own_client_alone() {
    let key = Signer::new(SigningAlg::Es256);
    let other = Subject::named("other").self_signed();
    let client = |id: &str, certificate: &Identity| {
        let keys = key.jwks().replace("] }", &format!(", {}] }}", certificate.jwk_toml()));
        TERMINAL
            .replace("fapi-terminal", id)
            .replace("private_key_jwt", "self_signed_tls_client_auth")
            .replace("JWKS", &keys)
    };
    let own = Subject::named("own").self_signed();
    let fapi = Fapi::with(&(client("one", &own) + &client("two", &other))).await;
    let now = fapi.now();
    let request = |id: &str| {
        let says = json!({
            "sub": null, "nbf": now, "scope": "openid", "login_hint": "alice", "binding_message": "Desk 4",
        });
        key.sign(&changed(&assertion(&fapi.bank, id, now), &says))
    };
    let ask = async |client_id: &str, request: &str| {
        let form = [("client_id", client_id), ("request", request)];
        mutual_tls::post(&fapi.bank, "/bc-authorize", Some(&own), &form).await
    };
    refused(ask("two", &request("two")).await, "invalid_client").await;
    refused(ask("one", &request("two")).await, "invalid_request").await;
    let asked = granted(ask("one", &request("one")).await).await;
    let fetch = async |client_id: &str| {
        let form = [
            ("grant_type", "urn:openid:params:grant-type:ciba"),
            ("auth_req_id", text(&asked, "auth_req_id")),
            ("client_id", client_id),
        ];
        mutual_tls::post(&fapi.bank, "/token", Some(&own), &form).await
    };
    refused(fetch("two").await, "invalid_client").await;
    refused(fetch("one").await, "authorization_pending").await;
}
