//! What a client asks of a user, and what the user permits it.
//!
//! Spec: OpenID Connect Core §5.4 (a scope stands for claims) and §5.5 (claims asked for one by one), RFC 9396 §3.1

use model::Grant;
use protocol::{
    AuthorizationDetails,
    claims::{self, ClaimNames},
    scope::Scope,
};
use realm::DetailsTypes;

use crate::authorization_details;

/// Scopes, what is described in detail, and claims that are asked for or permitted one by one because no scope of the
/// request covers them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permission {
    /// The scopes.
    pub scope: Scope,
    /// The single claims.
    pub claims: ClaimNames,
    /// What is described in detail.
    pub authorization_details: AuthorizationDetails,
}

impl Permission {
    /// Whether all of it is in the other.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.scope.is_subset_of(&other.scope)
            && self.claims.is_subset(&other.claims)
            && self.details_within(other) == self.authorization_details
    }

    /// Whether it opens nothing: claims are told by what else is permitted.
    pub fn opens_nothing(&self) -> bool {
        self.scope.is_empty() && self.authorization_details.is_empty()
    }

    /// Both are of one request, where what is less was made less by the user.
    fn details_within(&self, other: &Self) -> AuthorizationDetails {
        self.authorization_details
            .within(&other.authorization_details, &|_, _| true)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            scope: self.scope.intersection(&other.scope),
            claims: &self.claims & &other.claims,
            authorization_details: self.details_within(other),
        }
    }

    /// What of this a grant permits: a claim is permitted too where a scope that covers it is. Of details, those of types
    /// that are remembered.
    pub(crate) fn permitted_by(&self, types: &DetailsTypes, grant: &Grant) -> Self {
        let details = authorization_details::remembered(types, &self.authorization_details);
        let covered: ClaimNames = claims::of_scope(&grant.scope).map(str::to_owned).collect();
        Self {
            scope: self.scope.intersection(&grant.scope),
            claims: &self.claims & &(&grant.claims | &covered),
            authorization_details: authorization_details::within(types, &details, &grant.authorization_details),
        }
    }

    /// What of a grant stays when the user was asked for this: what was shown and left out is taken back, what was not
    /// asked about stays. Of a type of details, the last answer counts.
    pub(crate) fn not_asked(&self, grant: &Grant) -> Self {
        let shown: ClaimNames = claims::of_scope(&self.scope).map(str::to_owned).collect();
        Self {
            scope: grant.scope.difference(&self.scope),
            claims: &(&grant.claims - &self.claims) - &shown,
            authorization_details: grant.authorization_details.filter(|kept| {
                !self
                    .authorization_details
                    .types()
                    .any(|asked| asked == kept.type_name())
            }),
        }
    }

    /// What of this is remembered for other requests.
    pub(crate) fn remembered(&self, types: &DetailsTypes) -> Self {
        Self {
            authorization_details: authorization_details::remembered(types, &self.authorization_details),
            ..self.clone()
        }
    }

    /// What is in either.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            scope: self.scope.union(&other.scope),
            claims: &self.claims | &other.claims,
            authorization_details: self.authorization_details.union(&other.authorization_details),
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
            authorization_details: AuthorizationDetails::default(),
        }
    }

    fn grant(scope: &str, claims: &[&str]) -> Grant {
        let Permission { scope, claims, .. } = permission(scope, claims);
        Grant {
            id: "g".into(),
            user_id: "u".into(),
            client_id: "c".into(),
            scope,
            claims,
            authorization_details: AuthorizationDetails::default(),
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
        let permitted = asked.permitted_by(
            &DetailsTypes::default(),
            &grant("openid email accounts:read", &["birthdate"]),
        );
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
