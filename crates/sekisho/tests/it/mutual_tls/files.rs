//! `client_ca`, `crl` and `mtls` of a realm file.

use std::{fs, path::Path};

use sekisho::{
    administration::{self, Action, Command},
    config::{self, Severity, from_text},
};
use testkit::{
    pki::{Authority, Subject},
    process::temporary_directory,
    realm,
};

use super::believing;
use crate::bank::{Bank, NOON};

const YEAR: i64 = 365 * 86_400;

fn problems(top: &str) -> Vec<String> {
    let text = format!("{top}\n{}", realm::bank("http://localhost"));
    match from_text(Path::new("bank.toml"), &text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .0
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| {
                assert!(problem.line > 0 && !problem.remedy.is_empty(), "{}", problem.problem);
                problem.problem.clone()
            })
            .collect(),
    }
}

fn assert_problem(top: &str, part: &str) {
    let problems = problems(top);
    assert!(problems.len() == 1 && problems[0].contains(part), "{top}: {problems:?}");
}

#[test]
fn what_is_wrong_with_them_is_said_with_its_line_and_a_remedy() {
    let (ca, app) = (Authority::new("CA").pem(), Subject::named("app").self_signed().pem());
    let list = Authority::new("CA").revocations(&[], NOON, NOON + YEAR);
    let inline = |key: &str, pem: &str| format!("{key} = ['''{pem}''']");
    assert!(problems(&inline("client_ca", &ca)).is_empty());
    assert!(problems(&format!("{}\n{}", inline("client_ca", &ca), inline("crl", &list))).is_empty());
    assert_problem("client_ca = ['gone.pem']", "cannot be read");
    assert_problem(&inline("client_ca", &list), "has no CERTIFICATE in it");
    assert_problem(&inline("client_ca", &app), "is not the certificate of an authority");
    assert_problem(&inline("crl", &list), "of which there are none");
    assert_problem(
        &format!("{}\n{}", inline("client_ca", &ca), inline("crl", &ca)),
        "has no X509 CRL in it",
    );
    assert_problem("mtls = 'http://localhost'", "the issuer itself");
    assert_problem("mtls = 'http://mtls.example.com'", "without encryption");
    assert_problem("mtls = 'https://mtls.example.com/token'", "endpoint");
    assert_problem("mtls = 'https://mtls.example.com/'", "slash");
    assert!(problems("mtls = 'https://mtls.example.com'").is_empty());
}

/// What `check` says of a server file and a realm file.
fn checked(server: &str, realm: &str) -> Vec<String> {
    let directory = temporary_directory("certificates");
    let (server_file, realm_file) = (directory.join("sekisho.toml"), directory.join("realm.toml"));
    fs::write(&server_file, format!("realms = ['realm.toml']\n{server}")).unwrap();
    fs::write(&realm_file, realm).unwrap();
    let problems = config::check(&[server_file]);
    let _ = fs::remove_dir_all(&directory);
    problems.0.iter().map(|problem| problem.problem.clone()).collect()
}

#[test]
fn check_warns_of_what_will_refuse_every_certificate() {
    let has = |problems: &[String], part: &str| problems.iter().any(|problem| problem.contains(part));
    let (ca, other) = (Authority::new("CA"), Authority::new("Other"));
    let proxy = "[proxy]\nclient_cert = ['127.0.0.1']\n";
    let old = ca.revocations(&[], NOON - YEAR, NOON - YEAR + 1);
    let late = checked(proxy, &believing(&[&ca], &[old], "")("http://localhost:8080"));
    assert!(has(&late, "past its nextUpdate"), "{late:?}");
    let fresh = ca.revocations(&[], NOON - YEAR, NOON + 30 * YEAR);
    let both = checked(proxy, &believing(&[&ca, &other], &[fresh], "")("http://localhost:8080"));
    assert!(has(&both, "CN=other has no list"), "{both:?}");
    let fine = believing(&[&ca], &[], "")("http://localhost:8080");
    assert!(!has(&checked(proxy, &fine), "certificate"));
    assert!(has(&checked("", &fine), "none can come"));
}

#[tokio::test]
async fn an_exported_realm_keeps_them_and_changes_nothing() {
    let ca = Authority::new("CA");
    let list = ca.revocations(&[], NOON, NOON + YEAR);
    let bank = Bank::with_realm(|issuer| {
        format!(
            "mtls = 'https://mtls.example.com'\n{}",
            believing(&[&ca], &[list], "")(issuer)
        )
    })
    .await;
    let run = |action| {
        let command = Command { realm: None, action };
        administration::execute(&bank.running.realms, &bank.running.passwords, command)
    };
    let exported = run(Action::Export).await.unwrap();
    let text = exported["toml"]
        .as_str()
        .unwrap_or_else(|| panic!("{exported}"))
        .to_owned();
    assert!(
        text.contains("BEGIN X509 CRL") && text.contains("mtls.example.com"),
        "{text}"
    );
    let file = from_text(Path::new("again.toml"), &text).unwrap();
    assert_eq!((file.realm.client_ca.len(), file.realm.crl.len()), (1, 1));
    let planned = run(Action::Plan { files: vec![file] }).await.unwrap();
    assert_eq!(planned["changes"].as_array().map(Vec::len), Some(0), "{planned}");
}
