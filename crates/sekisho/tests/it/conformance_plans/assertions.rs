//! Client assertions at the token endpoint.

use serde_json::json;

use super::{APPS, permitted, post};
use crate::{
    app::{granted, refused},
    fapi::Fapi,
    signer::{JWT_BEARER, assertion, changed},
};

// Conformance: fapi1-advanced-final-ensure-client-assertion-in-token-endpoint
// Conformance: fapi1-advanced-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
// Conformance: fapi1-advanced-final-ensure-client-assertion-with-wrong-aud-fails
// Conformance: fapi1-advanced-final-ensure-client-assertion-with-no-sub-fails
// Conformance: fapi1-advanced-final-ensure-client-assertion-with-wrong-iss-fails
// Conformance: fapi1-advanced-final-ensure-client-assertion-with-wrong-sub-fails
// Conformance: fapi1-advanced-final-ensure-client-assertion-with-iss-aud-succeeds
// Conformance: fapi1-advanced-final-ensure-signed-client-assertion-with-RS256-fails
// Conformance: fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint
// Conformance: fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
// Conformance: fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails
// Conformance: fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails
// Conformance: fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails
#[tokio::test]
async fn a_client_that_does_not_prove_itself_is_refused_and_its_code_stays_good() {
    let fapi = Fapi::start().await;
    for app in APPS {
        let (pushed, code) = permitted(&fapi, app, &json!({})).await;
        let redirect_uri = app.redirect_uri();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", &pushed.pkce.verifier),
        ];
        let redeem = async |credentials: &[(&str, &str)]| post(&fapi, "/token", &[&form, credentials].concat()).await;
        refused(redeem(&[("client_id", app.client_id)]).await, "invalid_client").await;

        let now = fapi.now();
        let sound = changed(
            &assertion(&fapi.bank, app.client_id, now),
            &json!({"aud": fapi.bank.issuer}),
        );
        let by_rs256 = fapi.keys.rs256.sign(&sound);
        let mut bad = vec![("RS256".to_owned(), by_rs256)];
        for changes in [
            json!({"iat": now - 360, "exp": now - 300}),
            json!({"aud": "https://other.example.com"}),
            json!({"sub": null}),
            json!({"sub": "somebody"}),
            json!({"iss": "somebody"}),
        ] {
            bad.push((changes.to_string(), fapi.keys.es256.sign(&changed(&sound, &changes))));
        }
        for (what, assertion) in bad {
            let response = redeem(&[("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)]).await;
            assert_eq!(response.status(), 401, "{} {what}", app.client_id);
            refused(response, "invalid_client").await;
        }
        let good = fapi.keys.es256.sign(&sound);
        granted(redeem(&[("client_assertion_type", JWT_BEARER), ("client_assertion", &good)]).await).await;
    }
}
