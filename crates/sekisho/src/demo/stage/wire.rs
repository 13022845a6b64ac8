//! What the stage's own app sends: as an app should, and wrongly. The answers are read from the recording, as everybody
//! who watches sees them.
//! Spec: RFC 6749 §4.1.3 and §6, RFC 6750 §2.1

use std::sync::Arc;

use reqwest::RequestBuilder;
use serde_json::json;

use super::super::oidc_client::authorization::Pending;
use super::super::oidc_client::{ClientError, OidcClient, Registration};
use super::exchange::Exchange;
use super::recording::Recording;

/// What the app asks for.
const SCOPE: &str = "openid offline_access accounts:read";

const CLIENT_ID: &str = "stage";
const CLIENT_SECRET: &str = "stage-secret";

/// The app's way to everybody.
pub(in crate::demo) struct Wire {
    pub http: reqwest::Client,
    pub recording: Arc<Recording>,
    /// Where everybody is.
    pub issuer: String,
    pub api: String,
    pub payments_api: String,
}

impl Wire {
    /// Where the app gets its code.
    fn redirect_uri(&self) -> String {
        format!("{}{}", self.issuer, super::CALLBACK)
    }

    /// Where to send the browser. The server's metadata is read each time, so that this too can be watched.
    pub(super) async fn authorization_url(&self, pending: &Pending, locale: &str) -> Result<String, ClientError> {
        let registration = Registration {
            client_id: CLIENT_ID,
            client_secret: Some(CLIENT_SECRET),
            redirect_uri: self.redirect_uri(),
        };
        let client = OidcClient::discover(&self.issuer, registration).await?;
        Ok(client.authorization_url(pending, SCOPE, Some(locale), None)?.into())
    }

    /// Changes the code into tokens; `code_verifier` is left out by who does not have it.
    pub(super) async fn redeem(&self, code: &str, code_verifier: Option<&str>) -> Result<Arc<Exchange>, ClientError> {
        let redirect_uri = self.redirect_uri();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
        ];
        form.extend(code_verifier.map(|verifier| ("code_verifier", verifier)));
        self.ask_for_token(&form, ("code", code)).await
    }

    /// Gets the next access token.
    pub(super) async fn refresh(&self, refresh_token: &str) -> Result<Arc<Exchange>, ClientError> {
        let own = ("refresh_token", refresh_token);
        self.ask_for_token(&[("grant_type", "refresh_token"), own], own).await
    }

    /// Asks the accounts API.
    pub(super) async fn accounts(&self, token: &str) -> Result<Arc<Exchange>, ClientError> {
        let request = self.http.get(format!("{}/accounts", self.api));
        self.call(request, token).await
    }

    /// Takes the token to the other API.
    pub(super) async fn payment(&self, token: &str) -> Result<Arc<Exchange>, ClientError> {
        let request = self.http.post(format!("{}/payments", self.payments_api));
        let payment = json!({ "identifier": "stage", "amount": 1, "currency": "JPY", "creditor": "Mallory" });
        self.call(request.json(&payment), token).await
    }

    /// `own`: the field by which this request is told from others'.
    async fn ask_for_token(&self, form: &[(&str, &str)], own: (&str, &str)) -> Result<Arc<Exchange>, ClientError> {
        let request = self.http.post(format!("{}/token", self.issuer));
        let request = request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(form);
        self.send(request, |exchange| exchange.request.body.field(own.0) == Some(own.1))
            .await
    }

    async fn call(&self, request: RequestBuilder, token: &str) -> Result<Arc<Exchange>, ClientError> {
        self.send(request.bearer_auth(token), |exchange| {
            exchange.shown_token() == Some(token)
        })
        .await
    }

    async fn send(
        &self,
        request: RequestBuilder,
        is_it: impl Fn(&Exchange) -> bool,
    ) -> Result<Arc<Exchange>, ClientError> {
        let before = self.recording.newest();
        request.send().await?.bytes().await?;
        let after = self.recording.all().into_iter().rev();
        let mut after = after.take_while(|exchange| exchange.number > before);
        after
            .find(|exchange| is_it(exchange))
            .ok_or(ClientError::Malformed("the stage has not seen it"))
    }
}
