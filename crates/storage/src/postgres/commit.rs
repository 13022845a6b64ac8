//! A change in one round trip.
//!
//! `BEGIN`, the statements and `COMMIT` are sent together, and every answer is read. A guard raises when it
//! misses, which turns the `COMMIT` behind it into a rollback: without that, PostgreSQL would commit a change of
//! which one UPDATE found nothing. When the connection breaks before the answer, the database is asked whether
//! the change is there.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use deadpool_postgres::Object;
use futures_util::future::{MaybeDone, join_all, maybe_done};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Statement as Prepared};

use super::{Postgres, error, query};
use crate::{Change, Outcome, Statement, StorageError, Value};

/// How often a change is tried that others were in the way of, or whose connection broke.
const ATTEMPTS: u32 = 6;

/// Longer than the server lets any statement take: then the connection is taken for lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// How one try of a transaction ended.
enum Ended {
    Committed,
    /// A guard raised: nothing stays.
    Missed,
    /// Nothing stays, and the next try may go better.
    Again(StorageError),
    /// Nobody knows: the connection broke before the answer.
    Lost(String),
    /// Nothing stays, and another try is of no use.
    Failed(StorageError),
}

/// Commits the change, or what it says is to happen otherwise.
pub(super) async fn commit(postgres: &Postgres, change: &Change) -> Result<Outcome, StorageError> {
    match guarded(postgres, change).await? {
        Outcome::Applied => Ok(Outcome::Applied),
        Outcome::Missed => {
            otherwise(postgres, &change.otherwise).await?;
            Ok(Outcome::Missed)
        }
    }
}

async fn guarded(postgres: &Postgres, change: &Change) -> Result<Outcome, StorageError> {
    let mut last = StorageError::Unavailable("not tried".into());
    let mut unanswered: Option<String> = None;
    for attempt in 0..ATTEMPTS {
        let client = postgres.connection().await;
        // Once an answer was lost, "cannot connect" no longer means "not applied".
        let client = match (client, &unanswered) {
            (Ok(client), None) => client,
            (Ok(client), Some(_)) => {
                if was_applied(&client, change).await? {
                    return Ok(Outcome::Applied);
                }
                client
            }
            (Err(_), Some(reason)) => return Err(StorageError::Unknown(reason.clone())),
            (Err(error), None) => return Err(error),
        };
        match transaction(&client, &change.guarded, true).await {
            Ended::Committed => return Ok(Outcome::Applied),
            // The try whose answer was lost may have been still at work when the database was asked, and be
            // what this one's guard ran into.
            Ended::Missed if unanswered.is_some() && was_applied(&client, change).await? => {
                return Ok(Outcome::Applied);
            }
            Ended::Missed => return Ok(Outcome::Missed),
            Ended::Again(error) => {
                last = error;
                back_off(attempt).await;
            }
            Ended::Lost(reason) => {
                // Never back into the pool: the transaction may still be open.
                drop(Object::take(client));
                tracing::warn!(%reason, "the answer to a commit was lost");
                if change.applied.is_none() {
                    return Err(StorageError::Unknown(reason));
                }
                last = StorageError::Unknown(reason.clone());
                unanswered = Some(reason);
            }
            Ended::Failed(error) => return Err(error),
        }
    }
    Err(last)
}

/// Commits what is to happen when a guard missed. A lost answer leads to another try: to revoke twice is to
/// revoke, and a failure that is counted twice errs on the safe side.
async fn otherwise(postgres: &Postgres, statements: &[Statement]) -> Result<(), StorageError> {
    if statements.is_empty() {
        return Ok(());
    }
    let mut last = StorageError::Unavailable("not tried".into());
    for attempt in 0..ATTEMPTS {
        let client = postgres.connection().await?;
        last = match transaction(&client, statements, false).await {
            Ended::Committed => return Ok(()),
            Ended::Failed(error) => return Err(error),
            Ended::Again(error) => error,
            Ended::Missed => StorageError::Corrupt("a guard where none is".into()),
            Ended::Lost(reason) => {
                drop(Object::take(client));
                StorageError::Unknown(reason)
            }
        };
        back_off(attempt).await;
    }
    Err(last)
}

/// Asks for the row that the change leaves behind.
async fn was_applied(client: &Object, change: &Change) -> Result<bool, StorageError> {
    let Some(probe) = &change.applied else {
        return Ok(false);
    };
    query(client, probe.sql, &probe.params)
        .await
        .map(|rows| !rows.is_empty())
        .map_err(|error| StorageError::Unknown(error.to_string()))
}

