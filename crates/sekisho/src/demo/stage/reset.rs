//! The next visitor starts afresh: nobody is signed in, nothing is permitted, nobody has paid anything.

use model::User;
use realm::Realms;
use storage::{Change, Polled, StorageError};

/// Of how many users; the demo has two, and whoever signed up.
const MOST_USERS: i64 = 1000;

/// How many requests can wait for one user.
const MOST_WAITING: i64 = 1000;

/// Ends what the users of a realm have: sessions, permissions, and with these all tokens; and refuses what waits for
/// their answer.
pub(super) async fn end_everything(realms: &Realms, issuer: &str) -> Result<(), StorageError> {
    for user in realms.store.users(issuer, "", MOST_USERS).await? {
        end_all_of(realms, issuer, &user).await?;
    }
    Ok(())
}

async fn end_all_of(realms: &Realms, issuer: &str, user: &User) -> Result<(), StorageError> {
    let (store, now) = (&realms.store, realms.clock.now());
    let mut changes = vec![Change::new().then_all(storage::session::end_all_of_user(issuer, &user.id, now))];
    for grant in store.grants_of_user(issuer, &user.id, now).await? {
        changes.push(Change::new().then_all(storage::grant::end(issuer, &user.id, &grant.id, now)));
    }
    for waiting in store.ciba_requests_of_user(issuer, &user.id, now, MOST_WAITING).await? {
        let deny = Polled::Ciba.deny(issuer, &waiting.polled.id, &jose::random_token(), now);
        changes.push(Change::new().then(deny));
    }
    for change in changes {
        // A guard that misses: it has ended in the same moment by itself.
        let _ = store.commit(change).await?;
    }
    Ok(())
}
