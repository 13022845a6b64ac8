//! Ids of rows.
//! Spec: RFC 9562 §5.7 and §6.2

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, NoContext, Timestamp};

/// How many values of a counter there are in a millisecond: by them, ids that are made in the same one keep their order.
const COUNTER: u64 = 1 << 12;

/// A new id of a row: time-ordered (UUID version 7), so that indexes grow at one end. Not a secret.
pub fn new_id() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let (seconds, nanoseconds) = Timestamp::now(NoContext).to_unix();
    let now = (seconds * 1000 + u64::from(nanoseconds / 1_000_000)) * COUNTER;
    let after = |last: u64| now.max(last + 1);
    let moment = match LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last))) {
        Ok(last) | Err(last) => after(last),
    };
    // Random bytes of our own, since those of the library cost a call of the system for each id.
    let mut bytes = jose::random_bytes::<10>();
    let [.., high, low] = (moment % COUNTER).to_be_bytes();
    (bytes[0], bytes[1]) = (high, low);
    let id = Builder::from_unix_timestamp_millis(moment / COUNTER, &bytes);
    id.into_uuid().simple().to_string()
}

/// A new subject identifier of a user: 128 random bits that tell nothing, not even when the account was made.
pub fn new_subject() -> String {
    jose::b64::encode(jose::random_bytes::<16>())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, thread};

    use super::*;

    #[test]
    fn ids_are_uuids_of_version_7() {
        let id = uuid::Uuid::parse_str(&new_id()).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn ids_sort_as_they_were_made_and_no_two_are_alike() {
        let make = || -> Vec<String> { (0..20_000).map(|_| new_id()).collect() };
        let others: Vec<_> = (0..3).map(|_| thread::spawn(make)).collect();
        let ids = make();
        assert!(ids.is_sorted());
        let mut all = BTreeSet::from_iter(ids);
        for other in others {
            all.extend(other.join().unwrap());
        }
        assert_eq!(all.len(), 80_000);
    }
}
