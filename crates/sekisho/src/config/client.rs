//! `[[client]]`: an app, by its registered metadata names.
//!
//! Spec: RFC 7591 §2, OpenID Connect Registration §2

use jose::b64;
use model::client_secret_hash;
use protocol::{ClientMetadata, ResponseType, Scope};
use serde_json::{Map, Value};

use super::{
    document::{Item, Node, Span},
    reader::{Located, Report, Table, nearest},
    realm_file::{ClientEntry, ClientSecret, find_profile},
};

/// A client with the places that later checks complain about.
pub(super) struct ReadClient {
    pub entry: ClientEntry,
    pub span: Span,
    /// Member → its place.
    pub spans: Vec<(String, Span)>,
    /// Members that were complained about already.
    pub wrong: Vec<String>,
}

impl ReadClient {
    /// The place of a member; of the client when it is not there.
    pub fn span_of(&self, member: &str) -> &Span {
        self.spans.iter().find(|(name, _)| name == member).map_or(&self.span, |(_, span)| span)
    }
}

/// What a member's value looks like.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Flag,
    Seconds,
    Table,
    Words(&'static [&'static str]),
    ListOfWords(&'static [&'static str]),
}

/// The members that are understood besides `client_id`, as [`ClientMetadata`] has them.
const MEMBERS: &[(&str, Kind)] = &[
    ("client_name", Kind::Text),
    ("redirect_uris", Kind::Texts),
    ("grant_types", Kind::ListOfWords(&["authorization_code", "refresh_token", "client_credentials", "implicit"])),
    ("response_types", Kind::Texts),
    ("token_endpoint_auth_method", Kind::Words(&["none", "client_secret_basic", "client_secret_post"])),
    ("application_type", Kind::Words(&["web", "native"])),
    ("scope", Kind::Text),
    ("contacts", Kind::Texts),
    ("logo_uri", Kind::Text),
    ("client_uri", Kind::Text),
    ("policy_uri", Kind::Text),
    ("tos_uri", Kind::Text),
    ("jwks", Kind::Table),
    ("jwks_uri", Kind::Text),
    ("id_token_signed_response_alg", Kind::Words(&["RS256", "PS256", "ES256", "EdDSA"])),
    ("default_max_age", Kind::Seconds),
    ("require_auth_time", Kind::Flag),
    ("post_logout_redirect_uris", Kind::Texts),
    ("initiate_login_uri", Kind::Text),
    ("profile", Kind::Text),
    ("owner", Kind::Text),
    ("first_party", Kind::Flag),
    ("origins", Kind::Texts),
];

/// Registered, but not built: as members, as grant types and as authentication methods.
const LATER: &[&str] = &[
    "token_endpoint_auth_signing_alg",
    "subject_type",
    "sector_identifier_uri",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_signing_alg",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "request_uris",
    "default_acr_values",
    "software_id",
    "software_version",
    "software_statement",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "tls_client_certificate_bound_access_tokens",
    "dpop_bound_access_tokens",
    "authorization_details_types",
    "authorization_signed_response_alg",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
    "backchannel_user_code_parameter",
    "use_mtls_endpoint_aliases",
    // Grant types.
    "password",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:openid:params:grant-type:ciba",
    // Authentication methods.
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];

/// Reads one client. `issuer` binds the hash of its secret.
pub(super) fn read(mut table: Table<'_, '_>, issuer: &str) -> Option<ReadClient> {
    let report = table.report;
    let id = table.required_text("client_id", "my-app");
    let enabled = table.boolean("enabled").map(|flag| flag.value);
    let mut members = Map::new();
    if let Some(id) = &id {
        members.insert("client_id".to_owned(), Value::String(id.value.clone()));
    }
    let mut wrong = Vec::new();
    for (name, kind) in MEMBERS {
        let before = report.count();
        if let Some(value) = member(&mut table, name, *kind) {
            members.insert((*name).to_owned(), value);
        }
        if report.count() > before {
            wrong.push((*name).to_owned());
        }
    }
    let spans = table.entries().iter().map(|entry| (entry.key.clone(), entry.node.span.clone())).collect();
    unknown_members(&table, &mut members);
    let span = id.as_ref().map_or_else(|| table.span.clone(), |id| id.span.clone());
    let metadata = match serde_json::from_value::<ClientMetadata>(Value::Object(members)) {
        Ok(metadata) => metadata,
        Err(error) => {
            report.error(&span, format!("the client cannot be read: {error}"), "correct its metadata");
            return None;
        }
    };
    let id = id?;
    let secret = secret(&mut table, &metadata, issuer, &span);
    Some(ReadClient { entry: ClientEntry { metadata, secret, enabled }, span: id.span, spans, wrong })
}

