//! A proxy terminates TLS and passes the client's certificate on. RFC 9440.

use testkit::pki::{Authority, Subject};

use super::{BOUND, BOUND_FORM, introspected, post};
use crate::{
    app::{bank_and, granted, refused, text},
    bank::Bank,
};

// Conformance: MTLS-04 MTLS-05 B123 SEED2-06
#[tokio::test]
async fn a_token_is_bound_to_the_certificate_that_the_proxy_passes_on() {
    let bank = Bank::behind_proxy(bank_and(BOUND)).await;
    let app = Authority::new("CA").issue(&Subject::named("bound"));
    let tokens = granted(post(&bank, "/token", Some(&app), &BOUND_FORM).await).await;
    assert_eq!(tokens["token_type"], "Bearer");
    let told = introspected(&bank, text(&tokens, "access_token")).await;
    assert_eq!(told["cnf"], serde_json::json!({ "x5t#S256": app.thumbprint() }));
}

// Conformance: BCP-28 MTLS-10
#[tokio::test]
async fn a_certificate_that_anybody_else_claims_is_not_there() {
    let bank = Bank::with_realm(bank_and(BOUND)).await;
    let app = Authority::new("CA").issue(&Subject::named("bound"));
    let told = refused(post(&bank, "/token", Some(&app), &BOUND_FORM).await, "invalid_request").await;
    assert!(told.contains("mutual TLS"), "{told}");
    // Not even a header that cannot be read is looked at.
    let request = bank.http.post(bank.url("/token")).form(&BOUND_FORM);
    let response = request.header("client-cert", "nonsense").send().await.unwrap();
    refused(response, "invalid_request").await;
}

#[tokio::test]
async fn a_request_whose_certificate_cannot_be_read_is_refused() {
    let bank = Bank::behind_proxy(bank_and(BOUND)).await;
    let app = Authority::new("CA").issue(&Subject::named("bound"));
    let (name, value) = app.client_cert();
    let chain = ("client-cert-chain", value.as_str());
    for headers in [
        vec![(name, "nonsense")],
        vec![(name, value.trim_matches(':'))],
        vec![(name, &value), (name, &value)],
        vec![(name, &value), ("client-cert-chain", "x")],
        vec![chain],
    ] {
        let mut request = bank.http.post(bank.url("/token")).form(&BOUND_FORM);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400, "{headers:?}");
        assert!(response.text().await.unwrap().contains("certificate"));
    }
}
