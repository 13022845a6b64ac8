//! The issuer's public keys.
//! Spec: RFC 7517 §5, RFC 9068 §4
//!
//! A key that is not known yet makes the set be fetched again, so that the issuer can rotate at any time; but
//! at most once per pause, because anybody can send a token with an invented `kid`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jose::KeySet;
use reqwest::Client;

use crate::Unavailable;
use crate::clock::Clock;
use crate::discovery::Discovery;
use crate::http_client;
use crate::refreshing::{Fetched, Refreshing};

pub(crate) struct KeyCache {
    discovery: Arc<Discovery>,
    http: Client,
    held: Arc<Refreshing<KeySet>>,
    /// Since which stream of revocations they are kept; 0: before the first.
    stream: AtomicU64,
}

impl KeyCache {
    pub(crate) fn new(discovery: Arc<Discovery>, http: Client, clock: Clock) -> Self {
        Self {
            discovery,
            http,
            held: Refreshing::new(clock),
            stream: AtomicU64::new(0),
        }
    }

    /// The keys are fetched anew: by the time that this stream of revocations began, some may have been withdrawn.
    pub(crate) fn begin(&self, stream: u64) {
        if self.stream.swap(stream, Ordering::Relaxed) != stream {
            self.held.forget();
        }
    }

    /// The issuer's keys, with the one of this `kid` if the issuer has it.
    pub(crate) async fn keys(&self, kid: Option<&str>) -> Result<Arc<KeySet>, Unavailable> {
        let discovery = Arc::clone(&self.discovery);
        let http = self.http.clone();
        let fetch = async move {
            let endpoints = discovery.endpoints().await?;
            let jwks_uri = endpoints
                .jwks_uri
                .clone()
                .ok_or_else(|| Unavailable::new("its metadata has no jwks_uri"))?;
            let (headers, value) = http_client::json(http.get(jwks_uri)).await?;
            Ok(Fetched {
                value,
                fresh_for: http_client::fresh_for(&headers),
            })
        };
        self.held
            .get(|keys: &KeySet| kid.is_none_or(|kid| keys.contains(kid)), fetch)
            .await
    }
}
