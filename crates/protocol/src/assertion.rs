//! What a JWT says of itself with which somebody vouches for a client or for a user.
//!
//! Spec: RFC 7521 §4.2 and §5.2, RFC 7523 §2 and §3, OpenID Connect Core §9
//!
//! Accepted: `aud` as a string or an array; times with fractions; `nbf` and `iat` that are a little ahead, since clocks
//! differ. Deliberately not: an assertion without `exp`, or one that would be good for more than an hour, because what
//! is used once must be remembered until it has expired.

use explanation::{Explain, Explanation, catalogue::assertion};
use serde_json::{Map, Value};

use crate::{Audience, numeric_date};

/// The only `client_assertion_type` (RFC 7523 §2.2).
pub const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The algorithms of assertions, in the order in which metadata lists them: signatures, and the MAC of a shared secret.
pub const SIGNING_ALGS: &[&str] = &["RS256", "PS256", "ES256", "EdDSA", "HS256"];
/// How far ahead `nbf` and `iat` may be, in seconds. FAPI 2.0 Security Profile §5.3.2.1: 10 must be accepted, and more
/// than 60 refused.
pub const MAX_AHEAD: i64 = 60;
/// How long an assertion may be good for, in seconds, besides the difference of clocks.
pub const MAX_LIFETIME: i64 = 3600;

/// What is wrong with an assertion. The texts tell its maker what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// A claim is missing.
    #[error("the assertion has no {0}")]
    Missing(&'static str),
    /// A claim is of the wrong type.
    #[error("the claim {0} of the assertion has the wrong type")]
    Malformed(&'static str),
    /// It is for somebody else.
    #[error("the assertion is not meant for this server: aud must be {0}")]
    Audience(String),
    /// It has expired.
    #[error("the assertion has expired: make a new one for each request")]
    Expired,
    /// It is good for too long.
    #[error("the assertion is good for too long: exp may be {MAX_LIFETIME} seconds ahead at most")]
    TooLong,
    /// It is not good yet.
    #[error("the assertion is not good yet: {0} is more than {MAX_AHEAD} seconds ahead")]
    NotYet(&'static str),
}

impl Explain for AssertionError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Missing(name) => return Explanation::from(&assertion::MISSING_CLAIM).expected(name),
            Self::Malformed(name) => return Explanation::from(&assertion::MALFORMED_CLAIM).found(name),
            Self::Audience(expected) => return Explanation::from(&assertion::AUDIENCE_OTHER).expected(expected),
            Self::Expired => &assertion::EXPIRED,
            Self::TooLong => {
                return Explanation::from(&assertion::TOO_LONG).expected(format!("{MAX_LIFETIME} seconds"));
            }
            Self::NotYet(name) => return Explanation::from(&assertion::NOT_YET).found(format!("{name} in the future")),
        };
        reason.into()
    }
}

/// Which `aud` a client's assertion may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The issuer, the token endpoint or the endpoint that was called, alone or among others (RFC 7523 §3, RFC 9126 §2).
    IssuerOrEndpoint,
    /// The issuer and nothing else, as a string (FAPI 2.0 Security Profile §5.3.2.1).
    IssuerAlone,
}

/// The claims that matter. They are worth something once the signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionClaims {
    /// Who made it.
    pub iss: String,
    /// For whom it vouches.
    pub sub: String,
    /// When it stops being good, unix seconds.
    pub exp: i64,
    /// Its id.
    pub jti: Option<String>,
    aud: Audience,
    aud_is_string: bool,
    nbf: Option<i64>,
    iat: Option<i64>,
}

impl AssertionClaims {
    /// Reads the claims of an assertion.
    pub fn read(claims: &Map<String, Value>) -> Result<Self, AssertionError> {
        let aud = claims.get("aud").ok_or(AssertionError::Missing("aud"))?;
        Ok(Self {
            iss: text(claims, "iss")?.ok_or(AssertionError::Missing("iss"))?,
            sub: text(claims, "sub")?.ok_or(AssertionError::Missing("sub"))?,
            exp: time(claims, "exp")?.ok_or(AssertionError::Missing("exp"))?,
            jti: text(claims, "jti")?,
            aud: serde_json::from_value(aud.clone()).map_err(|_| AssertionError::Malformed("aud"))?,
            aud_is_string: aud.is_string(),
            nbf: time(claims, "nbf")?,
            iat: time(claims, "iat")?,
        })
    }

    /// Checks that it is good now: "The authorization server MUST reject any JWT with an expiration time that has
    /// passed" (RFC 7523 §3).
    pub fn check_times(&self, now: i64) -> Result<(), AssertionError> {
        if now >= self.exp {
            return Err(AssertionError::Expired);
        }
        for (name, time) in [("nbf", self.nbf), ("iat", self.iat)] {
            if time.is_some_and(|time| time > now.saturating_add(MAX_AHEAD)) {
                return Err(AssertionError::NotYet(name));
            }
        }
        Ok(())
    }

    /// Checks that it is not good for longer than it can be remembered: the server "may reject JWTs with an exp claim
    /// value that is unreasonably far in the future" (RFC 7523 §3).
    pub fn check_lifetime(&self, now: i64) -> Result<(), AssertionError> {
        if self.exp > now.saturating_add(MAX_LIFETIME + MAX_AHEAD) {
            return Err(AssertionError::TooLong);
        }
        Ok(())
    }

