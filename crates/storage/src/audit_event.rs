//! What happened: written in the same change as that which happened, read in the order of time, forgotten in time.

use model::{Actor, AuditEvent, AuditKind};

use crate::{Change, Row, Statement, StorageError, Store, Value, row::json};

macro_rules! columns {
    () => {
        "realm, at, id, kind, actor, user_id, client_id, address, explanation_id, n, details"
    };
}

/// Which events are wanted.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    /// Those behind this one: its time and its id. With an empty id: from this time on.
    pub after: (i64, String),
    /// Those before this time.
    pub until: i64,
    /// Of these kinds; empty: of all.
    pub kinds: Vec<AuditKind>,
    /// Of this user.
    pub user_id: Option<String>,
    /// Of this client.
    pub client_id: Option<String>,
    /// How many at most.
    pub limit: i64,
    /// Whether the newest are wanted when there are more, and not the oldest.
    pub newest: bool,
}

/// One text for each way through the indexes: an "or" in it would let neither engine use them.
macro_rules! select {
    ($filter:literal, $order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM audit_event WHERE realm = $1 AND (at, id) > ($2, $3) AND at < $4 \
              AND ($5 = '' OR $5 LIKE '%,' || kind || ',%')",
            $filter,
            " ORDER BY at ",
            $order,
            ", id ",
            $order,
            " LIMIT $6"
        )
    };
}

impl AuditQuery {
    const fn sql(&self) -> &'static str {
        match (self.user_id.is_some(), self.client_id.is_some(), self.newest) {
            (false, false, true) => select!("", "DESC"),
            (false, false, false) => select!("", "ASC"),
            (true, false, true) => select!(" AND user_id = $7", "DESC"),
            (true, false, false) => select!(" AND user_id = $7", "ASC"),
            (false, true, true) => select!(" AND client_id = $7", "DESC"),
            (false, true, false) => select!(" AND client_id = $7", "ASC"),
            (true, true, true) => select!(" AND user_id = $7 AND client_id = $8", "DESC"),
            (true, true, false) => select!(" AND user_id = $7 AND client_id = $8", "ASC"),
        }
    }
}

/// The names of kinds with a comma around each.
fn names(kinds: &[AuditKind]) -> String {
    kinds.iter().fold(String::new(), |list, kind| {
        let comma = if list.is_empty() { "," } else { "" };
        format!("{list}{comma}{},", kind.as_str())
    })
}

fn read(mut row: Row) -> Result<AuditEvent, StorageError> {
    let unknown = |what: &str| StorageError::Corrupt(format!("audit_event: an unknown {what}"));
    Ok(AuditEvent {
        realm: row.text()?,
        at: row.int()?,
        id: row.text()?,
        kind: AuditKind::parse(&row.text()?).ok_or_else(|| unknown("kind"))?,
        actor: Actor::parse(&row.text()?).ok_or_else(|| unknown("actor"))?,
        user_id: row.opt_text()?,
        client_id: row.opt_text()?,
        address: row.opt_text()?,
        explanation_id: row.opt_text()?,
        count: row.int()?,
        details: row.json()?,
    })
}

impl Store {
    /// How many times something of a kind happened to a user from a time on (unix seconds).
    pub async fn count_events_of_user(
        &self,
        realm: &str,
        user_id: &str,
        kind: AuditKind,
        since: i64,
    ) -> Result<i64, StorageError> {
        let row = self
            .query_one(
                "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM audit_event \
                 WHERE realm = $1 AND user_id = $2 AND at >= $3 AND kind = $4",
                &[realm.into(), user_id.into(), since.into(), kind.as_str().into()],
            )
            .await?;
        row.map_or(Ok(0), |mut row| row.int())
    }

    /// How many events of these kinds happened to a user in a time (unix seconds, without its end).
    pub async fn count_events_between(
        &self,
        realm: &str,
        user_id: &str,
        kinds: &[AuditKind],
        (from, until): (i64, i64),
    ) -> Result<i64, StorageError> {
        let row = self
            .query_one(
                "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM audit_event \
                 WHERE realm = $1 AND user_id = $2 AND at >= $3 AND at < $4 AND $5 LIKE '%,' || kind || ',%'",
                &[
                    realm.into(),
                    user_id.into(),
                    from.into(),
                    until.into(),
                    names(kinds).into(),
                ],
            )
            .await?;
        row.map_or(Ok(0), |mut row| row.int())
    }

    /// From which addresses a user did something of these kinds in a time.
    pub async fn addresses_of_user(
        &self,
        realm: &str,
        user_id: &str,
        kinds: &[AuditKind],
        (from, until): (i64, i64),
    ) -> Result<Vec<String>, StorageError> {
        let rows = self
            .query(
                "SELECT DISTINCT address FROM audit_event WHERE realm = $1 AND user_id = $2 AND at >= $3 AND at < $4 \
                 AND $5 LIKE '%,' || kind || ',%' AND address IS NOT NULL",
                &[
                    realm.into(),
                    user_id.into(),
                    from.into(),
                    until.into(),
                    names(kinds).into(),
                ],
            )
            .await?;
        rows.into_iter().map(|mut row| row.text()).collect()
    }

