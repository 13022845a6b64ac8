//! Tokens that are bound to certificates. RFC 8705 §3, §4, §7.1.

use reqwest::Response;
use serde_json::Value;
use testkit::pki::{Authority, Identity, Subject};

use super::{believing, introspected, post, with};
use crate::{
    app::{App, CLI, Code, Method, granted, header, refused, text},
    bank::Bank,
};

/// A public and a confidential client that ask for bound tokens, and one that does not.
const CLIENTS: &str = r#"
[[client]]
client_id                  = "phone"
application_type           = "native"
redirect_uris              = ["http://127.0.0.1/callback"]
grant_types                = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "none"
scope                      = "openid profile offline_access accounts:read reports:read"
tls_client_certificate_bound_access_tokens = true

[[client]]
client_id                  = "shop"
redirect_uris              = ["https://shop.example.com/callback"]
grant_types                = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "tls_client_auth"
tls_client_auth_subject_dn = "CN=shop"
scope                      = "openid profile offline_access accounts:read"
tls_client_certificate_bound_access_tokens = true
"#;

const PHONE: App = App {
    client_id: "phone",
    redirect_uri: "http://127.0.0.1:50123/callback",
    method: Method::None,
};
const SHOP: App = App {
    client_id: "shop",
    redirect_uri: "https://shop.example.com/callback",
    method: Method::None,
};

async fn bank(ca: &Authority) -> Bank {
    Bank::behind_proxy(believing(&[ca], &[], CLIENTS)).await
}

async fn redeem(bank: &Bank, app: App, code: &Code, shown: Option<&Identity>) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code.text),
        ("redirect_uri", app.redirect_uri),
        ("code_verifier", &code.verifier),
        ("client_id", app.client_id),
    ];
    post(bank, "/token", shown, &form).await
}

async fn refresh(bank: &Bank, app: App, tokens: &Value, shown: Option<&Identity>) -> Response {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(tokens, "refresh_token")),
        ("client_id", app.client_id),
    ];
    post(bank, "/token", shown, &form).await
}

async fn tokens(bank: &Bank, app: App, scope: &str, shown: &Identity) -> Value {
    let code = app.code(bank, scope).await;
    granted(redeem(bank, app, &code, Some(shown)).await).await
}

// Conformance: MTLS-RS-01 B123 SEED2-06
#[tokio::test]
async fn userinfo_wants_the_certificate_that_the_token_is_bound_to() {
    let ca = Authority::new("CA");
    let bank = bank(&ca).await;
    let (own, other) = (ca.issue(&Subject::named("phone")), ca.issue(&Subject::named("phone")));
    let tokens = tokens(&bank, PHONE, "openid", &own).await;
    let ask = || {
        bank.http
            .get(bank.url("/userinfo"))
            .bearer_auth(text(&tokens, "access_token"))
    };
    assert_eq!(with(ask(), &own).send().await.unwrap().status(), 200);
    for request in [ask(), with(ask(), &other)] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(header(&response, "www-authenticate").contains("error=\"invalid_token\""));
    }
}

// Conformance: MTLS-04 MTLS-05 MTLS-06 MTLS-07
#[tokio::test]
async fn a_public_client_that_asks_for_it_is_known_by_its_certificate_when_it_refreshes() {
    let ca = Authority::new("CA");
    let bank = bank(&ca).await;
    // Nobody must have vouched for it.
    let (own, other) = (Subject::named("p").self_signed(), Subject::named("p").self_signed());
    let code = PHONE.code(&bank, "openid offline_access accounts:read").await;
    let told = refused(redeem(&bank, PHONE, &code, None).await, "invalid_request").await;
    assert!(told.contains("mutual TLS"), "{told}");
    let tokens = granted(redeem(&bank, PHONE, &code, Some(&own)).await).await;
    let told = introspected(&bank, text(&tokens, "access_token")).await;
    assert_eq!(told["cnf"]["x5t#S256"], own.thumbprint());
    for shown in [None, Some(&other)] {
        let response = refresh(&bank, PHONE, &tokens, shown).await;
        assert_eq!(response.status(), 400);
    }
    granted(refresh(&bank, PHONE, &tokens, Some(&own)).await).await;
}

// Conformance: MTLS-04 B123
#[tokio::test]
async fn a_jwt_says_to_which_certificate_it_is_bound() {
    let ca = Authority::new("CA");
    let bank = bank(&ca).await;
    let own = Subject::named("p").self_signed();
    let tokens = tokens(&bank, PHONE, "reports:read", &own).await;
    let claims = crate::app::claims(&bank, text(&tokens, "access_token")).await;
    assert_eq!(claims["cnf"], serde_json::json!({ "x5t#S256": own.thumbprint() }));
}

// Conformance: MTLS-11 B97
#[tokio::test]
async fn a_client_that_authenticates_may_change_its_certificate_when_it_refreshes() {
    let ca = Authority::new("CA");
    let bank = bank(&ca).await;
    let (old, renewed) = (ca.issue(&Subject::named("shop")), ca.issue(&Subject::named("shop")));
    let first = tokens(&bank, SHOP, "openid offline_access accounts:read", &old).await;
    let second = granted(refresh(&bank, SHOP, &first, Some(&renewed)).await).await;
    for (tokens, identity) in [(&first, &old), (&second, &renewed)] {
        let told = introspected(&bank, text(tokens, "access_token")).await;
        assert_eq!(told["cnf"]["x5t#S256"], identity.thumbprint());
    }
    let stranger = ca.issue(&Subject::named("other"));
    for shown in [None, Some(&stranger)] {
        refused(refresh(&bank, SHOP, &first, shown).await, "invalid_client").await;
    }
}

// Conformance: MTLS-06
#[tokio::test]
async fn a_certificate_binds_nothing_for_who_did_not_ask() {
    let ca = Authority::new("CA");
    let bank = bank(&ca).await;
    let shown = Subject::named("x").self_signed();
    let tokens = tokens(&bank, CLI, "openid offline_access accounts:read", &shown).await;
    let told = introspected(&bank, text(&tokens, "access_token")).await;
    assert_eq!((&told["active"], told.get("cnf")), (&true.into(), None));
    granted(refresh(&bank, CLI, &tokens, None).await).await;
    // What the browser carries is bound to nothing, and nothing says that it were (RFC 8705 §6.4).
    let request = crate::request::Request::implicit("token", "accounts:read");
    let url = request.url(&bank);
    let callback = bank.browser().authorize(&url, "alice", "alice-password").await;
    let told = introspected(&bank, callback.get("access_token").unwrap()).await;
    assert_eq!((&told["active"], told.get("cnf")), (&true.into(), None));
}
