//! A user who signed in at an app that keeps the tokens, and what the app does for them at the bank.

use super::bank::{Account, Payment};
use super::bank_client::{BankClient, CallError};
use super::oidc_client::authorization::{Pending, check_response};
use super::oidc_client::token::Tokens;
use super::oidc_client::{ClientError, OidcClient};

/// A user who signed in, and what they permitted.
pub(super) struct Connection {
    /// What to call them.
    pub user_name: String,
    /// For the API.
    pub tokens: Tokens,
}

impl Connection {
    /// Takes the answer that the user's browser brought back: `query`, to what was asked.
    pub(super) async fn open(oidc: &OidcClient, asked: &Pending, query: &str) -> Result<Self, ClientError> {
        let code = check_response(oidc.issuer(), asked, query)?;
        let (tokens, user) = oidc.redeem(asked, &code).await?;
        let user_name = oidc.user_name(&tokens, &user).await?;
        Ok(Self { user_name, tokens })
    }

    /// The user's accounts, by a token that has not ended.
    pub(super) async fn accounts(&mut self, oidc: &OidcClient, bank: &BankClient) -> Result<Vec<Account>, CallError> {
        let token = oidc.fresh_access_token(&mut self.tokens).await?;
        Ok(bank.accounts(token).await?)
    }

    /// Pays, by a token that has not ended.
    pub(super) async fn pay(
        &mut self,
        oidc: &OidcClient,
        bank: &BankClient,
        payment: &Payment,
    ) -> Result<Account, CallError> {
        let token = oidc.fresh_access_token(&mut self.tokens).await?;
        Ok(bank.pay(token, payment).await?)
    }
}
