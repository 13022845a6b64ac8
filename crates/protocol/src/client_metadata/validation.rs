//! Every contradiction of a registration at once, each with its remedy.
//!
//! Spec: RFC 7591 §2.1 and §3.2.2, OpenID Connect Registration §2, OpenID Connect Front-Channel Logout §2, OpenID
//! Connect Back-Channel Logout §2.2

mod backchannel;
mod by_profile;

use serde::Serialize;

use super::{ClientMetadata, grant_types_of};
use crate::{
    ErrorCode, GrantType, ResponseType, SecurityProfile, SubjectType, TokenEndpointAuthMethod, assertion,
    characters::is_vschar,
    frontchannel_logout::origin,
    profile,
    redirect_uri::{check_registration, is_https, is_https_or_loopback},
    request_object, sector_identifier,
    tls_client_auth::CertificateSubject,
};

/// Something in a registration that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetadataProblem {
    /// The member that it is about.
    pub member: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl MetadataProblem {
    /// A problem of a member.
    pub fn new(member: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            member: member.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// The code that a registration endpoint answers with (RFC 7591 §3.2.2).
    pub fn error_code(&self) -> ErrorCode {
        if self.member == "redirect_uris" {
            ErrorCode::InvalidRedirectUri
        } else {
            ErrorCode::InvalidClientMetadata
        }
    }
}

/// The longest name for people, in bytes.
const MAX_NAME: usize = 255;

/// The problems that were found so far.
#[derive(Default)]
struct Problems(Vec<MetadataProblem>);

impl Problems {
    fn add(&mut self, member: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(MetadataProblem::new(member, problem, remedy));
    }
}

pub(super) fn validate(client: &ClientMetadata, default_profile: &SecurityProfile) -> Vec<MetadataProblem> {
    let mut problems = Problems::default();
    check_names(client, &mut problems);
    let profile = client.profile_or(default_profile);
    check_grant_and_response_types(client, &mut problems);
    check_profile(client, profile, &mut problems);
    check_authentication(client, profile, &mut problems);
    check_encryption(client, &mut problems);
    check_redirect_uris(client, profile, &mut problems);
    check_sector(client, &mut problems);
    check_uris(client, &mut problems);
    check_logout_uris(client, &mut problems);
    check_request_objects(client, &mut problems);
    backchannel::check(client, profile, &mut problems);
    by_profile::check(client, profile, &mut problems);
    check_origins(client, &mut problems);
    problems.0
}

fn check_names(client: &ClientMetadata, problems: &mut Problems) {
    // RFC 6749 Appendix A.1: client-id = *VSCHAR
    if !client.client_id.bytes().all(is_vschar) {
        problems.add(
            "client_id",
            "has a character outside printable ASCII",
            "use letters, digits and -._~",
        );
    }
    // What people read is one line of text. Pages cut it much earlier.
    let names = client.client_name.iter().map(|name| ("client_name", name.as_str()));
    let localized = client
        .localized
        .iter()
        .map(|(member, name)| (member.as_str(), name.as_str()));
    for (member, name) in names.chain(localized.filter(|(member, _)| member.starts_with("client_name#"))) {
        if name.chars().any(char::is_control) || name.len() > MAX_NAME {
            problems.add(
                member,
                format!("has a control character, or more than {MAX_NAME} bytes"),
                "give the name that people know the app by",
            );
        }
    }
    if let Some(name) = client
        .profile
        .as_deref()
        .filter(|name| SecurityProfile::find(name).is_none())
    {
        problems.add(
            "profile",
            format!("{name} is not a profile"),
            format!("use one of: {}", profile::names()),
        );
    }
    if client.default_max_age.is_some_and(|seconds| seconds < 0) {
        problems.add("default_max_age", "is negative", "give a number of seconds");
    }
}

/// RFC 7591 §2.1: the server must not let "a client register itself into an inconsistent state"; OpenID Connect
/// Registration §2 lists which grant types each response type needs.
fn check_grant_and_response_types(client: &ClientMetadata, problems: &mut Problems) {
    let has = |grant_type| client.allows_grant_type(grant_type);
    if client.grant_types.is_empty() {
        problems.add(
            "grant_types",
            "is empty, so the client can do nothing",
            "name at least one grant type",
        );
    }
    // Nobody chose the default of response_types for a client that never visits the authorization endpoint.
    let uses_authorization_endpoint = client
        .grant_types
        .iter()
        .any(|grant_type| grant_type.is_redirect_based());
    if uses_authorization_endpoint || client.response_types != [ResponseType::CODE] {
        for &response_type in &client.response_types {
            for needed in grant_types_of(response_type).filter(|needed| !has(*needed)) {
                problems.add(
                    "response_types",
                    format!("{response_type} needs the grant type {}", needed.as_str()),
                    format!("add {} to grant_types, or remove {response_type}", needed.as_str()),
                );
            }
        }
    }
    for grant_type in client
        .grant_types
        .iter()
        .filter(|grant_type| grant_type.is_redirect_based())
    {
        let used = client
            .response_types
            .iter()
            .any(|known| grant_types_of(*known).any(|needed| needed == *grant_type));
        if !used {
            let example = if *grant_type == GrantType::Implicit {
                "id_token"
            } else {
                "code"
            };
            problems.add(
                "grant_types",
                format!("{} has no response type that uses it", grant_type.as_str()),
                format!("add {example} to response_types, or remove {}", grant_type.as_str()),
            );
        }
    }
    let gives_refresh_tokens = client.grant_types.iter().any(|known| known.gives_refresh_tokens());
    if has(GrantType::RefreshToken) && !gives_refresh_tokens {
        problems.add(
            "grant_types",
            "refresh_token has no grant type that gives a refresh token",
            "add authorization_code (or the device_code or ciba grant), or remove refresh_token",
        );
    }
}

fn check_profile(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    for grant_type in client
        .grant_types
        .iter()
        .filter(|known| !profile.grant_types.contains(known))
    {
        problems.add(
            "grant_types",
            format!("{} is not allowed by the profile {}", grant_type.as_str(), profile.name),
            "remove it, or choose another profile",
        );
    }
    for response_type in &client.response_types {
        if !profile.allows_response_type(&response_type.to_string()) {
            problems.add(
                "response_types",
                format!("{response_type} is not allowed by the profile {}", profile.name),
                format!("use one of: {}", profile.response_types.join(", ")),
            );
        }
    }
}

fn check_authentication(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    let method = client.token_endpoint_auth_method;
    if !profile.client_auth_methods.contains(&method) || (client.is_public() && !profile.public_clients) {
        let allowed: Vec<_> = profile.client_auth_methods.iter().map(|known| known.as_str()).collect();
        problems.add(
            "token_endpoint_auth_method",
            format!("{} is not allowed by the profile {}", method.as_str(), profile.name),
            format!("use one of: {}", allowed.join(", ")),
        );
    }
    for grant_type in GrantType::ALL {
        if grant_type.is_for_confidential_clients() && client.is_public() && client.allows_grant_type(*grant_type) {
            let name = grant_type.as_str();
            problems.add(
                "token_endpoint_auth_method",
                format!("a client without a secret cannot use {name}"),
                format!("give the client a secret (client_secret_basic), or remove {name} from grant_types"),
            );
        }
    }
    // The keys that are there by value can be judged now. Too small a key is never used for anything.
    if client
        .jwks
        .iter()
        .flat_map(|set| &set.keys)
        .any(jose::Jwk::is_too_small)
    {
        problems.add(
            "jwks",
            "has an RSA key of less than 2048 bits",
            "make a key of at least 2048 bits",
        );
    }
    // OpenID Connect Registration §2: "The jwks_uri and jwks parameters MUST NOT be used together."
    if client.jwks.is_some() && client.jwks_uri.is_some() {
        problems.add("jwks", "is given together with jwks_uri", "keep one of the two");
    }
    check_assertions(client, problems);
    check_certificate(client, problems);
}

/// Whose certificate it will be (RFC 8705 §2.1.2, §2.2.2).
fn check_certificate(client: &ClientMetadata, problems: &mut Problems) {
    let has_certificate = |jwks: &jose::KeySet| jwks.keys.iter().any(|key| key.certificate().is_some());
    match client.token_endpoint_auth_method {
        TokenEndpointAuthMethod::TlsClientAuth => problems.0.extend(CertificateSubject::of(client).err()),
        TokenEndpointAuthMethod::SelfSignedTlsClientAuth
            if client.jwks_uri.is_none() && !client.jwks.as_ref().is_some_and(has_certificate) =>
        {
            problems.add(
                "token_endpoint_auth_method",
                "self_signed_tls_client_auth needs the client's certificate",
                "add jwks with a key that has it in x5c, or jwks_uri where such keys are",
            );
        }
        _ => {}
    }
}

/// With what the client's assertions are made (OpenID Connect Core §9).
fn check_assertions(client: &ClientMetadata, problems: &mut Problems) {
    let method = client.token_endpoint_auth_method;
    let has_keys = client.jwks_uri.is_some() || client.jwks.as_ref().is_some_and(|jwks| !jwks.keys.is_empty());
    if method == TokenEndpointAuthMethod::PrivateKeyJwt && !has_keys {
        problems.add(
            "token_endpoint_auth_method",
            "private_key_jwt needs public keys of the client",
            "add jwks with its public keys, or jwks_uri where they are",
        );
    }
    // OpenID Connect Registration §2: "The value none MUST NOT be used."
    let Some(alg) = &client.token_endpoint_auth_signing_alg else {
        return;
    };
    let of_method = method.signing_algs();
    let fitting = if of_method.is_empty() {
        assertion::SIGNING_ALGS
    } else {
        of_method
    };
    if !fitting.contains(&alg.as_str()) {
        problems.add(
            "token_endpoint_auth_signing_alg",
            format!("{alg} is no algorithm for {}", method.as_str()),
            format!("use one of: {}", fitting.join(", ")),
        );
    }
}

/// Whoever wants something encrypted must have a key for it. Symmetric encryption, by the secret, is not offered.
fn check_encryption(client: &ClientMetadata, problems: &mut Problems) {
    for (answer, alg, enc) in [
        (
            "id_token",
            client.id_token_encrypted_response_alg,
            client.id_token_encrypted_response_enc,
        ),
        (
            "userinfo",
            client.userinfo_encrypted_response_alg,
            client.userinfo_encrypted_response_enc,
        ),
        (
            "authorization",
            client.authorization_encrypted_response_alg,
            client.authorization_encrypted_response_enc,
        ),
        (
            "introspection",
            client.introspection_encrypted_response_alg,
            client.introspection_encrypted_response_enc,
        ),
    ] {
        let alg_member = format!("{answer}_encrypted_response_alg");
        let Some(alg) = alg else {
            // "When id_token_encrypted_response_enc is included, id_token_encrypted_response_alg MUST also be provided"
            // (OpenID Connect Registration §2; RFC 9701 §6 and JARM §3 likewise).
            if enc.is_some() {
                problems.add(
                    &format!("{answer}_encrypted_response_enc"),
                    format!("is given without {alg_member}"),
                    format!("add {alg_member}, or remove it"),
                );
            }
            continue;
        };
        match (&client.jwks, &client.jwks_uri) {
            (None, None) => problems.add(
                &alg_member,
                "wants encryption, and the client has no keys",
                "give jwks or jwks_uri, or remove it",
            ),
            (Some(keys), _) if keys.recipient(alg).is_none() => problems.add(
                "jwks",
                format!("has no key that can be encrypted to by {}", alg.as_str()),
                format!(
                    "add one of type {} with a kid and use enc, or change {alg_member}",
                    alg.key_types()
                ),
            ),
            _ => {}
        }
    }
}

fn check_redirect_uris(client: &ClientMetadata, profile: &SecurityProfile, problems: &mut Problems) {
    // RFC 7591 §2: "Clients using flows with redirection MUST register their redirection URI values."
    if client.redirect_uris.is_empty()
        && client
            .grant_types
            .iter()
            .any(|grant_type| grant_type.is_redirect_based())
    {
        problems.add(
            "redirect_uris",
            "is missing, and the client uses the authorization endpoint",
            "name the URIs to which the browser may come back",
        );
    }
    let both = [
        ("redirect_uris", &client.redirect_uris),
        ("post_logout_redirect_uris", &client.post_logout_redirect_uris),
    ];
    for (member, uris) in both {
        for uri in uris {
            if let Err(error) = check_registration(uri, profile, client.application_type) {
                problems.add(
                    member,
                    format!("{uri} {error}"),
                    "use an https URI without fragment, or the loopback address",
                );
            }
        }
    }
}

/// A pairwise client must be of a sector that can be said. Whether the host of `sector_identifier_uri` knows the client
/// is asked when it registers itself; in a file the operator vouches for it.
fn check_sector(client: &ClientMetadata, problems: &mut Problems) {
    if client.subject_type == SubjectType::Pairwise
        && let Err(error) = sector_identifier::of(client)
    {
        problems.add(
            "sector_identifier_uri",
            format!("is needed for subject_type pairwise: {error}"),
            "name an https URI with a JSON array of the redirect URIs; its host is the sector",
        );
    }
}

/// URIs that people follow (RFC 7591 §2: "a valid web page") and that machines call.
fn check_uris(client: &ClientMetadata, problems: &mut Problems) {
    for (member, uri) in client.pages() {
        if !is_https_or_loopback(uri) {
            problems.add(&member, format!("{uri} is not a web address"), "use an https URI");
        }
    }
    // OpenID Connect Registration §2: initiate_login_uri is a "URI using the https scheme"; keys and sectors are only as
    // good as the connection that they come by (OpenID Connect Core §10.1), and nobody is between this machine and
    // itself. Request objects and log-outs have checks of their own.
    for (member, uri, is_safe) in [
        (
            "initiate_login_uri",
            &client.initiate_login_uri,
            is_https as fn(&str) -> bool,
        ),
        ("jwks_uri", &client.jwks_uri, is_https_or_loopback),
        (
            "sector_identifier_uri",
            &client.sector_identifier_uri,
            is_https_or_loopback,
        ),
    ] {
        let Some(uri) = uri.as_deref() else { continue };
        if !is_safe(uri) {
            problems.add(member, format!("{uri} does not use https"), "use an https URI");
        }
        if uri.contains('#') {
            let problem = format!("{uri} has a fragment");
            problems.add(member, problem, "leave out the # and what follows");
        }
    }
}

/// Front-Channel Logout §2 and Back-Channel Logout §2.2: absolute URIs without a fragment, https except on the author's
/// own machine. What browsers load is of the app itself: "The domain, port, and scheme of this URL MUST be the same as
/// that of a registered Redirection URI value".
fn check_logout_uris(client: &ClientMetadata, problems: &mut Problems) {
    for (member, uri) in [
        ("backchannel_logout_uri", &client.backchannel_logout_uri),
        ("frontchannel_logout_uri", &client.frontchannel_logout_uri),
    ] {
        if let Some(uri) = uri
            .as_deref()
            .filter(|uri| !is_https_or_loopback(uri) || uri.contains('#'))
        {
            problems.add(
                member,
                format!("{uri} is not a web address without a fragment"),
                "use an https URI without fragment",
            );
        }
    }
    let known: Vec<String> = client.redirect_uris.iter().filter_map(|uri| origin(uri)).collect();
    let own = client.frontchannel_logout_uri.as_deref().and_then(origin);
    if let Some(origin) = own.filter(|own| !known.contains(own)) {
        problems.add(
            "frontchannel_logout_uri",
            format!("{origin} is not the origin of a redirect URI"),
            "use a URI with the scheme, host and port of one of redirect_uris",
        );
    }
}

/// OpenID Connect Core §6.2 and RFC 9101 §5.2: where request objects are, and that somebody can have signed them.
fn check_request_objects(client: &ClientMetadata, problems: &mut Problems) {
    for uri in &client.request_uris {
        if !is_https_or_loopback(uri) {
            problems.add("request_uris", format!("{uri} does not use https"), "use an https URI");
        }
        if uri.len() > request_object::LONGEST_URI {
            problems.add(
                "request_uris",
                "has a URI that is longer than 512 characters",
                "use a shorter one",
            );
        }
    }
    // OpenID Connect Registration §2: "When request_object_encryption_enc is included, request_object_encryption_alg MUST
    // also be provided."
    if client.request_object_encryption_enc.is_some() && client.request_object_encryption_alg.is_none() {
        problems.add(
            "request_object_encryption_enc",
            "is given without request_object_encryption_alg",
            "add request_object_encryption_alg, or remove it",
        );
    }
    let has_keys = client.jwks.is_some() || client.jwks_uri.is_some();
    if !has_keys && client.require_signed_request_object {
        problems.add(
            "require_signed_request_object",
            "is true, and there are no keys to check signatures with",
            "register jwks or jwks_uri",
        );
    }
}

fn check_origins(client: &ClientMetadata, problems: &mut Problems) {
    for origin in &client.origins {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        if !is_https_or_loopback(origin) || host.contains(['/', '?', '#', '*']) {
            problems.add(
                "origins",
                format!("{origin} is not an origin"),
                "write scheme, host and port: https://app.example.com",
            );
        }
    }
}
