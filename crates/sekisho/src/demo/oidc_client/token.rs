//! The calls of the token, UserInfo and revocation endpoints.
//! Spec: RFC 6749 §2.3.1, §4.1.3, §4.4, §5 and §6; OIDC Core §5.3; RFC 7009 §2.1

use std::time::Duration;

use model::Clock;
use serde::Deserialize;
use url::form_urlencoded;

use super::authorization::{ExpectedCode, Pending};
use super::id_token::{self, SignedIn};
use super::{ClientError, OidcClient};

/// What the app may do now.
pub(in crate::demo) struct Tokens {
    /// Sent to the API with each call.
    pub access_token: String,
    /// Gets a new access token while the user is away; only when the user allowed `offline_access`.
    pub refresh_token: Option<String>,
    /// What the user allowed, which may be less than was asked for.
    pub scope: String,
    /// When the access token ends, in unix seconds.
    expires_at: i64,
    /// When an app that does not wait for the end renews it, in unix seconds.
    renew_at: i64,
}

impl Tokens {
    /// Whether the access token has ended, or will before the API sees it.
    fn is_expired(&self) -> bool {
        Clock::system().now() >= self.expires_at - 5
    }

    /// How long the access token is still good.
    pub(in crate::demo) fn seconds_left(&self) -> i64 {
        self.expires_at - Clock::system().now()
    }

    /// How long an app can wait before it renews the access token in the background.
    pub(in crate::demo) fn until_renewal(&self) -> Duration {
        let seconds = self.renew_at - Clock::system().now();
        Duration::from_secs(seconds.try_into().unwrap_or(0))
    }

    /// Whether the user allowed this.
    pub(in crate::demo) fn allows(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|one| one == scope)
    }
}

/// RFC 6749 §5.1. `scope` is absent when it is what was asked for, so it is asked to be present.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    token_type: String,
    expires_in: i64,
    scope: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl OidcClient {
    /// Changes the code into tokens, and finds out who signed in.
    pub(in crate::demo) async fn redeem(
        &self,
        pending: &Pending,
        code: &ExpectedCode,
    ) -> Result<(Tokens, SignedIn), ClientError> {
        let response = self
            .ask_for_token(&[
                ("grant_type", "authorization_code"),
                ("code", &code.0),
                ("redirect_uri", &self.registration.redirect_uri),
                ("code_verifier", &pending.code_verifier),
            ])
            .await?;
        let id_token = response
            .id_token
            .as_deref()
            .ok_or(ClientError::IdToken("there is none"))?;
        let expected = id_token::Expected {
            issuer: &self.server.issuer,
            client_id: self.registration.client_id,
            nonce: &pending.nonce,
            access_token: &response.access_token,
            now: Clock::system().now(),
        };
        let signed_in = id_token::check(id_token, &self.keys().await?, &expected)?;
        Ok((new_tokens(response), signed_in))
    }

    /// The access token, renewed if it has ended.
    pub(in crate::demo) async fn fresh_access_token<'a>(&self, tokens: &'a mut Tokens) -> Result<&'a str, ClientError> {
        if tokens.is_expired() {
            self.renew(tokens).await?;
        }
        Ok(&tokens.access_token)
    }

    /// Gets another access token. A server that rotates refresh tokens sends the next one along; the old one is spent.
    pub(in crate::demo) async fn renew(&self, tokens: &mut Tokens) -> Result<(), ClientError> {
        let refresh_token = tokens.refresh_token.clone().ok_or(ClientError::Ended)?;
        let asked = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
        *tokens = new_tokens(self.ask_for_token(&asked).await?);
        tokens.refresh_token.get_or_insert(refresh_token);
        Ok(())
    }

    /// A token for the app itself, without any user (RFC 6749 §4.4).
    pub(in crate::demo) async fn client_credentials(&self, scope: &str) -> Result<Tokens, ClientError> {
        let asked = [("grant_type", "client_credentials"), ("scope", scope)];
        Ok(new_tokens(self.ask_for_token(&asked).await?))
    }

    /// What the user is called, as far as they allowed this app to know.
    pub(in crate::demo) async fn user_name(&self, tokens: &Tokens, who: &SignedIn) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct UserInfo {
            sub: String,
            name: Option<String>,
        }
        let url = &self.server.userinfo_endpoint;
        let answer = self.http.get(url).bearer_auth(&tokens.access_token).send().await?;
        let text = answer.bytes().await?;
        let user: UserInfo =
            serde_json::from_slice(&text).map_err(|_| ClientError::Malformed("UserInfo is not readable"))?;
        // OIDC Core §5.3.2: "if they do not match, the UserInfo Response values MUST NOT be used".
        if user.sub != who.subject {
            return Err(ClientError::Malformed("UserInfo is about somebody else"));
        }
        Ok(user.name.unwrap_or(user.sub))
    }

    /// Makes the tokens void: with a refresh token ends everything that came from it. What the user allowed is
    /// remembered all the same, until they take it back.
    pub(in crate::demo) async fn revoke(&self, tokens: &Tokens) -> Result<(), ClientError> {
        let token = tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token);
        let answer = self
            .post(&self.server.revocation_endpoint, &[("token", token)])
            .send()
            .await?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(refusal(&answer.bytes().await?))
    }

    async fn ask_for_token(&self, parameters: &[(&str, &str)]) -> Result<TokenResponse, ClientError> {
        let answer = self.post(&self.server.token_endpoint, parameters).send().await?;
        let is_success = answer.status().is_success();
        let text = answer.bytes().await?;
        if !is_success {
            return Err(refusal(&text));
        }
        let response: TokenResponse =
            serde_json::from_slice(&text).map_err(|_| ClientError::Malformed("the token response is not readable"))?;
        // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token type."
        if !response.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(ClientError::Malformed("the token is of an unknown type"));
        }
        Ok(response)
    }

    /// A request in the app's own name: by its secret if it has one (`client_secret_basic`).
    fn post(&self, url: &str, parameters: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let client_id = self.registration.client_id;
        let request = self.http.post(url);
        let mut form = parameters.to_vec();
        let request = if let Some(secret) = self.registration.client_secret {
            // RFC 6749 §2.3.1: both are form-encoded first.
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request.basic_auth(encode(client_id), Some(encode(secret)))
        } else {
            form.push(("client_id", client_id));
            request
        };
        request.form(&form)
    }
}

