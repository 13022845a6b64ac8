//! A native app without a back end: a public client that runs on the user's machine.
//!
//! Spec: RFC 8252 §6 and §7.3, RFC 7636 §4, RFC 6749 §6
//!
//! It lets the user sign in with their own browser, and keeps the tokens in memory. It has no secret: whoever has the
//! program would have it too. PKCE and the exact redirect URI are what protects it. A task of its own renews the access
//! token before it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::super::bank::{Account, Payment};
use super::super::bank_client::BankClient;
use super::super::connection::Connection;
use super::super::oidc_client::authorization::Pending;
use super::super::oidc_client::{ClientError, OidcClient, Registration, http};
use super::loopback::{Loopback, send_user_to};
use super::terminal::{self, Bank, converse};
use super::{explained, not_there};

const SCOPE: &str = "openid profile offline_access accounts:read payments:write";

/// What the program does the user's work with.
struct Alone {
    oidc: OidcClient,
    bank: BankClient,
    /// While it is locked, nobody else uses its tokens: a refresh token that is used twice is taken for a stolen one.
    connection: Arc<Mutex<Connection>>,
}

pub(super) async fn run(issuer: &str, api: &str) -> Result<(), String> {
    let mut loopback = Loopback::listen().await?;
    let registration = Registration {
        client_id: "bank-cli",
        client_secret: None,
        redirect_uri: format!("http://127.0.0.1:{}/callback", loopback.port()),
    };
    let oidc = OidcClient::discover(issuer, registration)
        .await
        .map_err(|error| not_there(issuer, error))?;
    let connection = sign_in(&oidc, &mut loopback).await?;
    println!(
        "Signed in as {}. Allowed: {}",
        connection.user_name, connection.tokens.scope
    );
    if connection.tokens.refresh_token.is_none() {
        let seconds = connection.tokens.seconds_left();
        println!("You did not allow it to stay connected: in {seconds} seconds it will have to ask you again.");
    }
    let app = Alone {
        bank: BankClient::new(http().map_err(|error| error.to_string())?, api),
        connection: Arc::new(connection.into()),
        oidc,
    };
    let renewing = tokio::spawn(keep_fresh(app.oidc.clone(), Arc::clone(&app.connection)));
    converse(&app).await;
    renewing.abort();
    Ok(())
}

/// Sends the user to the authorization server and waits for the answer.
async fn sign_in(oidc: &OidcClient, loopback: &mut Loopback) -> Result<Connection, String> {
    let asked = Pending::new();
    let url = oidc
        .authorization_url(&asked, SCOPE, None, None)
        .map_err(|error| error.to_string())?;
    send_user_to(url.as_str());
    loop {
        let visit = loopback.visit().await?;
        let outcome = Connection::open(oidc, &asked, &visit.query).await;
        let told = outcome.as_ref().map(|_| ()).map_err(ToString::to_string);
        visit.reply(told);
        match outcome {
            // An answer to somebody else's question changes nothing: the real one may still come.
            Err(ClientError::ForeignResponse(_)) => {}
            outcome => return outcome.map_err(|error| error.to_string()),
        }
    }
}

/// Renews the access token before it ends, and says so. Without a refresh token there is nothing to do; one that is
/// refused stays refused.
async fn keep_fresh(oidc: OidcClient, connection: Arc<Mutex<Connection>>) {
    if connection.lock().await.tokens.refresh_token.is_none() {
        return;
    }
    loop {
        let pause = connection.lock().await.tokens.until_renewal();
        tokio::time::sleep(pause.max(Duration::from_secs(1))).await;
        let mut connection = connection.lock().await;
        // A command may have renewed it meanwhile.
        if !connection.tokens.until_renewal().is_zero() {
            continue;
        }
        match oidc.renew(&mut connection.tokens).await {
            Ok(()) => terminal::mention(&format!(
                "renewed in the background: the access token is good for another {} seconds",
                connection.tokens.seconds_left()
            )),
            // It may be there again in a moment.
            Err(ClientError::Unreachable(_)) => {}
            Err(error) => {
                terminal::mention(&format!("not renewed: {error}"));
                return;
            }
        }
    }
}

impl Bank for Alone {
    async fn accounts(&self) -> Result<Vec<Account>, String> {
        let mut connection = self.connection.lock().await;
        let accounts = connection.accounts(&self.oidc, &self.bank).await;
        accounts.map_err(|error| explained(&error))
    }

    async fn pay(&self, payment: &Payment) -> Result<Account, String> {
        let mut connection = self.connection.lock().await;
        let account = connection.pay(&self.oidc, &self.bank, payment).await;
        account.map_err(|error| explained(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::oidc_client::test_client;
    use super::super::super::oidc_client::token::test_tokens;
    use super::*;

    #[tokio::test]
    async fn a_strangers_answer_is_refused_and_the_program_goes_on_waiting() {
        let mut loopback = Loopback::listen().await.unwrap();
        let address = format!("http://127.0.0.1:{}/callback?code=c&state=guessed", loopback.port());
        let oidc = test_client();
        let stranger = async {
            let answer = http().unwrap().get(address).send().await.unwrap();
            answer.status().as_u16()
        };
        tokio::select! {
            biased;
            status = stranger => assert_eq!(status, 400),
            _ = sign_in(&oidc, &mut loopback) => panic!("it stopped waiting"),
        }
    }

    #[tokio::test]
    async fn nothing_is_renewed_that_was_not_allowed_to_be() {
        let connection = Connection {
            user_name: "Alice".to_owned(),
            tokens: test_tokens("openid"),
        };
        // It ends, instead of waiting for ever.
        keep_fresh(test_client(), Arc::new(connection.into())).await;
    }
}
