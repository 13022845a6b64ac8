//! A realm as a file that `apply` accepts, and that changes nothing there. Secrets are in it as hashes; one of which a hash
//! is not enough is also named by the variable that would hold it.

use model::{Api, CertificateMapping, Client, Network, Policy, Realm, Source, TrustedIssuer, User};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};
use storage::Store;

use super::AdminError;
use crate::config::{format_duration, format_hash, format_size};

/// Users that are read at once.
const PAGE: i64 = 500;

#[derive(Serialize)]
struct Exported {
    #[serde(flatten)]
    realm: Ordered,
    lifetimes: Ordered,
    audit: Ordered,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trusted_issuer: Vec<Ordered>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificate_mapping: Vec<Ordered>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    network: Vec<Ordered>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy: Vec<Ordered>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    api: Vec<Ordered>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    client: Vec<Ordered>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user: Vec<Ordered>,
}

/// A table whose most important keys come first.
struct Ordered(Vec<(String, Value)>);

impl Ordered {
    fn new(mut members: Map<String, Value>, first: &[&str]) -> Self {
        members.retain(|_, value| !value.is_null());
        let mut ordered: Vec<_> = first.iter().filter_map(|key| members.remove_entry(*key)).collect();
        ordered.extend(members);
        Self(ordered)
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// The realm as TOML.
pub async fn export(store: &Store, realm: &Realm) -> Result<String, AdminError> {
    if let Some(unreadable) = &realm.policies.unreadable {
        let problem = format!("the policies of the realm cannot be read: {}", unreadable.problem);
        let remedy = "export with the version that wrote them, or apply their file first";
        return Err(AdminError::new(super::AdminErrorKind::Internal, problem, remedy));
    }
    let issuer = realm.issuer.as_str();
    let apis = store.apis(issuer).await?;
    let clients = store.clients(issuer).await?;
    let mut users = Vec::new();
    let mut after = String::new();
    loop {
        let page = store.users(issuer, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = model::username_key(&last.username);
        users.extend(page.iter().map(user));
    }
    let exported = Exported {
        realm: settings(realm),
        lifetimes: durations(&realm.lifetimes),
        audit: durations(&realm.audit),
        trusted_issuer: realm.trusted_issuers.iter().map(trusted_issuer).collect(),
        certificate_mapping: realm.certificate_mapping.iter().map(certificate_mapping).collect(),
        network: realm.policies.networks.iter().map(network).collect(),
        policy: realm.policies.rules.iter().map(policy).collect(),
        api: apis.iter().map(|(written, _)| api(written)).collect(),
        // A client that registered itself belongs to itself: a file that named it would take it over.
        client: clients
            .iter()
            .filter(|client| client.source != Source::Registration)
            .map(client)
            .collect(),
        user: users,
    };
    toml::to_string_pretty(&exported)
        .map_err(|error| AdminError::new(super::AdminErrorKind::Internal, error.to_string(), "report this"))
}

fn object<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn settings(realm: &Realm) -> Ordered {
    let mut members = object(realm);
    members.remove("lifetimes");
    members.remove("audit");
    members.remove("trusted_issuers");
    members.remove("certificate_mapping");
    members.remove("policies");
    if realm.policies.denies_by_default {
        members.insert("policy_default".to_owned(), "deny".into());
    }
    members.insert(
        "enrolment_delay".to_owned(),
        format_duration(realm.enrolment_delay).into(),
    );
    Ordered::new(
        members,
        &[
            "issuer",
            "display_name",
            "locales",
            "profile",
            "profiles",
            "registration",
        ],
    )
}

/// A table of durations.
fn durations<T: Serialize>(table: &T) -> Ordered {
    let members = object(table)
        .into_iter()
        .filter_map(|(key, value)| Some((key, Value::String(format_duration(value.as_i64()?)))))
        .collect();
    Ordered::new(
        members,
        &[
            "authorization_code",
            "access_token",
            "refresh_token",
            "grant",
            "session",
            "session_idle",
        ],
    )
}

fn trusted_issuer(issuer: &TrustedIssuer) -> Ordered {
    Ordered::new(object(issuer), &["issuer", "purposes", "subject", "jwks_uri"])
}

fn certificate_mapping(mapping: &CertificateMapping) -> Ordered {
    Ordered::new(object(mapping), &["from", "user", "issuer"])
}

fn network(network: &Network) -> Ordered {
    Ordered::new(object(network), &["name", "addresses"])
}

fn policy(policy: &Policy) -> Ordered {
    let mut members = object(policy);
    if let Some(acr) = policy.acr {
        members.insert("acr".to_owned(), acr.short().into());
    }
    Ordered::new(members, &["name"])
}

fn api(api: &Api) -> Ordered {
    let mut members = object(api);
    if let Some(acr) = api.acr {
        members.insert("acr".to_owned(), acr.short().into());
    }
    let routes = members.get_mut("route").and_then(Value::as_array_mut);
    for (written, route) in api.route.iter().zip(routes.into_iter().flatten()) {
        if let Some(acr) = written.acr {
            route["acr"] = acr.short().into();
        }
        if let Some(seconds) = written.max_age {
            route["max_age"] = format_duration(seconds).into();
        }
    }
    if let Some(gateway) = members.get_mut("gateway").and_then(Value::as_object_mut) {
        as_written(gateway);
    }
    // The file that a schema came from is not here; JSON has numbers and texts that TOML writes otherwise.
    for kind in members
        .get_mut("authorization_details")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(schema) = kind.get_mut("schema") {
            *schema = schema.to_string().into();
        }
    }
    Ordered::new(
        members,
        &[
            "identifier",
            "name",
            "token_format",
            "signing_alg",
            "profile",
            "acr",
            "introspection",
        ],
    )
}

/// Durations and sizes of a gateway, as files have them.
fn as_written(gateway: &mut Map<String, Value>) {
    for key in ["connect", "first_byte", "idle", "whole"] {
        if let Some(seconds) = gateway.get_mut(key) {
            *seconds = format_duration(seconds.as_i64().unwrap_or_default()).into();
        }
    }
    if let Some(bytes) = gateway.get_mut("body_limit") {
        *bytes = format_size(bytes.as_u64().unwrap_or_default()).into();
    }
    if let Some(every) = gateway.get_mut("health").and_then(|health| health.get_mut("every")) {
        *every = format_duration(every.as_i64().unwrap_or_default()).into();
    }
}

fn client(client: &Client) -> Ordered {
    let mut members = object(&*client.metadata);
    if let Some(hash) = &client.secret_hash {
        members.insert("client_secret_hash".to_owned(), format_hash(hash).into());
    }
    if client.wrapped_secret.is_some() {
        members.insert("client_secret".to_owned(), json!({ "env": variable(client.id()) }));
    }
    if !client.enabled {
        members.insert("enabled".to_owned(), json!(false));
    }
    Ordered::new(members, &["client_id", "client_name", "client_secret_hash", "enabled"])
}

/// The environment variable that would hold a client's secret.
fn variable(client_id: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    format!("CLIENT_SECRET_{}", client_id.chars().map(letter).collect::<String>())
}

fn user(user: &User) -> Ordered {
    let mut members = user.claims.clone();
    members.insert("username".to_owned(), user.username.clone().into());
    members.insert("sub".to_owned(), user.id.clone().into());
    if let Some(phc) = &user.password_hash {
        members.insert("password_hash".to_owned(), phc.clone().into());
    }
    if let Some(level) = user.proofing {
        members.insert("proofing".to_owned(), level.short().into());
    }
    if !user.groups.is_empty() {
        members.insert("groups".to_owned(), json!(user.groups));
    }
    if !user.enabled {
        members.insert("enabled".to_owned(), json!(false));
    }
    Ordered::new(members, &["username", "sub", "password_hash", "enabled"])
}
