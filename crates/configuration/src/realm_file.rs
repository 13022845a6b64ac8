//! `realms/*.toml`: one realm with its APIs, clients and seeded users.

use std::path::Path;

use model::{Api, Lifetimes, Realm, Registration, Secret};
use protocol::{Acr, ClientMetadata, PROFILES, ProfileRef, SecurityProfile};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{
    api, certificate_mapping, client, client_ca, cross_check,
    document::Document,
    issuer, policy,
    problem::Problem,
    reader::{Located, Report, Table, choose, is_nothing},
    trusted_issuer, user,
};

/// What a realm file asks for. Sent to a running server as it is, so it holds what it names, not the names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RealmFile {
    /// The file, for messages.
    pub file: String,
    /// The settings of the realm.
    pub realm: Realm,
    /// Its APIs.
    pub apis: Vec<Api>,
    /// Its clients.
    pub clients: Vec<ClientEntry>,
    /// The users that it seeds.
    pub users: Vec<UserEntry>,
}

impl RealmFile {
    /// A realm without anything in it, as a server without any configuration has it.
    pub fn empty(issuer: &str) -> Self {
        Self {
            file: String::new(),
            realm: Realm {
                locales: LOCALES.iter().map(|(locale, _)| (*locale).to_owned()).collect(),
                profiles: PROFILES.iter().map(ProfileRef).collect(),
                ..Realm::new(issuer)
            },
            apis: Vec::new(),
            clients: Vec::new(),
            users: Vec::new(),
        }
    }
}

/// A `[[client]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClientEntry {
    /// The registered metadata.
    pub metadata: ClientMetadata,
    /// Its secret; none for public clients.
    pub secret: Option<ClientSecret>,
    /// Whether it is enabled; absent: the file leaves that to the administration.
    pub enabled: Option<bool>,
}

/// The secret of a client, as far as it leaves the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientSecret {
    /// Its hash, bound to realm and client.
    Hash(Vec<u8>),
    /// The secret itself, for a client that makes MACs with it: to be wrapped. Serialized for the control socket only.
    #[serde(serialize_with = "expose")]
    Clear(Secret),
    /// As [`Clear`](Self::Clear), but the environment variable is not set here: the secret that is stored may stay, if it
    /// has this hash.
    Stored(Vec<u8>),
    /// The file names an environment variable that is not set here.
    Missing,
}

/// A `[[user]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserEntry {
    /// The name to sign in with.
    pub username: String,
    /// The subject identifier of a new user; absent: a random one.
    #[serde(default)]
    pub sub: Option<String>,
    /// The password of a new user.
    pub password: Option<PasswordSeed>,
    /// The secret of a new user's authenticator app.
    #[serde(default)]
    pub totp_secret: Option<OtpSeed>,
    /// The secret of a new user's code token.
    #[serde(default)]
    pub hotp_secret: Option<OtpSeed>,
    /// How closely it was looked at who the user is; absent: nothing is said.
    #[serde(default)]
    pub proofing: Option<Acr>,
    /// Standard claims.
    pub claims: Map<String, Value>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Whether the user is enabled; absent: the file leaves that to the administration.
    pub enabled: Option<bool>,
}

/// The password that a user is created with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordSeed {
    /// To be hashed when the user is created. Serialized for the control socket only.
    #[serde(serialize_with = "expose")]
    Clear(Secret),
    /// A PHC string.
    Hash(String),
    /// The file names an environment variable that is not set here.
    Missing,
}

/// The secret of an authenticator app or a code token that a user is created with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OtpSeed {
    /// In base32, to be wrapped when the user is created. Serialized for the control socket only.
    #[serde(serialize_with = "expose")]
    Clear(Secret),
    /// The file names an environment variable that is not set here.
    Missing,
}

/// Writes a secret for the control socket, which only its owner can read.
pub fn expose<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// The languages that pages exist in.
const LOCALES: &[(&str, &str)] = &[("en", "en"), ("ja", "ja")];
const DAY: i64 = 24 * 3600;

