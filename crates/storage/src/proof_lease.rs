//! Which node takes proofs without a nonce: one at a time, since each remembers only what it took itself.

use crate::{Change, Statement};

/// Takes the lease until `ends_at`, or keeps it for longer; misses as long as another node has it, and for `rest` seconds
/// after that: what it took last could still be used.
pub fn take(realm: &str, holder: &str, ends_at: i64, now: i64, rest: i64) -> Change {
    Change::new().then(Statement::guard(
        "INSERT INTO proof_lease (realm, holder, ends_at) VALUES ($1, $2, $3) \
         ON CONFLICT (realm) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at \
         WHERE proof_lease.holder = excluded.holder OR proof_lease.ends_at < $4",
        vec![
            realm.into(),
            holder.into(),
            ends_at.into(),
            now.saturating_sub(rest).into(),
        ],
    ))
}

/// Ends a node's lease early; `ends_at`: when it took a proof last.
pub fn give_back(realm: &str, holder: &str, ends_at: i64) -> Change {
    Change::new().then(Statement::new(
        "UPDATE proof_lease SET ends_at = $3 WHERE realm = $1 AND holder = $2 AND ends_at > $3",
        vec![realm.into(), holder.into(), ends_at.into()],
    ))
}