fn member(table: &mut Table<'_, '_>, name: &'static str, kind: Kind) -> Option<Value> {
    let words = |words: &'static [&'static str]| words.iter().map(|word| (*word, *word)).collect::<Vec<_>>();
    match kind {
        Kind::Text => {
            let text = table.text(name)?;
            check_text(table.report, name, &text).then_some(Value::String(text.value))
        }
        Kind::Texts => {
            let texts = table.texts(name)?;
            let good = texts.into_iter().filter(|text| name != "response_types" || is_response_type(table.report, text));
            Some(good.map(|text| text.value).collect())
        }
        Kind::Flag => table.boolean(name).map(|flag| Value::Bool(flag.value)),
        Kind::Words(known) => table.one_of(name, &words(known), LATER).map(|word| word.value.into()),
        Kind::ListOfWords(known) => {
            Some(table.some_of(name, &words(known), LATER)?.into_iter().map(|word| word.value).collect())
        }
        Kind::Seconds => {
            let entry = table.entry(name)?;
            match &entry.node.item {
                Item::Integer(seconds) => Some((*seconds).into()),
                other => {
                    let problem = format!("{name} is {}", other.name());
                    table.report.error(&entry.node.span, problem, "write a number of seconds, without quotes");
                    None
                }
            }
        }
        Kind::Table => {
            let entry = table.entry(name)?;
            let json = to_json(&entry.node);
            match serde_json::from_value::<jose::KeySet>(json.clone()) {
                Ok(_) => Some(json),
                Err(error) => {
                    let remedy = "write { keys = [ … ] } with public keys (RFC 7517)";
                    table.report.error(&entry.node.span, format!("{name} is not a key set: {error}"), remedy);
                    None
                }
            }
        }
    }
}

fn check_text(report: &Report<'_>, name: &str, text: &Located<String>) -> bool {
    match name {
        "scope" if Scope::parse(&text.value).is_err() => {
            report.error(&text.span, "scope has a character that no scope can have", "write scopes with single spaces between");
            false
        }
        "profile" => find_profile(report, text).is_some(),
        _ => true,
    }
}

fn is_response_type(report: &Report<'_>, text: &Located<String>) -> bool {
    let is_known = ResponseType::parse(&text.value).is_ok();
    if !is_known {
        let problem = format!("response_types cannot be {:?}", text.value);
        report.error(&text.span, problem, "use \"code\" (or, by the profile openid-core, \"id_token\", \"id_token token\" …)");
    }
    is_known
}

/// Localized members are taken; the rest is registered but not built, or unknown.
fn unknown_members(table: &Table<'_, '_>, members: &mut Map<String, Value>) {
    const OTHERS: &[&str] = &["client_id", "client_secret", "client_secret_hash", "enabled"];
    let names = || MEMBERS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied());
    for entry in table.entries() {
        let key = entry.key.as_str();
        if names().any(|name| name == key) {
            continue;
        }
        let base = key.split_once('#').map(|(base, _)| base);
        match &entry.node.item {
            Item::Text(text) if base.is_some_and(|base| protocol::client_metadata::LOCALIZED_MEMBERS.contains(&base)) => {
                members.insert(key.to_owned(), Value::String(text.clone()));
            }
            _ if LATER.contains(&key) => table.report.not_built(&entry.key_span, &format!("{key} of [[client]]")),
            _ => {
                let remedy = nearest(key, names()).map_or("remove it".to_owned(), |near| format!("did you mean {near}?"));
                table.report.error(&entry.key_span, format!("[[client]] has no key {key}"), remedy);
            }
        }
    }
}

/// At least 128 bits in base64url.
const SHORTEST_SECRET: usize = 22;

fn secret(table: &mut Table<'_, '_>, metadata: &ClientMetadata, issuer: &str, span: &Span) -> Option<ClientSecret> {
    let report = table.report;
    let clear = table.secret("client_secret");
    let hash = table.text("client_secret_hash");
    if let (Some(_), Some(hash)) = (&clear, &hash) {
        report.error(&hash.span, "client_secret and client_secret_hash are both given", "keep one of the two");
    }
    let given = clear.as_ref().map(|clear| &clear.span).or(hash.as_ref().map(|hash| &hash.span));
    let uses_secret = metadata.token_endpoint_auth_method.uses_secret();
    let method = metadata.token_endpoint_auth_method.as_str();
    match given {
        Some(span) if !uses_secret => {
            let remedy = "remove the secret, or set token_endpoint_auth_method = \"client_secret_basic\"";
            report.error(span, format!("a client with token_endpoint_auth_method = \"{method}\" has no secret"), remedy);
        }
        None if uses_secret => {
            let remedy = "add client_secret = { file = \"…\" }, or set token_endpoint_auth_method = \"none\" for an app \
                          that cannot keep a secret";
            report.absent(span, format!("a client with token_endpoint_auth_method = \"{method}\" needs a secret"), remedy);
        }
        _ => {}
    }
    if let Some(hash) = hash {
        let bytes = parse_hash(&hash.value);
        if bytes.is_none() {
            let remedy = "write \"$sha256$\" and 43 characters of base64url, as export does";
            report.error(&hash.span, "client_secret_hash is not a hash", remedy);
        }
        return bytes.map(ClientSecret::Hash);
    }
    let clear = clear?;
    let Some(secret) = clear.value.secret else { return Some(ClientSecret::Missing) };
    if secret.expose().len() < SHORTEST_SECRET && !report.plain_secrets {
        let remedy = "use a random one: openssl rand -base64 32";
        let problem = format!("client_secret is short ({} characters): it could be guessed", secret.expose().len());
        report.warning(&clear.span, problem, remedy);
    }
    let hash = client_secret_hash(issuer, &metadata.client_id, secret.expose());
    Some(ClientSecret::Hash(hash.to_vec()))
}

