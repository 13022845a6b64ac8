//! What a client says of the requests that it makes in the background.
//!
//! Spec: CIBA §4, FAPI-CIBA §5.2.2-3 and §7.10

use super::Problems;
use crate::{ClientMetadata, GrantType, SecurityProfile, TokenDeliveryMode, redirect_uri::is_https_or_loopback};

const MODE: &str = "backchannel_token_delivery_mode";
const ENDPOINT: &str = "backchannel_client_notification_endpoint";
const SIGNING_ALG: &str = "backchannel_authentication_request_signing_alg";

pub(super) fn check(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    if !client.allows_grant_type(GrantType::Ciba) {
        return;
    }
    check_mode(client, profile, problems);
    check_endpoint(client, problems);
    check_signatures(client, profile, problems);
}

/// "Clients registering to use CIBA MUST indicate a token delivery mode."
fn check_mode(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    let allowed: Vec<_> = profile.token_delivery_modes.iter().map(|mode| mode.as_str()).collect();
    let remedy = format!("use one of: {}", allowed.join(", "));
    match client.backchannel_token_delivery_mode {
        None => problems.add(
            MODE,
            "is missing: it says how the client learns of the user's answer",
            remedy,
        ),
        Some(mode) if !profile.token_delivery_modes.contains(&mode) => problems.add(
            MODE,
            format!("{} is not allowed by the profile {}", mode.as_str(), profile.name),
            remedy,
        ),
        Some(_) => {}
    }
}

/// "REQUIRED if the token delivery mode is set to ping or push. […] It MUST be an HTTPS URL." Nobody is between this
/// machine and itself.
fn check_endpoint(client: &ClientMetadata, problems: &mut Problems) {
    let is_needed = client
        .backchannel_token_delivery_mode
        .is_some_and(TokenDeliveryMode::notifies);
    match client.backchannel_client_notification_endpoint.as_deref() {
        None if is_needed => problems.add(
            ENDPOINT,
            "is missing, and the client wants to be called",
            "name the https URI to call, or use the delivery mode poll",
        ),
        Some(uri) if !is_https_or_loopback(uri) || uri.contains('#') => problems.add(
            ENDPOINT,
            format!("{uri} is not a web address without a fragment"),
            "use an https URI without fragment",
        ),
        _ => {}
    }
}

/// "Clients intending to send signed authentication requests MUST register the signature algorithm that will be used";
/// the algorithm must be one of the profile, and somebody must be able to check the signature.
fn check_signatures(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    let alg = client.backchannel_authentication_request_signing_alg;
    if let Some(alg) = alg.filter(|alg| !profile.signing_algs.contains(alg)) {
        let allowed: Vec<_> = profile.signing_algs.iter().map(|known| known.as_str()).collect();
        problems.add(
            SIGNING_ALG,
            format!("{} is not allowed by the profile {}", alg.as_str(), profile.name),
            format!("use one of: {}", allowed.join(", ")),
        );
    }
    let has_keys = client.jwks.is_some() || client.jwks_uri.is_some();
    if (alg.is_some() || profile.signed_requests) && !has_keys {
        problems.add(
            SIGNING_ALG,
            "wants signed requests, and there are no keys to check signatures with",
            "register jwks or jwks_uri",
        );
    }
}

#[cfg(test)]
mod tests {
    use jose::{KeySet, SigningAlg};

    use super::*;
    use crate::TokenEndpointAuthMethod;

    fn client(mode: Option<TokenDeliveryMode>) -> ClientMetadata {
        ClientMetadata {
            client_id: "terminal".into(),
            grant_types: vec![GrantType::Ciba],
            response_types: Vec::new(),
            backchannel_token_delivery_mode: mode,
            ..ClientMetadata::default()
        }
    }

    fn problems(client: &ClientMetadata, profile: &str) -> Vec<String> {
        let profile = SecurityProfile::find(profile).unwrap();
        client
            .validate(profile)
            .into_iter()
            .map(|problem| problem.member)
            .collect()
    }

    // Conformance: CIBA-02
    #[test]
    fn a_delivery_mode_is_named_and_who_is_called_says_where() {
        assert_eq!(problems(&client(None), "baseline"), [MODE]);
        assert!(problems(&client(Some(TokenDeliveryMode::Poll)), "baseline").is_empty());
        for mode in [TokenDeliveryMode::Ping, TokenDeliveryMode::Push] {
            assert_eq!(problems(&client(Some(mode)), "baseline"), [ENDPOINT]);
            for (endpoint, is_fine) in [
                ("https://app.example/cb", true),
                ("http://127.0.0.1:9000/cb", true),
                ("http://app.example/cb", false),
                ("https://app.example/cb#x", false),
                ("nowhere", false),
            ] {
                let client = ClientMetadata {
                    backchannel_client_notification_endpoint: Some(endpoint.into()),
                    ..client(Some(mode))
                };
                assert_eq!(problems(&client, "baseline").is_empty(), is_fine, "{endpoint}");
            }
        }
        let without_the_grant = ClientMetadata {
            grant_types: vec![GrantType::ClientCredentials],
            ..client(None)
        };
        assert!(problems(&without_the_grant, "baseline").is_empty());
    }

    // Conformance: FCIBA-01
    #[test]
    fn whoever_proves_nothing_asks_nobody() {
        let public = ClientMetadata {
            token_endpoint_auth_method: TokenEndpointAuthMethod::None,
            ..client(Some(TokenDeliveryMode::Poll))
        };
        assert_eq!(problems(&public, "baseline"), ["token_endpoint_auth_method"]);
    }

    // Conformance: FCIBA-03 FCIBA-10
    #[test]
    fn a_financial_grade_client_is_not_pushed_to_and_signs_well() {
        let fapi = |mode, alg| ClientMetadata {
            token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
            jwks_uri: Some("https://app.example/jwks".into()),
            backchannel_client_notification_endpoint: Some("https://app.example/cb".into()),
            backchannel_authentication_request_signing_alg: alg,
            id_token_signed_response_alg: Some(SigningAlg::Ps256),
            ..client(Some(mode))
        };
        let found = |mode, alg| {
            let mut found = problems(&fapi(mode, alg), "fapi1-advanced");
            found.retain(|member| member.starts_with("backchannel_"));
            found
        };
        for mode in [TokenDeliveryMode::Poll, TokenDeliveryMode::Ping] {
            for alg in [None, Some(SigningAlg::Ps256), Some(SigningAlg::Es256)] {
                assert!(found(mode, alg).is_empty(), "{mode:?} {alg:?}");
            }
        }
        assert_eq!(found(TokenDeliveryMode::Push, None), [MODE]);
        assert_eq!(found(TokenDeliveryMode::Poll, Some(SigningAlg::Rs256)), [SIGNING_ALG]);
    }

    #[test]
    fn who_signs_has_keys() {
        let signing = ClientMetadata {
            backchannel_authentication_request_signing_alg: Some(SigningAlg::Rs256),
            ..client(Some(TokenDeliveryMode::Poll))
        };
        assert_eq!(problems(&signing, "baseline"), [SIGNING_ALG]);
        let with_keys = ClientMetadata {
            jwks: Some(KeySet { keys: Vec::new() }),
            ..signing
        };
        assert!(problems(&with_keys, "baseline").is_empty());
    }
}
