//! Calls that the server owes to others: mail, logout, notifications.
//!
//! A call is enqueued in the very change that causes it, so that it is owed exactly when the change is durable.
//! A node leases what is due, delivers it, and records the end. Delivery is at least once: a node that dies
//! between delivery and record leaves the call to be made again.

use futures_util::future::join_all;

use crate::{Change, Outcome, Row, Statement, StorageError, Store, Value};

/// The first wait after a failure, in seconds; it doubles with each further one.
const FIRST_WAIT: i64 = 10;
/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT: i64 = 3600;
/// How long delivery is tried, in seconds.
pub(crate) const GIVE_UP_AFTER: i64 = 24 * 3600;
/// How long a call that was delivered or given up can still be looked at, in seconds.
const KEEP: i64 = 7 * 24 * 3600;
/// Characters of an error that are kept.
const ERROR_LENGTH: usize = 500;

/// A call to be made.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// A fresh id, unique among all calls.
    pub id: String,
    /// The issuer of the realm that owes the call.
    pub realm: String,
    /// What kind of call it is: says who delivers it.
    pub kind: String,
    /// Where to: a mail address, a URL.
    pub destination: String,
    /// What to deliver, in a form that the kind defines. Forgotten as soon as it is delivered or given up.
    pub payload: String,
    /// From when on (unix seconds) delivery makes no sense any more. At most a day is tried in any case.
    pub expires_at: i64,
}

/// A call that this node has leased and is to deliver now.
#[derive(Debug, Clone)]
pub struct OutboxItem {
    /// See [`NewCall::id`].
    pub id: String,
    /// See [`NewCall::realm`].
    pub realm: String,
    /// See [`NewCall::kind`].
    pub kind: String,
    /// See [`NewCall::destination`].
    pub destination: String,
    /// See [`NewCall::payload`].
    pub payload: String,
    /// Attempts begun, this one included.
    pub attempts: i64,
    created_at: i64,
    expires_at: i64,
}

/// What became of a call.
#[derive(Debug, Clone)]
pub struct OutboxEntry {
    /// See [`NewCall::id`].
    pub id: String,
    /// See [`NewCall::kind`].
    pub kind: String,
    /// See [`NewCall::destination`].
    pub destination: String,
    /// `pending`, `delivered` or `dead` (given up).
    pub state: String,
    /// Attempts begun.
    pub attempts: i64,
    /// When (unix seconds) the next attempt is due, while pending.
    pub next_attempt_at: i64,
    /// What went wrong at last.
    pub last_error: Option<String>,
    /// When (unix seconds) it was enqueued.
    pub created_at: i64,
    /// When (unix seconds) it was delivered or given up.
    pub finished_at: Option<i64>,
}

/// Enqueues a call: a part of the change that causes it.
pub fn enqueue(call: NewCall, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, realm, kind, destination, payload, state, attempts, next_attempt_at, \
           leased_until, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, 0, $6, $7)",
        vec![
            call.id.into(),
            call.realm.into(),
            call.kind.into(),
            call.destination.into(),
            call.payload.into(),
            now.into(),
            call.expires_at.into(),
        ],
    )
}

/// Records that the call was delivered.
pub fn delivered(id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE outbox SET state = 'delivered', payload = '', finished_at = $2, expires_at = $3 \
         WHERE id = $1 AND state = 'pending'",
        vec![id.into(), now.into(), (now + KEEP).into()],
    )
}

/// Records that an attempt failed: the call is due again after a while, or given up when no time is left for it.
/// The record of a node that lost its lease in the meantime changes nothing.
pub fn failed(item: &OutboxItem, now: i64, error: &str) -> Statement {
    let error = kept(error);
    let next = now.saturating_add(wait_after(item.attempts));
    if next >= item.expires_at.min(item.created_at.saturating_add(GIVE_UP_AFTER)) {
        return give_up(&item.id, item.attempts, now, error);
    }
    Statement::new(
        "UPDATE outbox SET next_attempt_at = $3, leased_until = 0, last_error = $4 \
         WHERE id = $1 AND state = 'pending' AND attempts = $2",
        vec![item.id.as_str().into(), item.attempts.into(), next.into(), error.into()],
    )
}

/// Records that an attempt failed and that another one would too: the call is given up at once.
pub fn refused(item: &OutboxItem, now: i64, error: &str) -> Statement {
    give_up(&item.id, item.attempts, now, kept(error))
}

