//! Guesses, counted per lane: a guess is reserved before the secret is verified.

use crate::{Statement, StorageError, Store};

impl Store {
    /// When (unix seconds) the guesses of a lane stop counting; `None` when none were made. A time that has passed
    /// means that they count no more.
    pub async fn guesses_end_at(&self, realm: &str, lane: &str) -> Result<Option<i64>, StorageError> {
        self.query_one(
            "SELECT expires_at FROM guess WHERE realm = $1 AND lane = $2",
            &[realm.into(), lane.into()],
        )
        .await?
        .map(|mut row| row.int())
        .transpose()
    }
}

impl Store {
    /// Whether so many guesses were made in a lane that none is left.
    pub async fn is_lane_full(&self, realm: &str, lane: &str, limit: i64, now: i64) -> Result<bool, StorageError> {
        let row = self
            .query_one(
                "SELECT 1 FROM guess WHERE realm = $1 AND lane = $2 AND n >= $3 AND expires_at > $4",
                &[realm.into(), lane.into(), limit.into(), now.into()],
            )
            .await?;
        Ok(row.is_some())
    }
}

/// Reserves one guess in a lane; misses when `limit` guesses were made within `window` seconds.
pub fn reserve(realm: &str, lane: &str, limit: i64, window: i64, now: i64) -> Statement {
    Statement::guard(
        "INSERT INTO guess (realm, lane, n, expires_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (realm, lane) DO UPDATE SET \
         n = CASE WHEN guess.expires_at <= $4 THEN 1 ELSE guess.n + 1 END, \
         expires_at = CASE WHEN guess.expires_at <= $4 THEN excluded.expires_at ELSE guess.expires_at END \
         WHERE guess.n < $5 OR guess.expires_at <= $4",
        vec![
            realm.into(),
            lane.into(),
            (now + window).into(),
            now.into(),
            limit.into(),
        ],
    )
}

/// Gives one guess back: it was right, and says nothing about the others.
pub fn give_back(realm: &str, lane: &str) -> Statement {
    Statement::new(
        "UPDATE guess SET n = n - 1 WHERE realm = $1 AND lane = $2 AND n > 0",
        vec![realm.into(), lane.into()],
    )
}

/// Forgets the guesses of a lane: the secret was right.
pub fn reset(realm: &str, lane: &str) -> Statement {
    Statement::new(
        "DELETE FROM guess WHERE realm = $1 AND lane = $2",
        vec![realm.into(), lane.into()],
    )
}
