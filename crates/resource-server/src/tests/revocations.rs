//! What is kept, and JWTs that are not asked about: while it is heard what is revoked, and no longer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use http::StatusCode;
use jose::SigningKey;
use protocol::revocation_events::{Event, Tags};
use serde_json::json;

use super::issuer::{CLIENT_ID, CLIENT_SECRET, Issuer};
use super::{app, body, both, get_with, status};
use crate::clock::Clock;
use crate::heard::SILENCE;
use crate::{Counts, Revocations};

const KEPT: Duration = Duration::from_secs(14);

struct World {
    issuer: Issuer,
    heard: Revocations,
    clock: Clock,
    app: Router,
    key: SigningKey,
    /// Whether the stream has begun.
    has_begun: AtomicBool,
}

impl World {
    /// Nothing is heard yet.
    async fn start() -> Self {
        let issuer = Issuer::start().await;
        let builder = both(&issuer.url);
        let clock = builder.clock.clone();
        let who = (issuer.url.as_str(), CLIENT_ID, CLIENT_SECRET);
        let heard = Revocations::with_clock(who, None, clock.clone()).unwrap();
        let server = builder.revocations(heard.clone()).remember(KEPT).build().unwrap();
        Self {
            has_begun: AtomicBool::new(false),
            key: issuer.new_key(true),
            app: app(&server),
            issuer,
            heard,
            clock,
        }
    }

    /// Everything is heard.
    async fn hears(&self) {
        self.heard.listen();
        let begins = async {
            while !self.heard.are_heard() {
                let begin = Event::Begin { at: self.clock.unix() };
                if !self.has_begun.load(Ordering::SeqCst) && self.issuer.say(&begin) > 0 {
                    self.has_begun.store(true, Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), begins).await.unwrap();
    }

    /// The stream ends, and that was noticed.
    async fn hangs_up(&self) {
        self.issuer.hang_up();
        self.has_begun.store(false, Ordering::SeqCst);
        let deaf = async {
            while self.heard.are_heard() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), deaf).await.unwrap();
    }

    /// Something is said, and was heard.
    async fn says(&self, event: Event) {
        let before = self.heard.moment().unwrap();
        assert_eq!(self.issuer.say(&event), 1);
        let heard = async {
            while self.heard.moment().is_some_and(|now| now.event == before.event) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), heard).await.unwrap();
    }

    fn opaque(&self, token: &str) {
        let tag = Tags::of(&self.issuer.url).token(token);
        self.issuer.issue_opaque(token, json!({ "revocation_tags": [tag] }));
    }

    /// The issuer still knows this JWT, whose user it calls otherwise.
    fn known(&self, jwt: &str, id: &str) {
        let tag = Tags::of(&self.issuer.url).token(id);
        self.issuer.issue_opaque(jwt, json!({ "revocation_tags": [tag] }));
    }

    fn jwt(&self, changes: serde_json::Value) -> String {
        self.issuer.issue_jwt(&self.key, changes)
    }

    fn revoked(&self, id: &str) -> Event {
        Event::Revoked(vec![Tags::of(&self.issuer.url).token(id)])
    }

    /// How many questions this costs; the token is good, or not.
    async fn costs(&self, token: &str, is_good: bool) -> u32 {
        let before = self.issuer.introspections.load(Ordering::SeqCst);
        let expected = if is_good {
            StatusCode::OK
        } else {
            StatusCode::UNAUTHORIZED
        };
        assert_eq!(status(&self.app, token).await, expected, "{token}");
        self.issuer.introspections.load(Ordering::SeqCst) - before
    }
}

#[tokio::test]
async fn an_answer_is_used_again_for_a_while_and_not_when_it_was_told_of() {
    let it = World::start().await;
    it.opaque("good");
    it.opaque("other");
    assert_eq!(it.costs("good", true).await, 1, "nothing is heard yet");
    assert_eq!(it.costs("good", true).await, 1);
    it.hears().await;
    assert_eq!(it.costs("good", true).await, 1);
    assert_eq!(it.costs("good", true).await, 0);
    assert_eq!(it.costs("other", true).await, 1);
    it.says(it.revoked("other")).await;
    assert_eq!(it.costs("good", true).await, 0, "it was told of another");
    it.issuer.revoke("good");
    it.says(it.revoked("good")).await;
    assert_eq!(it.costs("good", false).await, 1);
    assert_eq!(it.costs("other", true).await, 1, "what was told of is asked about once");
    assert_eq!(it.costs("other", true).await, 0);
    it.clock.advance(Duration::from_secs(1));
    assert_eq!(it.costs("other", true).await, 0);
    let counts = it.heard.counts();
    assert_eq!((counts.remembered, counts.verified), (4, 0));
}

#[tokio::test]
async fn an_answer_is_kept_no_longer_than_allowed_and_never_beyond_the_end_of_its_token() {
    let it = World::start().await;
    it.hears().await;
    it.opaque("good");
    let tags = [Tags::of(&it.issuer.url).token("short")];
    let soon = it.clock.unix() + 6;
    it.issuer
        .issue_opaque("short", json!({ "exp": soon, "revocation_tags": tags }));
    assert_eq!(it.costs("good", true).await + it.costs("short", true).await, 2);
    for (seconds, short, good) in [(2, 0, 0), (2, 0, 0), (2, 1, 0), (2, 1, 0), (6, 1, 1)] {
        it.clock.advance(Duration::from_secs(seconds));
        it.hears().await;
        assert_eq!(it.costs("short", true).await, short);
        assert_eq!(it.costs("good", true).await, good);
    }
}

