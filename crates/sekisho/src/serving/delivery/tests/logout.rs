//! Apps are told by a logout token that their user was signed out (OpenID Connect Back-Channel Logout).

use std::sync::Mutex;

use axum::{http::HeaderMap, response::IntoResponse};
use jose::{SigningAlg, UnverifiedJwt, Verified};
use model::{Client, Realm, Source};
use protocol::ClientMetadata;

use super::{slow::Slow, *};

const APP: &str = "app";

/// A realm with an app whose ID tokens are signed by ES256: that key is made at once.
async fn world() -> World {
    let world = World::new().await;
    let realm = Realm {
        display_name: "Bank".into(),
        ..Realm::new(REALM)
    };
    let change = Change::new()
        .then(storage::realm::put(&realm, NOW).unwrap())
        .then(app(true))
        .then(storage::realm::raise_revision());
    let _ = world.store.commit(change).await.unwrap();
    world.realms.refresh().await.unwrap();
    world
}

fn app(enabled: bool) -> storage::Statement {
    let metadata = ClientMetadata {
        client_id: APP.into(),
        id_token_signed_response_alg: Some(SigningAlg::Es256),
        ..ClientMetadata::default()
    };
    let client = Client {
        metadata: metadata.into(),
        secret_hash: None,
        wrapped_secret: None,
        registration_token_hash: None,
        enabled,
        source: Source::Api,
        created_at: NOW,
    };
    storage::client::put(REALM, &client, NOW).unwrap()
}

impl World {
    async fn owe_logout(&self, id: &str, url: &str) {
        let notice = json!({ "client_id": APP, "sub": "alice", "sid": "s1" });
        self.owe(id, "logout", url, notice).await;
    }

    async fn verified(&self, token: &str) -> Verified {
        let realm = self.realms.by_issuer(REALM).await.unwrap().unwrap();
        let token = UnverifiedJwt::parse(token).unwrap();
        realm.keys.published().verify(&token, &[SigningAlg::Es256]).unwrap()
    }
}

/// An app that answers as it is told, and keeps what it got: content type and body.
struct Receiver {
    answers: Mutex<Vec<StatusCode>>,
    got: Mutex<Vec<(String, String)>>,
}

impl Receiver {
    async fn serve(answers: &[StatusCode]) -> (Arc<Self>, String) {
        let answers = answers.iter().rev().copied().collect();
        let receiver = Arc::new(Self {
            answers: Mutex::new(answers),
            got: Mutex::default(),
        });
        let endpoint = Arc::clone(&receiver);
        let answer = move |headers: HeaderMap, body: String| {
            let content_type = headers["content-type"].to_str().unwrap().to_owned();
            endpoint.got.lock().unwrap().push((content_type, body));
            let answer = endpoint.answers.lock().unwrap().pop().unwrap();
            async move { answer.into_response() }
        };
        (
            receiver,
            serve(Router::new().route("/logout", post(answer))).await + "/logout",
        )
    }

    fn tokens(&self) -> Vec<String> {
        let got = self.got.lock().unwrap();
        let token = |(_, body): &(String, String)| body.strip_prefix("logout_token=").unwrap().to_owned();
        got.iter().map(token).collect()
    }
}

