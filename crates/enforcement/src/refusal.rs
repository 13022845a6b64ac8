//! Why a request is refused, and what the answer says about it.
//! Spec: RFC 6750 §3 and §3.1, RFC 9449 §7.1, §7.2 and §9, RFC 9470 §3
//!
//! A variant is a reason, for logs and tests; the answer on the wire only tells what the caller may know: the
//! error code and a short description.

use explanation::{
    Explain, Explanation,
    catalogue::{api_key, certificate, client_access, dpop, gate, token},
};
use http::StatusCode;
use jose::{JwsError, SigningAlg};
use protocol::{Challenge, ErrorCode, Scope, TokenScheme, client_cert::ClientCertError, dpop::ProofError};

use crate::{
    StepUp,
    gate::{BodyProblem, MalformedCall},
    limit::Exceeded,
};

/// Why an API refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There are no credentials, or only such as this API does not understand.
    #[error("no access token was sent")]
    NoCredentials,
    /// More than one `Authorization` header, or an API key besides.
    #[error("more than one Authorization header or API key was sent")]
    RepeatedCredentials,
    /// An access token in the query (RFC 6750 §2.3), which logs and referrers would keep.
    #[error("an access token was sent in the query")]
    TokenInQuery,
    /// The scheme is Bearer or DPoP, but what follows is no token.
    #[error("the Authorization header is malformed")]
    MalformedCredentials,
    /// An API key that cannot be one: its checksum is wrong.
    #[error("the API key is mistyped")]
    MistypedKey,
    /// Neither form of token that this API takes.
    #[error("the access token is of a form that this API does not take")]
    UnknownTokenForm,
    /// Not a validly signed JWT.
    #[error("the access token is no valid JWT: {0}")]
    Signature(#[from] JwsError),
    /// A JWT, but not an access token: its `typ` is another.
    #[error("the JWT is not an access token")]
    WrongType,
    /// A claim that is needed is missing, or one is of the wrong type.
    #[error("a claim of the access token is missing or malformed")]
    Claims,
    /// From another issuer.
    #[error("the access token is from another issuer")]
    WrongIssuer,
    /// Meant for another API.
    #[error("the access token is not meant for this API")]
    WrongAudience,
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
    /// Its time has not come: `nbf` or `iat` lie in the future by more than the leeway.
    #[error("the access token is not valid yet")]
    NotYetValid,
    /// The issuer says that it is not, or no longer, good.
    #[error("the access token is not active")]
    Inactive,
    /// Bound to a key (`cnf`), which was not proven; or not bound, and presented as if it were. Taking it all the same
    /// would undo the binding.
    #[error("the access token is bound to a key that was not proven, or came by another scheme than its own")]
    UnprovenBinding,
    /// Bound to nothing, at an API that takes no such tokens.
    #[error("the access token is bound to no key")]
    Unbound,
    /// The scheme DPoP without the header DPoP.
    #[error("no DPoP proof was sent")]
    ProofMissing,
    /// A proof that is not right.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A proof without the nonce that this API wants in it.
    #[error("the DPoP proof holds no nonce of this API")]
    NonceNeeded,
    /// The proxy did not say which certificate it was, or nobody could read it.
    #[error("the client's certificate cannot be read: {0}")]
    Certificate(#[from] ClientCertError),
    /// Valid, but without this scope.
    #[error("the access token lacks scope; this needs: {0}")]
    InsufficientScope(Scope),
    /// Valid, but none of its details of this type permits the call.
    #[error("no {0} in the authorization_details of the access token permits this")]
    InsufficientDetails(String),
    /// Valid, but the user was authenticated too weakly or too long ago.
    #[error("the user was authenticated too weakly or too long ago for this")]
    InsufficientAuthentication(StepUp),
    /// Two readers might understand the call differently.
    #[error(transparent)]
    Malformed(#[from] MalformedCall),
    /// There is no API at this scheme, host and path.
    #[error("there is no API at this address")]
    UnknownApi,
    /// The API has no route with this path.
    #[error("no route of the API has this path")]
    NoRoute,
    /// The API has a route that differs in the case of letters or in a slash at the end.
    #[error("no route of the API has this path; one has it in other letters, or with or without a slash at its end")]
    NearRoute,
    /// The API has routes with this path, for these methods.
    #[error("no route of the API has this path and method; those with this path are for {0}")]
    WrongMethod(String),
    /// The route looks into the body, and the body cannot be looked into.
    #[error(transparent)]
    Body(#[from] BodyProblem),
    /// The route looks into the body, which the proxy does not show.
    #[error("the route looks into the body, which the proxy does not show whole")]
    BodyHidden,
    /// What was brought is right for other routes.
    #[error("this path takes no {0}")]
    OtherWay(&'static str),
    /// A client that calls for itself, without a token, and may not.
    #[error("{}", .0.description)]
    Client(Box<ClientRefusal>),
    /// A limit is used up.
    #[error("too many calls: the next one gets through in {} seconds", .0.retry_after())]
    LimitExceeded(Exceeded),
    /// Secrets or keys were guessed at, and too many were wrong.
    #[error("too many wrong secrets: the next one is looked at in {retry_after} seconds")]
    TooManyGuesses {
        /// In seconds.
        retry_after: i64,
    },
}

/// Why a client may not call for itself: by its API key, by HTTP Basic, by its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRefusal {
    /// The error code.
    pub code: ErrorCode,
    /// What the client may read about it.
    pub description: String,
    /// What it is explained by.
    pub why: Explanation,
}

impl Refusal {
    /// The registered error code. `None` when no credentials were sent: RFC 6750 §3.1, "the resource server
    /// SHOULD NOT include an error code or other error information".
    pub fn error_code(&self) -> Option<ErrorCode> {
        match self {
            Self::NoCredentials => None,
            Self::RepeatedCredentials
            | Self::TokenInQuery
            | Self::MalformedCredentials
            | Self::Certificate(_)
            | Self::Malformed(_)
            | Self::UnknownApi
            | Self::NoRoute
            | Self::NearRoute
            | Self::WrongMethod(_)
            | Self::Body(_)
            | Self::BodyHidden => Some(ErrorCode::InvalidRequest),
            Self::Client(refusal) => Some(refusal.code),
            // No code is registered for this; it is what a server says that has too much to do (RFC 6749 §4.1.2.1).
            Self::LimitExceeded(_) | Self::TooManyGuesses { .. } => Some(ErrorCode::TemporarilyUnavailable),
            Self::OtherWay(_)
            | Self::MistypedKey
            | Self::UnknownTokenForm
            | Self::Signature(_)
            | Self::WrongType
            | Self::Claims
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::Expired
            | Self::NotYetValid
            | Self::Inactive
            | Self::UnprovenBinding
            | Self::Unbound => Some(ErrorCode::InvalidToken),
            Self::ProofMissing | Self::Proof(_) => Some(ErrorCode::InvalidDpopProof),
            Self::NonceNeeded => Some(ErrorCode::UseDpopNonce),
            // RFC 9396 has no code of its own for this: "The request requires higher privileges" (RFC 6750 §3.1).
            Self::InsufficientScope(_) | Self::InsufficientDetails(_) => Some(ErrorCode::InsufficientScope),
            Self::InsufficientAuthentication(_) => Some(ErrorCode::InsufficientUserAuthentication),
        }
    }

    /// 400, 401 or 403, as belongs to the error code. An API answers a bad proof and a missing nonce with 401 (RFC 9449
    /// §7.1 and §9); what no token would open has a status of its own.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnknownApi => return StatusCode::NOT_FOUND,
            Self::NoRoute | Self::NearRoute | Self::WrongMethod(_) | Self::BodyHidden => return StatusCode::FORBIDDEN,
            Self::Body(BodyProblem::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE,
            // RFC 6585 §4.
            Self::LimitExceeded(_) | Self::TooManyGuesses { .. } => return StatusCode::TOO_MANY_REQUESTS,
            _ => {}
        }
        let is_about_proof = |code: &ErrorCode| matches!(code, ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce);
        self.error_code()
            .filter(|code| !is_about_proof(code))
            .and_then(|code| StatusCode::from_u16(code.status()).ok())
            .unwrap_or(StatusCode::UNAUTHORIZED)
    }

    /// What the client may read about it. Which check an invalid token failed is told only where it helps an
    /// honest client and tells a thief nothing.
    pub fn description(&self) -> Option<String> {
        Some(String::from(match self {
            Self::NoCredentials => return None,
            Self::Proof(error) => return Some(error.to_string()),
            Self::Malformed(error) => return Some(error.to_string()),
            Self::Body(error) => return Some(error.to_string()),
            Self::UnknownApi
            | Self::NoRoute
            | Self::NearRoute
            | Self::WrongMethod(_)
            | Self::OtherWay(_)
            | Self::Client(_)
            | Self::TooManyGuesses { .. }
            | Self::LimitExceeded(_) => return Some(self.to_string()),
            Self::BodyHidden => {
                "This path cannot be called by way of this proxy: its route looks into the body, which the proxy does not show"
            }
            Self::RepeatedCredentials => "Send exactly one Authorization header, or one API key",
            Self::TokenInQuery => "Send the access token in the Authorization header, not in the query",
            Self::MalformedCredentials => "The Authorization header is malformed",
            Self::MistypedKey => "The API key is mistyped: its checksum is wrong",
            Self::Expired => "The access token has expired",
            Self::WrongAudience => "The access token is not meant for this API",
            Self::UnprovenBinding => "The access token is bound to a key that this request does not prove",
            Self::Unbound => "This API takes only access tokens that are bound to a key",
            Self::ProofMissing => "Send a proof of the key of the access token in the header DPoP",
            Self::NonceNeeded => {
                "The DPoP proof must hold the nonce that comes in the header DPoP-Nonce of this answer"
            }
            Self::Certificate(_) => "The client's certificate cannot be read",
            Self::InsufficientScope(_) => "The access token does not have the scope that this needs",
            Self::InsufficientDetails(_) => "The authorization_details of the access token do not permit this",
            Self::InsufficientAuthentication(_) => "The user was authenticated too weakly or too long ago for this",
            _ => "The access token is not valid",
        }))
    }

    /// Whether it is about the call itself, so that no other token would help: there is nothing to challenge for.
    pub const fn is_about_call(&self) -> bool {
        matches!(
            self,
            Self::Malformed(_)
                | Self::UnknownApi
                | Self::NoRoute
                | Self::NearRoute
                | Self::WrongMethod(_)
                | Self::Body(_)
                | Self::BodyHidden
                | Self::LimitExceeded(_)
                | Self::TooManyGuesses { .. }
        )
    }

    /// The values of `WWW-Authenticate`, to which the caller may add where the API's metadata is: one for each scheme. "If
    /// the mechanism used to attempt authentication could be established unambiguously, then the corresponding challenge
    /// SHOULD be used to deliver error information" (RFC 9449 §7.2); it comes first.
    ///
    /// `realm`: a name for what is protected; the API's identifier will do. `tried`: the scheme that was used. `algs`: how
    /// proofs may be signed.
    pub fn challenges(&self, realm: &str, tried: TokenScheme, algs: &[SigningAlg]) -> [Challenge; 2] {
        let (bearer, dpop) = (Challenge::bearer(realm), Challenge::dpop(realm, algs));
        match tried {
            TokenScheme::Bearer => [self.told(bearer), dpop],
            TokenScheme::Dpop => [self.told(dpop), bearer],
        }
    }

    fn told(&self, mut challenge: Challenge) -> Challenge {
        if let Some(code) = self.error_code() {
            challenge = challenge.error(code);
        }
        if let Some(description) = self.description() {
            challenge = challenge.error_description(&description);
        }
        match self {
            Self::InsufficientScope(needed) => challenge.scope(needed),
            Self::InsufficientAuthentication(needed) => {
                if let Some(values) = needed.acr_values() {
                    challenge = challenge.acr_values(&values);
                }
                match needed.longest() {
                    Some(seconds) => challenge.max_age(seconds),
                    None => challenge,
                }
            }
            _ => challenge,
        }
    }
}

impl Explain for Refusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::NoCredentials => &token::MISSING,
            Self::RepeatedCredentials | Self::TokenInQuery => &token::SEVERAL,
            Self::MalformedCredentials => &gate::MALFORMED_CREDENTIALS,
            Self::MistypedKey => &api_key::MISTYPED,
            Self::UnknownTokenForm
            | Self::Signature(_)
            | Self::WrongType
            | Self::Claims
            | Self::WrongIssuer
            | Self::Expired
            | Self::NotYetValid
            | Self::Inactive => return Explanation::from(&token::INVALID).found(self.to_string()),
            Self::WrongAudience => &gate::WRONG_AUDIENCE,
            Self::UnprovenBinding => &token::UNPROVEN,
            Self::Unbound => &gate::UNBOUND,
            Self::ProofMissing => &token::PROOF_MISSING,
            Self::Proof(error) => return error.explanation(),
            Self::NonceNeeded => &dpop::NONCE_NEEDED,
            Self::Certificate(_) => &certificate::MALFORMED_BY_PROXY,
            Self::InsufficientScope(needed) => {
                return Explanation::from(&gate::INSUFFICIENT_SCOPE).expected(needed.to_string());
            }
            Self::InsufficientDetails(type_name) => {
                return Explanation::from(&gate::INSUFFICIENT_DETAILS).expected(type_name);
            }
            Self::InsufficientAuthentication(needed) => {
                return Explanation::from(&gate::INSUFFICIENT_AUTHENTICATION).expected(needed.to_string());
            }
            Self::Malformed(error) => return Explanation::from(&gate::MALFORMED).found(error.to_string()),
            Self::UnknownApi => &gate::UNKNOWN_API,
            Self::NoRoute => &gate::NO_ROUTE,
            Self::NearRoute => &gate::NEAR_ROUTE,
            Self::WrongMethod(allowed) => return Explanation::from(&gate::WRONG_METHOD).expected(allowed),
            Self::Body(problem) => return Explanation::from(&gate::BODY).found(problem.to_string()),
            Self::BodyHidden => &gate::BODY_HIDDEN,
            Self::OtherWay(_) => return Explanation::from(&gate::OTHER_WAY).found(self.to_string()),
            Self::Client(refusal) => return refusal.why.clone(),
            Self::TooManyGuesses { .. } => &client_access::TOO_MANY_GUESSES,
            Self::LimitExceeded(exceeded) => {
                return Explanation::from(&gate::LIMIT_EXCEEDED).found(exceeded.usage.rule.name.as_str());
            }
        };
        reason.into()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use jose::SigningAlg;
    use protocol::{Scope, TokenScheme, dpop::ProofError};

    use super::Refusal;
    use crate::StepUp;

    fn challenges(refusal: &Refusal, tried: TokenScheme) -> [String; 2] {
        let challenges = refusal.challenges("bank", tried, &[SigningAlg::Ps256, SigningAlg::Es256]);
        challenges.map(|challenge| challenge.to_string())
    }

    /// The one with the error.
    fn challenge(refusal: &Refusal) -> String {
        let [told, other] = challenges(refusal, TokenScheme::Bearer);
        assert_eq!(other, r#"DPoP realm="bank", algs="PS256 ES256""#);
        told
    }

    /// RFC 6750 §3.1: no error information without credentials.
    #[test]
    fn without_credentials_there_is_no_error_code() {
        assert_eq!(Refusal::NoCredentials.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(challenge(&Refusal::NoCredentials), r#"Bearer realm="bank""#);
    }

    #[test]
    fn a_malformed_request_is_400_invalid_request() {
        for refusal in [
            Refusal::RepeatedCredentials,
            Refusal::TokenInQuery,
            Refusal::MalformedCredentials,
        ] {
            assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
            assert!(challenge(&refusal).contains(r#"error="invalid_request""#));
        }
    }

    #[test]
    fn a_bad_token_is_401_invalid_token() {
        for refusal in [
            Refusal::MistypedKey,
            Refusal::UnknownTokenForm,
            Refusal::Signature(jose::JwsError::BadSignature),
            Refusal::WrongType,
            Refusal::Claims,
            Refusal::WrongIssuer,
            Refusal::WrongAudience,
            Refusal::Expired,
            Refusal::NotYetValid,
            Refusal::Inactive,
            Refusal::UnprovenBinding,
            Refusal::Unbound,
        ] {
            assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
            assert!(challenge(&refusal).contains(r#"error="invalid_token""#));
        }
    }

    // Conformance: F1B-RS-05 F2-RS-03
    #[test]
    fn missing_scope_is_403_and_names_what_is_needed() {
        let refusal = Refusal::InsufficientScope(Scope::parse("payments:write").unwrap());
        assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
        assert_eq!(
            challenge(&refusal),
            r#"Bearer realm="bank", error="insufficient_scope", error_description="The access token does not have the scope that this needs", scope="payments:write""#
        );
    }

    #[test]
    fn which_check_of_a_signature_failed_is_not_told() {
        let bad = Refusal::Signature(jose::JwsError::BadSignature);
        assert_eq!(challenge(&bad), challenge(&Refusal::Inactive));
    }

    // Conformance: DPOP-RS-03 DPOP-RS-04
    #[test]
    fn a_bad_proof_is_401_and_told_in_the_challenge_for_proofs() {
        for (refusal, error) in [
            (Refusal::ProofMissing, "invalid_dpop_proof"),
            (Refusal::Proof(ProofError::Target), "invalid_dpop_proof"),
            (Refusal::NonceNeeded, "use_dpop_nonce"),
        ] {
            assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
            let [told, other] = challenges(&refusal, TokenScheme::Dpop);
            assert!(
                told.starts_with(r#"DPoP realm="bank", algs="PS256 ES256", error=""#),
                "{told}"
            );
            assert!(told.contains(&format!(r#"error="{error}""#)), "{told}");
            assert_eq!(other, r#"Bearer realm="bank""#);
        }
    }

    #[test]
    fn a_step_up_is_401_and_says_what_would_do() {
        let refusal = Refusal::InsufficientAuthentication(StepUp::acr(["urn:b", "urn:a"]).max_age(300));
        assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
        let told = challenge(&refusal);
        assert!(
            told.starts_with(r#"Bearer realm="bank", error="insufficient_user_authentication""#),
            "{told}"
        );
        assert!(told.ends_with(r#"acr_values="urn:b urn:a", max_age="300""#), "{told}");
        let told = challenge(&Refusal::InsufficientAuthentication(StepUp::within(60)));
        assert!(
            !told.contains("acr_values") && told.ends_with(r#"max_age="60""#),
            "{told}"
        );
    }

    #[test]
    fn details_that_do_not_permit_a_call_are_403() {
        let refusal = Refusal::InsufficientDetails("payment".to_owned());
        assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
        assert!(challenge(&refusal).contains(r#"error="insufficient_scope""#));
    }
}
