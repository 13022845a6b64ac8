//! `/sign-up`, and `prompt=create` (Initiating User Registration via OpenID Connect).

mod forged;
mod refused;
mod replayed;
mod walk;

use model::User;
use storage::Change;
use testkit::{Browser, Form, Page};

use crate::{bank::Bank, request::Request};

/// A password that nobody guesses.
const PASSWORD: &str = "four rivers meet here";

/// A bank where people may make their own accounts.
async fn open_bank() -> Bank {
    let bank = Bank::start().await;
    let realms = &bank.running.realms;
    let context = realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let mut realm = context.realm.clone();
    realm.sign_up = true;
    let change = Change::new()
        .then(storage::realm::put(&realm, bank.clock.now()).unwrap())
        .then(storage::realm::raise_revision());
    bank.change(change).await;
    realms.refresh().await.unwrap();
    bank
}

fn create() -> Request {
    Request::code("openid profile email").with("prompt", "create")
}

/// The form of a sign-up page, filled in.
fn filled(page: &Page, username: &str) -> Form {
    page.form_with("sign-up")
        .fill("username", username)
        .fill("password", PASSWORD)
}

/// Makes an account on a sign-up page: what follows.
async fn sign_up(browser: &Browser, page: &Page, username: &str) -> Page {
    let answer = browser.submit(&filled(page, username), Some("sign-up")).await;
    answer.page()
}

async fn users(bank: &Bank) -> Vec<String> {
    let users: Vec<User> = bank.running.realms.store.users(&bank.issuer, "", 100).await.unwrap();
    users.into_iter().map(|user| user.username).collect()
}
