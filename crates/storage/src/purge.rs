//! Rows that time has made useless are deleted while running, a few at a time.

use crate::{Change, Statement, StorageError, Store};

/// A table whose rows have an end.
#[derive(Debug)]
pub struct TimeLimited {
    /// The table's name.
    pub table: &'static str,
    /// The column that says from when on (unix seconds) a row is of no use.
    pub expiry: &'static str,
    count: &'static str,
    delete: &'static str,
}

/// Both statements take `$1` = now and `$2` = rows at most. A key list in a sub-select is the one form of
/// "delete only some" that both engines know.
macro_rules! time_limited {
    ($table:literal, $key:literal) => {
        time_limited!($table, $key, "expires_at < $1")
    };
    ($table:literal, $key:literal, $condition:literal) => {
        TimeLimited {
            table: $table,
            expiry: "expires_at",
            count: concat!(
                "SELECT count(*) FROM (SELECT 1 FROM ",
                $table,
                " WHERE ",
                $condition,
                " LIMIT $2) AS expired"
            ),
            delete: concat!(
                "DELETE FROM ",
                $table,
                " WHERE (",
                $key,
                ") IN (SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $condition,
                " ORDER BY expires_at LIMIT $2)"
            ),
        }
    };
}

/// Every table whose rows have an end.
///
/// `authorizations` keep used codes: their `expires_at` is the end of all that may come from them. A call in
/// `outbox` that is still owed is not deleted but given up first, see [`Store::lease_due`].
pub const TABLES: &[TimeLimited] = &[
    // A key that has ended is kept for 30 days: whoever still sends it is to learn that it has ended.
    time_limited!("api_key", "realm, id", "expires_at < $1 - CAST(2592000 AS BIGINT)"),
    time_limited!("authorizations", "realm, id"),
    time_limited!("decryption_key", "realm, kid"),
    // An expired request is kept for a while: its client is to learn that it has expired, not that it is unknown.
    time_limited!("ciba_request", "realm, id", "expires_at < $1 - CAST(600 AS BIGINT)"),
    time_limited!("grants", "realm, id"),
    time_limited!("device", "realm, user_id, id"),
    time_limited!("device_request", "realm, id", "expires_at < $1 - CAST(600 AS BIGINT)"),
    time_limited!("guess", "realm, lane"),
    time_limited!("initial_access_token", "realm, id"),
    time_limited!("outbox", "id", "state <> 'pending' AND expires_at < $1"),
    time_limited!("pushed_request", "realm, id"),
    time_limited!("rate_limit", "realm, bucket"),
    time_limited!("refresh_token", "realm, family"),
    time_limited!("refusal", "id"),
    time_limited!("revocation", "id"),
    time_limited!("revoked_token", "realm, jti"),
    time_limited!("sealing_key", "realm, purpose, id"),
    time_limited!("session", "realm, id"),
    time_limited!("session_client", "realm, session_id, client_id"),
    time_limited!("stored_flow", "realm, id"),
    time_limited!("used_assertion", "realm, id"),
    time_limited!("used_flow", "realm, id"),
];

/// Every table with how to count it, for the metric of its size.
macro_rules! sized {
    ($($table:literal),+ $(,)?) => {
        &[$(($table, concat!("SELECT count(*) FROM ", $table))),+]
    };
}

const SIZED: &[(&str, &str)] = sized![
    "api",
    "api_key",
    "audit_event",
    "authenticator",
    "authorizations",
    "backchannel_user_code",
    "ciba_request",
    "client",
    "decryption_key",
    "device",
    "device_request",
    "grants",
    "guess",
    "initial_access_token",
    "outbox",
    "proof_lease",
    "pushed_request",
    "rate_limit",
    "realm",
    "refresh_token",
    "refusal",
    "revocation",
    "revoked_token",
    "sealing_key",
    "session",
    "session_client",
    "signing_key",
    "stored_flow",
    "used_assertion",
    "used_flow",
    "users",
];

impl Store {
    /// Deletes at most `batch` expired rows of each table, and answers how many there were in all. While the
    /// answer is not 0 there may be more.
    pub async fn purge(&self, now: i64, batch: i64) -> Result<u64, StorageError> {
        let mut deleted = 0;
        for table in TABLES {
            deleted += self.purge_table(table, now, batch).await?;
        }
        Ok(deleted)
    }

    /// Counts first: mostly there is nothing, and then nothing needs to be written and synced.
    async fn purge_table(&self, table: &TimeLimited, now: i64, batch: i64) -> Result<u64, StorageError> {
        let limits = [now.into(), batch.into()];
        let expired = match self.query_one(table.count, &limits).await? {
            Some(mut row) => row.int()?,
            None => 0,
        };
        if expired > 0 {
            let delete = Statement::new(table.delete, limits.to_vec());
            let _ = self.commit(Change::new().then(delete)).await?;
        }
        Ok(expired.unsigned_abs())
    }

    /// Each table's name and number of rows, for metrics. On PostgreSQL a large table's number is the
    /// planner's estimate.
    pub async fn table_sizes(&self) -> Result<Vec<(&'static str, u64)>, StorageError> {
        let estimates = self.estimated_sizes().await?;
        let mut sizes = Vec::with_capacity(SIZED.len());
        for (table, count) in SIZED {
            let size = match estimates.iter().find(|(name, _)| name == table) {
                Some((_, estimate)) => *estimate,
                None => self.count(count).await?,
            };
            sizes.push((*table, size.unsigned_abs()));
        }
        Ok(sizes)
    }

    /// What PostgreSQL believes of the tables that are too large to be counted every time.
    async fn estimated_sizes(&self) -> Result<Vec<(String, i64)>, StorageError> {
        const ESTIMATES: &str = "SELECT relname, reltuples::bigint FROM pg_class \
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND reltuples > 10000";
        if self.engine_name() != "postgres" {
            return Ok(Vec::new());
        }
        let rows = self.query(ESTIMATES, &[]).await?;
        rows.into_iter().map(|mut row| Ok((row.text()?, row.int()?))).collect()
    }

    /// SQLite reads on the calling thread, and a count takes as long as the table is large: so it is made
    /// where others do not wait for it.
    async fn count(&self, sql: &'static str) -> Result<i64, StorageError> {
        let store = self.clone();
        let runtime = tokio::runtime::Handle::current();
        let row = tokio::task::spawn_blocking(move || runtime.block_on(store.query_one(sql, &[])))
            .await
            .map_err(|error| StorageError::Unavailable(error.to_string()))??;
        row.map_or(Ok(0), |mut row| row.int())
    }
}
