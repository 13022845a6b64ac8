//! What the issuer says of tokens that may be worth less than before, heard as it happens.
//! Spec: RFC 8414 §2
//!
//! (`revocation_events_endpoint` is a member that Sekisho adds to the metadata, as that section allows.)
//! Only while it is heard may an answer of the issuer be used again, or a JWT be taken without asking. A stream that ends, or
//! in which nothing is said for three seconds, counts for nothing, and so does all that was kept while it was heard: the
//! next stream begins with an empty memory. What was told of is asked about again, whatever comes of that.

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
use crate::heard::{Heard, Moment, SILENCE};
use crate::http_client;
use crate::introspection::Credentials;

/// How long it may take to begin: the issuer waits until all of it knows its settings.
const BEGINNING: Duration = Duration::from_secs(15);
/// How long one stream is followed, so that no request lasts for ever.
const LONGEST: Duration = Duration::from_hours(24);
/// How long after one stream the next is asked for.
const PAUSE: Duration = Duration::from_secs(1);

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
        self.0.look(|_| true).map(|(moment, _)| moment)
    }

    /// Whether an answer to a question that was asked then still counts.
    pub(crate) fn still_hold(&self, asked: Moment, tags: &[String]) -> bool {
        let holds = self.0.look(|heard| heard.still_holds(asked, tags));
        count(holds, &self.0.remembered)
    }

    /// Whether a JWT whose signature was checked with the keys of this stream needs no question.
    pub(crate) fn vouch_for(&self, checked: Moment, token: &CheckedToken) -> bool {
        let tags = token.revocation_tags(&self.0.issuer);
        let issued_at = token.issued_at().unwrap_or(i64::MIN);
        let is_sure = self.0.look(|heard| heard.vouches_for(checked, issued_at, &tags));
        count(is_sure, &self.0.verified)
    }
}

fn count(looked: Option<(Moment, bool)>, counter: &AtomicU64) -> bool {
    let is_so = looked.is_some_and(|(_, is_so)| is_so);
    if is_so {
        counter.fetch_add(1, Ordering::Relaxed);
    }
    is_so
}

impl Shared {
    /// Looks into the stream, unless it has not begun, has ended, or is silent.
    fn look(&self, look: impl FnOnce(&Heard) -> bool) -> Option<(Moment, bool)> {
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        let heard = heard.as_ref()?;
        let moment = heard.moment(self.clock.elapsed())?;
        Some((moment, look(heard)))
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
        let number = self.streams.fetch_add(1, Ordering::Relaxed) + 1;
        self.set(Some(Heard::new(number, self.clock.elapsed())));
    }

    /// Hears events; answers whether everything is told by now.
    fn hear(&self, events: Vec<Event>) -> Result<bool, Unavailable> {
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        let Some(heard) = heard.as_mut() else { return Ok(false) };
        for event in events {
            if let Event::Begin { .. } = event {
                tracing::info!("revocations are heard");
            }
            heard.hear(event, self.clock.elapsed())?;
        }
        Ok(heard.has_begun())
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
        let events = reader.read(&piece).map_err(|error| Unavailable::caused_by(&error));
        match events.and_then(|events| this.hear(events)) {
            Ok(true) => patience = SILENCE,
            Ok(false) => {}
            Err(error) => return error,
        }
    }
}
