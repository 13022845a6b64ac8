//! An access token that the issuer was asked about.
//! Spec: RFC 7662 §2.2 and §4
//!
//! Accepted: an active answer that names this API and an end. Deliberately not: an answer without `aud`, which
//! would let a token for one API work at another; one whose `token_type` and `cnf` do not agree.

use protocol::{IntrospectionResponse, dpop};
use serde_json::{Map, Value};

use crate::token_check::Times;
use crate::{CheckedToken, Permit, Refusal, TokenCheck};

/// What a [`Permit`] holds in members of its own, or what is not about the caller.
const MEMBERS: [&str; 12] = [
    "active",
    "sub",
    "client_id",
    "scope",
    "aud",
    "exp",
    "acr",
    "auth_time",
    "iss",
    "token_type",
    "cnf",
    "revocation_tags",
];

impl TokenCheck {
    /// Checks the issuer's answer about a token.
    ///
    /// `members`: the same answer as it came. What is not known here is told by the permit. `now`: seconds since 1970.
    pub fn check_introspection(
        &self,
        answer: IntrospectionResponse,
        mut members: Map<String, Value>,
        now: i64,
    ) -> Result<CheckedToken, Refusal> {
        if !answer.active {
            return Err(Refusal::Inactive);
        }
        if let Some(issuer) = &answer.iss {
            self.check_issuer(issuer)?;
        }
        self.check_audience(&answer.aud)?;
        let expires_at = answer.exp.ok_or(Refusal::Claims)?;
        let times = Times {
            expires_at,
            issued_at: answer.iat,
            not_before: answer.nbf,
        };
        self.check_times(&times, now)?;
        let confirmation = answer.cnf.unwrap_or_default();
        // RFC 9449 §6.2: a `token_type` of a bound token "is required to be DPoP".
        let type_name = match confirmation.jkt {
            Some(_) => dpop::SCHEME,
            None => "Bearer",
        };
        let is_right = |token_type: &String| token_type.eq_ignore_ascii_case(type_name);
        if !answer.token_type.as_ref().is_none_or(is_right) {
            return Err(Refusal::UnprovenBinding);
        }
        for name in MEMBERS {
            members.remove(name);
        }
        let named = |name: &String| !name.is_empty();
        let client_id = answer.client_id.filter(named).ok_or(Refusal::Claims)?;
        Ok(CheckedToken::new(Permit {
            // As in a JWT (RFC 9068 §2.2): without a user, the client is the subject.
            subject: answer.sub.filter(named).unwrap_or_else(|| client_id.clone()),
            client_id,
            scope: answer.scope.unwrap_or_default(),
            audience: answer.aud.0,
            expires_at,
            acr: answer.acr,
            auth_time: answer.auth_time,
            confirmation,
            claims: members,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{Permit, Refusal, TokenCheck};

    const NOW: i64 = 1_700_000_000;
    const ISSUER: &str = "https://id.example";
    const API: &str = "https://api.example";

    fn check(answer: Value) -> Result<Permit, Refusal> {
        let members = answer.as_object().unwrap().clone();
        let answer = serde_json::from_value(answer).unwrap();
        let checked = TokenCheck::new(ISSUER, API).check_introspection(answer, members, NOW)?;
        checked.presented_alone()
    }

    fn active() -> Value {
        json!({
            "active": true, "iss": ISSUER, "aud": [API], "sub": "alice", "client_id": "app", "token_type": "Bearer",
            "exp": NOW + 600, "iat": NOW, "scope": "accounts:read", "acr": "urn:sekisho:acr:loa2", "username": "alice@",
            "groups": ["retail"]
        })
    }

    #[test]
    fn an_active_answer_for_this_api_gives_a_permit() {
        let permit = check(active()).unwrap();
        assert_eq!(permit.subject, "alice");
        assert_eq!(permit.client_id, "app");
        assert_eq!(permit.scope.to_string(), "accounts:read");
        assert_eq!(permit.audience, [API]);
        assert_eq!(permit.expires_at, NOW + 600);
        assert_eq!(permit.acr.as_deref(), Some("urn:sekisho:acr:loa2"));
        assert_eq!(
            Value::Object(permit.claims),
            json!({"iat": NOW, "username": "alice@", "groups": ["retail"]})
        );
    }

    #[test]
    fn an_inactive_answer_gives_none() {
        assert_eq!(check(json!({"active": false})), Err(Refusal::Inactive));
        let mut answer = active();
        answer["active"] = json!(false);
        assert_eq!(check(answer), Err(Refusal::Inactive));
    }

    #[test]
    fn members_that_do_not_fit_are_refused() {
        for (name, value, refusal) in [
            ("iss", json!("https://other.example"), Refusal::WrongIssuer),
            ("aud", json!("https://other.example"), Refusal::WrongAudience),
            ("aud", json!([]), Refusal::WrongAudience),
            ("exp", json!(NOW - 30), Refusal::Expired),
            ("exp", json!(null), Refusal::Claims),
            ("nbf", json!(NOW + 31), Refusal::NotYetValid),
            ("iat", json!(NOW + 31), Refusal::NotYetValid),
            ("client_id", json!(null), Refusal::Claims),
            ("token_type", json!("DPoP"), Refusal::UnprovenBinding),
            ("token_type", json!("mac"), Refusal::UnprovenBinding),
            ("cnf", json!({"jkt": "k"}), Refusal::UnprovenBinding),
            ("cnf", json!({"x5t#S256": "c"}), Refusal::UnprovenBinding),
        ] {
            let mut answer = active();
            answer[name] = value;
            assert_eq!(check(answer), Err(refusal), "{name}");
        }
    }

    #[test]
    fn an_answer_without_audience_is_refused_and_one_without_issuer_is_not() {
        let without = |name: &str| {
            let mut answer = active();
            answer.as_object_mut().unwrap().remove(name);
            check(answer)
        };
        assert_eq!(without("aud"), Err(Refusal::WrongAudience));
        assert!(without("iss").is_ok());
        assert!(without("token_type").is_ok());
        assert!(without("scope").unwrap().scope.is_empty());
    }

    // Conformance: BCP-20
    #[test]
    fn without_a_user_the_client_is_the_subject() {
        let mut answer = active();
        answer.as_object_mut().unwrap().remove("sub");
        assert_eq!(check(answer).unwrap().subject, "app");
    }
}
