//! What is known so far of the request in hand: its id, who sends it from where, and which checks it has passed. When it
//! is refused, that is its trail; when something happens by it, that is who did it.
//!
//! It belongs to the task that answers the request, so that no rule has to hand it on. Outside a request nothing is
//! remembered.

use std::{
    cell::RefCell,
    future::Future,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use explanation::{Check, Reason};
use jose::b64;

/// How many checks most requests pass, so that room for them is made once.
const PASSED: usize = 16;

tokio::task_local! {
    static TRAIL: RefCell<Trail>;
}

/// The id of a request: in every log line, on error pages and in the header `Sekisho-Explain` of refusals.
#[derive(Debug, Clone, Default)]
pub struct RequestId(Arc<OnceLock<String>>);

impl RequestId {
    /// The id as text: random, so that nobody finds another's by counting. Drawn when it is first needed.
    pub fn as_str(&self) -> &str {
        self.0
            .get_or_init(|| b64::encode(jose::random_bytes::<9>()).replace(['-', '_'], "x"))
    }
}

/// The client that a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Its id.
    pub client_id: String,
    /// Whether it proved that it is this client; else the request only says so.
    pub is_proven: bool,
}

/// What is known of a request.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// Its id.
    pub id: RequestId,
    /// From where it comes.
    pub address: Option<IpAddr>,
    /// The client.
    pub client: Option<Sender>,
    /// The id of the user who is signed in.
    pub user_id: Option<String>,
    /// For which APIs a user signs in.
    pub apis: Vec<String>,
    /// The id of the user's device.
    pub device: Option<String>,
    /// The trace that it belongs to, of a call of an API.
    pub trace_id: Option<String>,
    /// The checks that it has passed, in their order.
    pub passed: Vec<&'static Check>,
    /// The command of an operator that is carried out, in place of a request.
    pub command: Option<&'static str>,
    /// What was compared when a check failed: for which reason, what was expected, and what was found.
    pub compared: Option<Box<(&'static Reason, String, String)>>,
}

/// Answers a request whose trail begins so.
pub fn follow<F: Future>(trail: Trail, answer: F) -> impl Future<Output = F::Output> {
    TRAIL.scope(RefCell::new(trail), answer)
}

/// Notes that a check was passed.
pub fn passed(check: &'static Check) {
    note(|trail| {
        if trail.passed.capacity() == 0 {
            trail.passed.reserve(PASSED);
        }
        trail.passed.push(check);
    });
}

/// Notes what was expected and what was found where a check failed for this reason: no secret, no token, nothing about
/// other users. For explanations whose refusal does not hold them.
pub fn compared(reason: &'static Reason, expected: &str, found: &str) {
    note(|trail| trail.compared = Some(Box::new((reason, expected.to_owned(), found.to_owned()))));
}

/// Notes from where the request comes.
pub fn comes_from(address: IpAddr) {
    note(|trail| trail.address = Some(address));
}

/// Notes the trace that a call belongs to: what was noted first counts.
pub fn belongs_to(trace_id: &str) {
    note(|trail| {
        trail.trace_id.get_or_insert_with(|| trace_id.to_owned());
    });
}

/// Notes the client that a request says it comes from.
pub fn says_client(client_id: &str) {
    note(|trail| {
        trail.client = Some(Sender {
            client_id: client_id.to_owned(),
            is_proven: false,
        });
    });
}

/// Notes that the client proved who it is, by a secret or a key.
pub fn client_is_proven() {
    note(|trail| {
        if let Some(client) = &mut trail.client {
            client.is_proven = true;
        }
    });
}

/// Notes who is signed in.
pub fn user_is(user_id: &str) {
    note(|trail| trail.user_id = Some(user_id.to_owned()));
}

/// Notes for which APIs the user signs in.
pub fn is_for(apis: &[String]) {
    note(|trail| apis.clone_into(&mut trail.apis));
}

/// Notes which device it is.
pub fn device_is(id: &str) {
    note(|trail| trail.device = Some(id.to_owned()));
}

/// The trail so far; an empty one outside a request.
pub fn so_far() -> Trail {
    read(Trail::clone)
}

/// What the trail says so far; an empty one outside a request.
pub fn read<T>(what: impl Fn(&Trail) -> T) -> T {
    TRAIL
        .try_with(|trail| what(&trail.borrow()))
        .unwrap_or_else(|_| what(&Trail::default()))
}

fn note(what: impl FnOnce(&mut Trail)) {
    // Outside a request (a command, a test of a rule) there is nobody to tell.
    let _ = TRAIL.try_with(|trail| what(&mut trail.borrow_mut()));
}

#[cfg(test)]
mod tests {
    use super::*;

    static FIRST: Check = Check {
        name: "first",
        asks: "is it?",
        section: "RFC 6749 §1",
    };

    #[tokio::test]
    async fn each_request_has_a_trail_of_its_own() {
        let one = follow(Trail::default(), async {
            says_client("app");
            passed(&FIRST);
            tokio::task::yield_now().await;
            client_is_proven();
            so_far()
        });
        let other = follow(Trail::default(), async {
            tokio::task::yield_now().await;
            so_far()
        });
        let (one, other) = tokio::join!(one, other);
        assert_eq!(one.passed, [&FIRST]);
        assert!(
            one.client
                .is_some_and(|client| client.is_proven && client.client_id == "app")
        );
        assert!(other.passed.is_empty() && other.client.is_none());
    }

    #[test]
    fn outside_a_request_nothing_is_remembered() {
        passed(&FIRST);
        user_is("alice");
        assert!(so_far().passed.is_empty() && so_far().user_id.is_none());
    }
}
