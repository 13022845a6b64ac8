//! What the issuer says of tokens that may be worth less than before, heard as it happens.
//! Spec: RFC 8414 §2 (`revocation_events_endpoint`, a member that Sekisho adds)
//!
//! Only while it is heard may an answer of the issuer be used again, or a JWT be taken without asking. A stream that ends, or
//! in which nothing is said for three seconds, counts for nothing, and so does all that was kept while it was heard: the
//! next stream begins with an empty memory. What was told of is asked about again, whatever comes of that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use enforcement::CheckedToken;
use protocol::revocation_events::{Event, MEDIA_TYPE, Reader};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};
use tokio::time::{sleep, timeout};

use crate::Unavailable;
use crate::builder::{self, BuildError};
use crate::clock::Clock;
use crate::discovery::Discovery;
use crate::http_client;
use crate::introspection::Credentials;

/// How long it may be silent. The issuer says something each second.
pub(crate) const SILENCE: Duration = Duration::from_secs(3);
/// How long it may take to begin: the issuer waits until all of it knows its settings.
const BEGINNING: Duration = Duration::from_secs(15);
/// How long one stream is followed, so that no request lasts for ever.
const LONGEST: Duration = Duration::from_hours(24);
/// How long after one stream the next is asked for.
const PAUSE: Duration = Duration::from_secs(1);
/// How much can be remembered of what was told; then another stream begins.
const MOST: usize = 100_000;

/// A stream of revocations. Cheap to clone: all APIs of a program can share one.
#[derive(Clone)]
pub struct Revocations(Arc<Shared>);

/// How many tokens were judged in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// By asking the issuer.
    pub asked: u64,
    /// By an answer of the issuer that was kept.
    pub remembered: u64,
    /// By the token's signature.
    pub verified: u64,
}

/// It has no `Debug`: it holds the API's secret.
struct Shared {
    issuer: String,
    discovery: Arc<Discovery>,
    http: Client,
    credentials: Credentials,
    clock: Clock,
    is_listening: AtomicBool,
    heard: RwLock<Option<Heard>>,
    streams: AtomicU64,
    asked: AtomicU64,
    remembered: AtomicU64,
    verified: AtomicU64,
}

/// One stream so far.
struct Heard {
    number: u64,
    /// When everything began to be told, by the issuer's clock; none yet.
    began_at: Option<i64>,
    /// When something was said last.
    last: Duration,
    /// How many events there were.
    events: u64,
    /// By tag, the last event in which it was.
    told: HashMap<String, u64>,
}

/// A point in a stream: what the issuer is asked from then on is not older than what was told by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) stream: u64,
    event: u64,
    /// When it was, by our clock.
    pub(crate) at: Duration,
}

#[cfg(test)]
impl Moment {
    /// Whether as many events had been heard at `other`.
    pub(crate) fn is_as_late_as(self, other: Self) -> bool {
        (self.stream, self.event) == (other.stream, other.event)
    }
}

impl Revocations {
    /// Revocations for the APIs whose tokens this client may ask about. Nothing is asked for before the first token comes.
    pub fn of(issuer: &str, client_id: &str, client_secret: &str, http: Option<Client>) -> Result<Self, BuildError> {
        Self::with_clock((issuer, client_id, client_secret), http, Clock::new())
    }

    pub(crate) fn with_clock(
        (issuer, client_id, client_secret): (&str, &str, &str),
        http: Option<Client>,
        clock: Clock,
    ) -> Result<Self, BuildError> {
        let url = builder::absolute("issuer", issuer)?;
        let http = match http {
            Some(client) => client,
            None => http_client::client().map_err(BuildError::HttpClient)?,
        };
        Ok(Self(Arc::new(Shared {
            issuer: issuer.to_owned(),
            discovery: Arc::new(Discovery::new(url, issuer.to_owned(), http.clone(), clock.clone())),
            http,
            credentials: Credentials::new(client_id, client_secret),
            clock,
            is_listening: AtomicBool::new(false),
            heard: RwLock::new(None),
            streams: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            remembered: AtomicU64::new(0),
            verified: AtomicU64::new(0),
        })))
    }

