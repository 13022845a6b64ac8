//! What requests have in common that a user answers elsewhere: answered once, polled by one at a time, redeemed once.

use model::{PolledRequest, PolledState};

use crate::{Row, Statement, StorageError};

/// Where requests of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// Those of devices.
    Device,
    /// Those that clients make in the background.
    Ciba,
}

/// The columns that [`read`] reads.
macro_rules! polled_columns {
    () => {
        "id, client_id, state, authorization_id, poll_interval, polled_at, created_at, expires_at"
    };
}
pub(crate) use polled_columns;

/// Reads what every such row begins with.
pub(crate) fn read(row: &mut Row) -> Result<PolledRequest, StorageError> {
    Ok(PolledRequest {
        id: row.text()?,
        client_id: row.text()?,
        state: {
            let state = row.text()?;
            PolledState::from_stored(&state)
                .ok_or_else(|| StorageError::Corrupt(format!("{state} is no state of a request")))?
        },
        authorization_id: row.opt_text()?,
        poll_interval: row.int()?,
        polled_at: row.int()?,
        created_at: row.int()?,
        expires_at: row.int()?,
    })
}

struct Texts {
    approve: &'static str,
    deny: &'static str,
    poll: &'static str,
    redeem: &'static str,
    changed_by: &'static str,
}

macro_rules! texts {
    ($table:literal) => {
        Texts {
            approve: concat!(
                "UPDATE ",
                $table,
                " SET state = 'approved', authorization_id = $3, change_id = $4 \
                 WHERE realm = $1 AND id = $2 AND state = 'pending' AND expires_at > $5"
            ),
            deny: concat!(
                "UPDATE ",
                $table,
                " SET state = 'denied', change_id = $3 \
                 WHERE realm = $1 AND id = $2 AND state = 'pending' AND expires_at > $4"
            ),
            poll: concat!(
                "UPDATE ",
                $table,
                " SET polled_at = $3, poll_interval = $4, change_id = $5 WHERE realm = $1 AND id = $2 \
                 AND state = 'pending' AND polled_at = $6 AND poll_interval = $7"
            ),
            redeem: concat!(
                "UPDATE ",
                $table,
                " SET state = 'used' WHERE realm = $1 AND id = $2 AND state = 'approved'"
            ),
            changed_by: concat!(
                "SELECT 1 FROM ",
                $table,
                " WHERE realm = $1 AND id = $2 AND change_id = $3"
            ),
        }
    };
}

impl Polled {
    const fn texts(self) -> Texts {
        match self {
            Self::Device => texts!("device_request"),
            Self::Ciba => texts!("ciba_request"),
        }
    }

    /// The user permitted it: misses when it was answered before or has expired.
    pub fn approve(self, realm: &str, id: &str, authorization_id: &str, change_id: &str, now: i64) -> Statement {
        let values = vec![
            realm.into(),
            id.into(),
            authorization_id.into(),
            change_id.into(),
            now.into(),
        ];
        Statement::guard(self.texts().approve, values)
    }

    /// The user did not permit it: misses as [`approve`](Self::approve).
    pub fn deny(self, realm: &str, id: &str, change_id: &str, now: i64) -> Statement {
        let values = vec![realm.into(), id.into(), change_id.into(), now.into()];
        Statement::guard(self.texts().deny, values)
    }

    /// The client polled, and must wait `poll_interval` seconds before it polls again; misses when it polled elsewhere at
    /// the same time, or the user answered.
    pub fn poll(self, realm: &str, before: &PolledRequest, poll_interval: i64, change_id: &str, now: i64) -> Statement {
        let values = vec![
            realm.into(),
            (&before.id).into(),
            now.into(),
            poll_interval.into(),
            change_id.into(),
            before.polled_at.into(),
            before.poll_interval.into(),
        ];
        Statement::guard(self.texts().poll, values)
    }

    /// The client gets its tokens: misses the second time.
    pub fn redeem(self, realm: &str, id: &str) -> Statement {
        Statement::guard(self.texts().redeem, vec![realm.into(), id.into()])
    }

    /// Recognises a change of this id on a request.
    pub fn changed_by(self, realm: &str, id: &str, change_id: &str) -> Statement {
        let values = vec![realm.into(), id.into(), change_id.into()];
        Statement::new(self.texts().changed_by, values)
    }
}
