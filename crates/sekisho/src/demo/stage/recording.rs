//! The last exchanges, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::exchange::Exchange;

/// How many are kept.
const MOST: usize = 200;

/// What passed lately.
#[derive(Default)]
pub(in crate::demo) struct Recording(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    /// The number of the next request.
    next: u64,
    /// What came in before this one was forgotten on purpose.
    first: u64,
    /// Rises with each change.
    revision: u64,
    exchanges: BTreeMap<u64, Arc<Exchange>>,
}

impl Recording {
    /// A request comes in: its number.
    pub(super) fn begin(&self) -> u64 {
        let mut ring = self.ring();
        ring.next += 1;
        ring.next
    }

    /// It was answered.
    pub(super) fn keep(&self, mut exchange: Exchange) {
        let mut ring = self.ring();
        if exchange.number <= ring.first {
            return;
        }
        exchange.client = exchange.named_client().or_else(|| ring.holder(exchange.shown_token()?));
        ring.fold_repeated(&mut exchange);
        ring.exchanges.insert(exchange.number, Arc::new(exchange));
        if ring.exchanges.len() > MOST {
            ring.exchanges.pop_first();
        }
        ring.revision += 1;
    }

    /// All that is kept, the oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Exchange>> {
        self.ring().exchanges.values().cloned().collect()
    }

    pub(super) fn find(&self, number: u64) -> Option<Arc<Exchange>> {
        self.ring().exchanges.get(&number).cloned()
    }

    /// The one before and the one after.
    pub(super) fn neighbours(&self, number: u64) -> (Option<u64>, Option<u64>) {
        let ring = self.ring();
        let before = ring.exchanges.range(..number).next_back();
        let after = ring.exchanges.range(number + 1..).next();
        (before.map(|(number, _)| *number), after.map(|(number, _)| *number))
    }

    /// The number of the newest request.
    pub(super) fn newest(&self) -> u64 {
        self.ring().next
    }

    /// Changes when there is something new to see.
    pub(super) fn revision(&self) -> u64 {
        self.ring().revision
    }

    /// Forgets everything, also what is not answered yet.
    pub(in crate::demo) fn clear(&self) {
        let mut ring = self.ring();
        ring.first = ring.next;
        ring.exchanges.clear();
        ring.revision += 1;
    }

    fn ring(&self) -> std::sync::MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    /// The client that was given this access token.
    fn holder(&self, token: &str) -> Option<String> {
        let mut newest_first = self.exchanges.values().rev();
        let given = newest_first.find(|exchange| exchange.answer.body.text("access_token") == Some(token));
        given.and_then(|exchange| exchange.client.clone())
    }

    /// A client that waits for its user asks again and again. One line is enough for that.
    fn fold_repeated(&mut self, exchange: &mut Exchange) {
        let is_waiting = |exchange: &Exchange| exchange.error().as_deref() == Some("authorization_pending");
        if !is_waiting(exchange) {
            return;
        }
        let mut newest_first = self.exchanges.values().rev();
        let before = newest_first.find(|other| other.client == exchange.client && other.path == exchange.path);
        if let Some(before) = before.filter(|before| is_waiting(before)).cloned() {
            exchange.repeated = before.repeated + 1;
            self.exchanges.remove(&before.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::test_exchange;
    use super::*;

    fn recorded(recording: &Recording, change: impl FnOnce(&mut Exchange)) -> u64 {
        let number = recording.begin();
        let mut exchange = test_exchange(number);
        change(&mut exchange);
        recording.keep(exchange);
        number
    }

    #[test]
    fn the_oldest_make_room() {
        let recording = Recording::default();
        for _ in 0..MOST + 10 {
            recorded(&recording, |_| {});
        }
        let all = recording.all();
        assert_eq!((all.len(), all[0].number), (MOST, 11));
    }

    #[test]
    fn requests_stand_in_the_order_in_which_they_came_not_in_which_they_were_answered() {
        let recording = Recording::default();
        let (first, second) = (recording.begin(), recording.begin());
        recording.keep(test_exchange(second));
        recording.keep(test_exchange(first));
        let numbers: Vec<_> = recording.all().iter().map(|exchange| exchange.number).collect();
        assert_eq!(numbers, [first, second]);
        assert_eq!(recording.neighbours(first), (None, Some(second)));
    }

    #[test]
    fn what_came_before_it_was_cleared_does_not_come_back() {
        let recording = Recording::default();
        let late = recording.begin();
        recording.clear();
        recording.keep(test_exchange(late));
        assert!(recording.all().is_empty());
        recorded(&recording, |_| {});
        assert_eq!(recording.all().len(), 1);
    }

    #[test]
    fn who_shows_a_token_is_who_was_given_it() {
        let recording = Recording::default();
        recorded(&recording, |exchange| {
            exchange.query = "client_id=budget-web".to_owned();
            exchange.answer = test_answer(serde_json::json!({ "access_token": "t1" }));
        });
        let shown = |token: &str| {
            let header = ("authorization".to_owned(), format!("Bearer {token}"));
            let number = recorded(&recording, |exchange| exchange.request.headers.push(header));
            recording.find(number).unwrap().client.clone()
        };
        assert_eq!(shown("t1").as_deref(), Some("budget-web"));
        assert_eq!(shown("t2"), None);
    }

    #[test]
    fn a_client_that_polls_is_one_line() {
        let recording = Recording::default();
        let poll = |error: &str| {
            let answer = serde_json::json!({ "error": error });
            recorded(&recording, |exchange| exchange.answer = test_answer(answer))
        };
        poll("authorization_pending");
        poll("authorization_pending");
        let last = poll("authorization_pending");
        poll("access_denied");
        assert_eq!(recording.all().len(), 2);
        assert_eq!(recording.find(last).unwrap().repeated, 2);
    }

    fn test_answer(json: serde_json::Value) -> super::super::exchange::Message {
        super::super::exchange::Message {
            body: super::super::exchange::Content::Json(json),
            ..Default::default()
        }
    }
}
