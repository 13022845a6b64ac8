//! Clients of financial grade. FAPI-CIBA §5.2.2, CIBA §7.1.1.

use jose::{SigningAlg, b64, random_token};
use reqwest::Response;
use serde_json::{Value, json};
use testkit::pki::{Identity, Subject};

use super::{CIBA, approve};
use crate::{
    app::{Server, bank_and, claims, granted, refused, text},
    bank::Bank,
    mutual_tls::post,
    request::signed_in,
    signer::{JWT_BEARER, Signer, assertion, changed},
};

/// The bank with two such clients.
struct Fapi {
    bank: Bank,
    key: Signer,
    other: Signer,
    certificate: Identity,
}

const CLIENT: &str = "fapi-terminal";
const OTHER: &str = "fapi-other";

impl Fapi {
    async fn start() -> Self {
        let (key, other) = (Signer::new(SigningAlg::Ps256), Signer::new(SigningAlg::Es256));
        let client = |id: &str, key: &Signer, alg: &str| {
            format!(
                "[[client]]\nclient_id = \"{id}\"\nprofile = \"fapi1-advanced\"\nclient_name = \"Terminal\"\n\
                 grant_types = [\"{CIBA}\", \"refresh_token\"]\nresponse_types = []\n\
                 token_endpoint_auth_method = \"private_key_jwt\"\nid_token_signed_response_alg = \"PS256\"\n\
                 tls_client_certificate_bound_access_tokens = true\nbackchannel_token_delivery_mode = \"poll\"\n\
                 backchannel_authentication_request_signing_alg = \"{alg}\"\n\
                 scope = \"openid offline_access accounts:read\"\njwks = {}\n",
                key.jwks()
            )
        };
        let more = client(CLIENT, &key, "PS256") + &client(OTHER, &other, "ES256");
        Self {
            bank: Bank::behind_proxy(bank_and(&more)).await,
            key,
            other,
            certificate: Subject::named("till").self_signed(),
        }
    }

    /// The claims of a request, some of them replaced; `null` removes one.
    fn claims(&self, changes: &Value) -> Value {
        let now = self.bank.clock.now();
        let sound = json!({
            "iss": CLIENT, "aud": self.bank.issuer, "iat": now, "nbf": now, "exp": now + 300, "jti": random_token(),
            "scope": "openid offline_access accounts:read", "login_hint": "alice", "binding_message": "1234",
        });
        changed(&sound, changes)
    }

