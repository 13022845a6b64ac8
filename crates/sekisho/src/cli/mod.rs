//! The command line.
//!
//! Exit codes: 0 fine; 1 an error, wrong usage included (one line on stderr: what, and what to do); `plan` exits 2 when
//! there are changes.

mod actions;
mod arguments;
mod audit;
mod doctor;
mod explain;
mod failure;
mod init;
mod logging;
mod moment;
mod policy_test;
mod show;
mod terminal;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use authn::password::PasswordPool;
use clap::Parser;
use model::Clock;
use realm::{Outside, Realms};
use serde_json::{Value, json};
use storage::Options;

pub(crate) use self::explain::refusal as explained;
use self::{
    arguments::{ApiTask, Arguments, Demo, DemoApp, PolicyTask, Task},
    failure::{Failure, fail, is_for_people, print, print_json, usage},
};
use crate::{
    administration::{self, Action, AdminError, Command},
    config::{self, RealmFile, ServerConfig},
    control,
    demo::{self, DemoOptions, Places},
    wiring,
};

/// Exit code of `plan` when there are changes.
const CHANGES: u8 = 2;

/// Runs the program with what was typed.
pub fn run() -> ExitCode {
    run_with(std::env::args_os())
}

/// Runs the program with these arguments, the first being its own name.
pub fn run_with(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("sekisho: the system refuses to start threads ({error}) — raise its limits");
            return ExitCode::FAILURE;
        }
    };
    let is_json = arguments.json;
    match runtime.block_on(carry_out(arguments)) {
        Ok(code) => code,
        Err(failure) => fail(failure, is_json),
    }
}

