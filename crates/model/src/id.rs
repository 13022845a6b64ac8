//! Ids of rows.

/// A new id of a row: time-ordered (UUID version 7), so that indexes grow at one end. Not a secret.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// A new subject identifier of a user: 128 random bits that tell nothing, not even when the account was made.
pub fn new_subject() -> String {
    jose::b64::encode(jose::random_bytes::<16>())
}
