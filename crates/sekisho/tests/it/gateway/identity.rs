//! The caller as a signed token.

use jose::UnverifiedJwt;

use crate::{
    app::{granted, key_set, text, verify},
    gateway::{Guarded, Things, at, identifier},
};

const SIGNED: &str = "gateway = { identity = \"jwt\" }";

#[tokio::test]
async fn an_api_may_get_a_signed_token_in_the_place_of_the_clients() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), SIGNED).await;
    let token = guarded.token("things:read").await;
    let call = async || granted(guarded.call("GET", "/things/1", &token).await).await;
    let got = call().await;
    let inside = text(&got["headers"], "authorization").strip_prefix("Bearer ").unwrap();
    assert!(got["headers"].get("sekisho-client").is_none());
    let verified = verify(&key_set(&guarded).await, inside);
    let claims = serde_json::Value::Object(verified.claims);
    assert_eq!(claims["iss"], guarded.running.realms.issuers()[0]);
    assert_eq!(claims["aud"], identifier(guarded.gateway));
    assert_eq!(
        (&claims["sub"], &claims["client_id"]),
        (&"caller".into(), &"caller".into())
    );
    assert_eq!(claims["scope"], "things:read");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    assert_eq!(
        UnverifiedJwt::parse(inside).unwrap().header().typ.as_deref(),
        Some("call+jwt")
    );
    // The same for a few seconds, then a new one.
    assert_eq!(
        text(&call().await["headers"], "authorization"),
        format!("Bearer {inside}")
    );
    guarded.clock.advance(10);
    assert_ne!(
        text(&call().await["headers"], "authorization"),
        format!("Bearer {inside}")
    );
}

#[tokio::test]
async fn nobody_calls_with_the_token_that_an_api_got() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), SIGNED).await;
    let token = guarded.token("things:read").await;
    let got = granted(guarded.call("GET", "/things/1", &token).await).await;
    let inside = text(&got["headers"], "authorization").strip_prefix("Bearer ").unwrap();
    assert_eq!(guarded.call("GET", "/things/1", inside).await.status(), 401);
    assert_eq!(things.calls(), 1);
}