/// 5, 10, 20, … ms: the one whom this one was in the way of has then finished.
async fn back_off(attempt: u32) {
    sleep(Duration::from_millis(5 << attempt)).await;
}

async fn transaction(client: &Object, statements: &[Statement], guards: bool) -> Ended {
    let prepared = match timeout(PATIENCE, prepare(client, statements, guards)).await {
        Ok(Ok(prepared)) => prepared,
        Ok(Err(error)) if error.as_db_error().map_or(error::is_lost(&error), error::is_fatal) => {
            return Ended::Again(error.into());
        }
        Ok(Err(error)) => return Ended::Failed(error.into()),
        Err(_) => return Ended::Lost("no answer in time".into()),
    };
    match timeout(PATIENCE, pipeline(client, &prepared)).await {
        Ok(ended) => ended,
        Err(_) => Ended::Lost("no answer in time".into()),
    }
}

/// Statements that this connection has not met yet cost one more round trip, all together.
async fn prepare<'a>(
    client: &Object,
    statements: &'a [Statement],
    guards: bool,
) -> Result<Vec<(Prepared, &'a [Value])>, Error> {
    join_all(statements.iter().map(|statement| async move {
        let types: Vec<_> = statement.params.iter().map(Value::postgres_type).collect();
        let prepared = match statement.expect.filter(|_| guards) {
            None => client.prepare_typed_cached(statement.sql, &types).await?,
            Some(expected) => {
                let sql = raising(statement.sql, expected);
                client.prepare_typed_cached(&sql, &types).await?
            }
        };
        Ok((prepared, statement.params.as_slice()))
    }))
    .await
    .into_iter()
    .collect()
}

fn raising(sql: &str, expected: u64) -> String {
    format!(
        "WITH touched AS ({sql} RETURNING 1) \
         SELECT sekisho_guard((SELECT count(*) FROM touched), {expected})"
    )
}

type Answer<'a> = MaybeDone<Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>>;

fn sent<'a>(answer: impl Future<Output = Result<(), Error>> + Send + 'a) -> Answer<'a> {
    maybe_done(Box::pin(answer))
}

/// Sends everything before it waits for anything. A message is sent when its future is first polled.
async fn pipeline(client: &Object, statements: &[(Prepared, &[Value])]) -> Ended {
    let mut answers = vec![sent(client.batch_execute("BEGIN"))];
    answers.extend(statements.iter().map(|(statement, params)| {
        sent(async move { client.execute_raw(statement, params.iter()).await.map(|_| ()) })
    }));
    poll_fn(|context| {
        for answer in &mut answers {
            let _ = Pin::new(answer).poll(context);
        }
        Poll::Ready(())
    })
    .await;
    // What could not be sent has failed by now, and then the rest must not be committed without it.
    let complete = !answers.iter().any(|answer| matches!(answer, MaybeDone::Done(Err(_))));
    let end = if complete { "COMMIT" } else { "ROLLBACK" };
    answers.push(sent(client.batch_execute(end)));
    join_all(answers.iter_mut()).await;
    let mut answers: Vec<_> = answers
        .iter_mut()
        .filter_map(|answer| Pin::new(answer).take_output())
        .collect();
    let end = answers.pop();
    let begin = if answers.is_empty() { Ok(()) } else { answers.remove(0) };
    ended(begin, answers, end.unwrap_or(Ok(())))
}

/// Reads the answers. Nothing stays when a statement failed; without failure, the answer to COMMIT decides.
fn ended(begin: Result<(), Error>, statements: Vec<Result<(), Error>>, end: Result<(), Error>) -> Ended {
    if let Err(error) = begin {
        return match error.as_db_error() {
            Some(db) if error::is_fatal(db) => Ended::Again(error.into()),
            // Without BEGIN each statement was committed alone.
            _ => Ended::Lost(error::text(&error)),
        };
    }
    if let Some(error) = statements.into_iter().find_map(Result::err) {
        return match error.as_db_error() {
            Some(db) if db.code().code() == error::GUARD => Ended::Missed,
            Some(db) if error::is_conflict(db) || error::is_fatal(db) => Ended::Again(error.into()),
            None if error::is_lost(&error) => Ended::Lost(error::text(&error)),
            _ => Ended::Failed(error.into()),
        };
    }
    match end {
        Ok(()) => Ended::Committed,
        Err(error) => match error.as_db_error() {
            Some(db) if error::is_conflict(db) => Ended::Again(error.into()),
            Some(db) if !error::is_fatal(db) => Ended::Failed(StorageError::Unavailable(error::text(&error))),
            // Also when the server was stopped while it waited for a standby: here the commit is done.
            _ => Ended::Lost(error::text(&error)),
        },
    }
}
