//! An app at financial grade: what Pay and Till do with the authorization server and with the payments API.
//! Spec: FAPI 2.0 Security Profile §5.3.3, RFC 7523 §2.2 and §3, RFC 9449 §4, §8 and §9
//!
//! Two keys instead of a password: with one the app says who it is ([`assertion`]), to the other its tokens are bound
//! ([`dpop`]). [`pushed_authorization`] asks by way of the user's browser, [`backchannel`] by way of the user's own
//! device, [`token`] redeems what came of it, [`payments`] calls the API.
//!
//! Deliberately not: secrets, certificates (they would want TLS on this machine), bearer tokens.

mod answer;
mod assertion;
pub(super) mod backchannel;
mod dpop;
pub(super) mod payments;
mod pushed_authorization;
mod token;

use jose::{Jwk, KeyError, SigningAlg, SigningKey};

use self::answer::Answer;
use self::dpop::DpopKey;
pub(super) use self::token::BoundToken;
#[cfg(test)]
pub(super) use self::token::test_token;
use super::oidc_client::{ClientError, ServerMetadata};

/// The keys of an app. They are made when it starts; only their public halves leave it.
pub(super) struct AppKeys {
    authentication: SigningKey,
    dpop: DpopKey,
}

impl AppKeys {
    /// New keys.
    pub(super) fn generate() -> Result<Self, KeyError> {
        Ok(Self {
            authentication: SigningKey::generate(SigningAlg::Es256)?.0,
            dpop: DpopKey::generate()?,
        })
    }

    /// What the authorization server has to know: the public key that the app proves itself by.
    pub(super) fn registered(&self) -> Jwk {
        self.authentication.public_jwk()
    }
}

/// An app, ready to ask its authorization server.
pub(super) struct FapiClient {
    http: reqwest::Client,
    server: ServerMetadata,
    client_id: &'static str,
    /// Where the user comes back to; empty for an app that sends nobody away.
    redirect_uri: String,
    keys: AppKeys,
}

impl FapiClient {
    pub(super) async fn discover(
        http: reqwest::Client,
        issuer: &str,
        client_id: &'static str,
        redirect_uri: String,
        keys: AppKeys,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            server: ServerMetadata::discover(&http, issuer).await?,
            http,
            client_id,
            redirect_uri,
            keys,
        })
    }

    /// The authorization server.
    pub(super) fn issuer(&self) -> &str {
        &self.server.issuer
    }

    /// A request in the app's own name.
    async fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer, ClientError> {
        let request = self.authenticated(url, form)?;
        Answer::of(request.send().await?).await
    }

    /// The same, with a proof of the key that the token is to be bound to.
    async fn post_with_proof(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer, ClientError> {
        let proven = || self.keys.dpop.proof("POST", url, None);
        let answer = self
            .keys
            .dpop
            .answer(url, self.authenticated(url, form)?, proven()?)
            .await?;
        if !answer.asks_for_nonce() {
            return Ok(answer);
        }
        // RFC 9449 §8: the server wants its own number in the proof. The assertion is made anew as well, for each
        // is taken once.
        self.keys
            .dpop
            .answer(url, self.authenticated(url, form)?, proven()?)
            .await
    }

    fn authenticated(&self, url: &str, form: &[(&str, &str)]) -> Result<reqwest::RequestBuilder, ClientError> {
        let assertion = assertion::sign(&self.keys.authentication, self.client_id, &self.server.issuer)?;
        let credentials = [
            ("client_assertion_type", assertion::TYPE),
            ("client_assertion", assertion.as_str()),
        ];
        Ok(self.http.post(url).form(&[form, &credentials].concat()))
    }
}

/// A client of `https://id.example`, without any server behind it.
#[cfg(test)]
pub(super) fn test_fapi_client(client_id: &'static str) -> FapiClient {
    FapiClient {
        http: super::oidc_client::http().unwrap(),
        server: super::oidc_client::test_server(),
        client_id,
        redirect_uri: "https://app.example/callback".to_owned(),
        keys: AppKeys::generate().unwrap(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_says_who_the_app_is_by_a_new_assertion() {
        let client = test_fapi_client("pay-web");
        let form = || {
            let request = client.authenticated("https://id.example/par", &[("a", "b")]).unwrap();
            let request = request.build().unwrap();
            assert!(request.headers().get("authorization").is_none());
            String::from_utf8(request.body().unwrap().as_bytes().unwrap().to_vec()).unwrap()
        };
        let (one, two) = (form(), form());
        assert!(
            one.starts_with("a=b&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"),
            "{one}"
        );
        assert_ne!(one, two);
    }
}
