//! What the metadata must say to clients of the profiles.

use serde_json::json;

use crate::{
    app::{Server as _, granted},
    fapi::Fapi,
};

// Conformance: fapi1-advanced-final-discovery-end-point-verification
// Conformance: fapi2-security-profile-final-discovery-end-point-verification
// Conformance: fapi-ciba-id1-discovery-end-point-verification
#[tokio::test]
async fn the_metadata_says_what_clients_of_each_profile_look_for() {
    let fapi = Fapi::start().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let metadata = granted(fapi.bank.http.get(fapi.bank.at(path)).send().await.unwrap()).await;
        for (list, wanted) in [
            ("response_types_supported", &["code", "code id_token"][..]),
            ("response_modes_supported", &["jwt"]),
            ("grant_types_supported", &["urn:openid:params:grant-type:ciba"]),
            ("token_endpoint_auth_methods_supported", &["private_key_jwt"]),
            (
                "token_endpoint_auth_signing_alg_values_supported",
                &["PS256", "ES256", "EdDSA"],
            ),
            ("id_token_signing_alg_values_supported", &["PS256", "ES256"]),
            ("request_object_signing_alg_values_supported", &["PS256", "ES256"]),
            ("authorization_signing_alg_values_supported", &["PS256", "ES256"]),
            ("dpop_signing_alg_values_supported", &["PS256", "ES256"]),
            ("code_challenge_methods_supported", &["S256"]),
            ("backchannel_token_delivery_modes_supported", &["poll", "ping"]),
            (
                "backchannel_authentication_request_signing_alg_values_supported",
                &["PS256", "ES256"],
            ),
        ] {
            let listed = metadata[list].as_array().unwrap_or_else(|| panic!("{list}"));
            for value in wanted {
                assert!(listed.contains(&json!(value)), "{list}: {value}");
            }
        }
        for flag in [
            "authorization_response_iss_parameter_supported",
            "tls_client_certificate_bound_access_tokens",
            "request_parameter_supported",
        ] {
            assert_eq!(metadata[flag], true, "{flag}");
        }
        // A client of FAPI 1.0 may bring its request by value.
        assert!(
            [None, Some(&json!(false))].contains(&metadata.get("require_pushed_authorization_requests")),
            "{metadata}"
        );
        for endpoint in [
            "pushed_authorization_request_endpoint",
            "backchannel_authentication_endpoint",
        ] {
            assert!(metadata[endpoint].as_str().unwrap().starts_with(&fapi.bank.issuer));
        }
    }
}