/// The profile of this name; an error otherwise.
pub(super) fn find_profile(report: &Report<'_>, name: &Located<String>) -> Option<&'static SecurityProfile> {
    let words: Vec<_> = PROFILES.iter().map(|profile| (profile.name, profile)).collect();
    choose(report, "profile", name, &words, &[]).map(|profile| profile.value)
}

/// A realm file with what is wrong in it.
pub(super) struct ReadRealm {
    /// What it asks for; none when it could not be made out.
    pub file: Option<RealmFile>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// Its issuer with its place, to compare files with each other.
    pub issuer: Option<Located<String>>,
    pub document: Document,
}

/// Reads a realm file.
pub(super) fn read(document: Document, plain_secrets: bool) -> ReadRealm {
    let report = Report::new(&document, plain_secrets);
    let mut table = Table::file(&report, "a realm file");
    let issuer = table.required_text("issuer", "https://id.example.com");
    if let Some(issuer) = &issuer {
        issuer::check(&report, issuer);
    }
    let name = issuer.as_ref().map(|issuer| issuer.value.clone()).unwrap_or_default();
    let mut realm = settings(&mut table, &name);
    let trusted: Vec<_> = table
        .tables("trusted_issuer", "[[trusted_issuer]]")
        .into_iter()
        .filter_map(|table| trusted_issuer::read(table, &name))
        .collect();
    cross_check::duplicates(
        &report,
        "trusted issuer",
        trusted.iter().map(|issuer| (issuer.value.issuer.clone(), &issuer.span)),
    );
    realm.trusted_issuers = trusted.into_iter().map(|issuer| issuer.value).collect();
    let apis: Vec<_> = table
        .tables("api", "[[api]]")
        .into_iter()
        .filter_map(api::read)
        .collect();
    let clients: Vec<_> = table
        .tables("client", "[[client]]")
        .into_iter()
        .filter_map(|table| client::read(table, &name))
        .collect();
    let users: Vec<_> = table
        .tables("user", "[[user]]")
        .into_iter()
        .filter_map(user::read)
        .collect();
    let policies = policy::read(&mut table);
    if let Some(entry) = table.entry("group").filter(|entry| !is_nothing(&entry.node.item)) {
        report.not_built(&entry.key_span, "[[group]]");
    }
    table.finish();
    if document.syntax.is_empty() {
        cross_check::check(&report, &realm, &apis, &clients, &users);
        policy::check(&report, &policies, &realm, &clients, &apis);
    }
    realm.policies = policies.value;
    let file = issuer.is_some().then(|| RealmFile {
        file: document.path.display().to_string(),
        realm,
        apis: apis.into_iter().map(|read| read.api).collect(),
        clients: clients.into_iter().map(|read| read.entry).collect(),
        users: users.into_iter().map(|read| read.value).collect(),
    });
    let problems = report.finish();
    ReadRealm {
        file,
        problems,
        issuer,
        document,
    }
}

/// Reads a realm file from a text, for demos and tests.
pub fn from_text(path: &Path, text: &str) -> Result<RealmFile, super::Problems> {
    let read = read(Document::parse(path, text), true);
    let problems = super::Problems(read.problems).sorted();
    match read.file {
        Some(file) if !problems.has_errors() => Ok(file),
        _ => Err(problems),
    }
}

fn settings(table: &mut Table<'_, '_>, issuer: &str) -> Realm {
    let report = table.report;
    let mut realm = RealmFile::empty(issuer).realm;
    if let Some(mtls) = table.text("mtls") {
        issuer::check_mtls(report, &mtls, issuer);
        realm.mtls = Some(mtls.value);
    }
    if let Some(name) = table.text("display_name") {
        realm.display_name = name.value;
    }
    if let Some(locales) = table.some_of("locales", LOCALES, &[]) {
        realm.locales = locales.into_iter().map(|locale| locale.value.to_owned()).collect();
        if realm.locales.is_empty() {
            report.error(
                &table.span_of("locales"),
                "locales is empty",
                "name at least one: [\"en\"]",
            );
        }
    }
    if let Some(names) = table.texts("profiles") {
        realm.profiles = names
            .iter()
            .filter_map(|name| find_profile(report, name))
            .map(ProfileRef)
            .collect();
        if names.is_empty() {
            let remedy = "name what the realm offers, or remove the key to offer all";
            report.error(&table.span_of("profiles"), "profiles is empty", remedy);
        }
    }
    if let Some(profile) = table.text("profile").and_then(|name| find_profile(report, &name)) {
        realm.profile = ProfileRef(profile);
    }
    if !realm.profiles.is_empty() && !realm.profiles.contains(&realm.profile) {
        let problem = format!(
            "the realm does not offer {}, which is its default profile",
            realm.profile.name
        );
        let span = table.span_of(if table.entries().iter().any(|entry| entry.key == "profile") {
            "profile"
        } else {
            "profiles"
        });
        report.error(
            &span,
            problem,
            format!("add \"{}\" to profiles, or set another profile", realm.profile.name),
        );
    }
    let registrations = [
        ("off", Registration::Off),
        ("token", Registration::Token),
        ("open", Registration::Open),
    ];
    if let Some(registration) = table.one_of("registration", &registrations, &[]) {
        realm.registration = registration.value;
    }
    for (key, switch) in [
        ("remember_me", &mut realm.remember_me),
        ("email_code", &mut realm.email_code),
        ("password_reset", &mut realm.password_reset),
        ("sign_up", &mut realm.sign_up),
        ("dpop_nonces", &mut realm.dpop_nonces),
        ("token_binding", &mut realm.token_binding),
    ] {
        if let Some(value) = table.boolean(key) {
            *switch = value.value;
        }
    }
    client_ca::read(table, &mut realm);
    client_ca::read_passkey_ca(table, &mut realm);
    certificate_mapping::read(table, &mut realm);
    if let Some(delay) = table.duration("enrolment_delay", 0, 30 * DAY) {
        realm.enrolment_delay = delay.value;
    }
    realm.lifetimes = lifetimes(table);
    audit(table, &mut realm);
    realm
}

fn audit(root: &mut Table<'_, '_>, realm: &mut Realm) {
    if let Some(mut table) = root.table("audit", "[audit]") {
        if let Some(retain) = table.duration("retain", DAY, 3650 * DAY) {
            realm.audit.retain = retain.value;
        }
        table.finish();
    }
}

fn lifetimes(root: &mut Table<'_, '_>) -> Lifetimes {
    let mut lifetimes = Lifetimes::default();
    let Some(mut table) = root.table("lifetimes", "[lifetimes]") else {
        return lifetimes;
    };
    // RFC 6749 §4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED." A key that signs no more
    // is published for two days, so nothing signed may live longer than one.
    for (key, target, most) in [
        ("authorization_code", &mut lifetimes.authorization_code, 600),
        ("access_token", &mut lifetimes.access_token, DAY),
        ("refresh_token", &mut lifetimes.refresh_token, 3650 * DAY),
        ("grant", &mut lifetimes.grant, 3650 * DAY),
        ("session", &mut lifetimes.session, 365 * DAY),
    ] {
        if let Some(seconds) = table.duration(key, 1, most) {
            *target = seconds.value;
        }
    }
    if let Some(seconds) = table.duration("session_idle", 60, lifetimes.session) {
        lifetimes.session_idle = Some(seconds.value);
    }
    if lifetimes.refresh_token > lifetimes.grant {
        let span = table.span_of("refresh_token");
        let problem = "refresh_token is longer than grant, which ends it anyway";
        table
            .report
            .warning(&span, problem, "shorten refresh_token, or lengthen grant");
    }
    table.finish();
    lifetimes
}
