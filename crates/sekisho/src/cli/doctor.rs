//! `sekisho doctor`: asks the database, looks at the files, and says what is wrong or weak, worst first.
//!
//! It changes no setting: a database whose schema would change by being opened is not opened, and that is a finding.

use std::{path::Path, process::ExitCode};

use model::Clock;
use serde_json::{Value, json};

use super::{Failure, execute_here, show, tell};
use crate::{
    administration::{
        Action, Command,
        doctor::{self, Deployment, Examination, Finding, Kind, server},
    },
    config::{self, RealmFile, ServerConfig},
    control,
};

pub(super) async fn run(file: Option<&Path>, is_json: bool) -> Result<ExitCode, Failure> {
    let findings = examine(file, &Clock::system()).await?;
    tell(&json!({ "findings": findings }), is_json, show::findings);
    Ok(verdict(&findings))
}

/// 1 when somebody should do something soon.
fn verdict(findings: &[Finding]) -> ExitCode {
    if findings.iter().any(Finding::is_serious) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Everything that is wrong or weak, worst first.
async fn examine(file: Option<&Path>, clock: &Clock) -> Result<Vec<Finding>, Failure> {
    let config = config::load_as_it_is(file)?;
    let mut found = server::examine_unopened(&config);
    let stored: Examination = match ask(&config, clock, Action::Doctor).await {
        Ok(answer) => {
            found.extend(not_applied(&config, clock).await);
            serde_json::from_value(answer).map_err(|error| error.to_string())?
        }
        Err(obstacle) => {
            found.push(obstacle);
            Examination {
                realms: config.realms.iter().map(|file| file.realm.clone()).collect(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Examination::default()
            }
        }
    };
    found.extend(other_version(&stored.version));
    let deployment = Deployment {
        config: &config,
        realms: stored.realms,
        calls: &stored.calls,
        now: clock.now(),
    };
    found.extend(stored.findings);
    found.extend(server::examine(&deployment));
    Ok(doctor::sorted(found, server::warned(&config)))
}

/// The answer of the running server, or of this process if there is none; a finding when neither can answer.
async fn ask(config: &ServerConfig, clock: &Clock, action: Action) -> Result<Value, Finding> {
    let command = Command { realm: None, action };
    let unavailable = |problem: String, remedy: &str| {
        let place = config.control_socket().display().to_string();
        Finding::new(Kind::DatabaseUnavailable, place, problem, remedy)
    };
    if let Some(answer) = control::send(&config.control_socket(), &command).await {
        return answer.map_err(|error| unavailable(error.problem, &error.remedy));
    }
    if let Some(obstacle) = server::obstacle(config).await {
        return Err(obstacle);
    }
    let answer = execute_here(config, clock, command).await;
    answer.map_err(|failure| {
        let line = failure.line();
        let (problem, remedy) = line.split_once(" — ").unwrap_or((&line, "see the log of the server"));
        unavailable(problem.to_owned(), remedy)
    })
}

fn other_version(of_server: &str) -> Option<Finding> {
    const OWN: &str = env!("CARGO_PKG_VERSION");
    let problem = format!("the server that runs has version {of_server:?}, this program {OWN:?}");
    let remedy = "restart the server, or use the program that it runs";
    (of_server != OWN).then(|| Finding::new(Kind::OtherVersion, "the server", problem, remedy))
}

/// What `apply` would change.
async fn not_applied(config: &ServerConfig, clock: &Clock) -> Option<Finding> {
    if config.realms.is_empty() || config.warnings.has_errors() {
        return None;
    }
    let files: Vec<RealmFile> = config.realms.clone();
    let place = files
        .iter()
        .map(|file| file.file.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let (problem, remedy) = match ask(config, clock, Action::Plan { files }).await {
        Ok(answer) => {
            let changes = answer.get("changes").and_then(Value::as_array).map_or(0, Vec::len);
            let problem = format!("the files differ from the database in {changes} objects");
            (changes > 0).then_some((problem, "sekisho plan shows how; sekisho apply makes it so"))?
        }
        Err(error) => (
            format!("the files cannot be compared with the database: {}", error.problem),
            "sekisho plan says why",
        ),
    };
    Some(Finding::new(Kind::PlanNotApplied, place, problem, remedy))
}

#[cfg(test)]
mod tests;