    /// Begins to listen, if nobody has yet. Within a runtime; the first token does it too.
    pub fn listen(&self) {
        if !self.0.is_listening.swap(true, Ordering::Relaxed) {
            tokio::spawn(listen(Arc::downgrade(&self.0)));
        }
    }

    /// Whether everything is heard right now. If not, the issuer is asked about each token.
    pub fn are_heard(&self) -> bool {
        self.moment().is_some()
    }

    /// How many tokens were judged in which way so far.
    pub fn counts(&self) -> Counts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            asked: count(&self.0.asked),
            remembered: count(&self.0.remembered),
            verified: count(&self.0.verified),
        }
    }

    pub(crate) fn count_asked(&self) {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Now, if everything is heard.
    pub(crate) fn moment(&self) -> Option<Moment> {
        self.0.with_heard(|heard, at| Moment {
            stream: heard.number,
            event: heard.events,
            at,
        })
    }

    /// Whether an answer to a question that was asked then is one that the issuer would still give, as far as was told.
    pub(crate) fn still_hold(&self, asked: Moment, tags: &[String]) -> bool {
        let is_told_since = |heard: &Heard, tag| heard.told.get(tag).is_some_and(|event| *event > asked.event);
        let holds = self
            .0
            .with_heard(|heard, _| heard.number == asked.stream && !tags.iter().any(|tag| is_told_since(heard, tag)));
        let holds = holds.unwrap_or_default();
        if holds {
            self.0.remembered.fetch_add(1, Ordering::Relaxed);
        }
        holds
    }

    /// Whether a JWT whose signature was checked with the keys of this stream needs no question: it was issued since
    /// everything is told, and nothing was told of it.
    pub(crate) fn vouch_for(&self, checked: Moment, token: &CheckedToken) -> bool {
        let tags = token.revocation_tags(&self.0.issuer);
        let is_sure = self.0.with_heard(|heard, _| {
            let began_at = heard.began_at.unwrap_or(i64::MAX);
            heard.number == checked.stream
                && token.issued_at().is_some_and(|issued_at| issued_at >= began_at)
                && !tags.iter().any(|tag| heard.told.contains_key(tag))
        });
        let is_sure = is_sure.unwrap_or_default();
        if is_sure {
            self.0.verified.fetch_add(1, Ordering::Relaxed);
        }
        is_sure
    }
}

impl Shared {
    /// Looks into the stream, unless it has not begun, has ended, or is silent.
    fn with_heard<T>(&self, look: impl FnOnce(&Heard, Duration) -> T) -> Option<T> {
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.elapsed();
        let heard = heard.as_ref()?;
        let is_alive = heard.began_at.is_some() && now < heard.last + SILENCE;
        is_alive.then(|| look(heard, now))
    }

    fn set(&self, heard: Option<Heard>) {
        *self.heard.write().unwrap_or_else(PoisonError::into_inner) = heard;
    }

    async fn open(&self) -> Result<Response, Unavailable> {
        let endpoints = self.discovery.endpoints().await?;
        let endpoint = endpoints
            .revocation_events_endpoint
            .clone()
            .ok_or_else(|| Unavailable::new("its metadata has no revocation_events_endpoint"))?;
        let request = self
            .credentials
            .put_into(self.http.post(endpoint))
            .header(ACCEPT, MEDIA_TYPE)
            .timeout(LONGEST);
        let answer = timeout(BEGINNING, request.send())
            .await
            .map_err(|_| Unavailable::new("it does not answer"))?
            .map_err(|error| Unavailable::caused_by(&error))?;
        let is_stream = answer
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
        match answer.status() {
            StatusCode::OK if is_stream => Ok(answer),
            status => Err(Unavailable::new(format!(
                "it answered with status {status}, and no events"
            ))),
        }
    }