const HASH_PREFIX: &str = "$sha256$";

fn parse_hash(text: &str) -> Option<Vec<u8>> {
    b64::decode(text.strip_prefix(HASH_PREFIX)?).filter(|bytes| bytes.len() == 32)
}

/// The hash of a secret as files write it.
pub(crate) fn format_hash(hash: &[u8]) -> String {
    format!("{HASH_PREFIX}{}", b64::encode(hash))
}

/// A node as JSON.
pub(super) fn to_json(node: &Node) -> Value {
    match &node.item {
        Item::Text(text) => Value::String(text.clone()),
        Item::Integer(number) => (*number).into(),
        Item::Boolean(flag) => (*flag).into(),
        Item::Array(nodes) => nodes.iter().map(to_json).collect(),
        Item::Table(entries) => entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.node))).collect(),
        Item::Other(_) => Value::Null,
    }
}

/// Contradictions inside one client.
pub(super) fn check(report: &Report<'_>, client: &ReadClient, default_profile: &'static protocol::SecurityProfile) {
    for problem in client.entry.metadata.validate(default_profile) {
        // What follows from a member that was wrong already would be an echo.
        let is_absent = !client.spans.iter().any(|(name, _)| *name == problem.member);
        if client.wrong.contains(&problem.member) || (is_absent && !client.wrong.is_empty()) {
            continue;
        }
        let span = client.span_of(&problem.member);
        report.error(span, format!("{} {}", problem.member, problem.problem), problem.remedy);
    }
}

#[cfg(test)]
mod tests {
    use jose::SigningAlg;
    use protocol::{ApplicationType, GrantType, TokenEndpointAuthMethod};

    use super::*;

    #[test]
    fn the_words_are_those_of_the_protocol() {
        let words = |name: &str| {
            let (_, kind) = MEMBERS.iter().find(|(member, _)| *member == name).unwrap();
            match kind {
                Kind::Words(words) | Kind::ListOfWords(words) => *words,
                _ => panic!("{name} has words"),
            }
        };
        let grant_types: Vec<_> = GrantType::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(words("grant_types"), grant_types);
        let methods: Vec<_> = TokenEndpointAuthMethod::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(words("token_endpoint_auth_method"), methods);
        let types = [ApplicationType::Web, ApplicationType::Native].map(ApplicationType::as_str);
        assert_eq!(words("application_type"), types);
        assert_eq!(words("id_token_signed_response_alg"), SigningAlg::ALL.map(SigningAlg::as_str));
    }

    #[test]
    fn every_member_of_the_metadata_can_be_written_in_a_file() {
        let mut metadata = ClientMetadata { client_id: "x".into(), ..ClientMetadata::default() };
        metadata.default_max_age = Some(1);
        metadata.require_auth_time = true;
        metadata.first_party = true;
        metadata.jwks = Some(jose::KeySet { keys: Vec::new() });
        let text = || Some("x".to_owned());
        metadata.client_name = text();
        metadata.logo_uri = text();
        metadata.client_uri = text();
        metadata.policy_uri = text();
        metadata.tos_uri = text();
        metadata.jwks_uri = text();
        metadata.initiate_login_uri = text();
        metadata.profile = text();
        metadata.owner = text();
        metadata.scope = Some(Scope::default());
        for list in [
            &mut metadata.redirect_uris,
            &mut metadata.contacts,
            &mut metadata.post_logout_redirect_uris,
            &mut metadata.origins,
        ] {
            list.push("x".into());
        }
        let json = serde_json::to_value(metadata).unwrap();
        let mut written: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known: Vec<&str> = MEMBERS.iter().map(|(name, _)| *name).collect();
        known.push("client_id");
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }

    #[test]
    fn hashes_are_written_and_read() {
        let hash = client_secret_hash("https://id.example.com", "app", "secret");
        assert_eq!(parse_hash(&format_hash(&hash)), Some(hash.to_vec()));
        for bad in ["", "$sha256$", "$sha256$AAAA", "$argon2id$x", "AAAA"] {
            assert_eq!(parse_hash(bad), None, "{bad}");
        }
    }
}
