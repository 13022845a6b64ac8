//! What a client asks of a grant that it manages by its id, and what it learns of one.
//!
//! Spec: Grant Management for OAuth 2.0 (Implementer's Draft 1) §5.2 (Authorization Request), §5.4 (Authorization Error
//! Response), §6.4 (Query Status of a Grant), §7.1 (server metadata)
//!
//! Accepted: `create`, `merge` and `replace` in requests for a code by confidential clients. Deliberately not: grants
//! whose ids the client did not get by asking for one. A request without an action goes by the one grant that is
//! remembered, as if there were no grant management.

use explanation::{Reason, catalogue::grant_management};
use serde::{Deserialize, Serialize};

use crate::{AuthorizationDetails, ClientMetadata, Form, RequestError, ResponseType, Scope};

/// The scope of a token that asks about grants.
pub const QUERY_SCOPE: &str = "grant_management_query";
/// The scope of a token that revokes grants.
pub const REVOKE_SCOPE: &str = "grant_management_revoke";
/// Both: they are the client's own, and no user is asked for them.
pub const SCOPES: [&str; 2] = [QUERY_SCOPE, REVOKE_SCOPE];

/// `grant_management_actions_supported`.
pub const ACTIONS: [&str; 5] = ["query", "revoke", "merge", "replace", "create"];

/// What an authorization request does with a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantManagement {
    /// A fresh grant appears beside all others.
    Create,
    /// What is permitted is added to the grant of this id.
    Merge(String),
    /// What is permitted takes the place of what the grant of this id permitted.
    Replace(String),
}

impl GrantManagement {
    /// Reads `grant_management_action` and `grant_id`; none of both: the request is not about a managed grant.
    pub fn parse(
        form: &Form,
        client: &ClientMetadata,
        response_type: ResponseType,
    ) -> Result<Option<Self>, RequestError> {
        let invalid = |reason: &'static Reason, text: &str| Err(RequestError::new(reason, text));
        let action = match (form.first("grant_management_action"), form.first("grant_id")) {
            (None, None) => return Ok(None),
            // "In case the grant_id is provided and the action is not specified […] invalid_request" (§5.4).
            (None, Some(_)) => {
                return invalid(
                    &grant_management::ID_ALONE,
                    "grant_id was sent without grant_management_action",
                );
            }
            (Some("create"), None) => Self::Create,
            (Some("create"), Some(_)) => {
                return invalid(
                    &grant_management::ID_OF_NEW,
                    "a grant that is created cannot have a grant_id yet",
                );
            }
            (Some("merge"), Some(id)) => Self::Merge(id.to_owned()),
            (Some("replace"), Some(id)) => Self::Replace(id.to_owned()),
            (Some("merge" | "replace"), None) => {
                return invalid(
                    &grant_management::ID_MISSING,
                    "this grant_management_action needs a grant_id",
                );
            }
            (Some(_), _) => {
                return invalid(
                    &grant_management::UNKNOWN_ACTION,
                    "grant_management_action is none of create, merge and replace",
                );
            }
        };
        // "Grant management is restricted to confidential only clients due to security reasons" (§5.1).
        if client.is_public() {
            return Err(RequestError::new(
                &grant_management::PUBLIC_CLIENT,
                "public clients cannot manage grants",
            ));
        }
        if !response_type.has_code() {
            return invalid(
                &grant_management::NO_CODE,
                "grant_id is told by the token endpoint alone: ask for a code",
            );
        }
        Ok(Some(action))
    }

    /// The grant that it is about, unless that is to be made.
    pub fn grant_id(&self) -> Option<&str> {
        match self {
            Self::Create => None,
            Self::Merge(id) | Self::Replace(id) => Some(id),
        }
    }
}

/// What a client learns of one of its grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantResource {
    /// What it permits, by resource.
    pub scopes: Vec<GrantedScope>,
    /// The names of the claims that it permits.
    pub claims: Vec<String>,
    /// What it permits in detail, of the types that are remembered.
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When it was last changed or used, unix seconds.
    pub last_updated: i64,
    /// When it ends by itself, unix seconds.
    pub expires_at: i64,
}

/// Scopes, and where they are of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedScope {
    /// The scopes.
    pub scope: Scope,
    /// The APIs that own them; none for those of OpenID Connect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    fn parse(query: &str) -> Result<Option<GrantManagement>, ErrorCode> {
        let form = Form::parse(query.as_bytes()).unwrap();
        GrantManagement::parse(&form, &ClientMetadata::default(), ResponseType::CODE).map_err(|error| error.code)
    }

    #[test]
    fn an_action_comes_with_the_id_that_it_needs() {
        let id = || "TSdqirmAxDa0_-DB_1bASQ".to_owned();
        assert_eq!(parse("scope=openid"), Ok(None));
        assert_eq!(
            parse("grant_management_action=create"),
            Ok(Some(GrantManagement::Create))
        );
        for (name, action) in [
            ("merge", GrantManagement::Merge(id())),
            ("replace", GrantManagement::Replace(id())),
        ] {
            let query = format!("grant_management_action={name}&grant_id={}", id());
            assert_eq!(action.grant_id(), Some(&*id()));
            assert_eq!(parse(&query), Ok(Some(action)));
        }
    }

    #[test]
    fn contradictions_are_invalid_requests() {
        for query in [
            "grant_id=g",
            "grant_management_action=create&grant_id=g",
            "grant_management_action=merge",
            "grant_management_action=replace",
            "grant_management_action=update&grant_id=g",
            "grant_management_action=query&grant_id=g",
            "grant_management_action=Create",
        ] {
            assert_eq!(parse(query), Err(ErrorCode::InvalidRequest), "{query}");
        }
    }

    #[test]
    fn only_a_confidential_client_that_asks_for_a_code_manages_grants() {
        let form = Form::parse(b"grant_management_action=create").unwrap();
        let public: ClientMetadata = serde_json::from_str(r#"{"token_endpoint_auth_method":"none"}"#).unwrap();
        let code = |client, text| {
            let response_type = ResponseType::parse(text).unwrap();
            GrantManagement::parse(&form, client, response_type).map_err(|error| error.code)
        };
        assert_eq!(code(&public, "code"), Err(ErrorCode::UnauthorizedClient));
        let confidential = ClientMetadata::default();
        assert_eq!(code(&confidential, "id_token"), Err(ErrorCode::InvalidRequest));
        assert!(code(&confidential, "code id_token").is_ok());
    }
}
