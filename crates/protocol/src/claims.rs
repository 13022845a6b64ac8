//! Claims about the user: which there are, which a scope gives, and in which language.
//!
//! Spec: OpenID Connect Core §5.1, §5.2 and §5.4
//!
//! Accepted: the standard claims, those for people to read in several languages too (`name#ja`). Deliberately not:
//! aggregated and distributed claims (§5.6.2).

mod language;
mod value;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub use self::{
    language::{LOCALIZABLE, is_language_tag, known, split},
    value::{ClaimProblem, check},
};
use crate::Scope;

/// Names of claims.
pub type ClaimNames = BTreeSet<String>;

/// The scopes that stand for claims, with their claims, in the order of the specification.
pub const SCOPE_CLAIMS: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            UPDATED_AT,
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// The one standard claim that the server knows by itself: when it last changed what it knows of the user.
pub const UPDATED_AT: &str = "updated_at";

/// Whether the name is a standard claim of §5.1 other than `sub`.
pub fn is_standard(claim: &str) -> bool {
    standard().any(|known| known == claim)
}

/// The standard claims of §5.1 other than `sub`.
pub fn standard() -> impl Iterator<Item = &'static str> {
    SCOPE_CLAIMS.iter().flat_map(|(_, claims)| claims.iter().copied())
}

/// The claims that the scope gives.
pub fn of_scope(scope: &Scope) -> impl Iterator<Item = &'static str> {
    SCOPE_CLAIMS
        .iter()
        .filter(|(token, _)| scope.contains(token))
        .flat_map(|(_, claims)| claims.iter().copied())
}

/// The claims that the scope gives, of those that are known about the user, in the first of `locales` that is known.
/// `sub` is not among them.
pub fn select(claims: &Map<String, Value>, scope: &Scope, locales: &[String]) -> Map<String, Value> {
    of_scope(scope).flat_map(|name| known(claims, name, locales)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Map<String, Value> {
        let claims = serde_json::json!({
            "sub": "1", "name": "Alice", "given_name": "", "nickname": null, "email": "a@example.com",
            "email_verified": true, "phone_number": "+1", "address": {"country": "JP"}, "salary": 1
        });
        claims.as_object().unwrap().clone()
    }

    fn names(scope: &str) -> Vec<String> {
        select(&alice(), &Scope::parse(scope).unwrap(), &[])
            .keys()
            .cloned()
            .collect()
    }

    #[test]
    fn each_scope_gives_its_claims_and_no_other() {
        assert_eq!(names("openid profile"), ["name"]);
        assert_eq!(names("openid email"), ["email", "email_verified"]);
        assert_eq!(names("phone"), ["phone_number"]);
        assert_eq!(names("address"), ["address"]);
        assert!(names("openid salary").is_empty());
    }

    #[test]
    fn empty_and_null_values_are_left_out() {
        assert!(
            !names("profile")
                .iter()
                .any(|name| name == "given_name" || name == "nickname")
        );
    }

    #[test]
    fn there_are_nineteen_standard_claims_besides_sub() {
        assert_eq!(standard().count(), 19);
        assert!(is_standard("email_verified") && !is_standard("sub") && !is_standard("salary"));
    }
}
