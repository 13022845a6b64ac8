//! What an API expects of every access token.
//! Spec: RFC 9068 §4, RFC 7662 §4, RFC 8707 §2

use jose::SigningAlg;
use protocol::Audience;

use crate::Refusal;

/// How far the clocks of issuer and API may be apart, in seconds.
pub const DEFAULT_LEEWAY: i64 = 30;

/// The expectations of one API. Times are compared with a leeway, names exactly.
#[derive(Debug, Clone)]
pub struct TokenCheck {
    /// Who issues the tokens, exactly as in the issuer's metadata.
    pub issuer: String,
    /// The API's identifier, which must be in `aud`.
    pub audience: String,
    /// How far the clocks may be apart, in seconds.
    pub leeway: i64,
    /// The algorithms that JWT access tokens may be signed with.
    pub algs: Vec<SigningAlg>,
}

/// The times of a token, in seconds since 1970.
pub(crate) struct Times {
    pub(crate) expires_at: i64,
    pub(crate) issued_at: Option<i64>,
    pub(crate) not_before: Option<i64>,
}

impl TokenCheck {
    /// Expectations with the default leeway and every algorithm.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: DEFAULT_LEEWAY,
            algs: SigningAlg::ALL.to_vec(),
        }
    }

    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), Refusal> {
        // RFC 9068 §4: "The issuer identifier for the authorization server MUST exactly match the value of
        // the "iss" claim."
        if issuer == self.issuer {
            Ok(())
        } else {
            Err(Refusal::WrongIssuer)
        }
    }

    pub(crate) fn check_audience(&self, audience: &Audience) -> Result<(), Refusal> {
        // RFC 9068 §4: "The JWT access token MUST be rejected if "aud" does not contain a resource indicator
        // of the current resource server as a valid audience."
        if audience.contains(&self.audience) {
            Ok(())
        } else {
            Err(Refusal::WrongAudience)
        }
    }

    pub(crate) fn check_times(&self, times: &Times, now: i64) -> Result<(), Refusal> {
        // RFC 7519 §4.1.4: "the current date/time MUST be before the expiration date/time".
        if now >= times.expires_at.saturating_add(self.leeway) {
            return Err(Refusal::Expired);
        }
        let latest = now.saturating_add(self.leeway);
        if times.not_before.is_some_and(|at| at > latest) || times.issued_at.is_some_and(|at| at > latest) {
            return Err(Refusal::NotYetValid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Times, TokenCheck};
    use crate::Refusal;

    const NOW: i64 = 1_700_000_000;

    fn check(expires_at: i64, issued_at: Option<i64>, not_before: Option<i64>) -> Result<(), Refusal> {
        let times = Times {
            expires_at,
            issued_at,
            not_before,
        };
        TokenCheck::new("https://id.example", "https://api.example").check_times(&times, NOW)
    }

    // Conformance: F2-RS-02
    #[test]
    fn a_token_ends_at_exp_give_or_take_the_leeway() {
        assert_eq!(check(NOW + 1, None, None), Ok(()));
        assert_eq!(check(NOW - 29, None, None), Ok(()));
        assert_eq!(check(NOW - 30, None, None), Err(Refusal::Expired));
        assert_eq!(check(i64::MIN, None, None), Err(Refusal::Expired));
        assert_eq!(check(i64::MAX, None, None), Ok(()));
    }

    #[test]
    fn a_token_begins_at_nbf_and_was_not_issued_in_the_future() {
        let later = NOW + 600;
        assert_eq!(check(later, Some(NOW + 30), Some(NOW + 30)), Ok(()));
        assert_eq!(check(later, Some(NOW + 31), None), Err(Refusal::NotYetValid));
        assert_eq!(check(later, Some(NOW), Some(NOW + 31)), Err(Refusal::NotYetValid));
    }
}
