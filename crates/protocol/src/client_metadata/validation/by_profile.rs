//! What the columns of a profile mean for a registration: algorithms, keys, and where tokens may be given.
//!
//! Spec: FAPI 1.0 Advanced §5.2.2 and §8.6, FAPI 2.0 Security Profile §5.4.1, FAPI 2.0 Message Signing §5.3, RFC 9700 §2.2.1
//!
//! A member that is absent is no problem: this server then signs by an algorithm of the profile.

use jose::SigningAlg;

use super::Problems;
use crate::{ClientMetadata, SecurityProfile, SenderConstraint, TokenEndpointAuthMethod};

pub(super) fn check(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    check_algorithms(client, profile, problems);
    check_keys(client, profile, problems);
    check_front_channel(client, profile, problems);
}

/// Whatever either side signs for the other is signed by an algorithm of the profile.
fn check_algorithms(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    let of_assertions = client.token_endpoint_auth_signing_alg.as_deref();
    let members = [
        ("id_token_signed_response_alg", client.id_token_signed_response_alg),
        ("userinfo_signed_response_alg", client.userinfo_signed_response_alg),
        (
            "introspection_signed_response_alg",
            client.introspection_signed_response_alg,
        ),
        (
            "authorization_signed_response_alg",
            client.authorization_signed_response_alg,
        ),
        ("request_object_signing_alg", client.request_object_signing_alg),
        // HMAC, of client_secret_jwt, goes by the method.
        (
            "token_endpoint_auth_signing_alg",
            of_assertions.and_then(SigningAlg::parse),
        ),
    ];
    for (member, alg) in members {
        if let Some(alg) = alg.filter(|alg| !profile.signing_algs.contains(alg)) {
            problems.add(
                member,
                format!("{} is not allowed by the profile {}", alg.as_str(), profile.name),
                format!("use one of: {}, or leave it out", names(profile)),
            );
        }
    }
}

/// What must be signed needs keys to check it with, and those that are there by value can be judged now.
fn check_keys(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    let uses_authorization_endpoint = client.grant_types.iter().any(|known| known.is_redirect_based());
    let signs_requests = profile.signed_requests && uses_authorization_endpoint;
    let signs_assertions = client.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt;
    match (&client.jwks, &client.jwks_uri) {
        // That it says so itself was complained of before.
        (None, None) if signs_requests && !client.require_signed_request_object && !signs_assertions => problems.add(
            "jwks",
            format!("is missing, and the profile {} wants signed requests", profile.name),
            "register jwks with the public keys, or jwks_uri where they are",
        ),
        (Some(keys), _)
            if (signs_requests || signs_assertions) && !keys.keys.is_empty() && !keys.fits(profile.signing_algs) =>
        {
            problems.add(
                "jwks",
                format!("has no key for an algorithm of the profile {}", profile.name),
                format!("add one that signs by one of: {}", names(profile)),
            );
        }
        _ => {}
    }
}

/// Nothing that comes by the browser proves a key, so a token that comes that way is bound to none.
fn check_front_channel(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    let is_bound = client.tls_client_certificate_bound_access_tokens
        || client.dpop_bound_access_tokens
        || profile.sender_constraint != SenderConstraint::IfAsked;
    for response_type in client.response_types.iter().filter(|known| known.has_token()) {
        // What the profile does not allow at all was complained of before.
        if is_bound && profile.allows_response_type(&response_type.to_string()) {
            problems.add(
                "response_types",
                format!("{response_type} gives an access token that is bound to no key, and this client's must be"),
                "use code, or code id_token",
            );
        }
    }
}

fn names(profile: &SecurityProfile) -> String {
    let names: Vec<&str> = profile.signing_algs.iter().map(|alg| alg.as_str()).collect();
    names.join(", ")
}
