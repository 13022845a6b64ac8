//! What is wrong or weak in the process: its file, the files beside it, and what this machine says of them.

mod certificates;
mod disk;
mod listeners;
mod mail;
mod modes;
mod opening;
mod outgoing;
mod reach;
mod wrapping_key;

use model::Realm;

pub use self::opening::obstacle;
use super::{Finding, database::Call};
use crate::config::{Problem, ServerConfig};

/// A server as its files describe it, with what its database says.
pub struct Deployment<'a> {
    /// What the files say.
    pub config: &'a ServerConfig,
    /// The realms of the database; those of the files, when there is none to be read.
    pub realms: Vec<Realm>,
    /// Whom the server is to call.
    pub calls: &'a [Call],
    /// The time, unix seconds.
    pub now: i64,
}

impl Deployment<'_> {
    /// The server's file, as findings name it.
    fn place(&self) -> String {
        match &self.config.file {
            Some(file) => file.display().to_string(),
            None => "without a file".to_owned(),
        }
    }
}

/// What is looked for.
const LOOKED_FOR: &[fn(&Deployment<'_>) -> Vec<Finding>] = &[
    listeners::examine,
    reach::examine,
    certificates::examine,
    wrapping_key::examine,
    mail::examine,
    outgoing::examine,
    disk::examine,
];

/// What opening the database would change, or make hard to see.
pub fn examine_unopened(config: &ServerConfig) -> Vec<Finding> {
    let mut findings = modes::examine(config);
    findings.extend(opening::in_clear(config));
    findings
}

/// Everything else that is wrong or weak in the process.
pub fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    LOOKED_FOR.iter().flat_map(|examine| examine(deployment)).collect()
}

/// What `check` says of the files.
pub fn warned(config: &ServerConfig) -> Vec<Finding> {
    let finding = |problem: &Problem| {
        let place = match problem.line {
            0 => problem.file.clone(),
            line => format!("{}:{line}", problem.file),
        };
        Finding::new(problem.kind, place, &problem.problem, &problem.remedy)
    };
    config.warnings.0.iter().map(finding).collect()
}
