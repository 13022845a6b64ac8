//! Clients connect to the server's own listener. DESIGN: it asks for a certificate and demands none.

use reqwest::{ClientBuilder, tls};
use testkit::{
    Engine,
    pki::{Authority, Identity, Subject},
};

use super::{BOUND, BOUND_FORM, introspected};
use crate::{
    app::{Server, granted, refused, text},
    https::Https,
};

const ASKS: &str = "client_certificates = 'request'";

async fn token(https: &Https, http: ClientBuilder, shown: &Identity) -> serde_json::Value {
    let http = http.identity(shown.identity()).build().unwrap();
    let response = http.post(https.at("/token")).form(&BOUND_FORM).send().await.unwrap();
    granted(response).await
}

// Conformance: MTLS-04 MTLS-05 B123
#[tokio::test]
async fn a_token_is_bound_to_the_certificate_of_the_connection_whatever_is_spoken_there() {
    let https = Https::with_more(Engine::Sqlite, ASKS, BOUND);
    let ca = Authority::new("CA");
    let (app, other) = (ca.issue(&Subject::named("a")), Subject::named("b").self_signed());
    for http in [
        https.client().tls_version_max(tls::Version::TLS_1_2).http1_only(),
        https.client().tls_version_max(tls::Version::TLS_1_2),
        https.client().tls_version_min(tls::Version::TLS_1_3).http1_only(),
        https.client().tls_version_min(tls::Version::TLS_1_3),
    ] {
        let tokens = token(&https, http, &app).await;
        let told = introspected(&https, text(&tokens, "access_token")).await;
        assert_eq!(told["cnf"]["x5t#S256"], app.thumbprint());
    }
    // Anybody's certificate is taken; what it is worth is judged for each request.
    let tokens = token(&https, https.client(), &other).await;
    let told = introspected(&https, text(&tokens, "access_token")).await;
    assert_eq!(told["cnf"]["x5t#S256"], other.thumbprint());
}

// Conformance: MTLS-10 MTLS-08 BCP-28
#[tokio::test]
async fn who_shows_none_is_served_and_a_header_does_not_stand_for_one() {
    let https = Https::with_more(Engine::Sqlite, ASKS, BOUND);
    assert_eq!(https.http().get(https.at("/jwks")).send().await.unwrap().status(), 200);
    let request = https.http().post(https.at("/token")).form(&BOUND_FORM);
    refused(request.send().await.unwrap(), "invalid_request").await;
    let (name, value) = Subject::named("bound").self_signed().client_cert();
    let request = https
        .http()
        .post(https.at("/token"))
        .form(&BOUND_FORM)
        .header(name, value);
    refused(request.send().await.unwrap(), "invalid_request").await;
}

#[tokio::test]
async fn a_listener_that_does_not_ask_sees_none() {
    let https = Https::with_more(Engine::Sqlite, "", BOUND);
    let app = Subject::named("bound").self_signed();
    let http = https.client().identity(app.identity()).build().unwrap();
    let response = http.post(https.at("/token")).form(&BOUND_FORM).send().await.unwrap();
    refused(response, "invalid_request").await;
}
