//! Assertions that were used: a row until the assertion has expired, so that it is used once.

use model::new_id;

use crate::{Change, Statement, Value};

/// Uses an assertion; misses when it was used before.
pub fn use_once(realm: &str, id: [u8; 32], expires_at: i64) -> Change {
    let change_id = new_id();
    let key = |last: Value| vec![realm.into(), id.into(), last];
    let mut values = key((&change_id).into());
    values.push(expires_at.into());
    Change::new()
        .then(Statement::guard(
            "INSERT INTO used_assertion (realm, id, change_id, expires_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
            values,
        ))
        .recognised_by(Statement::new(
            "SELECT 1 FROM used_assertion WHERE realm = $1 AND id = $2 AND change_id = $3",
            key(change_id.into()),
        ))
}
