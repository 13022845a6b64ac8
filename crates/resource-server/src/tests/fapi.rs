//! What FAPI 1.0 wants of resource servers. FAPI 1.0 Baseline §6.2.1.

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde_json::json;

use super::issuer::Issuer;
use super::{app, body, both, send};

const ID: &str = "x-fapi-interaction-id";

// Conformance: F1B-RS-01 F1B-RS-02 F1B-RS-07 F1B-RS-10 F1A-RS-01 B89
#[tokio::test]
async fn a_call_of_a_customer_is_answered_in_json_from_wherever_they_are() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    let app = app(&both(&issuer.url).build().unwrap());
    for address in ["198.51.100.119", "2001:DB8::1893:25c8:1946"] {
        let request = Request::get("/accounts")
            .header(AUTHORIZATION, "Bearer good")
            .header("x-fapi-customer-ip-address", address)
            .header("x-fapi-auth-date", "Tue, 11 Sep 2012 19:43:31 GMT");
        let response = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{address}");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(body(response).await["sub"], "alice");
    }
}

// Conformance: F1B-RS-09 B89
#[tokio::test]
async fn every_answer_has_the_interaction_id_of_the_call_or_a_new_one() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    let app = app(&both(&issuer.url).build().unwrap());
    let call = async |token: &str, id: Option<&str>| {
        let mut request = Request::get("/accounts").header(AUTHORIZATION, format!("Bearer {token}"));
        if let Some(id) = id {
            request = request.header(ID, id);
        }
        let response = send(&app, request.body(Body::empty()).unwrap()).await;
        response.headers()[ID].to_str().unwrap().to_owned()
    };
    let id = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";
    for token in ["good", "bad"] {
        assert_eq!(call(token, Some(id)).await, id);
        let (one, two) = (call(token, None).await, call(token, None).await);
        assert!(one.len() == 36 && one != two, "{one} {two}");
        let replaced = call(token, Some("not\"an;id")).await;
        assert!(replaced.len() == 36 && replaced != id, "{replaced}");
    }
}
