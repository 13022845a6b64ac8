//! What was said in one stream of revocations, and what that says of a token.

use std::collections::HashMap;
use std::time::Duration;

use protocol::revocation_events::Event;

use crate::Unavailable;

/// How long a stream may be silent. The issuer says something each second.
pub(crate) const SILENCE: Duration = Duration::from_secs(3);
/// How much can be remembered of what was told; then another stream begins.
const MOST: usize = 100_000;

/// One stream so far.
pub(crate) struct Heard {
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
    pub(crate) event: u64,
    /// When it was, by our clock.
    pub(crate) at: Duration,
}

impl Heard {
    /// Nothing so far.
    pub(crate) fn new(number: u64, now: Duration) -> Self {
        Self {
            number,
            began_at: None,
            last: now,
            events: 0,
            told: HashMap::new(),
        }
    }

    pub(crate) fn hear(&mut self, event: Event, now: Duration) -> Result<(), Unavailable> {
        self.last = now;
        match event {
            Event::Begin { at } => self.began_at = Some(at),
            Event::Alive => {}
            Event::Revoked(tags) => {
                self.events += 1;
                let event = self.events;
                self.told.extend(tags.into_iter().map(|tag| (tag, event)));
                if self.told.len() > MOST {
                    return Err(Unavailable::new("it told more than can be remembered"));
                }
            }
        }
        Ok(())
    }

    /// Whether everything is told in it.
    pub(crate) fn has_begun(&self) -> bool {
        self.began_at.is_some()
    }

    /// Now, if everything is told, and something was said a moment ago.
    pub(crate) fn moment(&self, now: Duration) -> Option<Moment> {
        let is_alive = self.has_begun() && now < self.last + SILENCE;
        is_alive.then_some(Moment {
            stream: self.number,
            event: self.events,
            at: now,
        })
    }

    /// Whether an answer to a question that was asked then is one that the issuer would still give, as far as was told.
    pub(crate) fn still_holds(&self, asked: Moment, tags: &[String]) -> bool {
        let is_told_since = |tag: &String| self.told.get(tag).is_some_and(|event| *event > asked.event);
        self.number == asked.stream && !tags.iter().any(is_told_since)
    }

    /// Whether a token that was checked here needs no question: it was issued since everything is told, and nothing was told
    /// of it.
    pub(crate) fn vouches_for(&self, checked: Moment, issued_at: i64, tags: &[String]) -> bool {
        let is_younger = self.began_at.is_some_and(|began_at| issued_at >= began_at);
        self.number == checked.stream && is_younger && !tags.iter().any(|tag| self.told.contains_key(tag))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::revocation_events::Event;

    use super::{Heard, MOST, SILENCE};

    const NOW: Duration = Duration::from_secs(100);

    fn begun(number: u64) -> Heard {
        let mut heard = Heard::new(number, NOW);
        assert_eq!(heard.moment(NOW), None, "it has not begun");
        heard.hear(Event::Begin { at: 1000 }, NOW).unwrap();
        heard
    }

    fn revoked(tag: &str) -> Event {
        Event::Revoked(vec![tag.to_owned()])
    }

    fn tags(tag: &str) -> [String; 1] {
        [tag.to_owned()]
    }

    #[test]
    fn what_is_told_while_a_question_is_under_way_makes_its_answer_old() {
        let mut heard = begun(1);
        heard.hear(revoked("before"), NOW).unwrap();
        let asked = heard.moment(NOW).unwrap();
        heard.hear(revoked("meanwhile"), NOW).unwrap();
        assert!(!heard.still_holds(asked, &tags("meanwhile")));
        assert!(heard.still_holds(asked, &tags("before")));
        assert!(heard.still_holds(heard.moment(NOW).unwrap(), &tags("meanwhile")));
        assert!(!begun(2).still_holds(asked, &tags("before")), "it is another stream");
    }

    #[test]
    fn a_token_is_vouched_for_when_it_is_younger_than_the_stream_and_was_not_told_of() {
        let mut heard = begun(1);
        let checked = heard.moment(NOW).unwrap();
        assert!(heard.vouches_for(checked, 1000, &tags("a")));
        assert!(!heard.vouches_for(checked, 999, &tags("a")));
        assert!(!begun(2).vouches_for(checked, 1000, &tags("a")));
        heard.hear(revoked("a"), NOW).unwrap();
        assert!(!heard.vouches_for(heard.moment(NOW).unwrap(), 1000, &tags("a")));
        assert!(heard.vouches_for(checked, 1000, &tags("b")));
    }

    #[test]
    fn silence_is_no_stream() {
        let mut heard = begun(1);
        assert!(heard.moment(NOW + Duration::from_millis(2999)).is_some());
        assert!(heard.moment(NOW + SILENCE).is_none());
        heard.hear(Event::Alive, NOW + SILENCE).unwrap();
        assert!(heard.moment(NOW + SILENCE).is_some());
    }

    #[test]
    fn a_stream_that_tells_more_than_can_be_remembered_is_left() {
        let mut heard = begun(1);
        for number in 0..MOST {
            heard.hear(revoked(&number.to_string()), NOW).unwrap();
        }
        heard.hear(revoked("0"), NOW).unwrap();
        assert!(heard.hear(revoked("one more"), NOW).is_err());
    }
}