/// What is kept of an error.
fn kept(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(ERROR_LENGTH).collect()
}

fn give_up(id: &str, attempts: i64, now: i64, error: String) -> Statement {
    Statement::new(
        "UPDATE outbox SET state = 'dead', payload = '', last_error = $3, finished_at = $4, expires_at = $5 \
         WHERE id = $1 AND state = 'pending' AND attempts = $2",
        vec![
            id.into(),
            attempts.into(),
            error.into(),
            now.into(),
            (now + KEEP).into(),
        ],
    )
}

/// 10 s · 2ⁿ, an hour at most.
fn wait_after(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0);
    2_i64
        .checked_pow(doublings)
        .and_then(|factor| FIRST_WAIT.checked_mul(factor))
        .map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

impl Store {
    /// Leases at most `limit` due calls to this node for `lease` seconds. No two nodes get the same call while
    /// its lease lasts. Calls whose time is over are given up here rather than leased.
    pub async fn lease_due(&self, now: i64, lease: i64, limit: i64) -> Result<Vec<OutboxItem>, StorageError> {
        let due = self
            .query(
                "SELECT id, realm, kind, destination, payload, attempts, created_at, expires_at FROM outbox \
                 WHERE state = 'pending' AND next_attempt_at <= $1 AND leased_until <= $1 \
                 ORDER BY next_attempt_at LIMIT $2",
                &[now.into(), limit.into()],
            )
            .await?;
        let due = due.into_iter().map(item).collect::<Result<Vec<_>, _>>()?;
        // All at once, so that they share a durable commit where the engine allows it.
        let leased = join_all(due.into_iter().map(|item| self.lease(item, now, lease))).await;
        leased.into_iter().filter_map(Result::transpose).collect()
    }

    /// The guard is the number of attempts that was read: whoever counts it up first has the call.
    async fn lease(&self, mut item: OutboxItem, now: i64, lease: i64) -> Result<Option<OutboxItem>, StorageError> {
        if item.expires_at <= now {
            let late = give_up(&item.id, item.attempts, now, "too late to deliver".into());
            let _ = self.commit(Change::new().then(late)).await?;
            return Ok(None);
        }
        let guard = Statement::guard(
            "UPDATE outbox SET attempts = attempts + 1, leased_until = $3 \
             WHERE id = $1 AND state = 'pending' AND attempts = $2",
            vec![
                item.id.as_str().into(),
                item.attempts.into(),
                now.saturating_add(lease).into(),
            ],
        );
        match self.commit(Change::new().then(guard)).await {
            Ok(Outcome::Applied) => {
                item.attempts += 1;
                Ok(Some(item))
            }
            // Another node has it; or it may be ours but nobody knows, and then the lease runs out.
            Ok(Outcome::Missed) | Err(StorageError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The newest calls of a realm and what became of them, at most `limit`, perhaps those in one state alone.
    pub async fn outbox_of_realm(
        &self,
        realm: &str,
        state: Option<&str>,
        limit: i64,
    ) -> Result<Vec<OutboxEntry>, StorageError> {
        let rows = self
            .query(
                "SELECT id, kind, destination, state, attempts, next_attempt_at, last_error, created_at, \
                   finished_at \
                 FROM outbox WHERE realm = $1 AND ($2 = '' OR state = $2) ORDER BY created_at DESC, id LIMIT $3",
                &[Value::from(realm), state.unwrap_or_default().into(), limit.into()],
            )
            .await?;
        rows.into_iter().map(entry).collect()
    }
}

fn item(mut row: Row) -> Result<OutboxItem, StorageError> {
    Ok(OutboxItem {
        id: row.text()?,
        realm: row.text()?,
        kind: row.text()?,
        destination: row.text()?,
        payload: row.text()?,
        attempts: row.int()?,
        created_at: row.int()?,
        expires_at: row.int()?,
    })
}

fn entry(mut row: Row) -> Result<OutboxEntry, StorageError> {
    Ok(OutboxEntry {
        id: row.text()?,
        kind: row.text()?,
        destination: row.text()?,
        state: row.text()?,
        attempts: row.int()?,
        next_attempt_at: row.int()?,
        last_error: row.opt_text()?,
        created_at: row.int()?,
        finished_at: row.opt_int()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let waits: Vec<i64> = [1, 2, 3, 9, 10, 11, 64, 1000].map(wait_after).to_vec();
        assert_eq!(waits, [10, 20, 40, 2560, 3600, 3600, 3600, 3600]);
    }
}
