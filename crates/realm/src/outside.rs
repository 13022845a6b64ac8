//! What this server asks of others: documents and key sets at addresses that clients have registered.
//!
//! Spec: OpenID Connect Core §10.1.1 (rotation: an unknown `kid` is a reason to look again), RFC 7517 §5
//!
//! Whoever registers a client chooses the address, so nobody waits for an answer that somebody else's address owes:
//! each address is asked once at a time, and after a failure not again for a moment. Which addresses may be asked at
//! all, and for how long, is for the [`Fetch`] that the program hands in.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use jose::KeySet;

/// How long keys are used without looking again, in seconds: a key that its owner has withdrawn works no longer.
pub const KEYS_MAX_AGE: i64 = 60;
/// How long an address that failed, or that does not have a `kid`, is left alone, in seconds.
const PAUSE: i64 = 5;
/// How many addresses are remembered; beyond that, all are forgotten at once.
const REMEMBERED: usize = 4096;

/// A document of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The HTTP status, whatever it is.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a document cannot be had; it holds neither path nor query of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// What [`Fetch::get`] answers.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + 'a>>;

/// Gets documents from others: guarded against addresses that must not be asked, bounded in time and size, without
/// following redirects.
pub trait Fetch: Send + Sync {
    /// Gets what is at `url`; `accept` is a media type.
    fn get<'a>(&'a self, url: &'a str, accept: &'a str) -> Fetching<'a>;

    /// Whether `url` may be asked at all, as far as its text tells. What its host resolves to is judged when it is asked.
    fn check(&self, url: &str) -> Result<(), FetchError> {
        let _ = url;
        Ok(())
    }
}

/// Asks nobody: for commands without a server.
struct Closed;

impl Fetch for Closed {
    fn get<'a>(&'a self, _: &'a str, _: &'a str) -> Fetching<'a> {
        Box::pin(std::future::ready(Err(FetchError(
            "nothing is fetched without a server".into(),
        ))))
    }
}

/// Asks others, and remembers their keys for a moment.
pub struct Outside {
    fetch: Box<dyn Fetch>,
    key_sets: Mutex<HashMap<String, Arc<Address>>>,
}

/// What is known of one address; locked while it is asked, so that it is asked once at a time.
type Address = tokio::sync::Mutex<Known>;

#[derive(Default)]
struct Known {
    /// When it was last asked, unix seconds.
    asked_at: i64,
    answer: Option<Result<Arc<KeySet>, FetchError>>,
}

impl Outside {
    /// Asks by this.
    pub fn new(fetch: impl Fetch + 'static) -> Self {
        Self {
            fetch: Box::new(fetch),
            key_sets: Mutex::default(),
        }
    }

    /// Asks nobody.
    pub fn closed() -> Self {
        Self::new(Closed)
    }

    /// Whether `url` may be asked at all, as far as its text tells: said to whoever registers it.
    pub fn check(&self, url: &str) -> Result<(), FetchError> {
        self.fetch.check(url)
    }

    /// The document at `url`; only an answer with status 200 is one.
    pub async fn get(&self, url: &str, accept: &str) -> Result<Vec<u8>, FetchError> {
        let fetched = self.fetch.get(url, accept).await?;
        match fetched.status {
            200 => Ok(fetched.body),
            status => Err(FetchError(format!("it answered with status {status}"))),
        }
    }

    /// The key set at `url`, not older than [`KEYS_MAX_AGE`]. If `kid` is not in it, it is asked for again, unless
    /// that was done a moment ago.
    pub async fn key_set(&self, url: &str, kid: Option<&str>, now: i64) -> Result<Arc<KeySet>, FetchError> {
        let address = self.address(url);
        let mut known = address.lock().await;
        let age = now - known.asked_at;
        let is_good_enough = match &known.answer {
            None => false,
            Some(Err(_)) => age < PAUSE,
            Some(Ok(keys)) if kid.is_some_and(|kid| !keys.contains(kid)) => age < PAUSE,
            Some(Ok(_)) => age < KEYS_MAX_AGE,
        };
        if is_good_enough && let Some(answer) = &known.answer {
            return answer.clone();
        }
        let answer = self.fetch_key_set(url).await;
        *known = Known {
            asked_at: now,
            answer: Some(answer.clone()),
        };
        answer
    }

    fn address(&self, url: &str) -> Arc<Address> {
        let mut addresses = self.key_sets.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= REMEMBERED && !addresses.contains_key(url) {
            addresses.clear();
        }
        Arc::clone(addresses.entry(url.to_owned()).or_default())
    }

    async fn fetch_key_set(&self, url: &str) -> Result<Arc<KeySet>, FetchError> {
        let body = self.get(url, "application/jwk-set+json, application/json").await?;
        serde_json::from_slice(&body)
            .map(Arc::new)
            .map_err(|error| FetchError(format!("what is there is not a key set: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Answers with one key whose `kid` is the number of the call; the first `failures` calls fail.
    struct Counting {
        calls: Arc<AtomicUsize>,
        failures: usize,
    }

    impl Fetch for Counting {
        fn get<'a>(&'a self, _: &'a str, _: &'a str) -> Fetching<'a> {
            let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
            let status = if call > self.failures { 200 } else { 500 };
            let body = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"{call}"}}]}}"#).into_bytes();
            Box::pin(async move { Ok(Fetched { status, body }) })
        }
    }

    fn outside(failures: usize) -> (Outside, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let fetch = Counting {
            calls: Arc::clone(&calls),
            failures,
        };
        (Outside::new(fetch), calls)
    }

    #[tokio::test]
    async fn keys_are_asked_for_again_after_a_minute() {
        let (outside, calls) = outside(0);
        for now in [1000, 1000 + KEYS_MAX_AGE - 1] {
            assert!(outside.key_set("u", None, now).await.unwrap().contains("1"));
        }
        let later = outside.key_set("u", None, 1000 + KEYS_MAX_AGE).await.unwrap();
        assert!(later.contains("2") && !later.contains("1"));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_unknown_kid_is_looked_for_once_and_then_not_for_a_moment() {
        let (outside, calls) = outside(0);
        assert!(outside.key_set("u", Some("1"), 1000).await.unwrap().contains("1"));
        assert!(
            outside
                .key_set("u", Some("2"), 1000 + PAUSE)
                .await
                .unwrap()
                .contains("2")
        );
        for _ in 0..3 {
            assert!(
                !outside
                    .key_set("u", Some("9"), 1000 + 2 * PAUSE - 1)
                    .await
                    .unwrap()
                    .contains("9")
            );
        }
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_address_that_fails_is_left_alone_for_a_moment() {
        let (outside, calls) = outside(1);
        assert!(outside.key_set("u", None, 1000).await.is_err());
        assert!(outside.key_set("u", None, 1000 + PAUSE - 1).await.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert!(outside.key_set("u", None, 1000 + PAUSE).await.is_ok());
        assert!(
            outside
                .key_set("other", None, 1000 + PAUSE)
                .await
                .unwrap()
                .contains("3")
        );
    }

    #[tokio::test]
    async fn without_a_server_nothing_is_fetched() {
        assert!(Outside::closed().get("https://a.example", "*/*").await.is_err());
    }
}
