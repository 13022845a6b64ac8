use clap::CommandFactory;

use super::*;

#[test]
fn the_arguments_are_sound_and_help_shows_the_commands() {
    let mut command = Arguments::command();
    command.clone().debug_assert();
    let help = command.render_help().to_string();
    for task in [
        "demo", "serve", "check", "plan", "apply", "export", "user", "client", "api", "key", "grant", "session",
    ] {
        assert!(help.contains(&format!("\n  {task} ")), "{task}\n{help}");
    }
}

#[test]
fn wrong_usage_is_an_error_and_help_is_not() {
    assert_eq!(run_with(["sekisho", "frobnicate"]), ExitCode::FAILURE);
    assert_eq!(run_with(["sekisho"]), ExitCode::FAILURE);
    assert_eq!(run_with(["sekisho", "--help"]), ExitCode::SUCCESS);
    assert_eq!(run_with(["sekisho", "user", "show"]), ExitCode::FAILURE);
}

#[test]
fn files_are_checked_planned_and_applied_and_commands_work_without_a_server() {
    let directory = testkit::process::temporary_directory("cli");
    let run = |arguments: &[&str]| {
        let config = directory.join("sekisho.toml");
        let start = ["sekisho", "--config", config.to_str().unwrap()];
        run_with(start.iter().chain(arguments).map(|text| (*text).to_owned()))
    };
    std::fs::write(directory.join("sekisho.toml"), "realms = [\"*.realm.toml\"]\n").unwrap();
    let realm = directory.join("a.realm.toml");
    std::fs::write(&realm, testkit::realm::bank("http://localhost:8080")).unwrap();
    assert_eq!(run(&["check"]), ExitCode::SUCCESS);
    assert_eq!(run(&["user", "list"]), ExitCode::FAILURE, "there is no database yet");
    assert_eq!(run(&["plan"]), ExitCode::from(2));
    assert_eq!(run(&["apply", realm.to_str().unwrap()]), ExitCode::SUCCESS);
    assert_eq!(run(&["plan", "--json"]), ExitCode::SUCCESS);
    assert_eq!(run(&["user", "show", "alice"]), ExitCode::SUCCESS);
    assert_eq!(run(&["user", "show", "mallory"]), ExitCode::FAILURE);
    assert_eq!(run(&["export", "--json"]), ExitCode::SUCCESS);
    std::fs::write(&realm, "issuer = 5\n").unwrap();
    for task in ["check", "plan", "apply", "serve"] {
        assert_eq!(run(&[task]), ExitCode::FAILURE, "{task}");
    }
    std::fs::remove_dir_all(directory).unwrap();
}
