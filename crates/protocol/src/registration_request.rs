//! A client registration request: what a client says of itself, read strictly, and what it may not say.
//!
//! Spec: RFC 7591 §2, §2.1 and §3.1, RFC 7592 §2.2, OpenID Connect Registration §2, §2.1 and §3.1
//!
//! Accepted: the members of [`ClientMetadata`]; others are ignored, and so is `null`, which means absent.
//! Deliberately not: members that are the operator's (`first_party`, `owner`, `origins`), a profile below the realm's,
//! values that are larger than any honest one, hosts that are written otherwise than browsers read them. Values that
//! the server chooses (`client_id`, `client_secret` …) are not taken.

use serde_json::{Map, Value};

use crate::{
    ApplicationType, ClientMetadata, GrantType, MetadataProblem, SecurityProfile, redirect_uri::host_reads_as_written,
};

/// Members of the answer that the server chooses (RFC 7591 §3.2.1, RFC 7592 §3).
pub const CHOSEN_BY_SERVER: &[&str] = &[
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];

/// Members that say what the organisation thinks of the client; no client says that of itself.
const OPERATORS: &[&str] = &["first_party", "owner", "origins"];

/// The longest text, in characters.
const MAX_TEXT: usize = 2048;
/// The longest list.
const MAX_LIST: usize = 50;

/// Reads a request. The problem names the first member that cannot be read.
pub fn parse(mut members: Map<String, Value>) -> Result<ClientMetadata, MetadataProblem> {
    members.retain(|name, value| !value.is_null() && !CHOSEN_BY_SERVER.contains(&name.as_str()));
    if let Some(name) = OPERATORS.iter().find(|name| members.contains_key(**name)) {
        return Err(MetadataProblem::new(
            name,
            "is for the operator of this server to set",
            "leave it out",
        ));
    }
    // Each member alone first: an error of the whole does not say which member it is about.
    for (name, value) in &members {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        serde_json::from_value::<ClientMetadata>(Value::Object(alone)).map_err(|error| unreadable(name, &error))?;
    }
    serde_json::from_value(Value::Object(members)).map_err(|error| unreadable("client metadata", &error))
}

fn unreadable(member: &str, error: &serde_json::Error) -> MetadataProblem {
    MetadataProblem::new(
        member,
        format!("cannot be read: {error}"),
        "write it as RFC 7591 section 2 says, with values that the metadata of this server lists",
    )
}

/// What contradicts itself, and what a client that registers itself may not have. `default_profile` is the realm's,
/// `offered` are all of the realm.
pub fn check(
    client: &ClientMetadata,
    default_profile: &SecurityProfile,
    offered: &[&SecurityProfile],
) -> Vec<MetadataProblem> {
    let mut problems = Vec::new();
    check_sizes(client, &mut problems);
    check_profile(client, default_profile, offered, &mut problems);
    check_implicit_web(client, &mut problems);
    for (member, uri) in client.uris() {
        if !host_reads_as_written(uri) {
            problems.push(MetadataProblem::new(
                &member,
                format!("{uri} names its host in another way than browsers read it"),
                "write the host in plain lower-case letters, without escapes",
            ));
        }
    }
    problems.extend(client.validate(default_profile));
    problems
}

/// Every value is read again with each request of the client, and some are shown to people.
fn check_sizes(client: &ClientMetadata, problems: &mut Vec<MetadataProblem>) {
    let Ok(Value::Object(members)) = serde_json::to_value(client) else {
        return;
    };
    for (member, value) in &members {
        let list = match value {
            Value::Array(values) => values.as_slice(),
            Value::Object(object) => object
                .get("keys")
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice),
            single => std::slice::from_ref(single),
        };
        if list.len() > MAX_LIST {
            let problem = format!("has more than {MAX_LIST} values");
            problems.push(MetadataProblem::new(member, problem, "name only what is used"));
        }
        for text in list.iter().filter_map(Value::as_str) {
            check_text(member, text, problems);
        }
    }
}

fn check_text(member: &str, text: &str, problems: &mut Vec<MetadataProblem>) {
    // A statement has a limit of its own, as every signed token.
    if member != "software_statement" && text.chars().count() > MAX_TEXT {
        let problem = format!("is longer than {MAX_TEXT} characters");
        problems.push(MetadataProblem::new(member, problem, "give a shorter one"));
    }
    if text.chars().any(is_deceiving) {
        problems.push(MetadataProblem::new(
            member,
            "has a control character, or one that changes the direction of text",
            "leave it out",
        ));
    }
}

/// What makes a text look like another one: control characters, and those that turn the direction of text or take no
/// room (Unicode Technical Report 36 §2.7 and §3.6).
fn is_deceiving(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A client may follow more than the realm asks of everybody, never less.
fn check_profile(
    client: &ClientMetadata,
    default_profile: &SecurityProfile,
    offered: &[&SecurityProfile],
    problems: &mut Vec<MetadataProblem>,
) {
    let Some(name) = client.profile.as_deref() else {
        return;
    };
    let may_be = |profile: &&&SecurityProfile| default_profile.admits(profile);
    if !offered.iter().filter(may_be).any(|profile| profile.name == name) {
        let names: Vec<_> = offered.iter().filter(may_be).map(|profile| profile.name).collect();
        problems.push(MetadataProblem::new(
            "profile",
            format!("{name} is not open to clients that register themselves"),
            format!("leave it out, or use one of: {}", names.join(", ")),
        ));
    }
}

/// OpenID Connect Registration §2: "Web Clients using the OAuth Implicit Grant Type MUST only register URLs using the
/// https scheme as `redirect_uris`; they MUST NOT use localhost as the hostname." Tokens in a redirect to whatever listens
/// on the user's machine are worse than a code there, which is bound to its verifier.
fn check_implicit_web(client: &ClientMetadata, problems: &mut Vec<MetadataProblem>) {
    if client.application_type != ApplicationType::Web || !client.allows_grant_type(GrantType::Implicit) {
        return;
    }
    let is_local = |uri: &&String| {
        let parsed = url::Url::parse(uri);
        parsed.is_ok_and(|parsed| parsed.scheme() == "http" || parsed.host_str() == Some("localhost"))
    };
    for uri in client.redirect_uris.iter().filter(is_local) {
        problems.push(MetadataProblem::new(
            "redirect_uris",
            format!("{uri} is on the user's machine, and the client is a web client that uses the grant type implicit"),
            "use https on a host of its own, or the grant type authorization_code alone",
        ));
    }
}

#[cfg(test)]
mod tests;