#[tokio::test]
async fn what_has_no_tags_or_is_worth_nothing_is_not_kept() {
    let it = World::start().await;
    it.hears().await;
    it.issuer.issue_opaque("untagged", json!({}));
    for _ in 0..2 {
        assert_eq!(it.costs("untagged", true).await, 1);
        assert_eq!(it.costs("unknown", false).await, 1);
    }
}

#[tokio::test]
async fn a_jwt_is_asked_about_when_it_is_older_than_the_stream_or_was_told_of() {
    let it = World::start().await;
    let old = it.jwt(json!({ "jti": "old", "iat": it.clock.unix() - 60 }));
    it.known(&old, "old");
    it.hears().await;
    let new = it.jwt(json!({ "jti": "new", "iat": it.clock.unix() + 1 }));
    assert_eq!(it.costs(&new, true).await, 0);
    assert_eq!(it.costs(&old, true).await, 1);
    assert_eq!(it.costs(&old, true).await, 0, "the answer is kept");
    it.says(it.revoked("new")).await;
    assert_eq!(it.costs(&new, false).await, 1);
    assert_eq!(
        it.heard.counts(),
        Counts {
            asked: 2,
            remembered: 1,
            verified: 1
        }
    );
    let forged = format!("{}x", old.trim_end_matches('x'));
    assert_eq!(it.costs(&forged, false).await, 0, "its signature is enough");
}

#[tokio::test]
async fn a_jwt_is_told_of_by_its_authorization_and_its_clients_too() {
    let tags: [fn(Tags<'_>) -> String; 3] = [
        |tags| tags.authorization("a"),
        |tags| tags.client("app"),
        |tags| tags.client("first"),
    ];
    for tag in tags {
        let it = World::start().await;
        it.hears().await;
        let jwt = it.jwt(json!({
            "iat": it.clock.unix() + 1, "authorization_id": "a", "client_id": "app", "authorized_client_id": "first"
        }));
        it.says(Event::Revoked(vec![tag(Tags::of("https://other.example"))]))
            .await;
        assert_eq!(it.costs(&jwt, true).await, 0);
        it.says(Event::Revoked(vec![tag(Tags::of(&it.issuer.url))])).await;
        assert_eq!(it.costs(&jwt, false).await, 1);
    }
}

#[tokio::test]
async fn a_user_is_named_as_the_token_does_whether_the_issuer_was_asked_or_not() {
    let it = World::start().await;
    let jwt = it.jwt(json!({ "sub": "pairwise", "iat": it.clock.unix() + 20 }));
    it.known(&jwt, "1");
    let subject = async || body(get_with(&it.app, "/accounts", &jwt).await).await["sub"].clone();
    assert_eq!(it.costs(&jwt, true).await, 1);
    assert_eq!(subject().await, "pairwise");
    it.hears().await;
    assert_eq!(it.costs(&jwt, true).await, 0);
    assert_eq!(subject().await, "pairwise");
}

#[tokio::test]
async fn nothing_counts_while_nothing_is_heard() {
    let it = World::start().await;
    it.hears().await;
    it.opaque("good");
    let jwt = it.jwt(json!({ "iat": it.clock.unix() + 20 }));
    it.known(&jwt, "1");
    assert_eq!(it.costs("good", true).await + it.costs(&jwt, true).await, 1);

    // Silence.
    it.issuer.is_silent.store(true, Ordering::SeqCst);
    it.says(it.revoked("another")).await;
    it.clock.advance(SILENCE);
    assert_eq!(it.costs("good", true).await + it.costs(&jwt, true).await, 2);
    it.issuer.is_silent.store(false, Ordering::SeqCst);
    it.hears().await;
    // The end of the stream; the next one knows nothing of what was kept before, and is younger than the token.
    it.hangs_up().await;
    assert_eq!(it.costs("good", true).await, 1);
    it.clock.advance(Duration::from_mins(2));
    it.hears().await;
    assert_eq!(it.costs("good", true).await + it.costs(&jwt, true).await, 2);
    assert_eq!(it.costs("good", true).await + it.costs(&jwt, true).await, 0);

    // Nobody can be asked: fail closed.
    it.hangs_up().await;
    it.issuer.answer_with(503);
    assert_eq!(status(&it.app, "good").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&it.app, &jwt).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn each_stream_begins_with_the_keys_of_its_time() {
    let it = World::start().await;
    it.hears().await;
    let jwt = it.jwt(json!({ "iat": it.clock.unix() + 20 }));
    assert_eq!(it.costs(&jwt, true).await, 0);
    it.issuer.keys.lock().unwrap().clear();
    assert_eq!(it.costs(&jwt, true).await, 0, "the keys are kept");
    it.hangs_up().await;
    it.hears().await;
    assert_eq!(it.costs(&jwt, false).await, 0, "its key was withdrawn");
}
