//! The request for a payment: pushed to the server first, so that nobody can read or change it on its way through the
//! browser.
//! Spec: RFC 9126 §2.1 and §4, RFC 9396 §3, RFC 9449 §10.1, FAPI 2.0 Security Profile §5.3.3.2

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::super::oidc_client::ClientError;
use super::super::oidc_client::authorization::Pending;
use super::FapiClient;

/// RFC 9126 §2.2.
#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

impl FapiClient {
    /// Pushes the request, and answers the URL to send the user's browser to. The proof that goes along binds the code
    /// to the app's key before there is one.
    ///
    /// `details`: what the user is asked for. `ui_locales`: the language of the app.
    pub(in crate::demo) async fn push(
        &self,
        pending: &Pending,
        details: &Value,
        ui_locales: &str,
    ) -> Result<Url, ClientError> {
        let details = details.to_string();
        let code_challenge = pending.code_challenge();
        let form = [
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("state", &pending.state),
            ("code_challenge", &code_challenge),
            ("code_challenge_method", "S256"),
            ("authorization_details", &details),
            ("ui_locales", ui_locales),
        ];
        let endpoint = &self.server.pushed_authorization_request_endpoint;
        let pushed: Pushed = self.post_with_proof(endpoint, &form).await?.granted()?;
        self.authorization_url(&pushed)
    }

    /// All that the browser carries: who asks, and a reference to what was pushed.
    fn authorization_url(&self, pushed: &Pushed) -> Result<Url, ClientError> {
        let mut url = Url::parse(&self.server.authorization_endpoint)
            .map_err(|_| ClientError::Malformed("authorization_endpoint is not a URL"))?;
        url.query_pairs_mut()
            .append_pair("client_id", self.client_id)
            .append_pair("request_uri", &pushed.request_uri);
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_fapi_client;
    use super::*;

    #[test]
    fn the_browser_carries_nothing_of_the_payment() {
        let pushed = Pushed {
            request_uri: "urn:ietf:params:oauth:request_uri:1".to_owned(),
        };
        let url = test_fapi_client("pay-web").authorization_url(&pushed).unwrap();
        assert_eq!(
            url.as_str(),
            "https://id.example/authorize?client_id=pay-web&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A1"
        );
    }
}