    fn begin(&self) {
        let heard = Heard {
            number: self.streams.fetch_add(1, Ordering::Relaxed) + 1,
            began_at: None,
            last: self.clock.elapsed(),
            events: 0,
            told: HashMap::new(),
        };
        self.set(Some(heard));
    }

    fn hear(&self, event: Event) -> Result<(), Unavailable> {
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        let Some(heard) = heard.as_mut() else { return Ok(()) };
        heard.last = self.clock.elapsed();
        match event {
            Event::Begin { at } => {
                tracing::info!("revocations are heard");
                heard.began_at = Some(at);
            }
            Event::Alive => {}
            Event::Revoked(tags) => {
                heard.events += 1;
                let event = heard.events;
                heard.told.extend(tags.into_iter().map(|tag| (tag, event)));
                if heard.told.len() > MOST {
                    return Err(Unavailable::new("it told more than can be remembered"));
                }
            }
        }
        Ok(())
    }

    fn has_begun(&self) -> bool {
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        heard.as_ref().is_some_and(|heard| heard.began_at.is_some())
    }
}

/// Listens for as long as anybody wants to know, stream after stream.
async fn listen(shared: Weak<Shared>) {
    while let Some(this) = shared.upgrade() {
        let opened = this.open().await;
        drop(this);
        let ended = match opened {
            Ok(response) => follow(&shared, response).await,
            Err(error) => error,
        };
        let Some(this) = shared.upgrade() else { return };
        this.set(None);
        drop(this);
        tracing::warn!(reason = %ended, "revocations are not heard: the issuer is asked about each token");
        sleep(PAUSE).await;
    }
}

/// Hears one stream to its end; answers why it ended.
async fn follow(shared: &Weak<Shared>, mut response: Response) -> Unavailable {
    let mut reader = Reader::default();
    let mut patience = BEGINNING;
    if let Some(this) = shared.upgrade() {
        this.begin();
    }
    loop {
        let piece = match timeout(patience, response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return Unavailable::new("the stream has ended"),
            Ok(Err(error)) => return Unavailable::caused_by(&error),
            Err(_) => return Unavailable::new("nothing is said"),
        };
        let Some(this) = shared.upgrade() else {
            return Unavailable::new("nobody listens any more");
        };
        let events = match reader.read(&piece) {
            Ok(events) => events,
            Err(error) => return Unavailable::caused_by(&error),
        };
        for event in events {
            if let Err(error) = this.hear(event) {
                return error;
            }
        }
        if this.has_begun() {
            patience = SILENCE;
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::revocation_events::Event;

    use super::{MOST, Revocations};

    fn heard() -> Revocations {
        let heard = Revocations::of("https://id.example", "api", "secret", None).unwrap();
        heard.0.begin();
        heard.0.hear(Event::Begin { at: 1 }).unwrap();
        heard
    }

    fn revoked(tag: &str) -> Event {
        Event::Revoked(vec![tag.to_owned()])
    }

    #[test]
    fn what_is_told_while_a_question_is_under_way_makes_its_answer_old() {
        let heard = heard();
        let tags = |tag: &str| [tag.to_owned()];
        heard.0.hear(revoked("before")).unwrap();
        let asked = heard.moment().unwrap();
        heard.0.hear(revoked("meanwhile")).unwrap();
        assert!(!heard.still_hold(asked, &tags("meanwhile")));
        assert!(heard.still_hold(asked, &tags("before")));
        assert!(heard.still_hold(heard.moment().unwrap(), &tags("meanwhile")));
        heard.0.begin();
        assert!(!heard.still_hold(asked, &tags("before")), "the stream has not begun");
        heard.0.hear(Event::Begin { at: 2 }).unwrap();
        assert!(!heard.still_hold(asked, &tags("before")), "it is another one");
    }

    #[test]
    fn a_stream_that_tells_more_than_can_be_remembered_is_left() {
        let heard = heard();
        for number in 0..MOST {
            heard.0.hear(revoked(&number.to_string())).unwrap();
        }
        heard.0.hear(revoked("0")).unwrap();
        assert!(heard.0.hear(revoked("one more")).is_err());
    }
}
