//! `sekisho doctor`: what is wrong or weak in this deployment, worst first.
//!
//! A kind of finding is a file here and its line in [`KINDS`]; what is wrong with the process is looked for by
//! [`server`]. Whatever `check` warns of is a finding too.

mod api_protection;
mod clients;
mod guessable_secrets;
mod issuers;
mod jwt_tokens;
pub mod server;
#[cfg(test)]
mod tests;

use authn::password::PasswordPool;
use model::{Api, Client, Realm, Secret};
use serde::{Deserialize, Serialize};
use storage::Store;

use super::AdminError;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Anybody can get in.
    Critical,
    /// The protection is less than what it is for, or than what its operator thinks.
    Serious,
    /// It does not work as it seems to, or could be better.
    Minor,
}

/// Something that is wrong or weak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub grade: Grade,
    /// What it is about: a realm, or a file with its line.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// A finding.
    pub fn new(grade: Grade, place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            grade,
            place: place.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// A realm with what belongs to it.
pub(super) struct Patient {
    realm: Realm,
    apis: Vec<Api>,
    clients: Vec<Client>,
    /// The names of users with a password that everybody knows.
    known_passwords: Vec<String>,
    /// The issuers of all realms.
    issuers: Vec<String>,
}

impl Patient {
    fn finding(&self, grade: Grade, problem: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding::new(grade, &self.realm.issuer, problem, remedy)
    }
}

/// What is looked for in each realm.
const KINDS: &[fn(&Patient) -> Vec<Finding>] = &[
    issuers::examine,
    guessable_secrets::examine,
    api_protection::examine,
    jwt_tokens::examine,
    clients::examine,
];

/// Users of the demo; their passwords are in its documentation.
const DEMO_USERS: &[&str] = &["alice", "bob"];

/// Everything that is wrong or weak in the database, worst first.
pub(super) async fn examine(store: &Store, pool: &PasswordPool) -> Result<Vec<Finding>, AdminError> {
    let realms = store.realms().await?;
    let issuers: Vec<String> = realms.iter().map(|realm| realm.issuer.clone()).collect();
    let mut findings = Vec::new();
    for realm in realms {
        let patient = Patient {
            apis: store
                .apis(&realm.issuer)
                .await?
                .into_iter()
                .map(|(api, _)| api)
                .collect(),
            clients: store.clients(&realm.issuer).await?,
            known_passwords: known_passwords(store, pool, &realm.issuer).await?,
            issuers: issuers.clone(),
            realm,
        };
        findings.extend(diagnose(&patient));
    }
    findings.sort_by_key(|finding| finding.grade);
    Ok(findings)
}

fn diagnose(patient: &Patient) -> Vec<Finding> {
    KINDS.iter().flat_map(|examine| examine(patient)).collect()
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
