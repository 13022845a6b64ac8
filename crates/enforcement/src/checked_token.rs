//! A token that is good in itself, and the keys that it is bound to.
//! Spec: RFC 8705 §3, RFC 9449 §7.1 and §7.2, FAPI 1.0 Advanced §6.2.1-2, FAPI 2.0 Security Profile §5.3.4
//!
//! What is bound to a key is worth nothing without that key. "such a protected resource MUST reject a DPoP-bound access
//! token received as a bearer token" (RFC 9449 §7.2); a token that is not bound is no token of the scheme DPoP.

use protocol::{
    Confirmation, TokenScheme,
    access_token::{AUTHORIZATION_ID, OWNER},
    revocation_events::Tags,
};
use serde_json::Value;

use crate::{Permit, Refusal};

/// A token that is good in itself: whoever presents it must still prove its keys. Only
/// [`TokenCheck`](crate::TokenCheck) makes one.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct CheckedToken {
    permit: Permit,
}

impl CheckedToken {
    pub(crate) fn new(permit: Permit) -> Self {
        Self { permit }
    }

    /// The permit, if the token came by the scheme that it is for, and the request proved every key that it is bound to.
    pub fn presented(self, scheme: TokenScheme, proven: &Confirmation) -> Result<Permit, Refusal> {
        let needs_proof = self.permit.confirmation.jkt.is_some();
        let is_its_scheme = needs_proof == (scheme == TokenScheme::Dpop);
        if is_its_scheme && self.permit.confirmation.is_proven_by(proven) {
            Ok(self.permit)
        } else {
            Err(Refusal::UnprovenBinding)
        }
    }

    /// When it was issued, in seconds since 1970, if it says so.
    pub fn issued_at(&self) -> Option<i64> {
        self.permit.claims.get("iat").and_then(Value::as_i64)
    }

    /// By what the issuer's stream of revocations calls a token that was read here.
    pub fn revocation_tags(&self, issuer: &str) -> Vec<String> {
        let tags = Tags::of(issuer);
        let claim = |name| self.permit.claims.get(name).and_then(Value::as_str);
        let named = [
            claim("jti").map(|id| tags.token(id)),
            claim(AUTHORIZATION_ID).map(|id| tags.authorization(id)),
            claim(OWNER).map(|id| tags.client(id)),
        ];
        let client = tags.client(&self.permit.client_id);
        named.into_iter().flatten().chain([client]).collect()
    }

    /// What the issuer says of a token, whose user is named as the token itself does: the issuer knows them by another name
    /// than some clients.
    pub fn named_by(mut self, token: &Self) -> Self {
        self.permit.subject.clone_from(&token.permit.subject);
        self
    }

    /// The permit, if the token is bound to nothing: whoever has it may use it.
    pub fn presented_alone(self) -> Result<Permit, Refusal> {
        self.presented(TokenScheme::Bearer, &Confirmation::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permit::tests::permit;

    fn keys(certificate: Option<&str>, key: Option<&str>) -> Confirmation {
        Confirmation {
            x5t_s256: certificate.map(str::to_owned),
            jkt: key.map(str::to_owned),
            tbh: None,
        }
    }

    fn is_taken(bound: Confirmation, scheme: TokenScheme, proven: &Confirmation) -> bool {
        let permit = Permit {
            confirmation: bound,
            ..permit("")
        };
        CheckedToken::new(permit).presented(scheme, proven).is_ok()
    }

    // Conformance: F1A-RS-02 F2-RS-04 MTLS-RS-01 DPOP-RS-01 DPOP-RS-02 B118 B123
    #[test]
    fn every_key_that_a_token_is_bound_to_must_be_proven_by_its_scheme() {
        use TokenScheme::{Bearer, Dpop};
        let both = || keys(Some("c"), Some("k"));
        for (bound, scheme, proven) in [
            (keys(None, None), Bearer, keys(None, None)),
            (keys(None, None), Bearer, keys(Some("any"), None)),
            (keys(Some("c"), None), Bearer, keys(Some("c"), None)),
            (keys(None, Some("k")), Dpop, keys(None, Some("k"))),
            (keys(None, Some("k")), Dpop, keys(Some("any"), Some("k"))),
            (both(), Dpop, both()),
        ] {
            assert!(
                is_taken(bound.clone(), scheme, &proven),
                "{bound:?} {scheme:?} {proven:?}"
            );
        }
        for (bound, scheme, proven) in [
            (keys(Some("c"), None), Bearer, keys(None, None)),
            (keys(Some("c"), None), Bearer, keys(Some("d"), None)),
            (keys(None, Some("k")), Dpop, keys(None, Some("l"))),
            (keys(None, Some("k")), Bearer, keys(None, Some("k"))),
            (keys(None, Some("k")), Bearer, keys(None, None)),
            (keys(None, None), Dpop, keys(None, Some("k"))),
            (keys(Some("c"), None), Dpop, both()),
            (both(), Dpop, keys(None, Some("k"))),
            (both(), Bearer, both()),
        ] {
            assert!(
                !is_taken(bound.clone(), scheme, &proven),
                "{bound:?} {scheme:?} {proven:?}"
            );
        }
        let token_binding = Confirmation {
            tbh: Some("t".into()),
            ..Confirmation::default()
        };
        assert!(
            !is_taken(token_binding, Bearer, &keys(None, None)),
            "nobody here can check it"
        );
    }
}
