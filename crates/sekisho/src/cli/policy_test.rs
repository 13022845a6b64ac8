//! `sekisho policy test`: what would have happened.
#![expect(
    clippy::indexing_slicing,
    reason = "a member that an answer does not have reads as null"
)]

mod described;
#[cfg(test)]
mod tests;

use std::{fmt::Write as _, fs, path::Path, process::ExitCode};

use model::Clock;
use serde_json::{Value, json};

use self::described::{Cases, SignIn};
use super::{
    arguments::{DescribedSignIn, PolicyTest},
    ask,
    failure::Failure,
    realm_files, tell,
    terminal::{plain, time},
};
use crate::{
    administration::{Action, Command},
    config::{RealmFile, ServerConfig},
};

pub(super) async fn run(file: Option<&Path>, test: PolicyTest, is_json: bool) -> Result<ExitCode, Failure> {
    let now = Clock::system().now();
    let (config, realms) = realm_files(file, &test.files)?;
    let cases = cases(&test, now)?;
    if cases.is_empty() && !test.recorded {
        let line = "no sign-in is described — add --user, --from …, --cases FILE, or --recorded";
        return Err(line.to_owned().into());
    }
    let mut answer = judged(&realms, &cases, now)?;
    if test.recorded {
        answer["recorded"] = replayed(&config, realms, test.since.unix(now)).await?;
    }
    tell(&answer, is_json, show);
    let is_expected = |case: &Value| case["as_expected"] != false;
    let all = answer["sign_ins"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(if all.iter().all(is_expected) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The sign-ins of the file, and that of the flags.
fn cases(test: &PolicyTest, now: i64) -> Result<Vec<SignIn>, String> {
    let mut cases = Vec::new();
    if let Some(path) = &test.cases {
        let why = |error: String| {
            format!(
                "{}: {error} — see docs/policies.md for what describes a sign-in",
                path.display()
            )
        };
        let content = fs::read_to_string(path).map_err(|error| why(error.to_string()))?;
        let read: Cases = toml::from_str(&content).map_err(|error| why(error.to_string().replace('\n', " ")))?;
        cases = read.sign_in;
    }
    cases.extend(of_flags(&test.sign_in));
    for case in &cases {
        case.at(now)?;
    }
    Ok(cases)
}

fn of_flags(flags: &DescribedSignIn) -> Option<SignIn> {
    let is_said = flags.user.is_some() || flags.from.is_some() || flags.client.is_some() || !flags.groups.is_empty();
    is_said.then(|| SignIn {
        name: None,
        user: flags.user.clone(),
        groups: flags.groups.clone(),
        client: flags.client.clone().unwrap_or_default(),
        apis: flags.apis.clone(),
        from: flags.from,
        at: flags.at.clone(),
        new_device: flags.new_device,
        new_network: flags.new_network,
        certificate: flags.certificate,
        failures: flags.failures,
        proved: None,
        expect: None,
    })
}

fn judged(realms: &[RealmFile], cases: &[SignIn], now: i64) -> Result<Value, String> {
    let mut told = Vec::new();
    for realm in realms {
        for case in cases {
            told.push(case.judged_by(realm, now)?);
        }
    }
    Ok(json!({ "sign_ins": told }))
}

async fn replayed(config: &ServerConfig, realms: Vec<RealmFile>, since: i64) -> Result<Value, Failure> {
    let mut all = Vec::new();
    for file in realms {
        let action = Action::PolicyReplay {
            policies: Box::new(file.realm.policies),
            since,
        };
        let realm = Some(file.realm.issuer.clone());
        let mut answer = ask(config, Command { realm, action }).await?;
        answer["realm"] = file.realm.issuer.into();
        all.push(answer);
    }
    Ok(all.into())
}

fn show(answer: &Value) -> String {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    for case in list(&answer["sign_ins"]) {
        let _ = writeln!(text, "{}: {}", plain(&case["name"]), outcome(&case["verdict"]));
        if case["as_expected"] == false {
            let _ = writeln!(text, "  but expected: {}", plain(&case["expected"]));
        }
    }
    for realm in list(&answer["recorded"]) {
        for change in list(&realm["changes"]) {
            let place = match change["client_id"].as_str() {
                Some("") | None => "own pages".to_owned(),
                Some(client) => plain(&client.into()),
            };
            let who = format!(
                "{} {} {place} from {}",
                time(&change["at"]),
                plain(&change["user"]),
                plain(&change["address"])
            );
            let _ = writeln!(
                text,
                "{who}\n  was: {}\n  is:  {}",
                outcome(&change["before"]),
                outcome(&change["after"])
            );
        }
        let changed = list(&realm["changes"]).len();
        let (replayed, skipped) = (plain(&realm["replayed"]), plain(&realm["skipped"]));
        let _ = writeln!(
            text,
            "{replayed} sign-ins replayed, {changed} would end differently ({skipped} could not be replayed)"
        );
    }
    text
}

/// In a line.
fn outcome(verdict: &Value) -> String {
    let texts = |name: &str| -> Vec<String> { verdict[name].as_array().into_iter().flatten().map(plain).collect() };
    let rules = texts("rules");
    let by = if rules.is_empty() {
        String::new()
    } else {
        format!(" [{}]", rules.join(", "))
    };
    if verdict["permitted"] == false {
        return format!("denied, {}{by}", plain(&verdict["why"]));
    }
    let mut asked: Vec<String> = texts("require");
    asked.extend(verdict["acr"].as_str().map(|level| format!("until {level}")));
    if asked.is_empty() {
        format!("permitted, nothing more is asked{by}")
    } else {
        format!("permitted, and asked for: {}{by}", asked.join(", "))
    }
}
