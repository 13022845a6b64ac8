//! Parsed client metadata, by its text.
//!
//! The row of a client is read at every request, so that nothing stale is believed; only the work of parsing the same
//! JSON again is saved.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use foldhash::fast::RandomState;
use protocol::client_metadata::ClientMetadata;

use crate::StorageError;

/// How many texts are kept; when there are more, it begins anew.
const MOST: usize = 1_000;

/// Metadata that was parsed before. The texts are long, and hashing them is most of the work that is left.
#[derive(Default)]
pub(crate) struct ParsedMetadata(RwLock<HashMap<String, Arc<ClientMetadata>, RandomState>>);

impl ParsedMetadata {
    /// The metadata of a text.
    pub(crate) fn parse(&self, text: String) -> Result<Arc<ClientMetadata>, StorageError> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&text) {
            return Ok(Arc::clone(known));
        }
        let parsed = serde_json::from_str(&text).map_err(|error| StorageError::Corrupt(error.to_string()))?;
        let parsed = Arc::new(parsed);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text, Arc::clone(&parsed));
        Ok(parsed)
    }
}
