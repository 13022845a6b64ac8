//! The authorization request, and the check of its answer.
//! Spec: OIDC Core §3.1.2.1 and §3.1.2.5, RFC 7636 §4, RFC 9207 §2.4
//!
//! Deliberately not: any answer without this app's `state` and the issuer's `iss`.

use jose::{b64, constant_time_eq, random_token, sha256};
use url::{Url, form_urlencoded};

use super::{ClientError, OidcClient};

/// What the app keeps while the user is away. Each request has its own.
pub(in crate::demo) struct Pending {
    /// Ties the answer to this browser, so that nobody can slip the user an answer of theirs.
    pub(in crate::demo) state: String,
    /// Ties the ID token to this request.
    pub(super) nonce: String,
    /// The secret behind the request's `code_challenge`: a stolen code is worthless without it.
    pub(in crate::demo) code_verifier: String,
}

impl Pending {
    /// New random values.
    pub(in crate::demo) fn new() -> Self {
        Self {
            state: random_token(),
            nonce: random_token(),
            code_verifier: random_token(),
        }
    }

    /// What is sent of the secret: its hash (RFC 7636 §4.2, `S256`).
    pub(in crate::demo) fn code_challenge(&self) -> String {
        b64::encode(sha256(self.code_verifier.as_bytes()))
    }

    /// Whether this query answers this request: its `state` is the one that was sent.
    pub(in crate::demo) fn is_answered_by(&self, query: &str) -> bool {
        let state = parameter(query, "state").unwrap_or_default();
        constant_time_eq(state.as_bytes(), self.state.as_bytes())
    }
}

/// An authorization code that came back to the request it was asked by.
pub(in crate::demo) struct ExpectedCode(pub(in crate::demo) String);

impl OidcClient {
    /// The URL to send the user's browser to.
    ///
    /// `ui_locales`: the language of the app, if it has one other than the browser's.
    /// `prompt`: `Some("consent")` asks the user again although they decided before.
    pub(in crate::demo) fn authorization_url(
        &self,
        pending: &Pending,
        scope: &str,
        ui_locales: Option<&str>,
        prompt: Option<&str>,
    ) -> Result<Url, ClientError> {
        let mut url = Url::parse(&self.server.authorization_endpoint)
            .map_err(|_| ClientError::Malformed("authorization_endpoint is not a URL"))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.registration.client_id)
            .append_pair("redirect_uri", &self.registration.redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &pending.code_challenge())
            .append_pair("code_challenge_method", "S256");
        for (name, value) in [("ui_locales", ui_locales), ("prompt", prompt)] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(url)
    }
}

/// Checks the query that the user's browser brought back from `issuer`.
pub(in crate::demo) fn check_response(
    issuer: &str,
    pending: &Pending,
    query: &str,
) -> Result<ExpectedCode, ClientError> {
    if !pending.is_answered_by(query) {
        return Err(ClientError::ForeignResponse("`state` is not the one that was sent"));
    }
    // RFC 9207 §2.4: clients "MUST reject the authorization response if the two values do not match". The
    // answer then comes from another server, which would be sent a code of this one.
    if parameter(query, "iss").as_deref() != Some(issuer) {
        return Err(ClientError::ForeignResponse("`iss` is not the authorization server"));
    }
    if let Some(error) = parameter(query, "error") {
        let description = parameter(query, "error_description").unwrap_or_default();
        return Err(ClientError::Refused { error, description });
    }
    parameter(query, "code")
        .map(ExpectedCode)
        .ok_or(ClientError::Malformed("there is no code in the answer"))
}

/// A parameter that is there exactly once and not empty.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let value = values.next()?.1.into_owned();
    (values.next().is_none() && !value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::test_client;
    use super::*;

    fn pending() -> Pending {
        Pending {
            state: "st".to_owned(),
            nonce: "no".to_owned(),
            // RFC 7636, appendix B.
            code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        }
    }

    fn response(query: &str) -> Result<ExpectedCode, ClientError> {
        check_response("https://id.example", &pending(), query)
    }

    fn is_foreign(query: &str) -> bool {
        matches!(response(query), Err(ClientError::ForeignResponse(_)))
    }

    #[test]
    fn the_request_carries_everything_that_ties_its_answer_to_it() {
        let url = test_client()
            .authorization_url(&pending(), "openid accounts:read", Some("ja"), Some("consent"))
            .unwrap();
        assert_eq!(
            url.as_str(),
            "https://id.example/authorize?response_type=code&client_id=budget-web\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&scope=openid+accounts%3Aread&state=st&nonce=no\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&ui_locales=ja\
             &prompt=consent"
        );
    }

    #[test]
    fn two_requests_share_no_secret() {
        let (one, two) = (Pending::new(), Pending::new());
        assert_ne!(one.state, two.state);
        assert_ne!(one.nonce, two.nonce);
        assert_ne!(one.code_verifier, two.code_verifier);
    }

    #[test]
    fn a_code_is_taken_from_the_answer_to_this_request() {
        let code = response("code=c%2F1&state=st&iss=https%3A%2F%2Fid.example");
        assert_eq!(code.ok().map(|code| code.0), Some("c/1".to_owned()));
    }

    #[test]
    fn an_answer_with_another_state_or_none_or_two_is_refused() {
        let rest = "code=c&iss=https://id.example";
        for state in ["state=other", "", "state=", "state=st&state=st"] {
            assert!(is_foreign(&format!("{rest}&{state}")), "{state}");
        }
    }

    #[test]
    fn an_answer_of_another_issuer_or_of_none_is_refused() {
        for iss in [
            "",
            "&iss=https://evil.example",
            "&iss=https://id.example/",
            "&iss=https://id.example&iss=https://id.example",
        ] {
            assert!(is_foreign(&format!("code=c&state=st{iss}")), "{iss}");
        }
    }

    #[test]
    fn the_servers_refusal_is_passed_on_but_only_when_it_is_the_servers() {
        let query = "error=access_denied&error_description=The+user+said+no&state=st";
        let Err(ClientError::Refused { error, description }) = response(&format!("{query}&iss=https://id.example"))
        else {
            panic!("a refusal was expected");
        };
        assert_eq!(
            (error.as_str(), description.as_str()),
            ("access_denied", "The user said no")
        );
        assert!(is_foreign(query));
    }

    #[test]
    fn an_answer_without_a_code_is_refused() {
        let answer = response("state=st&iss=https://id.example");
        assert!(matches!(answer, Err(ClientError::Malformed(_))));
    }
}