    /// Checks that it is meant for this server. `endpoints`: the other names that it may go by.
    pub fn check_audience(
        &self,
        rule: AssertionAudience,
        issuer: &str,
        endpoints: &[&str],
    ) -> Result<(), AssertionError> {
        let is_meant = match rule {
            AssertionAudience::IssuerAlone => self.aud_is_string && self.aud.contains(issuer),
            AssertionAudience::IssuerOrEndpoint => self.aud.iter().any(|aud| aud == issuer || endpoints.contains(&aud)),
        };
        if is_meant {
            Ok(())
        } else {
            Err(AssertionError::Audience(issuer.to_owned()))
        }
    }
}

fn text(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, AssertionError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(AssertionError::Malformed(name)),
    }
}

fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, AssertionError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = numeric_date::seconds(value);
    seconds.map(Some).ok_or(AssertionError::Malformed(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const ISSUER: &str = "https://id.example";
    const TOKEN: &str = "https://id.example/token";

    fn claims(changes: &Value) -> Map<String, Value> {
        let mut claims = json!({"iss": "app", "sub": "app", "aud": ISSUER, "exp": NOW + 60, "jti": "1"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        claims
    }

    fn read(changes: &Value) -> Result<AssertionClaims, AssertionError> {
        AssertionClaims::read(&claims(changes))
    }

    fn check(changes: &Value) -> Result<(), AssertionError> {
        let claims = read(changes)?;
        claims.check_times(NOW)?;
        claims.check_lifetime(NOW)
    }

    #[test]
    fn what_must_be_there_is_named_when_it_is_not() {
        assert_eq!(read(&json!({})).unwrap().jti.as_deref(), Some("1"));
        for name in ["iss", "sub", "aud", "exp"] {
            assert_eq!(read(&json!({name: null})).unwrap_err(), AssertionError::Missing(name));
        }
        assert_eq!(read(&json!({"jti": null})).unwrap().jti, None);
        for (name, value) in [
            ("iss", json!(1)),
            ("sub", json!("")),
            ("aud", json!([1])),
            ("exp", json!("soon")),
            ("nbf", json!("1800000000")),
            ("iat", json!([])),
            ("jti", json!(1)),
        ] {
            assert_eq!(
                read(&json!({name: value})).unwrap_err(),
                AssertionError::Malformed(name)
            );
        }
    }

    // Conformance: ASRT-04
    #[test]
    fn an_assertion_is_good_until_it_expires_and_never_for_long() {
        for (exp, expected) in [
            (json!(NOW), Err(AssertionError::Expired)),
            (json!(NOW + 1), Ok(())),
            (json!(1_800_000_000.5), Err(AssertionError::Expired)),
            (json!(NOW - 300), Err(AssertionError::Expired)),
            (json!(NOW + MAX_LIFETIME + MAX_AHEAD), Ok(())),
            (json!(NOW + MAX_LIFETIME + MAX_AHEAD + 1), Err(AssertionError::TooLong)),
            (json!(1e300), Err(AssertionError::TooLong)),
            (json!(u64::MAX), Err(AssertionError::TooLong)),
            (json!(-1), Err(AssertionError::Expired)),
        ] {
            assert_eq!(check(&json!({"exp": exp})), expected, "{exp}");
        }
    }

    // Conformance: F2-AS-12
    #[test]
    fn clocks_may_differ_by_a_minute_and_no_more() {
        for name in ["nbf", "iat"] {
            for ahead in [-3600, 0, 8, 10, 60] {
                assert_eq!(check(&json!({name: NOW + ahead})), Ok(()), "{name} {ahead}");
            }
            assert_eq!(
                check(&json!({name: NOW + 61})).unwrap_err(),
                AssertionError::NotYet(name)
            );
        }
    }

    // Conformance: ASRT-12 F2-AS-07
    #[test]
    fn the_profile_says_which_audiences_do() {
        use AssertionAudience::{IssuerAlone, IssuerOrEndpoint};
        let par = "https://id.example/par";
        let is_meant = |aud: Value, rule| {
            let claims = read(&json!({"aud": aud})).unwrap();
            claims.check_audience(rule, ISSUER, &[TOKEN, par]).is_ok()
        };
        for aud in [
            json!(ISSUER),
            json!(TOKEN),
            json!(par),
            json!([ISSUER]),
            json!(["x", par]),
        ] {
            assert!(is_meant(aud.clone(), IssuerOrEndpoint), "{aud}");
        }
        for aud in [
            json!("https://id.example/"),
            json!("https://other.example"),
            json!([]),
            json!("https://id.example/revoke"),
        ] {
            assert!(!is_meant(aud.clone(), IssuerOrEndpoint), "{aud}");
        }
        assert!(is_meant(json!(ISSUER), IssuerAlone));
        for aud in [json!([ISSUER]), json!(TOKEN), json!(par), json!([ISSUER, TOKEN])] {
            assert!(!is_meant(aud.clone(), IssuerAlone), "{aud}");
        }
    }
}
