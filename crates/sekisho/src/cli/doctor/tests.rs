//! A sound deployment, and what `doctor` says when a fault is planted in it.

mod plants;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use storage::{Change, Options, Outcome, Statement, Store};
use testkit::{
    pki::{Authority, Subject, Usage},
    process::temporary_directory,
};

use self::plants::PLANTS;
use super::*;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;
/// From 2020 to 2060.
const ALWAYS: (i64, i64) = (1_577_836_800, 2_840_140_800);

/// A deployment in a directory of its own.
struct Place {
    directory: PathBuf,
    /// Whether a changed realm file is applied before the doctor comes.
    applies: bool,
    sql: Vec<&'static str>,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self.set_mode(name, mode);
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn replace(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "{name} has no {old}");
        fs::write(self.path(name), text.replace(old, new)).unwrap();
    }

    /// Changes `sekisho.toml`.
    fn server(&self, old: &str, new: &str) {
        self.replace("sekisho.toml", old, new);
    }

    /// Adds tables to `sekisho.toml`.
    fn server_has(&self, more: &str) {
        let text = fs::read_to_string(self.path("sekisho.toml")).unwrap();
        fs::write(self.path("sekisho.toml"), format!("{text}{more}\n")).unwrap();
    }

    /// Changes the realm file.
    fn realm(&self, old: &str, new: &str) {
        self.replace("realms/id.toml", old, new);
    }

    /// Adds tables to the realm file.
    fn realm_has(&self, more: &str) {
        let text = fs::read_to_string(self.path("realms/id.toml")).unwrap();
        fs::write(self.path("realms/id.toml"), format!("{text}{more}\n")).unwrap();
    }

    /// What the realm file says, and what it names.
    fn to_be_applied(&self) -> Vec<Vec<u8>> {
        let files = [
            "realms/id.toml",
            "secrets/bank-api",
            "tls/partners-ca.pem",
            "tls/partners.crl",
        ];
        files.iter().map(|name| fs::read(self.path(name)).unwrap()).collect()
    }

    fn certificate(&self, subject: &Subject) {
        let identity = subject.clone().for_usage(Usage::ServerAuth).self_signed();
        self.write("tls/cert.pem", identity.pem(), 0o644);
        self.write("tls/key.pem", identity.key_pem(), 0o600);
    }

    fn config(&self) -> ServerConfig {
        config::load_as_it_is(Some(&self.path("sekisho.toml"))).unwrap()
    }

    async fn apply(&self) {
        let config = self.config();
        assert!(!config.warnings.has_errors(), "{}", config.warnings);
        let files = config.realms.clone();
        let command = Command {
            realm: None,
            action: Action::Apply { files },
        };
        let answer = execute_here(&config, &Clock::frozen(NOW), command).await;
        answer.unwrap_or_else(|failure| panic!("{}", failure.line()));
    }

    async fn examine(&self) -> Vec<Finding> {
        let found = examine(Some(&self.path("sekisho.toml")), &Clock::frozen(NOW)).await;
        found.unwrap_or_else(|failure| panic!("{}", failure.line()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

const SERVER: &str = r#"data   = "data"
realms = ["realms/*.toml"]

[[listener]]
bind = "0.0.0.0:443"
client_certificates = "request"
tls  = { cert = "tls/cert.pem", key = "tls/key.pem", min_version = "1.3" }

[keys]
wrap = { file = "keys/master.key" }

[outgoing]
trust = ["tls/outgoing-ca.pem"]

[operations]
bind = "127.0.0.1:9090"

[email]
smtp = "smtps://mail.example.com"
from = "Bank <no-reply@example.com>"
"#;

const REALM: &str = r#"issuer       = "https://id.example.com"
display_name = "Bank"
registration = "token"
client_ca    = ["../tls/partners-ca.pem"]
crl          = ["../tls/partners.crl"]

[[api]]
identifier    = "https://api.example.com"
introspection = ["bank-api"]
acr           = "loa2"
profile       = "fapi1-baseline"
impact        = { financial_loss = "moderate" }
scope         = [{ name = "accounts:read", description = { en = "See your accounts" } }]

[[client]]
client_id      = "bank-api"
client_secret  = { file = "../secrets/bank-api" }
grant_types    = ["client_credentials"]
response_types = []

[[client]]
client_id                  = "web"
token_endpoint_auth_method = "private_key_jwt"
jwks_uri                   = "https://app.example.com/jwks"
redirect_uris              = ["https://app.example.com/callback"]
profile                    = "fapi1-baseline"
scope                      = "openid accounts:read"

[[client]]
client_id                  = "native"
application_type           = "native"
token_endpoint_auth_method = "none"
redirect_uris              = ["http://127.0.0.1/callback"]
scope                      = "openid"
"#;

fn partners(place: &Place, (from, until): (i64, i64), (list_from, list_until): (i64, i64)) {
    let authority = Authority::valid("Partners", from, until);
    place.write("tls/partners-ca.pem", authority.pem(), 0o644);
    place.write(
        "tls/partners.crl",
        authority.revocations(&[], list_from, list_until),
        0o644,
    );
}

/// Everything as it should be, with all its keys.
async fn sound() -> Place {
    let place = Place {
        directory: temporary_directory("doctor"),
        applies: true,
        sql: Vec::new(),
    };
    place.write("sekisho.toml", SERVER, 0o644);
    place.write("realms/id.toml", REALM, 0o644);
    place.write("secrets/bank-api", "0123456789abcdef0123456789abcdef\n", 0o600);
    place.write("keys/master.key", [7; 32], 0o600);
    place.write("tls/outgoing-ca.pem", Authority::new("Others").pem(), 0o644);
    partners(&place, ALWAYS, ALWAYS);
    place.certificate(&Subject::named("id").dns("id.example.com"));
    place.apply().await;
    let config = place.config();
    let (store, wrap) = config::open_store(&config).await.unwrap();
    let realms = realm::Realms::open(store, Clock::frozen(NOW), wrap, realm::Outside::closed());
    realms.await.unwrap().maintain_keys().await.unwrap();
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn planted(sound: &Place, plant: fn(&mut Place)) -> Vec<Finding> {
    let mut place = Place {
        directory: temporary_directory("doctor"),
        applies: true,
        sql: Vec::new(),
    };
    copy(&sound.directory, &place.directory);
    let before = place.to_be_applied();
    plant(&mut place);
    if place.applies && place.to_be_applied() != before {
        place.apply().await;
    }
    if !place.sql.is_empty() {
        let path = place.path("data/sekisho.db");
        let store = Store::open(&Options::Sqlite { path }).await.unwrap();
        let statements = place.sql.iter().map(|sql| Statement::new(sql, Vec::new()));
        let outcome = store.commit(Change::new().then_all(statements)).await.unwrap();
        assert_eq!(outcome, Outcome::Applied);
    }
    place.examine().await
}

fn kinds(findings: &[Finding]) -> BTreeSet<&str> {
    findings.iter().map(|finding| finding.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_fault_is_found_and_nothing_where_nothing_is_wrong() {
    let sound = sound().await;
    assert_eq!(sound.examine().await, []);
    let mut wrong = Vec::new();
    for (expected, plant) in PLANTS {
        let found = planted(&sound, *plant).await;
        let names: BTreeSet<&str> = expected.iter().map(|kind| kind.name()).collect();
        let is_sorted = found.iter().map(|finding| finding.grade).is_sorted();
        if kinds(&found) != names || !is_sorted || !found.iter().all(is_whole) {
            wrong.push((names, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn is_whole(finding: &Finding) -> bool {
    let texts = [&finding.place, &finding.problem, &finding.remedy];
    texts.iter().all(|text| !text.is_empty())
}

/// What cannot be planted in a directory, and the test that plants it.
const ELSEWHERE: &[(Kind, &str)] = &[
    (Kind::ClockDiffers, "a_database_whose_clock_differs_is_told"),
    (Kind::OtherVersion, "a_server_of_another_version_is_told"),
    (
        Kind::DiskNearlyFull,
        "little_is_less_than_a_tenth_and_than_two_gibibytes",
    ),
];

#[test]
fn every_kind_of_finding_is_planted_somewhere() {
    let mut planted: BTreeSet<&str> = PLANTS
        .iter()
        .filter_map(|(kinds, _)| Some(kinds.first()?.name()))
        .collect();
    assert!(planted.len() >= 30);
    planted.extend(ELSEWHERE.iter().map(|(kind, _)| kind.name()));
    let all: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(planted, all);
    assert!(Kind::ALL.iter().map(|kind| kind.grade()).is_sorted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_clock_differs_is_told() {
    let place = sound().await;
    let url = testkit::postgres::shared().create_database();
    place.server("data   =", &format!("database = \"{url}\"\ndata   ="));
    place.apply().await;
    // The clock of the doctor stands still; that of the database does not.
    let found = place.examine().await;
    let of_clock = found.iter().find(|finding| finding.is(Kind::ClockDiffers));
    assert!(of_clock.is_some_and(Finding::is_serious), "{found:#?}");
    assert!(
        !found.iter().any(|finding| finding.is(Kind::DatabaseInClear)),
        "{found:#?}"
    );
}

#[test]
fn a_server_of_another_version_is_told() {
    assert!(other_version("0.0.0").is_some_and(|finding| finding.is(Kind::OtherVersion)));
    assert_eq!(other_version(env!("CARGO_PKG_VERSION")), None);
}

#[test]
fn only_what_is_serious_fails() {
    let finding = |kind| Finding::new(kind, "here", "it is so", "change it");
    let code = |kinds: &[Kind]| {
        format!(
            "{:?}",
            verdict(&kinds.iter().map(|kind| finding(*kind)).collect::<Vec<_>>())
        )
    };
    let (fine, failed) = (format!("{:?}", ExitCode::SUCCESS), format!("{:?}", ExitCode::FAILURE));
    assert_eq!(code(&[]), fine);
    assert_eq!(code(&[Kind::MailMissing, Kind::FileWarning]), fine);
    assert_eq!(code(&[Kind::MailMissing, Kind::ClockDiffers]), failed);
    assert_eq!(code(&[Kind::DemoPassword]), failed);
}

/// The list in `docs/operating.md`, one line a kind.
#[test]
fn the_documentation_lists_every_kind_of_finding() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md");
    let page = fs::read_to_string(page).unwrap();
    let listed: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 4)
        .collect();
    let row = |kind: &Kind| format!("| `{}` | {} | {} |", kind.name(), kind.grade().word(), kind.what());
    let missing: Vec<String> = Kind::ALL
        .iter()
        .map(row)
        .filter(|row| !listed.contains(&row.as_str()))
        .collect();
    assert!(missing.is_empty(), "docs/operating.md lacks:\n{}", missing.join("\n"));
}
