//! What `init` writes is what `check` accepts.

use std::{fs, os::unix::fs::PermissionsExt};

use testkit::process::temporary_directory;

use super::*;

fn init(directory: &Path, issuer: Option<&str>) -> Result<Value, String> {
    let arguments = Init {
        issuer: issuer.map(str::to_owned),
        api: None,
        data: None,
    };
    run(Some(&directory.join("sekisho.toml")), arguments, true)
}

#[test]
fn check_has_nothing_to_say_about_what_was_written() {
    for issuer in [
        "http://localhost:8080",
        "https://localhost:8443/bank",
        "https://id.example.com",
        "http://[::1]:81",
    ] {
        let directory = temporary_directory("init");
        let answer = init(&directory, Some(issuer)).unwrap();
        assert_eq!(answer["problems"], json!([]), "{issuer}");
        let problems = config::check(&[directory.join("sekisho.toml")]);
        assert!(problems.is_empty(), "{issuer}: {problems}");
        let server = config::load_server(Some(&directory.join("sekisho.toml"))).unwrap();
        let realm = server.realms.first().unwrap();
        assert_eq!(realm.realm.issuer, issuer);
        let clients: Vec<&str> = realm
            .clients
            .iter()
            .map(|client| client.metadata.client_id.as_str())
            .collect();
        assert_eq!(clients, ["my-api", "web-app", "native-app", "nightly-job"]);
        assert_eq!((realm.apis.len(), realm.users[0].username.as_str()), (1, "alice"));
        fs::remove_dir_all(directory).unwrap();
    }
}

#[test]
fn secrets_are_random_in_private_files_and_never_told() {
    let directory = temporary_directory("init");
    let other = temporary_directory("init");
    let answer = init(&directory, None).unwrap();
    init(&other, None).unwrap();
    let told = format!("{answer}{}", show(&answer));
    let realm = fs::read_to_string(directory.join("realms/localhost.toml")).unwrap();
    for name in ["my-api", "web-app", "nightly-job", "alice"] {
        let path = directory.join("secrets").join(name);
        let secret = fs::read_to_string(&path).unwrap();
        let secret = secret.trim();
        assert!(secret.len() >= 22, "{name}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(
            secret,
            fs::read_to_string(other.join("secrets").join(name)).unwrap().trim()
        );
        assert!(!told.contains(secret) && !realm.contains(secret), "{name}");
        assert!(told.contains(path.to_str().unwrap()), "{told}");
    }
    fs::remove_dir_all(directory).unwrap();
    fs::remove_dir_all(other).unwrap();
}

#[test]
fn a_second_init_says_what_is_there_and_writes_nothing() {
    let directory = temporary_directory("init");
    init(&directory, None).unwrap();
    let before = fs::read(directory.join("secrets/alice")).unwrap();
    fs::remove_file(directory.join("sekisho.toml")).unwrap();
    let error = init(&directory, None).unwrap_err();
    assert!(
        error.contains("localhost.toml") && error.contains("secrets/alice"),
        "{error}"
    );
    assert!(!error.contains("sekisho.toml") && error.contains(" — "), "{error}");
    assert!(!directory.join("sekisho.toml").exists());
    assert_eq!(fs::read(directory.join("secrets/alice")).unwrap(), before);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_gitignore_that_is_there_stays() {
    let directory = temporary_directory("init");
    fs::write(directory.join(".gitignore"), "mine\n").unwrap();
    let answer = init(&directory, None).unwrap();
    assert_eq!(fs::read(directory.join(".gitignore")).unwrap(), b"mine\n");
    assert!(!show(&answer).contains(".gitignore"));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_issuer_that_others_reach_begins_with_tls() {
    let directory = temporary_directory("init");
    let answer = init(&directory, Some("https://id.example.com")).unwrap();
    assert!(answer["next"][0]["why"].as_str().unwrap().contains("TLS"));
    let shown = show(&answer);
    let last = shown
        .lines()
        .find(|line| line.contains("open https://id.example.com/account"));
    assert!(last.is_some_and(|line| line.contains("sign in as alice")), "{shown}");
    let request = answer["try"].as_str().unwrap();
    assert!(
        request.ends_with("-d scope=api:read https://id.example.com/token"),
        "{request}"
    );
    assert!(shown.contains(request) && !request.contains("--cacert"), "{shown}");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn generated_passwords_are_long_enough_and_differ() {
    let (one, two) = (generate_password(), generate_password());
    assert_ne!(one, two);
    assert_eq!(one.len(), 23);
    assert!(authn::users::check_password(&Secret::new(one)).is_ok());
}