fn new_tokens(response: TokenResponse) -> Tokens {
    let now = Clock::system().now();
    Tokens {
        access_token: response.access_token,
        refresh_token: response.refresh_token,
        scope: response.scope,
        expires_at: now.saturating_add(response.expires_in),
        // Early enough for a second try.
        renew_at: now.saturating_add(response.expires_in / 4 * 3),
    }
}

fn refusal(body: &[u8]) -> ClientError {
    match serde_json::from_slice::<ErrorResponse>(body) {
        Ok(response) => ClientError::Refused {
            error: response.error,
            description: response.error_description,
        },
        Err(_) => ClientError::Malformed("the error response is not readable"),
    }
}

/// Tokens that nobody issued.
#[cfg(test)]
pub(in crate::demo) fn test_tokens(scope: &str) -> Tokens {
    Tokens {
        access_token: "a".to_owned(),
        refresh_token: None,
        scope: scope.to_owned(),
        expires_at: i64::MAX,
        renew_at: i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_client;
    use super::*;

    fn lasting(seconds: i64) -> Tokens {
        let response = serde_json::json!({
            "access_token": "a", "token_type": "Bearer", "expires_in": seconds, "scope": "openid accounts:read",
        });
        new_tokens(serde_json::from_value(response).unwrap())
    }

    #[test]
    fn a_token_is_renewed_a_little_before_it_ends() {
        assert!(!lasting(60).is_expired());
        assert!(lasting(4).is_expired());
        assert!(lasting(0).is_expired());
    }

    #[test]
    fn a_background_renewal_comes_when_a_quarter_of_the_life_is_left() {
        let wait = lasting(120).until_renewal().as_secs();
        assert!((88..=90).contains(&wait), "{wait}");
        assert_eq!(lasting(0).until_renewal(), Duration::ZERO);
        assert!((118..=120).contains(&lasting(120).seconds_left()));
    }

    #[tokio::test]
    async fn without_a_refresh_token_nothing_is_renewed_and_one_that_failed_is_kept() {
        let mut tokens = lasting(0);
        assert!(matches!(
            test_client().renew(&mut tokens).await,
            Err(ClientError::Ended)
        ));
        let mut client = test_client();
        client.server.token_endpoint = "http://localhost:1/token".to_owned();
        tokens.refresh_token = Some("r".to_owned());
        assert!(matches!(
            client.renew(&mut tokens).await,
            Err(ClientError::Unreachable(_))
        ));
        assert_eq!(tokens.refresh_token.as_deref(), Some("r"));
    }

    #[test]
    fn a_scope_is_allowed_as_a_whole_word() {
        assert!(lasting(60).allows("accounts:read"));
        assert!(!lasting(60).allows("accounts"));
        assert!(!lasting(60).allows("payments:write"));
    }

    #[test]
    fn an_app_with_a_secret_shows_it_in_the_header_and_one_without_gives_its_name() {
        let mut client = test_client();
        let request = client.post("https://id.example/token", &[("a", "b")]).build().unwrap();
        assert_eq!(request.headers()["authorization"], "Basic YnVkZ2V0LXdlYjpzZWNyZXQ=");
        assert_eq!(request.body().unwrap().as_bytes(), Some(&b"a=b"[..]));

        client.registration.client_secret = None;
        let request = client.post("https://id.example/token", &[("a", "b")]).build().unwrap();
        assert!(request.headers().get("authorization").is_none());
        assert_eq!(
            request.body().unwrap().as_bytes(),
            Some(&b"a=b&client_id=budget-web"[..])
        );
    }

    #[test]
    fn an_error_response_becomes_a_refusal_and_anything_else_is_malformed() {
        let refused = refusal(br#"{"error":"invalid_grant","error_description":"used"}"#);
        assert_eq!(refused.to_string(), "invalid_grant: used");
        assert!(matches!(refusal(b"<html>"), ClientError::Malformed(_)));
    }
}
