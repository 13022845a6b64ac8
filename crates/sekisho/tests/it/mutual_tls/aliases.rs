//! `mtls_endpoint_aliases`. RFC 8705 §5.

use serde_json::Value;
use testkit::pki::Subject;

use super::{BOUND, BOUND_FORM, with};
use crate::{
    app::{bank_and, granted, header, text},
    bank::Bank,
    fapi::{FAPI2_SECURITY, Fapi},
};

/// The bank whose clients with certificates go to another host and path, on the same listener.
async fn bank() -> Bank {
    Bank::behind_proxy(|issuer| {
        let port = issuer.rsplit(':').next().unwrap();
        format!("mtls = \"http://127.0.0.1:{port}/mtls\"\n{}", bank_and(BOUND)(issuer))
    })
    .await
}

async fn metadata(bank: &Bank) -> Value {
    let url = bank.url("/.well-known/openid-configuration");
    granted(bank.http.get(url).send().await.unwrap()).await
}

// Conformance: MTLS-08 B124 F2-NET-04
#[tokio::test]
async fn every_endpoint_that_programs_call_has_an_alias_that_works() {
    let bank = bank().await;
    let metadata = metadata(&bank).await;
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    let aliases = metadata["mtls_endpoint_aliases"].as_object().unwrap();
    for name in [
        "token_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "revocation_events_endpoint",
        "userinfo_endpoint",
        "device_authorization_endpoint",
        "pushed_authorization_request_endpoint",
        "grant_management_endpoint",
    ] {
        assert!(aliases.contains_key(name), "{name}");
    }
    for (name, alias) in aliases {
        let own = metadata[name].as_str().unwrap();
        let path = own.strip_prefix(&bank.issuer).unwrap();
        let alias = alias.as_str().unwrap();
        assert!(
            alias.starts_with("http://127.0.0.1:") && alias.ends_with(&format!("/mtls{path}")),
            "{alias}"
        );
        let status = bank.http.post(alias).send().await.unwrap().status().as_u16();
        let there = bank.http.post(own).send().await.unwrap().status().as_u16();
        assert_eq!(status, there, "{name}");
        assert_ne!(status, 404, "{name}");
    }
    let app = Subject::named("bound").self_signed();
    let request = bank
        .http
        .post(text(&metadata["mtls_endpoint_aliases"], "token_endpoint"));
    let tokens = granted(with(request.form(&BOUND_FORM), &app).send().await.unwrap()).await;
    assert_eq!(tokens["token_type"], "Bearer");
}

// Conformance: B124
#[tokio::test]
async fn browsers_have_nothing_to_do_there() {
    let bank = bank().await;
    let metadata = metadata(&bank).await;
    for name in ["authorization_endpoint", "end_session_endpoint"] {
        assert_eq!(metadata["mtls_endpoint_aliases"].get(name), None);
    }
    let base = text(&metadata["mtls_endpoint_aliases"], "token_endpoint")
        .trim_end_matches("/token")
        .to_owned();
    for path in ["/authorize", "/sign-in", "/account", "/logout", "/device"] {
        let status = bank.http.get(bank.url(path)).send().await.unwrap().status();
        assert_ne!(status, 404, "{path}");
        let response = bank.http.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
    // The documents are the issuer's there too.
    let url = format!("{base}/.well-known/openid-configuration");
    assert_eq!(granted(bank.http.get(url).send().await.unwrap()).await, metadata);
    let elsewhere = base.replace("/mtls", "/other/token");
    assert_eq!(bank.http.post(elsewhere).send().await.unwrap().status(), 404);
}

// Conformance: B124
#[tokio::test]
async fn an_assertion_may_be_meant_for_the_alias_where_it_may_be_meant_for_an_endpoint() {
    use serde_json::json;
    let fapi = Fapi::with("").await;
    // FAPI 2.0 wants the issuer alone, whatever address was called.
    let assertion = fapi.assertion(FAPI2_SECURITY, &json!({ "aud": "https://mtls.example.com/token" }));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", crate::signer::JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    let response = fapi
        .bank
        .http
        .post(fapi.bank.url("/token"))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);

    let key = crate::signer::Signer::new(jose::SigningAlg::Es256);
    let client = format!(
        "[[client]]\nclient_id = \"signer\"\ntoken_endpoint_auth_method = \"private_key_jwt\"\njwks = {}\n\
         grant_types = [\"client_credentials\"]\nresponse_types = []\nscope = \"accounts:read\"\n",
        key.jwks()
    );
    let bank = Bank::behind_proxy(|issuer| {
        let port = issuer.rsplit(':').next().unwrap();
        format!("mtls = \"http://127.0.0.1:{port}\"\n{}", bank_and(&client)(issuer))
    })
    .await;
    let alias = text(&metadata(&bank).await["mtls_endpoint_aliases"], "token_endpoint").to_owned();
    let claims = crate::signer::assertion(&bank, "signer", bank.clock.now());
    let claims = crate::signer::changed(&claims, &json!({ "aud": alias }));
    let assertion = key.sign(&claims);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", crate::signer::JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    let response = bank.http.post(&alias).form(&form).send().await.unwrap();
    assert_eq!(header(&response, "content-type"), "application/json");
    granted(response).await;
}
