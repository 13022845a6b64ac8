//! Mail to whoever somebody says they are, before anybody has signed in: a code to sign in with, a link to a new password.
//!
//! Spec: NIST SP 800-63B §5.2.2
//!
//! Nobody learns from it which names there are. Whatever is typed, the database is asked the same two questions and counts in
//! as many lanes, and the answer is the same; only the mail is owed, or not. What is sent is counted by account, by address
//! and by network, so that nobody's mailbox is filled; names that are nobody's share the lanes of those.

use jose::{b64, sha256};
use model::{User, username_key};
use realm::RealmContext;
use storage::{Change, Outcome, Statement, StorageError, guess, outbox, outbox::NewCall};

use crate::{
    lane::{self, LONG_LIMIT, LONG_WINDOW, WINDOW},
    notice::verified_email,
    users::is_username,
};

/// Mails that are sent for an account, and to an address, within the window of guesses.
pub(crate) const SENDS: i64 = 5;
/// Mails that a network has sent, to whomever.
const SENDS_OF_NETWORK: i64 = 50;
/// Where mails to an account are counted until one of them was answered: each is a code that may be guessed at.
const LONG: &str = "mail-long";

/// The user whom mail reaches under this name, or at this address. Both are looked for, whatever the first one finds.
pub(crate) async fn find(realm: &RealmContext, typed: &str) -> Result<Option<User>, StorageError> {
    if !is_username(typed) {
        return Ok(None);
    }
    let by_name = realm.store.find_user_by_name(realm.issuer(), typed).await?;
    let by_address = realm
        .store
        .find_user_by_verified_email(realm.issuer(), typed.trim())
        .await?;
    let found = by_name.or(by_address);
    Ok(found.filter(|user| user.enabled && verified_email(user).is_some()))
}

/// Where mails to an address are counted.
pub(crate) fn lane_to(email: &str) -> String {
    format!("address-to/{}", b64::encode(sha256(email.to_lowercase().as_bytes())))
}

/// What is about to be sent.
pub(crate) struct Sending<'a> {
    /// What was typed.
    pub typed: &'a str,
    /// Whom it stands for.
    pub user: Option<&'a User>,
    /// The network address of whoever typed it.
    pub from: &'a str,
    /// The mail, if it stands for somebody.
    pub mail: Option<NewCall>,
}

/// Counts what was typed, and owes the mail; otherwise says in how many seconds another one may be asked for.
///
/// An account has a name and an address: if it mattered to the answer how much was sent to it by the other one, the answer
/// would tell that they belong together. So the answer counts what was typed, and what would be too much for an account is
/// left unsent without a word.
pub(crate) async fn send(realm: &RealmContext, sending: Sending<'_>) -> Result<Result<(), i64>, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let Sending {
        typed,
        user,
        from,
        mail,
    } = sending;
    let of_typed = match user {
        Some(_) => format!("mail/{}", b64::encode(sha256(username_key(typed).as_bytes()))),
        None => lane::named(realm, "mail", typed, None),
    };
    let network = lane::of_network(from).map(|network| format!("mail-{network}"));
    let lanes: Vec<(String, i64)> = [(of_typed, SENDS)]
        .into_iter()
        .chain(network.map(|network| (network, SENDS_OF_NETWORK)))
        .collect();
    let reserve = lanes
        .iter()
        .map(|(lane, limit)| guess::reserve(issuer, lane, *limit, WINDOW, now));
    if realm.store.commit(Change::new().then_all(reserve)).await? == Outcome::Missed {
        tracing::info!(realm = issuer, "mail refused: too many were asked for");
        return Ok(Err(retry_after(realm, &lanes).await?));
    }
    let to = user.and_then(verified_email).map(lane_to);
    let to = to.unwrap_or_else(|| lane::named(realm, "address-to", typed, None));
    let long = lane::named(realm, LONG, typed, user);
    let owe = Change::new()
        .then(guess::reserve(issuer, &to, SENDS, WINDOW, now))
        .then(guess::reserve(issuer, &long, LONG_LIMIT, LONG_WINDOW, now))
        .then_all(mail.map(|mail| outbox::enqueue(mail, now)));
    if realm.store.commit(owe).await? == Outcome::Missed {
        tracing::info!(realm = issuer, "mail left unsent: its account gets too many");
    }
    Ok(Ok(()))
}

/// Counts what is sent to somebody who is known, in these lanes, and owes the mail; otherwise says in how many seconds
/// another one may be asked for.
pub(crate) async fn send_to_user(
    realm: &RealmContext,
    lanes: &[String],
    mail: Option<NewCall>,
) -> Result<Result<(), i64>, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let lanes: Vec<(String, i64)> = lanes.iter().map(|lane| (lane.clone(), SENDS)).collect();
    let reserve = lanes
        .iter()
        .map(|(lane, limit)| guess::reserve(issuer, lane, *limit, WINDOW, now));
    let change = Change::new()
        .then_all(reserve)
        .then_all(mail.map(|mail| outbox::enqueue(mail, now)));
    Ok(match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(retry_after(realm, &lanes).await?),
    })
}

/// In how many seconds, at least one, none of these lanes is full any more.
async fn retry_after(realm: &RealmContext, lanes: &[(String, i64)]) -> Result<i64, StorageError> {
    let mut retry_after = 1;
    for (lane, limit) in lanes {
        if realm
            .store
            .is_lane_full(realm.issuer(), lane, *limit, realm.now())
            .await?
        {
            retry_after = retry_after.max(lane::retry_after(realm, lane).await?);
        }
    }
    Ok(retry_after)
}

/// Forgets how much was sent to an account: what was sent has reached its owner.
pub(crate) fn reset(realm: &RealmContext, user: &User) -> Statement {
    guess::reset(realm.issuer(), &lane::named(realm, LONG, "", Some(user)))
}
