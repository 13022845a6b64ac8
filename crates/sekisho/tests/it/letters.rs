//! The mail that is owed, as its reader would get it.

use authn::notice::{Content, Letter};

use crate::bank::Bank;

/// What the newest letter to an address holds of which this can be taken. There is no mail server here, and the server's own
/// delivery looks at the call too, now and then: so the clock may go on by some minutes.
pub async fn newest<T>(bank: &Bank, to: &str, take: impl Fn(Content) -> Option<T>) -> T {
    for _ in 0..8 {
        if let Some(found) = owed(bank, to, &take).await.pop() {
            return found;
        }
        bank.clock.advance(60);
    }
    panic!("no such mail is owed to {to}");
}

/// Of all letters to an address that nobody else looks at right now, the oldest first.
pub async fn owed<T>(bank: &Bank, to: &str, take: impl Fn(Content) -> Option<T>) -> Vec<T> {
    let realms = &bank.running.realms;
    let realm = realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let due = realms.store.lease_due(realm.now(), 5, 100).await.unwrap();
    let letters = due
        .iter()
        .filter(|call| call.destination == to)
        .filter_map(|call| Letter::unwrap(&realm.wrap, &call.realm, &call.id, &call.payload));
    letters.filter_map(|letter| take(letter.content)).collect()
}

/// The code to sign in with.
pub fn code(content: Content) -> Option<String> {
    match content {
        Content::Code { code, .. } => Some(code),
        _ => None,
    }
}

/// The link to a new password.
pub fn reset(content: Content) -> Option<String> {
    match content {
        Content::ResetPassword { link, .. } => Some(link),
        _ => None,
    }
}

/// The operator's invitation.
pub fn invitation(content: Content) -> Option<String> {
    match content {
        Content::Invitation { link, .. } => Some(link),
        _ => None,
    }
}
