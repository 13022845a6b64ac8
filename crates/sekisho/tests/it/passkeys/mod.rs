//! Passkeys over HTTP, by an authenticator in software (WebAuthn Level 3 §7).

mod enrol;
mod factor;
mod sign_in;

use authn::factors::passkey::{self, registration};
use model::Authenticator as Row;
use serde_json::Value;
use storage::{Change, Outcome, authenticator};
use testkit::{Authenticator, Form, Page};

use crate::bank::Bank;

/// What a passkey that verified its user is worth, in tokens.
const AMR: [&str; 4] = ["swk", "user", "pop", "mfa"];

/// A passkey of this user that counts. `change` says how its authenticator is.
pub async fn enrolled(bank: &Bank, username: &str, change: impl FnOnce(&mut Authenticator)) -> Authenticator {
    let realm = bank.running.realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let found = realm.store.find_user_by_name(realm.issuer(), username).await;
    let user = found.unwrap().unwrap();
    let mut key = Authenticator::at(&bank.issuer);
    change(&mut key);
    let begun = passkey::ask_for_new(&realm, "enrolment", &user).await.unwrap();
    let made = key.create(&begun.options).to_string();
    let new = registration::finish(&realm, ("enrolment", &user), (&begun.carried, &made)).unwrap();
    let row = Row {
        name: "Blue key".into(),
        active_at: Some(realm.now()),
        ..passkey::authenticator(&user, &new).unwrap()
    };
    let change = Change::new().then(authenticator::insert(realm.issuer(), &row).unwrap());
    assert_eq!(realm.store.commit(change).await.unwrap(), Outcome::Applied);
    key
}

/// What a page hands to `navigator.credentials`.
fn options(page: &Page) -> Value {
    let (_, rest) = page.html.split_once("data-options=\"").unwrap();
    let (text, _) = rest.split_once('"').unwrap();
    let plain = [
        ("&quot;", "\""),
        ("&#x2f;", "/"),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let text = plain
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain));
    serde_json::from_str(&text).unwrap()
}

/// The form that the page's script sends when this passkey was used.
fn answered(page: &Page, key: &mut Authenticator) -> Form {
    let answer = key.get(&options(page)).to_string();
    page.form_with("use-passkey").tamper("credential", &answer)
}
