//! `sekisho.toml`, with the realms that it names.

use super::*;

#[test]
fn every_mistake_of_a_server_file_is_found_at_once_on_its_line() {
    let text = r#"data     = 5
database = "mysql://x"
realms   = ["r*/x.toml", "gone.toml", "*.toml"]
listen   = "x"
[[listener]]
bind = "0.0.0.0:8080"
[[listener]]
bind = "127.0.0.1"
role = "gatway"
[[listener]]
bind = "0.0.0.0:8443"
tls  = { cert = "cert.pem", key = "key.pem", chain = "x" }
client_certificates = "demand"
min_version = "1.1"
[[listener]]
bind = "0.0.0.0:8444"
tls  = "devel"
[proxy]
trusted = ["10.1.0.7/24", "0.0.0.0/0"]
client_cert = ["10.1.0.7/32", "::/0", "proxy"]
[keys]
wrap = { file = "gone.key" }
[email]
smtp = "localhost:25"
from = "nobody at all"
[outgoing]
trust = ["gone.pem"]
allow = ["https://x.example.com"]
[operations]
bind = "0.0.0.0:9090"
ciba_approval = true
"#;
    assert_problems(
        &server_problems(text),
        &[
            (1, "data is a number"),
            (2, "unknown kind"),
            (3, "before its last /"),
            (3, "there is no file"),
            (3, "no file is called"),
            (4, "did you mean listener?"),
            (6, "plain HTTP"),
            (8, "not an address with a port"),
            (9, "did you mean gateway?"),
            (12, "cert.pem"),
            (12, "key.pem"),
            (12, "tls has no key chain"),
            (13, "client_certificates cannot be"),
            (14, "min_version cannot be"),
            (17, "tls cannot be"),
            (19, "10.1.0.0/24"),
            (19, "everybody"),
            (20, "everybody to say which certificate"),
            (20, "proxy is not a network"),
            (22, "gone.key"),
            (24, "not a mail server"),
            (25, "not a sender"),
            (27, "gone.pem"),
            (28, "is not a host"),
            (30, "reads the metrics"),
            (31, "ciba_approval"),
        ],
    );
}

#[test]
fn a_server_file_is_loaded_with_its_realms_and_paths_relative_to_it() {
    let directory = Directory::new();
    directory.write("realms/b.toml", "issuer = \"http://localhost:8080/b\"\n");
    directory.write("realms/a.toml", REALM);
    let key = directory.write("key.pem", "");
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
    directory.write("cert.pem", "");
    let path = directory.write(
        "sekisho.toml",
        r#"data   = "state"
realms = ["realms/*.toml"]
[[listener]]
bind = "[::]:8443"
tls  = { cert = "cert.pem", key = "key.pem", min_version = "1.3" }
client_certificates = "request"
[proxy]
trusted = ["10.1.0.0/24"]
client_cert = ["10.2.0.7"]
[keys]
wrap = { file = "state/master.key" }
[operations]
bind = "127.0.0.1:0"
"#,
    );
    let config = load_server(Some(&path)).unwrap();
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    assert_eq!(config.data, directory.0.join("state"));
    assert!(
        matches!(&config.database, storage::Options::Sqlite { path } if *path == directory.0.join("state/sekisho.db"))
    );
    assert_eq!(config.wrap, WrapSource::Default);
    let issuers: Vec<_> = config.realms.iter().map(|file| file.realm.issuer.as_str()).collect();
    assert_eq!(issuers, ["http://localhost:8080", "http://localhost:8080/b"]);
    let tls = config.listeners[0].tls.as_ref().unwrap();
    assert!(tls.only_tls13 && tls.client_certificates);
    assert!(config.proxy.trusted[0].contains("10.1.0.9".parse().unwrap()));
    assert!(config.proxy.client_cert[0].contains("10.2.0.7".parse().unwrap()));
    assert!(load_process(Some(&path)).unwrap().realms.is_empty());
}

#[test]
fn a_server_without_a_file_listens_on_this_machine_alone() {
    let config = ServerConfig::without_file();
    assert_eq!(config.listeners[0].bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.control_socket(), Path::new("sekisho-data/control.sock"));
    assert!(config.operations.is_none() && !config.names_realms);
    assert_eq!(config.default_issuer(), "http://localhost:8080");
}

