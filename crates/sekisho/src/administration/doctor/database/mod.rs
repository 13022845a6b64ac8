//! What is wrong or weak in the database: each realm with what belongs to it.

mod api_keys;
mod api_protection;
mod api_without_introspection;
mod authorities;
mod clients;
mod guessable_secrets;
mod issuers;
mod jwt_tokens;
mod legacy_clients;
mod lifetimes;
mod outbox;
mod policies;
mod registration;
mod signing_keys;

use authn::password::PasswordPool;
use model::{Api, ApiKey, Client, Realm, Secret, SigningKeyRow};
use realm::{RealmError, Realms};
use serde::{Deserialize, Serialize};
use storage::{Store, outbox::OutboxEntry};

pub(super) use self::issuers::is_loopback;
use super::{Finding, Kind};
use crate::administration::AdminError;

/// What was found in the database, and what else must be known of it to examine the process. A server of another version
/// may leave something out.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Examination {
    /// What is wrong or weak.
    pub findings: Vec<Finding>,
    /// The settings of all realms.
    pub realms: Vec<Realm>,
    /// Whom the server is to call.
    pub calls: Vec<Call>,
    /// The version of the program that looked.
    pub version: String,
}

/// An address that the server is to call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// The issuer of the realm.
    pub realm: String,
    /// Who names it, and as what: `the client app: jwks_uri`.
    pub named_by: String,
    /// The address.
    pub url: String,
}

/// A realm with what belongs to it.
pub(super) struct Patient {
    pub realm: Realm,
    pub apis: Vec<Api>,
    pub clients: Vec<Client>,
    pub api_keys: Vec<ApiKey>,
    /// The names of users with a password that everybody knows.
    pub known_passwords: Vec<String>,
    /// The issuers of all realms.
    pub issuers: Vec<String>,
    pub signing_keys: Vec<SigningKeyRow>,
    /// Calls that were given up, and those that are tried again.
    pub failing: Vec<OutboxEntry>,
    pub now: i64,
}

impl Patient {
    fn finding(&self, kind: Kind, problem: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding::new(kind, &self.realm.issuer, problem, remedy)
    }
}

/// What is looked for in each realm.
const LOOKED_FOR: &[fn(&Patient) -> Vec<Finding>] = &[
    issuers::examine,
    guessable_secrets::examine,
    api_protection::examine,
    api_without_introspection::examine,
    api_keys::examine,
    jwt_tokens::examine,
    clients::examine,
    legacy_clients::examine,
    registration::examine,
    lifetimes::examine,
    signing_keys::examine,
    authorities::examine,
    policies::examine,
    outbox::examine,
];

/// Users of the demo; their passwords are in its documentation.
const DEMO_USERS: &[&str] = &["alice", "bob"];
/// The clocks of two machines that are kept in time differ by less, in seconds.
const CLOCKS_DIFFER: i64 = 5;
/// Calls that are looked at, of those that were given up and of those that wait.
const CALLS: i64 = 200;

/// Everything that is wrong or weak in the database.
pub async fn examine(realms: &Realms, pool: &PasswordPool) -> Result<Examination, AdminError> {
    let (store, now) = (&realms.store, realms.clock.now());
    let all = store.realms().await?;
    let issuers: Vec<String> = all.iter().map(|realm| realm.issuer.clone()).collect();
    let mut examination = Examination {
        findings: clocks(store, now).await?.into_iter().collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Examination::default()
    };
    for realm in all {
        examination.findings.extend(of_keys(realms, &realm.issuer).await?);
        let patient = patient(store, pool, realm, &issuers, now).await?;
        examination.findings.extend(diagnose(&patient));
        examination.calls.extend(calls(&patient));
        examination.realms.push(patient.realm);
    }
    Ok(examination)
}

async fn patient(
    store: &Store,
    pool: &PasswordPool,
    realm: Realm,
    issuers: &[String],
    now: i64,
) -> Result<Patient, AdminError> {
    let issuer = realm.issuer.as_str();
    let apis = store.apis(issuer).await?.into_iter().map(|(api, _)| api);
    let mut failing = store.outbox_of_realm(issuer, Some("dead"), CALLS).await?;
    failing.extend(store.outbox_of_realm(issuer, Some("pending"), CALLS).await?);
    Ok(Patient {
        apis: apis.collect(),
        clients: store.clients(issuer).await?,
        api_keys: store.api_keys(issuer).await?,
        known_passwords: known_passwords(store, pool, issuer).await?,
        issuers: issuers.to_vec(),
        signing_keys: store.signing_keys(issuer).await?,
        failing,
        now,
        realm,
    })
}

pub(super) fn diagnose(patient: &Patient) -> Vec<Finding> {
    LOOKED_FOR.iter().flat_map(|examine| examine(patient)).collect()
}

/// What must be remembered of the database's time is compared with the time of this machine.
async fn clocks(store: &Store, now: i64) -> Result<Option<Finding>, AdminError> {
    let Some(differ) = store.clock().await?.map(|database| (database - now).abs()) else {
        return Ok(None);
    };
    let problem = format!("its clock and that of this machine differ by {differ} seconds");
    let remedy = "keep both in time (NTP): tokens expire too early or too late, and fresh ones are refused";
    Ok((differ > CLOCKS_DIFFER).then(|| Finding::new(Kind::ClockDiffers, "the database", problem, remedy)))
}

/// Whether the realm can work at all: whether its keys open.
async fn of_keys(realms: &Realms, issuer: &str) -> Result<Option<Finding>, AdminError> {
    match realms.by_issuer(issuer).await {
        Ok(_) => Ok(None),
        Err(RealmError::Storage(error)) => Err(error.into()),
        Err(error) => {
            let remedy = "restore the wrapping key that belongs to this database (master.key, or [keys] wrap)";
            Ok(Some(Finding::new(Kind::RealmFails, issuer, error.to_string(), remedy)))
        }
    }
}

async fn known_passwords(store: &Store, pool: &PasswordPool, issuer: &str) -> Result<Vec<String>, AdminError> {
    let mut known = Vec::new();
    for name in DEMO_USERS {
        let user = store.find_user_by_name(issuer, name).await?.filter(|user| user.enabled);
        if let Some(phc) = user.and_then(|user| user.password_hash)
            && pool
                .verify(Some(&phc), &Secret::new(format!("{name}-password")))
                .await?
        {
            known.push((*name).to_owned());
        }
    }
    Ok(known)
}

fn calls(patient: &Patient) -> Vec<Call> {
    let call = |named_by: String, url: &str| Call {
        realm: patient.realm.issuer.clone(),
        named_by,
        url: url.to_owned(),
    };
    let of_client = |client: &Client| {
        let id = client.id().to_owned();
        let uris: Vec<_> = client
            .metadata
            .called_uris()
            .map(|(member, url)| call(format!("the client {id}: {member}"), url))
            .collect();
        uris
    };
    let of_clients = patient
        .clients
        .iter()
        .filter(|client| client.enabled)
        .flat_map(of_client);
    let of_issuers = patient.realm.trusted_issuers.iter().filter_map(|trusted| {
        let url = trusted.jwks_uri.as_deref()?;
        Some(call(format!("the trusted issuer {}: jwks_uri", trusted.issuer), url))
    });
    of_clients.chain(of_issuers).collect()
}
