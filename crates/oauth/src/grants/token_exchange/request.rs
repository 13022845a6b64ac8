//! The parameters of an exchange.
//!
//! Spec: RFC 8693 §2.1

use protocol::{form::Form, token_type::TokenType};

use super::{super::GrantRefusal, ExchangeRefusal};

/// What is to be exchanged for what.
pub(super) struct ExchangeRequest<'a> {
    pub subject_token: &'a str,
    pub subject_type: TokenType,
    /// Always an access token, perhaps in the form of a JWT.
    pub actor_token: Option<&'a str>,
    requested: TokenType,
}

impl<'a> ExchangeRequest<'a> {
    pub fn parse(form: &'a Form) -> Result<Self, GrantRefusal> {
        let subject_token = form
            .first("subject_token")
            .ok_or(GrantRefusal::Missing("subject_token"))?;
        let subject_type = form.first("subject_token_type").and_then(TokenType::parse);
        let actor_type = form.first("actor_token_type");
        // "REQUIRED when the actor_token parameter is present in the request but MUST NOT be included otherwise."
        let actor_token = match (form.first("actor_token"), actor_type.map(TokenType::parse)) {
            (None, None) => None,
            (Some(token), Some(Some(TokenType::AccessToken | TokenType::Jwt))) => Some(token),
            (Some(_), Some(_)) => return Err(ExchangeRefusal::Type("actor_token_type").into()),
            _ => return Err(ExchangeRefusal::ActorParameters.into()),
        };
        let requested = match form.first("requested_token_type") {
            None => TokenType::AccessToken,
            Some(text) => TokenType::parse(text)
                .filter(|requested| *requested != TokenType::IdToken)
                .ok_or(ExchangeRefusal::RequestedType)?,
        };
        Ok(Self {
            subject_token,
            subject_type: subject_type.ok_or(ExchangeRefusal::Type("subject_token_type"))?,
            actor_token,
            requested,
        })
    }

    /// Whether nothing but a JWT will do.
    pub fn wants_jwt(&self) -> bool {
        self.requested == TokenType::Jwt
    }
}
