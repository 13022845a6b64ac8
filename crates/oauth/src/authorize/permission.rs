//! What a client asks of a user, and what the user permits it.
//!
//! Spec: OpenID Connect Core §5.4 (a scope stands for claims) and §5.5 (claims asked for one by one)

use model::Grant;
use protocol::{
    claims::{self, ClaimNames},
    scope::Scope,
};

/// Scopes, and claims that are asked for or permitted one by one because no scope of the request covers them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permission {
    /// The scopes.
    pub scope: Scope,
    /// The single claims.
    pub claims: ClaimNames,
}

impl Permission {
    /// Whether all of it is in the other.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.scope.is_subset_of(&other.scope) && self.claims.is_subset(&other.claims)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            scope: self.scope.intersection(&other.scope),
            claims: &self.claims & &other.claims,
        }
    }

    /// What of this a grant permits: a claim is permitted too where a scope that covers it is.
    pub(crate) fn permitted_by(&self, grant: &Grant) -> Self {
        let covered: ClaimNames = claims::of_scope(&grant.scope).map(str::to_owned).collect();
        Self {
            scope: self.scope.intersection(&grant.scope),
            claims: &self.claims & &(&grant.claims | &covered),
        }
    }

    /// What of a grant stays when the user was asked for this: what was shown and left out is taken back, what was not
    /// asked about stays.
    pub(crate) fn not_asked(&self, grant: &Grant) -> Self {
        let shown: ClaimNames = claims::of_scope(&self.scope).map(str::to_owned).collect();
        Self {
            scope: grant.scope.difference(&self.scope),
            claims: &(&grant.claims - &self.claims) - &shown,
        }
    }

    /// What is in either.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            scope: self.scope.union(&other.scope),
            claims: &self.claims | &other.claims,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(scope: &str, claims: &[&str]) -> Permission {
        Permission {
            scope: Scope::parse(scope).unwrap(),
            claims: claims.iter().map(|&claim| claim.to_owned()).collect(),
        }
    }

    fn grant(scope: &str, claims: &[&str]) -> Grant {
        let Permission { scope, claims } = permission(scope, claims);
        Grant {
            id: "g".into(),
            user_id: "u".into(),
            client_id: "c".into(),
            scope,
            claims,
            managed: false,
            created_at: 0,
            updated_at: 0,
            expires_at: 1,
            ended_at: None,
        }
    }

    #[test]
    fn a_claim_is_permitted_by_itself_or_by_a_scope_that_covers_it() {
        let asked = permission("openid", &["email", "birthdate", "gender"]);
        let permitted = asked.permitted_by(&grant("openid email accounts:read", &["birthdate"]));
        assert_eq!(permitted, permission("openid", &["email", "birthdate"]));
        assert!(permitted.is_subset_of(&asked) && !asked.is_subset_of(&permitted));
    }

    #[test]
    fn what_was_shown_and_left_out_is_taken_back() {
        let before = grant("openid email accounts:read", &["phone_number", "gender", "name"]);
        let asked = permission("openid email phone", &["gender"]);
        assert_eq!(asked.not_asked(&before), permission("accounts:read", &["name"]));
    }
}