#[test]
fn check_tells_server_and_realm_files_apart_and_looks_at_all() {
    let directory = Directory::new();
    directory.write("realms/a.toml", REALM);
    let twin = directory.write("realms/b.toml", REALM);
    let server = directory.write("sekisho.toml", "realms = [\"realms/*.toml\"]\ndatabse = \"x\"\n");
    let gone = directory.0.join("gone.toml");
    let found = check(&[server, twin.clone(), gone]);
    let lines: Vec<_> = found
        .0
        .iter()
        .map(|problem| (problem.line, problem.problem.clone()))
        .collect();
    assert_eq!(found.0.len(), 3, "{lines:#?}");
    assert!(lines.iter().any(|(line, text)| *line == 2 && text.contains("databse")));
    assert!(
        lines
            .iter()
            .any(|(line, text)| *line == 1 && text.contains("is a realm of the issuer"))
    );
    assert!(
        lines
            .iter()
            .any(|(line, text)| *line == 0 && text.contains("cannot be read"))
    );
    assert_eq!(load_realms(&[twin]).unwrap().0.len(), 1);
}

#[test]
fn an_https_issuer_behind_plain_listeners_is_a_warning() {
    let directory = Directory::new();
    directory.write("realm.toml", "issuer = \"https://id.example.com\"\n");
    let server = directory.write("sekisho.toml", "realms = [\"realm.toml\"]\n");
    let config = load_server(Some(&server)).unwrap();
    assert!(
        config.warnings.to_string().contains("no listener speaks TLS"),
        "{}",
        config.warnings
    );
    directory.write(
        "sekisho.toml",
        "realms = [\"realm.toml\"]\n[proxy]\ntrusted = [\"127.0.0.1\"]\n",
    );
    assert!(load_server(Some(&server)).unwrap().warnings.is_empty());
}

#[test]
fn own_templates_are_tried_out_by_check() {
    let directory = temporary_directory("templates");
    let text = format!("[pages]\ntemplates = '{}'\n", directory.display());
    assert_problems(&server_problems(&text), &[]);
    fs::write(directory.join("consent.html"), "<p>Allow?</p>").unwrap();
    assert_problems(&server_problems(&text), &[(2, "approve")]);
    fs::write(directory.join("consent.html"), "<script>alert(1)</script>").unwrap();
    assert_problems(&server_problems(&text), &[(2, "script")]);
    fs::remove_file(directory.join("consent.html")).unwrap();
    fs::create_dir(directory.join("mail")).unwrap();
    fs::write(directory.join("mail/code.txt"), "Your code\n\nis in the other form").unwrap();
    assert_problems(&server_problems(&text), &[(2, "code.txt")]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_gateway_apart_says_which_server_and_which_apis() {
    let found = server_problems("[[listener]]\nbind = \"127.0.0.1:8444\"\nrole = \"gateway\"\n[gateway]\n");
    assert_problems(
        &found,
        &[
            (4, "has no issuer"),
            (4, "has no client_id"),
            (4, "has no client_secret"),
            (4, "names no file with APIs"),
        ],
    );
}

#[test]
fn a_gateway_apart_keeps_answers_for_a_minute_at_most_and_checks_in_one_of_two_ways() {
    let text = |keys: &str| {
        format!(
            "[[listener]]\nbind = \"127.0.0.1:8444\"\nrole = \"gateway\"\n[gateway]\nissuer = \"https://id.example.com\"\n\
             client_id = \"bank-api\"\nclient_secret = \"secret\"\n{keys}\n"
        )
    };
    let found = |keys: &str| {
        let mut found = server_problems(&text(keys));
        found.retain(|(line, _)| *line == 8);
        found
    };
    assert_problems(&found("remember = \"1m\""), &[]);
    assert_problems(&found("check = \"jwks\""), &[]);
    assert_problems(&found("remember = \"61s\""), &[(8, "remember is too long")]);
    assert_problems(&found("check = \"jwt\""), &[(8, "check cannot be")]);
}
