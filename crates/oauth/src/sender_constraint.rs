//! Which keys a request proves, and which of them a token is bound to.
//!
//! Spec: RFC 8705 §3, RFC 9449 §5 and §5.2, FAPI 1.0 Advanced §5.2.2-5, FAPI 2.0 Security Profile §5.3.2.1-4
//!
//! A proof that comes with a token request binds the token, whether or not the client registered that. A certificate
//! does so where the client or its profile asks for it: browsers and proxies show certificates for reasons of their own.

use explanation::{Explain, Explanation, catalogue::binding};
use protocol::{ClientMetadata, Confirmation, SecurityProfile, SenderConstraint, error_code::ErrorCode};

/// Why no token can be bound as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SenderRefusal {
    /// No certificate.
    #[error("this client's tokens are bound to its certificate: connect with it (mutual TLS)")]
    CertificateMissing,
    /// No proof.
    #[error("this client's tokens are bound to a key: send a proof of it in the header DPoP")]
    ProofMissing,
    /// Neither.
    #[error("this client's tokens are bound to a key: send a proof of it in the header DPoP, or use mutual TLS")]
    NothingProven,
    /// No Token Binding.
    #[error("this client supports Token Binding, and its connection has none")]
    BindingMissing,
    /// No referred one.
    #[error("this client's access tokens are bound to the key that it uses with the API: refer to it by Token Binding")]
    ReferredMissing,
}

impl SenderRefusal {
    /// The registered error code (RFC 9449 §5).
    pub const fn code(self) -> ErrorCode {
        ErrorCode::InvalidRequest
    }
}

impl Explain for SenderRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::CertificateMissing => &binding::CERTIFICATE_MISSING,
            Self::ProofMissing => &binding::PROOF_MISSING,
            Self::NothingProven => &binding::NOTHING_PROVEN,
            Self::BindingMissing => &binding::TOKEN_BINDING_MISSING,
            Self::ReferredMissing => &binding::REFERRED_MISSING,
        };
        reason.into()
    }
}

fn wants_certificate(client: &ClientMetadata, profile: &SecurityProfile) -> bool {
    client.tls_client_certificate_bound_access_tokens || profile.sender_constraint == SenderConstraint::Certificate
}

/// What a client's code is bound to, of what it proved when it pushed the request: the keys to which its token will be
/// bound if it proves them again (RFC 9449 §10.1).
pub(crate) fn of_code(client: &ClientMetadata, profile: &SecurityProfile, proven: &Confirmation) -> Confirmation {
    Confirmation {
        x5t_s256: proven.x5t_s256.clone().filter(|_| wants_certificate(client, profile)),
        jkt: proven.jkt.clone(),
        tbh: None,
    }
}

/// What a client's token is bound to, of what its request proved; nothing is bound where nobody asks for it.
pub fn bind(
    client: &ClientMetadata,
    profile: &SecurityProfile,
    proven: &Confirmation,
) -> Result<Option<Confirmation>, SenderRefusal> {
    let wants_certificate = wants_certificate(client, profile);
    if wants_certificate && proven.x5t_s256.is_none() {
        return Err(SenderRefusal::CertificateMissing);
    }
    if client.dpop_bound_access_tokens && proven.jkt.is_none() {
        return Err(SenderRefusal::ProofMissing);
    }
    let needs_either = profile.sender_constraint == SenderConstraint::CertificateOrDpop;
    let uses_certificate = wants_certificate || (needs_either && proven.jkt.is_none());
    let bound = Confirmation {
        x5t_s256: proven.x5t_s256.clone().filter(|_| uses_certificate),
        jkt: proven.jkt.clone(),
        tbh: None,
    };
    if needs_either && bound.is_empty() {
        return Err(SenderRefusal::NothingProven);
    }
    Ok(Some(bound).filter(|bound| !bound.is_empty()))
}

/// What a client's refresh tokens are bound to. "Refresh tokens issued to confidential clients are not bound to the DPoP
/// proof public key because they are already sender-constrained" by the client's credentials (RFC 9449 §5; RFC 8705 §7.1
/// likewise), so that a client with credentials may change its certificate or its key. Those of others are bound to what
/// their access tokens are bound to (RFC 8705 §4).
pub(crate) fn of_refresh_tokens(
    client: &ClientMetadata,
    profile: &SecurityProfile,
    proven: &Confirmation,
) -> Option<Confirmation> {
    let bound = bind(client, profile, proven)
        .ok()
        .flatten()
        .filter(|_| client.is_public());
    // "MUST NOT Token Bind refresh tokens issued to a client that does not support Token Binding of refresh tokens" (OAuth
    // Token Binding §4.1).
    let provided = proven.tbh.clone();
    let bound = Confirmation {
        tbh: provided.filter(|_| client.client_refresh_token_token_binding_supported),
        ..bound.unwrap_or_default()
    };
    Some(bound).filter(|bound| !bound.is_empty())
}

