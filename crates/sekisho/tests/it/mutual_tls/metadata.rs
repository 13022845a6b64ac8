//! Nothing is promised of certificates where none can come. RFC 8705 §3.3.

use serde_json::{Value, json};
use testkit::pki::Authority;

use super::believing;
use crate::{app::granted, bank::Bank};

async fn metadata(bank: &Bank) -> Value {
    let url = bank.url("/.well-known/oauth-authorization-server");
    granted(bank.http.get(url).send().await.unwrap()).await
}

const METHODS: [&str; 3] = [
    "token_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
];

fn offers(metadata: &Value, method: &str) -> bool {
    let lists = METHODS.map(|list| metadata[list].as_array().unwrap().contains(&method.into()));
    assert!(lists[0] == lists[1] && lists[1] == lists[2]);
    lists[0]
}

// Conformance: MTLS-06 MTLS-08
#[tokio::test]
async fn what_is_offered_depends_on_who_could_see_certificates_and_who_vouches_for_them() {
    let ca = Authority::new("CA");
    let with_ca = || believing(&[&ca], &[], "");
    for (bank, by_authority, by_registration) in [
        (Bank::with_realm(with_ca()).await, false, false),
        (Bank::behind_proxy(testkit::realm::bank).await, false, true),
        (Bank::behind_proxy(with_ca()).await, true, true),
    ] {
        let metadata = metadata(&bank).await;
        assert_eq!(offers(&metadata, "tls_client_auth"), by_authority);
        assert_eq!(offers(&metadata, "self_signed_tls_client_auth"), by_registration);
        let bound = &metadata["tls_client_certificate_bound_access_tokens"];
        assert_eq!(bound == &json!(true), by_registration);
        assert_eq!(metadata.get("mtls_endpoint_aliases"), None);
    }
}

#[tokio::test]
async fn where_no_certificate_can_come_no_alias_is_named() {
    let bank =
        Bank::with_realm(|issuer| format!("mtls = \"https://mtls.example.com\"\n{}", testkit::realm::bank(issuer)))
            .await;
    assert_eq!(metadata(&bank).await.get("mtls_endpoint_aliases"), None);
}

// Conformance: MTLS-02 MTLS-03
#[tokio::test]
async fn a_client_registers_only_what_it_could_use() {
    let ca = Authority::new("CA");
    let open = |inner: String| format!("registration = \"open\"\n{inner}");
    let seeing = Bank::behind_proxy(|issuer| open(believing(&[&ca], &[], "")(issuer))).await;
    let blind = Bank::with_realm(|issuer| open(believing(&[&ca], &[], "")(issuer))).await;
    let by_name =
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example.com" });
    let twice = json!({
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_san_dns": "a.example.com", "tls_client_auth_subject_dn": "CN=a",
    });
    let nobody = json!({ "token_endpoint_auth_method": "tls_client_auth" });
    let no_certificate = json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": { "keys": [] } });
    let identity = testkit::pki::Subject::named("a").self_signed();
    let own = json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": { "keys": [identity.jwk()] },
    });
    let bound = json!({ "tls_client_certificate_bound_access_tokens": true });
    for (bank, members, status) in [
        (&seeing, &by_name, 201),
        (&seeing, &twice, 400),
        (&seeing, &nobody, 400),
        (&seeing, &no_certificate, 400),
        (&seeing, &own, 201),
        (&seeing, &bound, 201),
        (&blind, &by_name, 400),
        (&blind, &own, 400),
        (&blind, &bound, 400),
    ] {
        let mut members = members.clone();
        members["redirect_uris"] = json!(["https://a.example.com/callback"]);
        let response = bank
            .http
            .post(bank.url("/register"))
            .json(&members)
            .send()
            .await
            .unwrap();
        let told = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!(told, status, "{members}: {body}");
        if status == 201 {
            for (name, value) in members.as_object().unwrap() {
                assert_eq!(&body[name], value, "{name}");
            }
        } else {
            assert_eq!(body["error"], "invalid_client_metadata");
        }
    }
}