    /// Posts a form as a client, over mutual TLS or not.
    async fn post(&self, path: &str, client: &str, has_certificate: bool, form: &[(&str, &str)]) -> Response {
        let now = self.bank.clock.now();
        let key = if client == CLIENT { &self.key } else { &self.other };
        let assertion = key.sign(&assertion(&self.bank, client, now));
        let credentials = [("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
        let mut request = self
            .bank
            .http
            .post(self.bank.at(path))
            .form(&[form, &credentials].concat());
        if has_certificate {
            let (name, value) = self.certificate.client_cert();
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    }

    /// Sends a JWT as the request.
    async fn send(&self, jwt: &str) -> Response {
        self.post("/bc-authorize", CLIENT, true, &[("request", jwt)]).await
    }

    /// Signs these claims and sends them.
    async fn ask(&self, changes: &Value) -> Response {
        self.send(&self.key.sign(&self.claims(changes))).await
    }

    async fn fetch(&self, client: &str, has_certificate: bool, asked: &Value) -> Response {
        let form = [("grant_type", CIBA), ("auth_req_id", text(asked, "auth_req_id"))];
        self.post("/token", client, has_certificate, &form).await
    }
}

// Conformance: fapi-ciba-id1 fapi-ciba-id1-ensure-mtls-holder-of-key-required fapi-ciba-id1-refresh-token FCIBA-06
// Conformance: fapi-ciba-id1-ensure-wrong-auth-req-id-in-token-endpoint-request
#[tokio::test]
async fn tokens_of_a_signed_request_are_bound_to_the_certificate() {
    let fapi = Fapi::start().await;
    let wanted = json!({"acr_values": "urn:sekisho:acr:loa2", "requested_expiry": 300});
    let asked = granted(fapi.ask(&wanted).await).await;
    refused(fapi.fetch(CLIENT, true, &asked).await, "authorization_pending").await;
    approve(&signed_in(&fapi.bank, "alice").await).await;
    fapi.bank.clock.advance(5);
    refused(fapi.fetch(OTHER, true, &asked).await, "invalid_grant").await;
    refused(fapi.fetch(CLIENT, false, &asked).await, "invalid_request").await;
    let tokens = granted(fapi.fetch(CLIENT, true, &asked).await).await;
    let id_token = claims(&fapi.bank, text(&tokens, "id_token")).await;
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa2");
    assert_eq!(
        id_token["urn:openid:params:jwt:claim:auth_req_id"],
        asked["auth_req_id"]
    );
    let live = fapi.bank.introspect(text(&tokens, "access_token")).await;
    assert_eq!(live["cnf"]["x5t#S256"], fapi.certificate.thumbprint());
    refused(fapi.fetch(CLIENT, true, &asked).await, "invalid_grant").await;
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    refused(fapi.post("/token", CLIENT, false, &refresh).await, "invalid_request").await;
    granted(fapi.post("/token", CLIENT, true, &refresh).await).await;
}

// Conformance: B138 CIBA-08 FCIBA-07 fapi-ciba-id1-ensure-request-object-missing-aud-fails fapi-ciba-id1-ensure-request-object-missing-iss-fails fapi-ciba-id1-ensure-request-object-missing-exp-fails
// Conformance: fapi-ciba-id1-ensure-request-object-missing-iat-fails fapi-ciba-id1-ensure-request-object-missing-nbf-fails fapi-ciba-id1-ensure-request-object-missing-jti-fails
// Conformance: fapi-ciba-id1-ensure-request-object-bad-aud-fails fapi-ciba-id1-ensure-request-object-bad-iss-fails fapi-ciba-id1-ensure-request-object-expired-exp-fails
// Conformance: fapi-ciba-id1-ensure-request-object-exp-is-70-minutes-in-future-fails fapi-ciba-id1-ensure-request-object-nbf-is-10-minutes-in-future-fails fapi-ciba-id1-ensure-request-object-nbf-is-70-minutes-in-past-fails
#[tokio::test]
async fn each_claim_of_a_signed_request_must_be_there_and_right() {
    let fapi = Fapi::start().await;
    let now = fapi.bank.clock.now();
    for name in ["aud", "iss", "exp", "iat", "nbf", "jti"] {
        let description = refused(fapi.ask(&json!({name: null})).await, "invalid_request").await;
        assert!(description.contains(&format!("has no {name}")), "{description}");
    }
    for changes in [
        json!({"aud": "https://other.example"}),
        json!({"iss": OTHER}),
        json!({"exp": now - 300, "nbf": now - 600, "iat": now - 600}),
        json!({"exp": now + 70 * 60}),
        json!({"nbf": now + 10 * 60, "exp": now + 15 * 60}),
        json!({"nbf": now - 70 * 60}),
    ] {
        refused(fapi.ask(&changes).await, "invalid_request").await;
    }
    granted(fapi.ask(&json!({})).await).await;
}

// Conformance: B138 FCIBA-10 fapi-ciba-id1-ensure-request-object-signature-algorithm-is-none-fails fapi-ciba-id1-ensure-request-object-signature-algorithm-is-bad-fails
// Conformance: fapi-ciba-id1-ensure-request-object-signature-algorithm-is-RS256-fails fapi-ciba-id1-ensure-request-object-signed-by-other-client-fails
#[tokio::test]
async fn a_signature_is_by_the_clients_own_key_and_a_strong_algorithm() {
    let fapi = Fapi::start().await;
    let claims = fapi.claims(&json!({}));
    let good = fapi.key.sign(&claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let none = format!(
        "{}.{}.",
        b64::encode(r#"{"alg":"none"}"#),
        b64::encode(claims.to_string())
    );
    let rs256 = Signer::new(SigningAlg::Rs256).sign(&claims);
    let bad = format!("{signed}.{}", &signature[..signature.len() - 4]);
    for jwt in [none, rs256, bad, fapi.other.sign(&claims), "x".to_owned()] {
        refused(fapi.send(&jwt).await, "invalid_request").await;
    }
    granted(fapi.send(&good).await).await;
}

// Conformance: FCIBA-04 CIBA-07 fapi-ciba-id1-ensure-unsigned-backchannel-authorization-request-fails
#[tokio::test]
async fn nothing_is_asked_that_is_not_signed() {
    let fapi = Fapi::start().await;
    let plain = [
        ("scope", "openid"),
        ("login_hint", "alice"),
        ("binding_message", "1234"),
    ];
    let unsigned = fapi.post("/bc-authorize", CLIENT, true, &plain).await;
    refused(unsigned, "invalid_request").await;
    let jwt = fapi.key.sign(&fapi.claims(&json!({})));
    let beside = [("request", jwt.as_str()), ("scope", "openid")];
    let description = refused(
        fapi.post("/bc-authorize", CLIENT, true, &beside).await,
        "invalid_request",
    )
    .await;
    assert!(description.contains("scope stands beside"), "{description}");
}

// Conformance: B138
#[tokio::test]
async fn a_signed_request_is_good_once() {
    let fapi = Fapi::start().await;
    let jwt = fapi.key.sign(&fapi.claims(&json!({})));
    granted(fapi.send(&jwt).await).await;
    let description = refused(fapi.send(&jwt).await, "invalid_request").await;
    assert!(description.contains("used before"), "{description}");
    // What was refused for another reason is not used up.
    let jwt = fapi.key.sign(&fapi.claims(&json!({"login_hint": "bob"})));
    fapi.bank.disable_user("bob").await;
    for _ in 0..2 {
        refused(fapi.send(&jwt).await, "unknown_user_id").await;
    }
}

// Conformance: FCIBA-02 B139 fapi-ciba-id1-ensure-authorization-request-with-multiple-hints-fails fapi-ciba-id1-ensure-authorization-request-with-binding-message-succeeds
#[tokio::test]
async fn a_request_has_one_hint_and_something_that_tells_it_from_others() {
    let fapi = Fapi::start().await;
    refused(fapi.ask(&json!({"id_token_hint": "x"})).await, "invalid_request").await;
    let description = refused(fapi.ask(&json!({"binding_message": null})).await, "invalid_request").await;
    assert!(description.contains("send a binding_message"), "{description}");
    refused(
        fapi.ask(&json!({"binding_message": "\u{202e}4321"})).await,
        "invalid_binding_message",
    )
    .await;
    granted(fapi.ask(&json!({"binding_message": "1234"})).await).await;
    granted(
        fapi.ask(&json!({"request_context": {"location": {"lat": 51.17}}}))
            .await,
    )
    .await;
}

// Conformance: B140 CIBA-09 fapi-ciba-id1-ensure-requested-expiry-as-string-succeeds
#[tokio::test]
async fn the_expiry_is_a_number_or_a_text() {
    let fapi = Fapi::start().await;
    for expiry in [json!(120), json!("120")] {
        assert_eq!(
            granted(fapi.ask(&json!({"requested_expiry": expiry})).await).await["expires_in"],
            120
        );
    }
}

// Conformance: fapi-ciba-id1-ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
#[tokio::test]
async fn an_assertion_may_name_the_issuer_or_either_endpoint() {
    let fapi = Fapi::start().await;
    for aud in ["", "/token", "/bc-authorize"] {
        let claims = assertion(&fapi.bank, CLIENT, fapi.bank.clock.now());
        let assertion = fapi.key.sign(&changed(&claims, &json!({"aud": fapi.bank.at(aud)})));
        let request = fapi.key.sign(&fapi.claims(&json!({})));
        let form = [
            ("request", request.as_str()),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        granted(fapi.bank.post("/bc-authorize", &form).await).await;
    }
    let request = fapi.key.sign(&fapi.claims(&json!({})));
    let none = [("request", request.as_str()), ("client_id", CLIENT)];
    refused(fapi.bank.post("/bc-authorize", &none).await, "invalid_client").await;
}

// Conformance: fapi-ciba-id1-ensure-different-client-id-and-issuer-in-backchannel-authorization-request
#[tokio::test]
async fn a_request_is_by_the_client_that_sends_it() {
    let fapi = Fapi::start().await;
    let jwt = fapi.key.sign(&fapi.claims(&json!({})));
    let form = [("request", jwt.as_str())];
    refused(fapi.post("/bc-authorize", OTHER, true, &form).await, "invalid_request").await;
    let form = [("request", jwt.as_str()), ("client_id", OTHER)];
    refused(fapi.post("/bc-authorize", CLIENT, true, &form).await, "invalid_client").await;
    let asked = granted(fapi.send(&jwt).await).await;
    let form = [
        ("grant_type", CIBA),
        ("auth_req_id", text(&asked, "auth_req_id")),
        ("client_id", OTHER),
    ];
    refused(fapi.post("/token", CLIENT, true, &form).await, "invalid_client").await;
}

// Conformance: fapi-ciba-id1-ensure-wrong-client-id-in-token-endpoint-request fapi-ciba-id1-ensure-wrong-client-id-in-backchannel-authorization-request
#[tokio::test]
async fn a_certificate_is_good_for_its_own_client_alone() {
    let (one, two) = (Subject::named("one").self_signed(), Subject::named("two").self_signed());
    let key = Signer::new(SigningAlg::Ps256);
    let client = |id: &str, certificate: &Identity| {
        let jwks = key
            .jwks()
            .replacen("keys = [", &format!("keys = [{}, ", certificate.jwk_toml()), 1);
        format!(
            "[[client]]\nclient_id = \"{id}\"\nprofile = \"fapi1-advanced\"\ngrant_types = [\"{CIBA}\"]\n\
             response_types = []\ntoken_endpoint_auth_method = \"self_signed_tls_client_auth\"\n\
             id_token_signed_response_alg = \"PS256\"\ntls_client_certificate_bound_access_tokens = true\n\
             backchannel_token_delivery_mode = \"poll\"\nscope = \"openid\"\njwks = {jwks}\n"
        )
    };
    let bank = Bank::behind_proxy(bank_and(&(client("one", &one) + &client("two", &two)))).await;
    let now = bank.clock.now();
    let claims = json!({
        "iss": "one", "aud": bank.issuer, "iat": now, "nbf": now, "exp": now + 300, "jti": "1",
        "scope": "openid", "login_hint": "alice", "binding_message": "1234",
    });
    let request = key.sign(&claims);
    let form = [("client_id", "one"), ("request", request.as_str())];
    let ask = |shown| post(&bank, "/bc-authorize", shown, &form);
    refused(ask(Some(&two)).await, "invalid_client").await;
    refused(ask(None).await, "invalid_client").await;
    let asked = granted(ask(Some(&one)).await).await;
    for (client_id, shown, error) in [
        ("one", &two, "invalid_client"),
        ("two", &one, "invalid_client"),
        ("two", &two, "invalid_grant"),
        ("one", &one, "authorization_pending"),
    ] {
        let form = [
            ("client_id", client_id),
            ("grant_type", CIBA),
            ("auth_req_id", text(&asked, "auth_req_id")),
        ];
        refused(post(&bank, "/token", Some(shown), &form).await, error).await;
    }
}

// Conformance: fapi-ciba-id1 CIBA-02 FCIBA-03
#[tokio::test]
async fn a_client_of_financial_grade_registers_itself_and_not_for_push() {
    let bank = Bank::behind_proxy(|issuer| {
        format!(
            "issuer = \"{issuer}\"\nprofile = \"fapi1-advanced\"\nprofiles = [\"fapi1-advanced\"]\n\
             registration = \"open\"\n"
        )
    })
    .await;
    let key = Signer::new(SigningAlg::Ps256);
    let members = json!({
        "client_name": "Terminal", "grant_types": [CIBA], "response_types": [], "jwks": {"keys": [key.jwk()]},
        "token_endpoint_auth_method": "private_key_jwt", "id_token_signed_response_alg": "PS256",
        "tls_client_certificate_bound_access_tokens": true, "backchannel_user_code_parameter": false,
        "backchannel_token_delivery_mode": "ping", "backchannel_authentication_request_signing_alg": "PS256",
        "backchannel_client_notification_endpoint": "http://127.0.0.1:9/callback",
    });
    let register = |changes: Value| {
        let request = bank.http.post(bank.url("/register")).json(&changed(&members, &changes));
        async move { request.send().await.unwrap() }
    };
    let registered = register(json!({})).await;
    assert_eq!(registered.status(), 201);
    let registered: Value = registered.json().await.unwrap();
    assert_eq!(registered["backchannel_token_delivery_mode"], "ping");
    for changes in [
        json!({"backchannel_token_delivery_mode": "push"}),
        json!({"backchannel_token_delivery_mode": null}),
        json!({"backchannel_client_notification_endpoint": null}),
        json!({"backchannel_authentication_request_signing_alg": "RS256"}),
    ] {
        let response = register(changes.clone()).await;
        assert_eq!(response.status(), 400, "{changes}");
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"],
            "invalid_client_metadata",
            "{changes}"
        );
    }
}

// Conformance: FCIBA-03 FCIBA-10 CIBA-01 fapi-ciba-id1-discovery-end-point-verification
#[tokio::test]
async fn the_metadata_of_financial_grade_has_no_push() {
    let bank = Bank::with_realm(|issuer| {
        format!("issuer = \"{issuer}\"\nprofile = \"fapi1-advanced\"\nprofiles = [\"fapi1-advanced\"]\n")
    })
    .await;
    let url = bank.url("/.well-known/openid-configuration");
    let metadata = granted(bank.http.get(url).send().await.unwrap()).await;
    assert_eq!(
        metadata["backchannel_token_delivery_modes_supported"],
        json!(["poll", "ping"])
    );
    assert_eq!(
        metadata["backchannel_authentication_request_signing_alg_values_supported"],
        json!(["PS256", "ES256"])
    );
    assert_eq!(metadata["backchannel_user_code_parameter_supported"], true);
    assert_eq!(
        metadata["backchannel_authentication_endpoint"],
        bank.url("/bc-authorize")
    );
    assert!(
        metadata["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(CIBA))
    );
}