    /// Whether a user did something of these kinds on a device in a time. The id has neither quotes nor `%` in it.
    pub async fn has_used_device(
        &self,
        realm: &str,
        (user_id, device): (&str, &str),
        kinds: &[AuditKind],
        (from, until): (i64, i64),
    ) -> Result<bool, StorageError> {
        let row = self
            .query_one(
                "SELECT 1 FROM audit_event WHERE realm = $1 AND user_id = $2 AND at >= $3 AND at < $4 \
                 AND $5 LIKE '%,' || kind || ',%' AND details LIKE '%\"device\":\"' || $6 || '\"%' LIMIT 1",
                &[
                    realm.into(),
                    user_id.into(),
                    from.into(),
                    until.into(),
                    names(kinds).into(),
                    device.into(),
                ],
            )
            .await?;
        Ok(row.is_some())
    }

    /// The events of a realm, the oldest first.
    pub async fn audit_events(&self, realm: &str, query: &AuditQuery) -> Result<Vec<AuditEvent>, StorageError> {
        let mut params: Vec<Value> = vec![
            realm.into(),
            query.after.0.into(),
            (&query.after.1).into(),
            query.until.into(),
            names(&query.kinds).into(),
            query.limit.into(),
        ];
        let of = [&query.user_id, &query.client_id];
        params.extend(of.into_iter().flatten().map(Value::from));
        let rows = self.query(query.sql(), &params).await?;
        let mut events: Vec<AuditEvent> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        if query.newest {
            events.reverse();
        }
        Ok(events)
    }

    /// Deletes at most `batch` events of a realm that are older than this, and answers how many there were.
    pub async fn purge_audit_events(&self, realm: &str, before: i64, batch: i64) -> Result<u64, StorageError> {
        const OLD: &str =
            "SELECT count(*) FROM (SELECT 1 FROM audit_event WHERE realm = $1 AND at < $2 LIMIT $3) AS old";
        let limits = [realm.into(), before.into(), batch.into()];
        let old = match self.query_one(OLD, &limits).await? {
            Some(mut row) => row.int()?,
            None => 0,
        };
        // Mostly there is nothing, and then nothing needs to be written and synced.
        if old > 0 {
            let delete = Statement::new(
                "DELETE FROM audit_event WHERE (realm, at, id) IN \
                 (SELECT realm, at, id FROM audit_event WHERE realm = $1 AND at < $2 ORDER BY at, id LIMIT $3)",
                limits.to_vec(),
            );
            let _ = self.commit(Change::new().then(delete)).await?;
        }
        Ok(old.unsigned_abs())
    }
}

/// What must be true for an event to be written, where the write that it tells of is no guard.
#[derive(Debug, Clone, Copy)]
pub enum Provided<'a> {
    /// The change has ended this authorization by [`crate::authorization::end_by`] with the event's id: it was alive.
    HasEnded(&'a str),
    /// The signing key is there: another node's may be there instead.
    SigningKey(&'a str),
    /// The same of a key to which clients encrypt.
    DecryptionKey(&'a str),
}

macro_rules! insert {
    () => {
        concat!(
            "INSERT INTO audit_event (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"
        )
    };
    ($table:literal, $condition:literal) => {
        concat!(
            "INSERT INTO audit_event (",
            columns!(),
            ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE EXISTS (SELECT 1 FROM ",
            $table,
            " WHERE realm = $1 AND ",
            $condition,
            ") ON CONFLICT DO NOTHING"
        )
    };
}

/// A new event. One that is there already stays as it is: what was counted is written again when the first answer was
/// lost.
pub fn insert(event: &AuditEvent) -> Statement {
    Statement::new(insert!(), values(event))
}

/// The same, if something is true at this point of the change.
pub fn insert_provided(event: &AuditEvent, provided: Provided<'_>) -> Statement {
    let (sql, key) = match provided {
        Provided::HasEnded(id) => (insert!("authorizations", "id = $12 AND change_id = $3"), id),
        Provided::SigningKey(kid) => (insert!("signing_key", "kid = $12"), kid),
        Provided::DecryptionKey(kid) => (insert!("decryption_key", "kid = $12"), kid),
    };
    let mut values = values(event);
    values.push(key.into());
    Statement::new(sql, values)
}

fn values(event: &AuditEvent) -> Vec<Value> {
    let text = |text: &Option<String>| text.as_deref().into();
    vec![
        (&event.realm).into(),
        event.at.into(),
        (&event.id).into(),
        event.kind.as_str().into(),
        event.actor.as_str().into(),
        text(&event.user_id),
        text(&event.client_id),
        text(&event.address),
        text(&event.explanation_id),
        event.count.into(),
        // JSON with texts as names can always be written.
        json(&event.details).unwrap_or_else(|_| "{}".into()),
    ]
}
