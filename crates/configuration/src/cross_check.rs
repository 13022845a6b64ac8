//! What the parts of a realm file say about each other.

use std::collections::HashMap;

use model::{Realm, TokenFormat, username_key};
use protocol::{ProfileRef, SecurityProfile};
use realm::{OPENID_SCOPES, is_own_scope};

use super::{
    api::ReadApi,
    client::{self, ReadClient},
    document::Span,
    duration, impact,
    problem::position,
    reader::{Located, Report, any_of, nearest},
    realm_file::UserEntry,
};
use crate::Kind;

/// Complains of everything that does not fit together.
pub(super) fn check(
    report: &Report<'_>,
    realm: &Realm,
    apis: &[ReadApi],
    clients: &[ReadClient],
    users: &[Located<UserEntry>],
) {
    duplicates(
        report,
        "client",
        clients
            .iter()
            .map(|read| (read.entry.metadata.client_id.clone(), &read.span)),
    );
    duplicates(
        report,
        "API",
        apis.iter().map(|read| (read.api.identifier.clone(), &read.span)),
    );
    duplicates(
        report,
        "user",
        users
            .iter()
            .map(|read| (username_key(&read.value.username), &read.span)),
    );
    let scopes = apis
        .iter()
        .flat_map(|read| read.api.scope.iter().zip(&read.scope_spans));
    duplicates(report, "scope", scopes.map(|(scope, span)| (scope.name.clone(), span)));
    let types = apis
        .iter()
        .flat_map(|read| read.api.authorization_details.iter().zip(&read.details_spans));
    duplicates(
        report,
        "type of authorization_details",
        types.map(|(kind, span)| (kind.name.clone(), span)),
    );
    for read in apis {
        check_api(report, realm, read, clients);
    }
    for read in clients {
        client::check(report, read, realm.profile.0);
        check_client(report, realm, read, apis);
        check_details_types(report, realm, read, apis);
    }
}

/// Two things of one name: the second is complained about, and says where the first is.
pub(super) fn duplicates<'s>(report: &Report<'_>, what: &str, names: impl Iterator<Item = (String, &'s Span)>) {
    let mut seen: HashMap<String, &Span> = HashMap::new();
    for (name, span) in names {
        if let Some(first) = seen.get(&name) {
            let (line, _) = position(&report.document.text, first.start);
            let problem = format!("there is another {what} {name} at line {line}");
            report.error(span, problem, "rename or remove one of the two");
        } else {
            seen.insert(name, span);
        }
    }
}

fn check_api(report: &Report<'_>, realm: &Realm, read: &ReadApi, clients: &[ReadClient]) {
    if read.api.identifier == realm.issuer {
        let remedy = "give the API an identifier of its own: tokens for UserInfo are meant for the issuer";
        report.error(&read.span, "the API is identified by the issuer", remedy);
    }
    if let Some(level) = read.api.acr.filter(|level| *level > realm.highest_acr()) {
        let problem = format!(
            "the API needs {}, which no sign-in of this realm reaches",
            level.short()
        );
        let remedy = "set acr = \"loa3\", or say whose hardware is known: passkey_ca or smart_card_policies";
        report.warning(&read.span, problem, remedy);
    }
    for (scope, span) in read.api.scope.iter().zip(&read.scope_spans) {
        if is_own_scope(&scope.name) {
            let problem = format!("the scope {} is one of this server's own", scope.name);
            report.error(span, problem, "choose another name; clients may register it already");
        }
    }
    for id in &read.introspection {
        match clients
            .iter()
            .find(|client| client.entry.metadata.client_id == id.value)
        {
            None => {
                let known = clients.iter().map(|client| client.entry.metadata.client_id.as_str());
                let remedy = nearest(&id.value, known).map_or_else(
                    || format!("add a [[client]] with client_id = \"{}\"", id.value),
                    |near| format!("did you mean {near}?"),
                );
                report.error(
                    &id.span,
                    format!("introspection names {}, which is not a client here", id.value),
                    remedy,
                );
            }
            Some(client) if client.entry.metadata.is_public() => {
                let remedy = "give it a secret: whoever introspects must authenticate (RFC 7662 §2.1)";
                report.error(
                    &id.span,
                    format!("introspection names {}, which is a public client", id.value),
                    remedy,
                );
            }
            Some(_) => {}
        }
    }
    if let Some(profile) = read.api.profile.as_deref().filter(|name| !is_offered(realm, name)) {
        let problem = format!("the API wants the profile {profile}, which the realm does not offer");
        report.error(
            &read.span,
            problem,
            format!("add \"{profile}\" to profiles of the realm"),
        );
    }
    impact::check_profile(report, &read.api, realm.profile.0, &read.profile_span);
    if read.api.token_format == TokenFormat::Jwt {
        let exposure = duration::in_minutes(realm.lifetimes.access_token);
        let problem = format!(
            "tokens for {} are JWTs: a revoked one still works there for up to {exposure}",
            read.api.identifier
        );
        let remedy = "shorten lifetimes.access_token, or use token_format = \"opaque\"";
        report.warning(&read.token_format_span, problem, remedy);
    }
}

