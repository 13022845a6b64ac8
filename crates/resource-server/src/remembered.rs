//! Answers of the issuer that are used again for a moment.
//! Spec: RFC 7662 §4
//!
//! For as long as the program allows, never beyond the token's end, and only while it is heard what is revoked
//! ([`Revocations`]). Tokens are known by their hash.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jose::sha256;
use protocol::IntrospectionResponse;
use serde_json::{Map, Value};

use crate::Revocations;
use crate::heard::Moment;

/// How many answers are kept at once, of one API.
const MOST: usize = 10_000;

/// The issuer's answer, and all of its members.
pub(crate) type Answer = (IntrospectionResponse, Map<String, Value>);

pub(crate) struct Remembered {
    longest: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    answers: HashMap<[u8; 32], Kept>,
    /// When those were last removed that are too old.
    swept: Duration,
}

struct Kept {
    answer: Answer,
    asked: Moment,
}

impl Remembered {
    /// Each answer for so long at most.
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            longest,
            held: Mutex::default(),
        }
    }

    /// What the issuer said of a token a moment ago, if it would say so still. `now`: seconds since 1970.
    pub(crate) fn find(&self, token: &str, revocations: &Revocations, now: i64) -> Option<Answer> {
        let at = revocations.moment()?.at;
        let held = self.held();
        let Kept { answer, asked } = held.answers.get(&sha256(token.as_bytes()))?;
        let is_fresh = at < asked.at + self.longest && answer.0.exp.is_some_and(|end| now < end);
        let holds = is_fresh && revocations.still_hold(*asked, &answer.0.revocation_tags);
        holds.then(|| answer.clone())
    }

    /// Keeps what the issuer said. `asked`: the moment before it was asked. A token of which nobody says by what it is called
    /// in the stream is not kept, and neither is one that is worth nothing.
    pub(crate) fn keep(&self, token: &str, answer: &Answer, asked: Moment) {
        if !answer.0.active || answer.0.revocation_tags.is_empty() || self.longest.is_zero() {
            return;
        }
        let mut held = self.held();
        if held.answers.len() >= MOST {
            if asked.at < held.swept + Duration::from_secs(1) {
                return;
            }
            held.swept = asked.at;
            held.answers.retain(|_, kept| asked.at < kept.asked.at + self.longest);
            if held.answers.len() >= MOST {
                return;
            }
        }
        let answer = answer.clone();
        held.answers.insert(sha256(token.as_bytes()), Kept { answer, asked });
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