// Conformance: B136 oidcc-backchannel-rp-initiated-logout BC-03 BC-04
#[tokio::test]
async fn the_token_says_who_was_signed_out_and_cannot_be_taken_for_another_kind() {
    let world = world().await;
    let (receiver, url) = Receiver::serve(&[StatusCode::OK]).await;
    world.owe_logout("c1", &url).await;
    deliver(&mut world.worker(None)).await;
    assert_eq!(world.state("c1").await, "delivered");
    assert_eq!(receiver.got.lock().unwrap()[0].0, "application/x-www-form-urlencoded");

    let Verified { header, claims, .. } = world.verified(&receiver.tokens()[0]).await;
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    let mut claims = Value::Object(claims);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert!(jti.as_str().unwrap().len() >= 16);
    let expected = json!({
        "iss": REALM, "aud": APP, "sub": "alice", "sid": "s1", "iat": NOW, "exp": NOW + 120,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    assert_eq!(claims, expected);
}

// Conformance: BC-04
#[tokio::test]
async fn every_attempt_has_a_token_of_its_own_that_is_not_old() {
    let world = world().await;
    let (receiver, url) = Receiver::serve(&[
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::NO_CONTENT,
    ])
    .await;
    world.owe_logout("c1", &url).await;
    let mut worker = world.worker(None);
    for wait in [600, 600, 0] {
        deliver(&mut worker).await;
        world.clock.advance(wait);
    }
    assert_eq!(world.state("c1").await, "delivered", "204 is a success too (§2.8)");
    let mut ids = Vec::new();
    for (token, at) in receiver.tokens().iter().zip([NOW, NOW + 600, NOW + 1200]) {
        let claims = world.verified(token).await.claims;
        assert_eq!((&claims["iat"], &claims["exp"]), (&at.into(), &(at + 120).into()));
        ids.push(claims["jti"].clone());
    }
    assert!(ids.len() == 3 && ids[0] != ids[1] && ids[1] != ids[2]);
}

/// §2.8: "If the logout request was invalid or the logout failed, the RP MUST respond with HTTP 400 Bad Request."
// Conformance: B136 BC-06
#[tokio::test]
async fn what_the_app_refuses_or_redirects_is_not_sent_again() {
    for answer in [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::FOUND] {
        let world = world().await;
        let (receiver, url) = Receiver::serve(&[answer]).await;
        world.owe_logout("c1", &url).await;
        let mut worker = world.worker(None);
        for _ in 0..2 {
            deliver(&mut worker).await;
            world.clock.advance(3600);
        }
        let entry = world.entry("c1").await;
        let error = entry.last_error.unwrap();
        assert_eq!((entry.state.as_str(), entry.attempts), ("dead", 1));
        assert!(
            error.starts_with(&format!("it answered {}", answer.as_u16())),
            "{error}"
        );
        assert_eq!(receiver.tokens().len(), 1);
    }
}

// Conformance: BC-08
#[tokio::test]
async fn an_app_that_does_not_answer_holds_up_no_other() {
    let world = world().await;
    let (_slow, slow_url) = Slow::serve().await;
    let (receiver, url) = Receiver::serve(&[StatusCode::OK]).await;
    for id in ["s1", "s2", "s3"] {
        world.owe_logout(id, &slow_url).await;
    }
    world.owe_logout("told", &url).await;
    let mut worker = world.worker(None);
    worker.lease().await;
    worker.ended().await;
    assert_eq!((world.state("told").await.as_str(), worker.running()), ("delivered", 2));
    assert_eq!(receiver.tokens().len(), 1);
}

#[tokio::test]
async fn who_is_gone_is_told_nothing() {
    let world = world().await;
    let _ = world.store.commit(Change::new().then(app(false))).await.unwrap();
    let (receiver, url) = Receiver::serve(&[]).await;
    world.owe_logout("disabled", &url).await;
    let of_nobody = json!({ "client_id": "nobody", "sub": "alice", "sid": "s1" });
    world.owe("removed", "logout", &url, of_nobody).await;
    world
        .owe("damaged", "logout", &url, json!({ "secret": "s3cret" }))
        .await;
    deliver(&mut world.worker(None)).await;
    for (id, said) in [
        ("disabled", "gone or disabled"),
        ("removed", "gone or disabled"),
        ("damaged", "damaged"),
    ] {
        let entry = world.entry(id).await;
        let error = entry.last_error.unwrap();
        assert!(
            entry.state == "dead" && error.contains(said) && !error.contains("s3cret"),
            "{error}"
        );
    }
    assert!(receiver.tokens().is_empty());
}
