//! A value that is fetched when it is needed and renewed when it is old or does not serve.
//!
//! One fetch at a time, and a pause after each, so that no storm of requests becomes a storm of fetches. A
//! fetch that fails keeps the old value, and a fetch goes on when the request that caused it goes away.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::Unavailable;
use crate::clock::Clock;

/// How long after one fetch began no other begins.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// How long a value is used while it cannot be renewed. After that the issuer may have withdrawn its keys.
const LONGEST_USE: Duration = Duration::from_hours(24);

/// A value, and for how long it need not be renewed.
pub(crate) struct Fetched<T> {
    pub(crate) value: T,
    pub(crate) fresh_for: Duration,
}

pub(crate) struct Refreshing<T> {
    state: RwLock<State<T>>,
    turn: Arc<Mutex<()>>,
    clock: Clock,
}

struct State<T> {
    held: Option<Held<T>>,
    last_attempt: Option<Duration>,
    /// How often what was held was forgotten.
    forgotten: u64,
}

struct Held<T> {
    value: Arc<T>,
    fetched_at: Duration,
    fresh_for: Duration,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            ..*self
        }
    }
}

impl<T: Send + Sync + 'static> Refreshing<T> {
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            state: RwLock::new(State {
                held: None,
                last_attempt: None,
                forgotten: 0,
            }),
            turn: Arc::default(),
            clock,
        })
    }

    /// The value; if possible a fresh one that `serves`.
    pub(crate) async fn get<F>(self: &Arc<Self>, serves: impl Fn(&T) -> bool, fetch: F) -> Result<Arc<T>, Unavailable>
    where
        F: Future<Output = Result<Fetched<T>, Unavailable>> + Send + 'static,
    {
        if let Some(held) = self.usable().filter(|held| serves(&held.value)) {
            if self.clock.elapsed() < held.fetched_at + held.fresh_for {
                return Ok(held.value);
            }
            // It serves, but is old: one request renews it, the others need not wait for that.
            return match Arc::clone(&self.turn).try_lock_owned() {
                Ok(turn) => self.renew(turn, fetch).await,
                Err(_) => Ok(held.value),
            };
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        // Whoever had the turn before may have brought what is wanted.
        match self.usable().filter(|held| serves(&held.value)) {
            Some(held) => Ok(held.value),
            None => self.renew(turn, fetch).await,
        }
    }

    async fn renew<F>(self: &Arc<Self>, turn: OwnedMutexGuard<()>, fetch: F) -> Result<Arc<T>, Unavailable>
    where
        F: Future<Output = Result<Fetched<T>, Unavailable>> + Send + 'static,
    {
        if !self.begin_attempt() {
            let held = self
                .usable()
                .ok_or_else(|| Unavailable::new("it could not be reached a moment ago"));
            return held.map(|held| held.value);
        }
        let this = Arc::clone(self);
        let forgotten = self.forgotten();
        let fetching = tokio::spawn(async move {
            let outcome = fetch.await.map(|fetched| this.keep(fetched, forgotten));
            drop(turn);
            outcome
        });
        let error = match fetching.await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => Unavailable::new("the runtime is shutting down"),
        };
        match self.usable() {
            Some(held) => {
                tracing::warn!(%error, "the authorization server could not be asked; what it said before is used");
                Ok(held.value)
            }
            None => Err(error),
        }
    }

    /// What there is, unless it is too old to be used at all.
    fn usable(&self) -> Option<Held<T>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.elapsed();
        state
            .held
            .clone()
            .filter(|held| now < held.fetched_at + held.fresh_for.max(LONGEST_USE))
    }

    fn begin_attempt(&self) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.elapsed();
        if state.last_attempt.is_some_and(|last| now < last + PAUSE) {
            return false;
        }
        state.last_attempt = Some(now);
        true
    }

    /// What is held counts for nothing any more, and neither does what is being fetched.
    pub(crate) fn forget(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            held: None,
            last_attempt: None,
            forgotten: state.forgotten + 1,
        };
    }

    fn forgotten(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).forgotten
    }

    fn keep(&self, fetched: Fetched<T>, forgotten: u64) -> Arc<T> {
        let value = Arc::new(fetched.value);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.forgotten != forgotten {
            return value;
        }
        state.held = Some(Held {
            value: Arc::clone(&value),
            fetched_at: self.clock.elapsed(),
            fresh_for: fetched.fresh_for,
        });
        value
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::{Fetched, LONGEST_USE, PAUSE, Refreshing};
    use crate::Unavailable;
    use crate::clock::Clock;

    struct Fixture {
        cell: Arc<Refreshing<u32>>,
        clock: Clock,
        fetches: Arc<AtomicU32>,
    }

    impl Fixture {
        fn new() -> Self {
            let clock = Clock::new();
            Self {
                cell: Refreshing::new(clock.clone()),
                clock,
                fetches: Arc::default(),
            }
        }

        /// Each fetch brings the number of fetches so far.
        async fn get(&self, serves: impl Fn(&u32) -> bool, works: bool) -> Option<u32> {
            let fetches = Arc::clone(&self.fetches);
            let fetch = async move {
                let value = fetches.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                if works {
                    let fresh_for = Duration::from_mins(1);
                    Ok(Fetched { value, fresh_for })
                } else {
                    Err(Unavailable::new("test"))
                }
            };
            self.cell.get(serves, fetch).await.ok().map(|value| *value)
        }
    }

    #[tokio::test]
    async fn a_fresh_value_is_not_fetched_again_and_an_old_one_is() {
        let it = Fixture::new();
        assert_eq!(it.get(|_| true, true).await, Some(1));
        it.clock.advance(Duration::from_secs(59));
        assert_eq!(it.get(|_| true, true).await, Some(1));
        it.clock.advance(Duration::from_secs(1));
        assert_eq!(it.get(|_| true, true).await, Some(2));
    }

    #[tokio::test]
    async fn a_value_that_does_not_serve_is_renewed_once_per_pause() {
        let it = Fixture::new();
        assert_eq!(it.get(|_| true, true).await, Some(1));
        assert_eq!(it.get(|value| *value > 5, true).await, Some(1), "within the pause");
        it.clock.advance(PAUSE);
        assert_eq!(it.get(|value| *value > 5, true).await, Some(2));
        assert_eq!(it.get(|value| *value > 5, true).await, Some(2));
        assert_eq!(it.fetches.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn what_was_forgotten_is_fetched_at_once_and_not_used_when_that_fails() {
        let it = Fixture::new();
        assert_eq!(it.get(|_| true, true).await, Some(1));
        it.cell.forget();
        assert_eq!(it.get(|_| true, true).await, Some(2));
        it.cell.forget();
        assert_eq!(it.get(|_| true, false).await, None);
    }

    #[tokio::test]
    async fn many_at_once_are_one_fetch() {
        let it = Arc::new(Fixture::new());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let it = Arc::clone(&it);
            tasks.spawn(async move { it.get(|_| true, true).await });
        }
        assert!(tasks.join_all().await.into_iter().all(|value| value == Some(1)));
        assert_eq!(it.fetches.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_failure_keeps_the_old_value_for_a_day() {
        let it = Fixture::new();
        assert_eq!(it.get(|_| true, true).await, Some(1));
        it.clock.advance(Duration::from_mins(1));
        assert_eq!(it.get(|_| true, false).await, Some(1));
        it.clock.advance(LONGEST_USE);
        assert_eq!(it.get(|_| true, false).await, None);
    }

    #[tokio::test]
    async fn without_a_value_a_failure_is_told_and_tried_again_after_the_pause() {
        let it = Fixture::new();
        assert_eq!(it.get(|_| true, false).await, None);
        assert_eq!(it.get(|_| true, true).await, None);
        it.clock.advance(PAUSE);
        assert_eq!(it.get(|_| true, true).await, Some(2));
    }

    #[tokio::test]
    async fn a_fetch_goes_on_when_its_request_goes_away() {
        let it = Fixture::new();
        {
            let mut request = Box::pin(it.get(|_| true, true));
            // One poll starts the fetch; then the request is dropped.
            std::future::poll_fn(|context| {
                assert!(request.as_mut().poll(context).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
        }
        assert_eq!(it.get(|_| true, true).await, Some(1));
        assert_eq!(it.fetches.load(Ordering::SeqCst), 1);
    }
}
