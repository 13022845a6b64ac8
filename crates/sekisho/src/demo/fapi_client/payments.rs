//! How the apps call the payments API, honestly and otherwise.
//! Spec: RFC 9449 §7.1 and §9

use super::super::oidc_client::ClientError;
use super::super::payments_api::Order;
use super::dpop::DpopKey;
use super::{Answer, BoundToken, FapiClient};

/// The status of a payment that was made.
const CREATED: u16 = 201;

/// How the token is shown to the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Presentation {
    /// With a proof by the key that it is bound to.
    Proven,
    /// Without any proof, as somebody would who found the token.
    Unproven,
    /// As a bearer token.
    Bearer,
    /// With a proof by a key of the thief's own.
    ByAnotherKey,
}

/// What the API said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct ApiAnswer {
    pub status: u16,
    /// The error and what was said about it; empty when the payment was made.
    pub error: String,
}

impl ApiAnswer {
    /// Whether the payment was made.
    pub(in crate::demo) fn is_paid(&self) -> bool {
        self.status == CREATED
    }
}

impl FapiClient {
    /// Sends an order to `api`. What the API refuses is an answer too.
    pub(in crate::demo) async fn pay(
        &self,
        api: &str,
        token: &BoundToken,
        order: &Order,
        presentation: Presentation,
    ) -> Result<ApiAnswer, ClientError> {
        let url = format!("{api}/payments");
        let token = token.access_token.as_str();
        let request = |scheme| {
            let request = self.http.post(&url).json(order);
            request.header("Authorization", format!("{scheme} {token}"))
        };
        let answer = match presentation {
            Presentation::Proven => proven(&self.keys.dpop, &url, token, || request("DPoP")).await?,
            Presentation::ByAnotherKey => {
                let thief = DpopKey::generate().map_err(|_| ClientError::Malformed("no key"))?;
                proven(&thief, &url, token, || request("DPoP")).await?
            }
            Presentation::Unproven => Answer::of(request("DPoP").send().await?).await?,
            Presentation::Bearer => Answer::of(request("Bearer").send().await?).await?,
        };
        Ok(api_answer(&answer))
    }
}

/// Sends a request with a proof; once more if the API wants its nonce in it.
async fn proven(
    key: &DpopKey,
    url: &str,
    token: &str,
    request: impl Fn() -> reqwest::RequestBuilder,
) -> Result<Answer, ClientError> {
    let proof = || key.proof("POST", url, Some(token));
    let answer = key.answer(url, request(), proof()?).await?;
    if answer.asks_for_nonce() {
        return key.answer(url, request(), proof()?).await;
    }
    Ok(answer)
}

fn api_answer(answer: &Answer) -> ApiAnswer {
    let error = match answer.refused() {
        _ if answer.status == CREATED => String::new(),
        ClientError::Refused { error, description } if error.is_empty() => description,
        refused @ ClientError::Refused { .. } => refused.to_string(),
        // A challenge without words: the status says it all.
        _ => String::new(),
    };
    ApiAnswer {
        status: answer.status,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::test_answer;
    use super::*;

    #[test]
    fn refusals_are_told_in_the_words_of_the_api() {
        let words = |status, body| api_answer(&test_answer(status, body));
        assert!(words(201, "{}").is_paid());
        let refused = words(401, r#"{"error":"invalid_token","error_description":"bound"}"#);
        assert_eq!(
            (refused.is_paid(), refused.error.as_str()),
            (false, "invalid_token: bound")
        );
        assert_eq!(words(409, r#"{"detail":"paid already"}"#).error, "paid already");
        assert_eq!(words(401, "").error, "");
    }
}