fn is_offered(realm: &Realm, profile: &str) -> bool {
    realm.profiles.is_empty() || realm.profiles.iter().any(|ProfileRef(offered)| offered.name == profile)
}

fn check_client(report: &Report<'_>, realm: &Realm, read: &ReadClient, apis: &[ReadApi]) {
    let metadata = &read.entry.metadata;
    if let Some(profile) = metadata.profile.as_deref().filter(|name| !is_offered(realm, name)) {
        let offered: Vec<&str> = realm.profiles.iter().map(|ProfileRef(offered)| offered.name).collect();
        let problem = format!("the realm does not offer the profile {profile}");
        report.error(
            read.span_of("profile"),
            problem,
            format!("use {}, or add it to profiles", any_of(&offered)),
        );
    }
    let profile = metadata.profile_or(realm.profile.0);
    let span = read.span_of("scope");
    for scope in metadata.scope.iter().flat_map(protocol::Scope::iter) {
        if is_own_scope(scope) {
            continue;
        }
        let Some(owner) = apis.iter().find(|api| api.api.find_scope(scope).is_some()) else {
            let known = apis
                .iter()
                .flat_map(|api| &api.api.scope)
                .map(|scope| scope.name.as_str());
            let remedy = nearest(scope, known.chain(OPENID_SCOPES.iter().copied())).map_or_else(
                || "add it to an [[api]], or remove it".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            report.error(span, format!("the scope {scope} belongs to no API"), remedy);
            continue;
        };
        check_minimum(report, span, (scope, owner), profile);
    }
}

/// A client that can ask for something, but gets no token for it.
fn check_minimum(report: &Report<'_>, span: &Span, (what, owner): (&str, &ReadApi), profile: &SecurityProfile) {
    let minimum = owner.api.profile.as_deref().and_then(SecurityProfile::find);
    if let Some(minimum) = minimum.filter(|minimum| !minimum.admits(profile)) {
        let problem = format!(
            "the client follows {}, but the API of {what} wants {} or above: it gets no token for it",
            profile.name, minimum.name
        );
        let remedy = format!("set profile = \"{}\", or remove {what}", minimum.name);
        report.warning_of(Kind::ClientBelowApi, span, problem, remedy);
    }
}

/// RFC 9396 §10: what a client may ask for in detail.
fn check_details_types(report: &Report<'_>, realm: &Realm, read: &ReadClient, apis: &[ReadApi]) {
    let metadata = &read.entry.metadata;
    let span = read.span_of("authorization_details_types");
    for name in &metadata.authorization_details_types {
        let is_of = |api: &&ReadApi| api.api.authorization_details.iter().any(|kind| kind.name == *name);
        if let Some(owner) = apis.iter().find(is_of) {
            check_minimum(report, span, (name, owner), metadata.profile_or(realm.profile.0));
            continue;
        }
        let known = apis.iter().flat_map(|api| &api.api.authorization_details);
        let remedy = nearest(name, known.map(|kind| kind.name.as_str())).map_or_else(
            || "add it to authorization_details of an [[api]], or remove it".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        let problem = format!("{name} is a type of no API's authorization_details");
        report.error(span, problem, remedy);
    }
}