/// Whether a token that is bound to `cnf` can be this client's as it is registered now: one that must be bound to a key
/// is worth nothing without.
pub fn is_bound_enough(client: &ClientMetadata, profile: &SecurityProfile, cnf: Option<&Confirmation>) -> bool {
    let none = Confirmation::default();
    let bound = cnf.unwrap_or(&none);
    bind(client, profile, bound).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> &'static SecurityProfile {
        SecurityProfile::find(name).unwrap()
    }

    fn proven(x5t_s256: bool, jkt: bool) -> Confirmation {
        Confirmation {
            x5t_s256: x5t_s256.then(|| "certificate".into()),
            jkt: jkt.then(|| "key".into()),
            tbh: None,
        }
    }

    fn bound(
        client: &ClientMetadata,
        profile_name: &str,
        proven: &Confirmation,
    ) -> Result<(bool, bool), SenderRefusal> {
        let cnf = bind(client, profile(profile_name), proven)?.unwrap_or_default();
        Ok((cnf.x5t_s256.is_some(), cnf.jkt.is_some()))
    }

    #[test]
    fn a_proof_binds_and_a_certificate_does_where_it_is_asked_for() {
        let plain = ClientMetadata::default();
        assert_eq!(bind(&plain, profile("baseline"), &proven(false, false)), Ok(None));
        assert_eq!(bind(&plain, profile("baseline"), &proven(true, false)), Ok(None));
        assert_eq!(bound(&plain, "baseline", &proven(true, true)), Ok((false, true)));
        let wants_certificate = ClientMetadata {
            tls_client_certificate_bound_access_tokens: true,
            ..ClientMetadata::default()
        };
        assert_eq!(
            bound(&wants_certificate, "baseline", &proven(true, false)),
            Ok((true, false))
        );
        assert_eq!(
            bound(&wants_certificate, "baseline", &proven(true, true)),
            Ok((true, true))
        );
        let missing = Err(SenderRefusal::CertificateMissing);
        assert_eq!(bound(&wants_certificate, "baseline", &proven(false, true)), missing);
        let wants_proof = ClientMetadata {
            dpop_bound_access_tokens: true,
            ..ClientMetadata::default()
        };
        assert_eq!(bound(&wants_proof, "baseline", &proven(false, true)), Ok((false, true)));
        let missing = Err(SenderRefusal::ProofMissing);
        assert_eq!(bound(&wants_proof, "baseline", &proven(true, false)), missing);
    }

    #[test]
    fn a_profile_that_demands_it_gives_no_token_that_is_bound_to_nothing() {
        let client = ClientMetadata::default();
        let missing = Err(SenderRefusal::CertificateMissing);
        assert_eq!(bound(&client, "fapi1-advanced", &proven(false, true)), missing);
        assert_eq!(
            bound(&client, "fapi1-advanced", &proven(true, false)),
            Ok((true, false))
        );
        let missing = Err(SenderRefusal::NothingProven);
        assert_eq!(bound(&client, "fapi2-security", &proven(false, false)), missing);
        assert_eq!(
            bound(&client, "fapi2-security", &proven(true, false)),
            Ok((true, false))
        );
        assert_eq!(
            bound(&client, "fapi2-security", &proven(false, true)),
            Ok((false, true))
        );
        // One key is enough; a connection with a certificate does not make every call need it.
        assert_eq!(bound(&client, "fapi2-security", &proven(true, true)), Ok((false, true)));
    }

    // Conformance: F2-AS-11
    #[test]
    fn a_code_is_bound_to_the_keys_that_its_token_will_be_bound_to() {
        let plain = ClientMetadata::default();
        let code = |client: &ClientMetadata, name| {
            let bound = of_code(client, profile(name), &proven(true, true));
            (bound.x5t_s256.is_some(), bound.jkt.is_some())
        };
        assert_eq!(code(&plain, "fapi2-security"), (false, true));
        assert_eq!(code(&plain, "fapi1-advanced"), (true, true));
        let wants_certificate = ClientMetadata {
            tls_client_certificate_bound_access_tokens: true,
            ..ClientMetadata::default()
        };
        assert_eq!(code(&wants_certificate, "fapi2-security"), (true, true));
        assert!(of_code(&wants_certificate, profile("fapi2-security"), &proven(false, false)).is_empty());
    }

    #[test]
    fn a_token_is_worth_something_as_long_as_it_is_bound_as_its_client_must_be() {
        let client = ClientMetadata::default();
        assert!(is_bound_enough(&client, profile("baseline"), None));
        assert!(!is_bound_enough(&client, profile("fapi2-security"), None));
        assert!(is_bound_enough(
            &client,
            profile("fapi2-security"),
            Some(&proven(false, true))
        ));
        assert!(!is_bound_enough(
            &client,
            profile("fapi1-advanced"),
            Some(&proven(false, true))
        ));
    }
}