async fn carry_out(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (file, is_json) = (arguments.config.as_deref(), arguments.json);
    match arguments.command {
        Task::Demo(demo) => run_demo(demo).await,
        Task::Init(arguments) => {
            let answer = init::run(file, arguments, is_json)?;
            tell(&answer, is_json, init::show);
            Ok(ExitCode::SUCCESS)
        }
        Task::Serve => serve(file).await,
        Task::Gateway => gateway(file).await,
        Task::Check(files) => check(file, &files.files, is_json),
        Task::Plan(files) => {
            let (config, files) = realm_files(file, &files.files)?;
            let answer = ask(
                &config,
                Command {
                    realm: None,
                    action: Action::Plan { files },
                },
            )
            .await?;
            let is_empty = answer
                .get("changes")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty);
            tell(&answer, is_json, show::planned);
            Ok(if is_empty { ExitCode::SUCCESS } else { CHANGES.into() })
        }
        Task::Apply(files) => {
            let (config, files) = realm_files(file, &files.files)?;
            let answer = ask(
                &config,
                Command {
                    realm: None,
                    action: Action::Apply { files },
                },
            )
            .await?;
            tell(&answer, is_json, show::applied);
            Ok(ExitCode::SUCCESS)
        }
        Task::Configuration => {
            print(&config::reference());
            Ok(ExitCode::SUCCESS)
        }
        Task::Doctor => doctor::run(file, is_json).await,
        Task::Explain { what } => {
            let entries = explain::entries(what.as_deref());
            match what.filter(|_| entries.is_empty()) {
                None => tell(&explain::as_json(&entries), is_json, explain::catalogue_entries),
                Some(id) => {
                    let config = config::load_process(file)?;
                    let action = Action::Explain { id };
                    let answer = ask(&config, Command { realm: None, action }).await?;
                    tell(&answer, is_json, explain::refusal);
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Task::Export(realm) => export(file, realm.realm, is_json).await,
        Task::Audit(task) => audit::run(file, task, is_json).await,
        Task::Policy {
            task: PolicyTask::Test(test),
        } => policy_test::run(file, *test, is_json).await,
        task => {
            if let Task::Api { task, .. } = &task
                && let ApiTask::Import { file, identifier } = &**task
            {
                return import(file, identifier, is_json);
            }
            let config = config::load_process(file)?;
            if let Some(prepared) = actions::prepare(task)? {
                let answer = ask(&config, prepared.command).await?;
                tell(&answer, is_json, prepared.show);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn export(file: Option<&Path>, realm: Option<String>, is_json: bool) -> Result<ExitCode, Failure> {
    let config = config::load_process(file)?;
    let action = Action::Export;
    let answer = ask(&config, Command { realm, action }).await?;
    let toml = answer.get("toml").and_then(Value::as_str).unwrap_or_default();
    if is_json {
        // JSON with the same keys is a realm file too.
        print_json(&toml::from_str(toml).map_err(|error| error.to_string())?);
    } else {
        print(toml);
    }
    Ok(ExitCode::SUCCESS)
}

fn import(file: &Path, identifier: &str, is_json: bool) -> Result<ExitCode, Failure> {
    if !url::Url::parse(identifier).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        let line = format!("--identifier: {identifier} is no URL — write the public URL of the API");
        return Err(line.into());
    }
    let table = config::import_openapi(file, identifier)?;
    if is_json {
        print_json(&toml::from_str(&table).map_err(|error| error.to_string())?);
    } else {
        print(&table);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(answer: &Value, is_json: bool, show: fn(&Value) -> String) {
    if is_json {
        print_json(answer);
    } else {
        print(&show(answer));
    }
}

async fn serve(file: Option<&Path>) -> Result<ExitCode, Failure> {
    let config = config::load_server(file)?;
    logging::start("info");
    for warning in &config.warnings.0 {
        tracing::warn!("{warning}");
    }
    wiring::serve(config).await?;
    Ok(ExitCode::SUCCESS)
}

async fn gateway(file: Option<&Path>) -> Result<ExitCode, Failure> {
    let config = config::load_process(file)?;
    logging::start("info");
    for warning in &config.warnings.0 {
        tracing::warn!("{warning}");
    }
    wiring::gateway(config).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_demo(demo: Demo) -> Result<ExitCode, Failure> {
    logging::start("warn");
    match demo.app {
        Some(DemoApp::Cli(cli)) => demo::cli_app::run(&Places::at(cli.port.port)?, cli.server).await?,
        None => {
            demo::run(DemoOptions {
                port: demo.port.port,
                access_token: demo.access_token,
                data: demo.data,
            })
            .await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(file: Option<&Path>, files: &[PathBuf], is_json: bool) -> Result<ExitCode, Failure> {
    let default = Path::new(config::DEFAULT_FILE);
    let files = match (files, file) {
        ([], Some(file)) => vec![file.to_owned()],
        ([], None) if default.is_file() => vec![default.to_owned()],
        ([], None) => {
            return Err(
                "no file is named, and there is no ./sekisho.toml — name the files to check"
                    .to_owned()
                    .into(),
            );
        }
        (files, _) => files.to_vec(),
    };
    let (problems, realms) = config::check_and_read(&files);
    let clients = standings(&realms);
    let is_fine = !problems.has_errors();
    if is_json {
        print_json(&json!({ "ok": is_fine, "problems": problems, "clients": clients }));
    } else {
        print(&problems.text(is_for_people(&std::io::stdout())));
    }
    if is_fine {
        if !is_json {
            print(&show::standings(&clients));
            print(&format!("{}\n", problems.summary()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("sekisho: {} — correct them and check again", problems.summary());
    Ok(ExitCode::FAILURE)
}

/// Which profiles the clients of some realms meet, and what they lack for the others.
fn standings(realms: &[RealmFile]) -> Vec<Value> {
    let of_realm = |file: &RealmFile| {
        let (realm, clients) = (file.realm.clone(), file.clients.clone());
        clients.into_iter().map(move |entry| {
            let standing = entry.metadata.standing(realm.profiles.iter().map(|profile| profile.0));
            json!({
                "realm": realm.issuer,
                "client_id": entry.metadata.client_id,
                "profile": entry.metadata.profile_or(realm.profile.0).name,
                "meets": standing.meets,
                "missing": standing.missing,
            })
        })
    };
    realms.iter().flat_map(of_realm).collect()
}

/// The realm files that are named, else those of the configuration. Warnings go to stderr.
fn realm_files(file: Option<&Path>, named: &[PathBuf]) -> Result<(ServerConfig, Vec<RealmFile>), Failure> {
    let (config, files, warnings) = if named.is_empty() {
        let mut config = config::load_server(file)?;
        let (files, warnings) = (std::mem::take(&mut config.realms), config.warnings.clone());
        if files.is_empty() {
            return Err(
                "no realm file is named, here or in sekisho.toml — name one: sekisho plan realms/bank.toml"
                    .to_owned()
                    .into(),
            );
        }
        (config, files, warnings)
    } else {
        let config = config::load_process(file)?;
        let (files, warnings) = config::load_realms(named)?;
        (config, files, warnings)
    };
    for warning in warnings.0 {
        eprintln!("{warning}");
    }
    Ok((config, files))
}

/// Lets the running server carry the command out; does it itself when there is none.
async fn ask(config: &ServerConfig, command: Command) -> Result<Value, Failure> {
    if let Some(answer) = control::send(&config.control_socket(), &command).await {
        return Ok(answer?);
    }
    let makes_database = matches!(command.action, Action::Plan { .. } | Action::Apply { .. });
    if let Options::Sqlite { path } = &config.database
        && !makes_database
        && !path.exists()
    {
        let line = format!(
            "there is no database {} — name the server's file with --config, or start: sekisho serve",
            path.display()
        );
        return Err(line.into());
    }
    execute_here(config, &Clock::system(), command).await
}

/// Opens the database, and carries the command out in this process.
async fn execute_here(config: &ServerConfig, clock: &Clock, command: Command) -> Result<Value, Failure> {
    let (store, wrap) = config::open_store(config).await.map_err(|error| error.to_string())?;
    let realms = Realms::open(store, clock.clone(), wrap, Outside::closed())
        .await
        .map_err(AdminError::from)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let passwords = PasswordPool::new(threads, threads);
    Ok(administration::execute(&realms, &passwords, command).await?)
}

#[cfg(test)]
mod tests;
