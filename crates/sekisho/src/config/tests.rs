use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use model::{SubjectClaim, TokenFormat, TrustedFor};
use protocol::Acr;
use testkit::process::temporary_directory;

use super::*;

/// Line and problem of everything that is wrong in a realm file.
fn realm_problems(text: &str) -> Vec<(usize, String)> {
    let read = realm_file::read(Document::parse(Path::new("realm.toml"), text), true);
    let problems = Problems(read.problems).sorted();
    problems
        .0
        .into_iter()
        .map(|problem| (problem.line, format!("{} — {}", problem.problem, problem.remedy)))
        .collect()
}

fn server_problems(text: &str) -> Vec<(usize, String)> {
    let read = read_server::read(&Document::parse(Path::new("/nowhere/sekisho.toml"), text), false);
    let problems = Problems(read.problems).sorted();
    problems
        .0
        .into_iter()
        .map(|problem| (problem.line, format!("{} — {}", problem.problem, problem.remedy)))
        .collect()
}

/// Every expected problem is there, on its line, and nothing else is.
fn assert_problems(found: &[(usize, String)], expected: &[(usize, &str)]) {
    for (line, words) in expected {
        assert!(
            found.iter().any(|(at, text)| at == line && text.contains(words)),
            "line {line}: {words}\n{found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

const WRONG_REALM: &str = r#"issuer       = "https://id.example.com/token/"
display_nme  = "Bank"
locales      = ["en", "fr"]
profile      = "baselin"
registration = "opem"
[lifetimes]
access_token = 600
session      = "12 hours"
grants       = "1d"
[[api]]
identifier    = "not a url"
token_format  = "jwt"
acr           = "loa9"
introspection = ["bank-api", "public", "nobody"]
scope         = [{ name = "accounts:read", description = { en = "See" } }, { name = "openid" }]
[[api]]
identifier = "not a url"
scope      = [{ name = "accounts:read", descripton = { en = "See" } }]
[[client]]
client_id                  = "app"
redirect_uris              = ["http://app.example.com/cb", "https://app.example.com/#f"]
grant_types                = ["authorization_code", "implict"]
token_endpoint_auth_method = "tls_client_auth"
scope                      = "openid acounts:read"
client_secret              = "0123456789012345678901"
[[client]]
client_id = "app"
token_endpoint_auth_method = "none"
client_secret = "0123456789012345678901"
[[client]]
client_id = "public"
token_endpoint_auth_method = "none"
grant_types = ["client_credentials"]
response_types = []
[[client]]
client_id = "bank-api"
grant_types = ["client_credentials"]
response_types = []
dpop_bound_access_tokens = true
[[user]]
username = "alice"
pasword  = "x"
[[user]]
username = " ALICE "
password = "short"
email    = "nobody"
[[policy]]
name = "x"
"#;

#[test]
fn every_mistake_of_a_realm_file_is_found_at_once_on_its_line() {
    assert_problems(
        &realm_problems(WRONG_REALM),
        &[
            (1, "slash"),
            (2, "did you mean display_name?"),
            (3, "\"fr\""),
            (4, "did you mean baseline?"),
            (5, "did you mean open"),
            (7, "access_token is a number, not a duration"),
            (8, "\"12 hours\" is not a duration"),
            (9, "did you mean grant?"),
            (11, "cannot identify an API"),
            (12, "still works there for up to 10 minutes"),
            (13, "loa9"),
            (14, "introspection names public, which is a public client"),
            (14, "introspection names nobody, which is not a client here"),
            (15, "is one of this server's own"),
            (15, "the scope openid has no description"),
            (17, "cannot identify an API"),
            (17, "another API not a url at line 11"),
            (18, "did you mean description?"),
            (18, "another scope accounts:read at line 15"),
            (18, "the scope accounts:read has no description"),
            (21, "http://app.example.com/cb"),
            (21, "https://app.example.com/#f"),
            (22, "did you mean implicit?"),
            (23, "tls_client_auth needs the subject"),
            (24, "did you mean accounts:read?"),
            (25, "has no secret"),
            (27, "another client app at line 20"),
            (27, "redirect_uris"),
            (29, "has no secret"),
            (32, "a client without a secret cannot use client_credentials"),
            (36, "needs a secret"),
            (42, "did you mean password?"),
            (44, "another user alice at line 41"),
            (45, "fewer than 8 characters"),
            (46, "not an e-mail address"),
            (47, "[[policy]] is not part of this version"),
        ],
    );
}

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
fn the_realm_of_the_tests_is_read_as_it_is_meant() {
    let file = from_text(Path::new("bank.toml"), &testkit::realm::bank("http://localhost:1234")).unwrap();
    assert_eq!(
        (file.realm.issuer.as_str(), file.realm.profile.name),
        ("http://localhost:1234", "baseline")
    );
    assert_eq!((file.apis.len(), file.clients.len(), file.users.len()), (2, 10, 2));
    assert_eq!(
        (file.apis[0].token_format, file.apis[1].token_format),
        (TokenFormat::Opaque, TokenFormat::Jwt)
    );
    let app = &file.clients[0];
    let hash = model::client_secret_hash("http://localhost:1234", "web-app", "web-app-secret");
    assert!(matches!(&app.secret, Some(ClientSecret::Hash(bytes)) if *bytes == hash));
    assert_eq!(file.users[0].claims["given_name"], "Alice");
}

#[test]
fn a_realm_in_json_is_the_same_realm() {
    let json = r#"{
  "issuer": "https://id.example.com",
  "display_name": "Bank",
  "lifetimes": { "access_token": "5m" },
  "api": [{ "identifier": "https://api.example.com", "impact": { "personal_safety": "minimum" } }]
}"#;
    let file = from_text(Path::new("realm.json"), json).unwrap();
    assert_eq!(
        (file.realm.display_name.as_str(), file.realm.lifetimes.access_token),
        ("Bank", 300)
    );
    assert_eq!(file.apis[0].acr, Some(Acr::Loa3));
    let wrong = json.replace("display_name", "display_nam").replace("5m", "5 m");
    let problems = from_text(Path::new("realm.json"), &wrong).unwrap_err();
    let lines: Vec<usize> = problems
        .0
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.line)
        .collect();
    assert_eq!(lines, [3, 4], "{problems}");
}

#[test]
fn the_file_of_the_contract_is_understood() {
    let text = r#"
issuer       = "https://id.example.com"
display_name = "Example Bank"
locales      = ["ja", "en"]
profile      = "baseline"
profiles     = ["openid-core", "baseline"]
registration = "off"
client_ca    = []

[lifetimes]
authorization_code = "60s"
access_token       = "10m"
refresh_token      = "30d"
grant              = "365d"
session            = "12h"

[[api]]
identifier   = "https://api.example.com"
name         = "Example Bank API"
token_format = "opaque"
profile      = "baseline"
acr          = "loa2"
impact       = { financial_loss = "minimum" }
scope        = [ { name = "accounts:read", description = { en = "See your accounts", ja = "口座を参照する" } } ]
introspection = ["bank-api"]

[[client]]
client_id        = "budget-app"
client_name      = "Budget"
"client_name#ja" = "家計簿"
redirect_uris    = ["https://app.example.com/callback"]
grant_types      = ["authorization_code", "refresh_token"]
response_types   = ["code"]
jwks             = { keys = [] }
scope            = "openid accounts:read"
profile          = "openid-core"
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

[[client]]
client_id     = "bank-api"
grant_types   = ["client_credentials"]
client_secret = "0123456789abcdef012345"

[[user]]
username       = "alice"
email          = "alice@example.com"
email_verified = true
given_name     = "Alice"
address        = { country = "JP" }
groups         = ["retail"]
"#;
    let found = realm_problems(text);
    // The client follows a lower profile than the API of its scope wants: that is the one thing to say.
    assert_problems(&found, &[(35, "wants baseline or above")]);
}

#[test]
fn every_claim_of_a_user_is_checked_by_its_type() {
    let text = r#"issuer = "http://localhost:8080"
display_name = "Bank"
[[user]]
username = "carol"
name = "Carol"
"name#ja-Kana-JP" = "キャロル"
birthdate = "1990-02-30"
picture = "carol.png"
zoneinfo = "Asia/Tokyo"
locale = "ja_JP"
phone_number = "call me"
phone_number_verified = "yes"
address = { planet = "Earth" }
"address#ja" = "東京"
"email#ja" = "c@example.com"
"name#" = "x"
updated_at = 1
"salary#ja" = "1"
"#;
    assert_problems(
        &realm_problems(text),
        &[
            (7, "birthdate is not a date"),
            (8, "picture is not a web address"),
            (10, "locale is not a language tag"),
            (11, "phone_number is not a telephone number"),
            (12, "phone_number_verified is not true or false"),
            (13, "address has an unknown member"),
            (14, "address#ja is not an object"),
            (15, "email#ja has no languages"),
            (16, "name# ends in what is not a language tag"),
            (17, "updated_at is kept by the server itself"),
            (18, "has no key salary#ja"),
        ],
    );
}

#[test]
fn broken_syntax_is_told_together_with_what_else_is_certainly_wrong() {
    let found = realm_problems("issuer = = \"x\"\nlocalse = [\"en\"]\nprofile = \"fapi\"\n");
    assert_eq!(
        found.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [1, 2, 3],
        "{found:?}"
    );
}

struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        Self(temporary_directory("config"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const REALM: &str = "issuer = \"http://localhost:8080\"\n";

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

// Conformance: SEED1-03 OP-25
#[test]
fn a_client_that_makes_macs_gives_its_secret_and_one_that_signs_its_keys() {
    let text = r#"issuer = "http://localhost:8080"
[[client]]
client_id = "hashed"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[[client]]
client_id = "short"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
client_secret = "0123456789012345678901234567890"
[[client]]
client_id = "another"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
client_secret = "01234567890123456789012345678901"
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[[client]]
client_id = "keyless"
token_endpoint_auth_method = "private_key_jwt"
grant_types = ["client_credentials"]
jwks = { keys = [] }
[[client]]
client_id = "mixed"
token_endpoint_auth_method = "client_secret_jwt"
token_endpoint_auth_signing_alg = "ES256"
grant_types = ["client_credentials"]
client_secret = { env = "SEKISHO_TEST_NEVER_SET" }
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"#;
    assert_problems(
        &realm_problems(text),
        &[
            (6, "needs the secret itself"),
            (11, "HS256 needs 32"),
            (16, "not the one of client_secret_hash"),
            (20, "private_key_jwt needs public keys"),
            (26, "ES256 is no algorithm for client_secret_jwt"),
            (28, "is not set here"),
        ],
    );
    let good = r#"issuer = "http://localhost:8080"
[[client]]
client_id = "mac"
token_endpoint_auth_method = "client_secret_jwt"
token_endpoint_auth_signing_alg = "HS256"
grant_types = ["client_credentials"]
client_secret = "01234567890123456789012345678901"
"#;
    let file = from_text(Path::new("realm.toml"), good).unwrap();
    let sent: RealmFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    let secret = sent.clients[0].secret.as_ref();
    assert!(matches!(secret, Some(ClientSecret::Clear(secret)) if secret.expose().len() == 32));
    assert!(!format!("{file:?}").contains("0123456789"));
}

#[test]
fn trusted_issuers_say_for_what_and_by_which_keys() {
    let text = r#"issuer = "https://id.example.com"
[[trusted_issuer]]
issuer = "https://a.example"
jwks_uri = "https://a.example/jwks"
purposes = ["jwt-bearer", "token-exchange", "jwt-bearer"]
subject = "email"
[[trusted_issuer]]
issuer = "https://b.example"
jwks = { keys = [{ kty = "OKP", crv = "Ed25519", x = "AQ" }] }
purposes = ["software-statement"]
"#;
    let file = from_text(Path::new("realm.toml"), text).unwrap();
    let [first, second] = file.realm.trusted_issuers.as_slice() else {
        panic!("two issuers");
    };
    assert_eq!(first.purposes, [TrustedFor::JwtBearer, TrustedFor::TokenExchange]);
    assert_eq!(
        (first.subject, second.subject),
        (SubjectClaim::Email, SubjectClaim::Sub)
    );
    assert_eq!(first.jwks_uri.as_deref(), Some("https://a.example/jwks"));
    assert_eq!(second.jwks.as_ref().unwrap().keys.len(), 1);

    let wrong = r#"issuer = "https://id.example.com"
display_name = "x"
[[trusted_issuer]]
issuer = "https://id.example.com"
jwks_uri = "http://a.example/jwks"
purposes = ["jwt-bearr"]
subject = "mail"
[[trusted_issuer]]
issuer = "https://a.example"
purposes = []
jwks = { keys = [] }
[[trusted_issuer]]
issuer = "https://a.example"
jwks = { keys = [{ kty = "oct", k = "AQ" }] }
jwks_uri = "https://a.example"
key = 1
"#;
    assert_problems(
        &realm_problems(wrong),
        &[
            (4, "trusts itself"),
            (5, "not an https URL"),
            (6, "did you mean jwt-bearer?"),
            (7, "did you mean email?"),
            (10, "purposes is empty"),
            (11, "jwks has no key"),
            (12, "does not say for what"),
            (13, "another trusted issuer"),
            (14, "private member"),
            (15, "both given"),
            (16, "no key key"),
        ],
    );
}

#[test]
fn rules_for_certificates_say_where_the_name_stands_and_what_it_is() {
    let wrong = r#"issuer = "https://id.example.com"
display_name = "x"
smart_card_policies = ["2.16.840.1", "pin"]
[[certificate_mapping]]
from = "san_mail"
user = "email"
[[certificate_mapping]]
issuer = "nothing"
"#;
    assert_problems(
        &realm_problems(wrong),
        &[
            (3, "no object identifier"),
            (4, "no authority vouches"),
            (5, "did you mean san_email?"),
            (7, "no authority vouches"),
            (7, "does not say where"),
            (7, "does not say what of a user"),
            (8, "without a type"),
        ],
    );
}

#[test]
fn secrets_are_warned_about_outside_demos() {
    let directory = Directory::new();
    let text = r#"issuer = "http://localhost:8080"
[[client]]
client_id     = "app"
client_secret = "short"
grant_types   = ["client_credentials"]
[[user]]
username = "alice"
password = { env = "SEKISHO_TEST_NEVER_SET" }
"#;
    let path = directory.write("realm.toml", text);
    let (files, warnings) = load_realms(&[path]).unwrap();
    let lines: Vec<usize> = warnings.0.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 4, 8], "{warnings}");
    assert!(matches!(files[0].users[0].password, Some(PasswordSeed::Missing)));
    assert!(realm_problems(text).iter().all(|(line, _)| *line == 8));
}

#[test]
fn a_realm_file_can_be_sent_over_the_control_socket() {
    let file = from_text(Path::new("bank.toml"), &testkit::realm::bank("http://localhost:1234")).unwrap();
    let sent = serde_json::to_string(&file).unwrap();
    let received: RealmFile = serde_json::from_str(&sent).unwrap();
    assert_eq!(serde_json::to_string(&received).unwrap(), sent);
    assert!(
        matches!(&received.users[0].password, Some(PasswordSeed::Clear(secret)) if secret.expose() == "alice-password")
    );
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
fn a_pairwise_client_of_several_hosts_is_told_what_it_lacks() {
    let realm = |more: &str| {
        format!(
            "issuer = \"https://id.example.com\"\nsign_up = true\n[[client]]\nclient_id = \"app\"\n\
             client_secret_hash = \"$sha256${}\"\n\
             redirect_uris = [\"https://a.example/cb\", \"https://b.example/cb\"]\n\
             subject_type = \"pairwise\"\n{more}",
            jose::b64::encode([1; 32])
        )
    };
    let problems = realm_problems(&realm(""));
    assert_problems(&problems, &[(4, "is needed for subject_type pairwise")]);
    let vouched = realm("sector_identifier_uri = \"https://sector.example/uris.json\"\n");
    let file = from_text(Path::new("realm.toml"), &vouched).unwrap();
    assert!(file.realm.sign_up, "nothing is fetched: the file's owner vouches");
}

#[test]
fn types_of_authorization_details_are_read_from_files_beside_the_realm() {
    let directory = temporary_directory("details");
    let schema = r#"{"type": "object", "properties": {"amount": {"type": "string"}, "accounts": {"type": "array"}}}"#;
    fs::write(directory.join("payment.schema.json"), schema).unwrap();
    let realm = |more: &str| {
        format!(
            r#"issuer = "https://id.example.com"
[[api]]
identifier = "https://api.example.com"
[[api.authorization_details]]
type = "payment"
{more}
[[client]]
client_id = "app"
client_secret = "0123456789abcdef0123456789abcdef"
redirect_uris = ["https://app.example.com/"]
authorization_details_types = ["payment"]
"#
        )
    };
    let read = |text: &str| realm_file::read(Document::parse(&directory.join("realm.toml"), text), true);
    let good = read(&realm(
        "schema = \"payment.schema.json\"\nconsent = { en = \"Pay {amount}\" }\nchoose = \"accounts\"\nremember = true",
    ));
    assert!(good.problems.is_empty(), "{}", Problems(good.problems));
    let kind = &good.file.unwrap().apis[0].authorization_details[0];
    assert_eq!(kind.schema, serde_json::from_str::<serde_json::Value>(schema).unwrap());
    assert_eq!((kind.choose.as_deref(), kind.remember), (Some("accounts"), true));
    let problems = |more: &str| {
        let problems = Problems(read(&realm(more)).problems).sorted();
        problems
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (more, line, expected) in [
        (
            "schema = \"no.json\"\nconsent = { en = \"x\" }",
            "realm.toml:6:10",
            "cannot be read",
        ),
        (
            "schema = \"payment.schema.json\"",
            "realm.toml:4:1",
            "users see its name alone",
        ),
        (
            "schema = \"payment.schema.json\"\nconsent = { en = \"Pay {payee}\" }",
            "realm.toml:7:1",
            "a place for payee, which the schema does not describe",
        ),
        (
            "schema = \"payment.schema.json\"\nconsent = { en = \"x\" }\nchoose = \"amount\"",
            "realm.toml:8:10",
            "does not describe as a list",
        ),
        (
            "schema = '{\"type\": \"text\"}'\nconsent = { en = \"x\" }",
            "realm.toml:6:10",
            "schema: type is no type",
        ),
        (
            "schema = \"payment.schema.json\"\nconsent = { en = \"x\" }\nnarrow = true",
            "realm.toml:8:1",
            "has no key narrow",
        ),
    ] {
        let found = problems(more);
        assert!(found.contains(line) && found.contains(expected), "{expected}: {found}");
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_is_wrong_in_a_schema_is_told_at_its_place_there() {
    let directory = temporary_directory("schema");
    let text = r#"issuer = "https://id.example.com"
[[api]]
identifier = "https://api.example.com"
authorization_details = [{ type = "payment", schema = "payment.schema.json", consent = { en = "x" } }]
"#;
    let problems = || {
        let document = Document::parse(&directory.join("realm.toml"), text);
        Problems(realm_file::read(document, true).problems).to_string()
    };
    let wrong = "{\n \"type\": \"object\",\n \"properties\": {\"amount\": {\"type\": \"string\", \"minimum\": 1}}\n}";
    fs::write(directory.join("payment.schema.json"), wrong).unwrap();
    let found = problems();
    assert!(
        found.contains("payment.schema.json:3:46: properties.amount.minimum has no effect"),
        "{found}"
    );
    fs::write(directory.join("payment.schema.json"), "{\n \"type\" }").unwrap();
    let found = problems();
    assert!(found.contains("payment.schema.json:2:"), "{found}");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn types_of_authorization_details_are_unique_and_known_to_clients() {
    let api = |host: &str| {
        format!(
            "[[api]]\nidentifier = \"https://{host}.example.com\"\nauthorization_details = [{{ type = \"payment\", \
             schema = '{{\"type\": \"object\"}}', consent = {{ en = \"Pay\" }} }}]\n"
        )
    };
    let client = "[[client]]\nclient_id = \"app\"\nclient_secret = \"0123456789abcdef0123456789abcdef\"\nredirect_uris = [\"https://app.example.com/\"]\nauthorization_details_types = [\"paymnt\", \"other\"]\n";
    let text = format!("issuer = \"https://id.example.com\"\n{}{}{client}", api("a"), api("b"));
    let found = realm_problems(&text);
    assert_problems(
        &found,
        &[
            (7, "another type of authorization_details payment at line 4"),
            (
                12,
                "paymnt is a type of no API's authorization_details — did you mean payment?",
            ),
            (12, "other is a type of no API's authorization_details — add it"),
        ],
    );
}

// Conformance: F2-CRY-01 F1A-ALG-02
#[test]
fn an_apis_tokens_are_signed_by_an_algorithm_of_its_profile() {
    let api = |profile: &str, alg: &str| {
        let text = format!(
            "issuer = \"https://id.example.com\"\n[[api]]\nidentifier = \"https://api.example.com\"\nprofile = \"{profile}\"\n\
             token_format = \"jwt\"\nsigning_alg = \"{alg}\"\nscope = [{{ name = \"read\", description = {{ en = \"Read\" }} }}]\n"
        );
        let found = realm_problems(&text).into_iter();
        found
            .filter(|(_, text)| text.contains("is not allowed by the profile"))
            .collect::<Vec<_>>()
    };
    assert_eq!(api("baseline", "RS256"), []);
    assert_eq!(api("fapi2-security", "PS256"), []);
    assert_problems(
        &api("fapi2-security", "RS256"),
        &[(6, "use one of: PS256, ES256, EdDSA")],
    );
    assert_problems(&api("fapi1-advanced", "EdDSA"), &[(6, "use one of: PS256, ES256")]);
}

/// A realm whose API has these routes, from line 6.
fn problems_of_routes(routes: &str) -> Vec<(usize, String)> {
    let text = format!(
        "issuer = \"https://id.example.com\"\n[[api]]\nidentifier = \"https://api.example.com\"\n\
         scope = [{{ name = \"pay\", description = {{ en = \"Pay\" }} }}]\nacr = \"loa2\"\n{routes}\n\
         [[api.authorization_details]]\ntype = \"payment\"\nconsent = {{ en = \"Pay\" }}\n\
         schema = '{{\"type\": \"object\", \"properties\": {{\"amount\": {{\"type\": \"string\"}}}}}}'\n"
    );
    realm_problems(&text)
}

#[test]
fn routes_that_make_sense_are_read_without_a_word() {
    let routes = r#"upstream = "http://127.0.0.1:9000"
route = [
  { methods = ["GET"], path = "/accounts/**", scope = ["pay"] },
  { methods = ["DELETE"], path = "/accounts/**", access = ["token"], max_age = "5m" },
  { methods = ["HEAD"], path = "/accounts/*", acr = "loa3" },
  { path = "/health", access = ["none"] },
  { methods = ["POST"], path = "/payments/*", authorization_details = { type = "payment", body = { amount = "/a/b" } } },
  { path = "/of/*", authorization_details = { type = "payment", path = { amount = 2 }, method = "amount" } },
]"#;
    assert_eq!(problems_of_routes(routes), []);
}

#[test]
fn limits_that_make_sense_are_read_without_a_word() {
    let routes = r#"limit = [{ per = "client", rate = "100/1m", burst = 20 }, { per = "api", rate = "1000/1s" }]
route = [
  { path = "/a", limit = [{ per = "user", rate = "5/1h" }, { per = "key", rate = "9/1d" }, { per = "route", rate = "9/1s" }] },
  { path = "/b", access = ["user_token", "client_credentials", "api_key", "basic", "client_certificate"] },
  { path = "/c", access = ["none"], limit = [{ per = "route", rate = "9/1s" }] },
]"#;
    assert_eq!(problems_of_routes(routes), []);
}

#[test]
fn limits_that_would_limit_nothing_are_told() {
    for (limit, expected) in [
        (
            "per = \"caller\", rate = \"1/1s\"",
            "use client, user, key, route or api",
        ),
        ("rate = \"1/1s\"", "a limit has no per"),
        ("per = \"client\"", "a limit has no rate"),
        ("per = \"client\", rate = \"fast\"", "\"fast\" is no rate"),
        ("per = \"client\", rate = \"0/1m\"", "is no rate"),
        (
            "per = \"client\", rate = \"1/1m\", burst = 0",
            "burst is no number of calls",
        ),
        (
            "per = \"client\", rate = \"1/1m\", burst = \"9\"",
            "burst is no number of calls",
        ),
        ("per = \"client\", rate = \"1/1m\", bursts = 9", "did you mean burst?"),
        ("per = \"api\", rate = \"1/1m\"", "cannot count all calls of the API"),
    ] {
        let found = problems_of_routes(&format!("route = [{{ path = \"/a\", limit = [{{ {limit} }}] }}]"));
        assert_problems(&found, &[(6, expected)]);
    }
    let open = "route = [{ path = \"/a\", access = [\"none\"], limit = [{ per = \"client\", rate = \"1/1m\" }] }]";
    assert_problems(&problems_of_routes(open), &[(6, "nobody knows who calls")]);
}

#[test]
fn routes_that_no_call_or_every_call_would_meet_are_told() {
    for (route, expected) in [
        ("path = \"accounts\"", "no call can have the path accounts"),
        ("path = \"/a/../b\"", "segment of dots"),
        ("path = \"/a/{id}\"", "write * for a segment"),
        ("path = \"/a/**/b\"", "/** can only be at the end"),
        (
            "path = \"/a\", scope = [\"read\"]",
            "the API has no scope read — use pay",
        ),
        ("path = \"/a\", methods = [\"FETCH\"]", "methods cannot be \"FETCH\""),
        ("path = \"/a\", access = [\"tokens\"]", "did you mean token?"),
        ("path = \"/a\", access = [\"none\", \"token\"]", "beside other ways"),
        (
            "path = \"/a\", access = [\"none\"], scope = [\"pay\"]",
            "scope has no effect",
        ),
        ("path = \"/a\", acr = \"loa9\"", "acr cannot be"),
        (
            "path = \"/a\", acr = \"loa2\"",
            "acr has no effect: the API needs loa2 anyway",
        ),
        ("path = \"/a\", max_age = 300", "max_age is a number"),
        (
            "path = \"/a\", authorization_details = { type = \"paymnt\" }",
            "did you mean payment?",
        ),
        (
            "path = \"/a\", authorization_details = { type = \"payment\", method = \"verb\" }",
            "has a verb",
        ),
        (
            "path = \"/a\", methods = [\"POST\"], authorization_details = { type = \"payment\", body = { amount = \"amount\" } }",
            "body.amount is no place in a body",
        ),
        (
            "path = \"/a\", methods = [\"POST\", \"GET\"], authorization_details = { type = \"payment\", body = { amount = \"/a\" } }",
            "no GET can be what the rule wants",
        ),
        (
            "path = \"/a\", authorization_details = { type = \"payment\", body = { amount = \"/a\" } }",
            "no GET can be what the rule wants",
        ),
        (
            "path = \"/a/*\", authorization_details = { type = \"payment\", path = { amount = 3 } }",
            "path.amount is no segment of the route's path",
        ),
        (
            "path = \"/a\", authorization_details = { type = \"payment\", query = {} }",
            "has no key query",
        ),
    ] {
        let found = problems_of_routes(&format!("route = [{{ {route} }}]"));
        assert_problems(&found, &[(6, expected)]);
    }
    let twice = problems_of_routes(
        "route = [{ path = \"/a/*\", methods = [\"GET\", \"POST\"] }, { path = \"/a/*\", methods = [\"POST\"] }]",
    );
    assert_problems(&twice, &[(6, "there is another route for POST /a/*")]);
    let nothing = problems_of_routes("upstream = \"http://127.0.0.1:9000\"");
    assert_problems(&nothing, &[(6, "nothing gets through to upstream")]);
    let place = "issuer = \"https://id.example.com\"\n[[api]]\nidentifier = \"https://API.example.com\"\nroute = [{ path = \"/**\" }]\n";
    assert_problems(&realm_problems(place), &[(3, "no call can be found")]);
}

/// A realm whose API has these keys on line 4.
fn problems_of_gateway(keys: &str) -> Vec<(usize, String)> {
    realm_problems(&format!(
        "issuer = \"https://id.example.com\"\n[[api]]\nidentifier = \"https://api.example.com\"\n{keys}\n\
         route = [{{ path = \"/**\" }}]\n"
    ))
}

#[test]
fn an_upstream_is_one_or_several_and_its_gateway_says_how_it_is_reached() {
    let one = r#"upstream = "http://127.0.0.1:9000""#;
    let several = r#"upstream = ["http://a.internal:9000", "http://b.internal:9000"]
gateway = { identity = "jwt", forwarded = "forwarded", host = "api.internal", http2 = true, connect = "1s", first_byte = "10s", idle = "5m", whole = "1h", body_limit = "10MiB", health = { path = "/health", every = "10s" } }"#;
    assert_eq!(problems_of_gateway(one), []);
    assert_eq!(problems_of_gateway(several), []);
}

#[test]
fn a_gateway_that_cannot_be_or_has_no_effect_is_told() {
    for (gateway, expected) in [
        ("body_limit = \"10MB\"", "is not a size"),
        (
            "identity = \"jwt\", pass_authorization = true",
            "the gateway's own token",
        ),
        ("identity = \"token\"", "identity cannot be"),
        ("host = \"user@api.internal\"", "host cannot be"),
        ("health = { path = \"health\" }", "is not a path"),
        ("health = { every = \"5s\" }", "health has no path"),
        ("first_byte = \"0s\"", "first_byte"),
        ("roots = [\"gone.pem\"]", "no file"),
        ("conect = \"1s\"", "did you mean connect?"),
    ] {
        let found = problems_of_gateway(&format!(
            "upstream = \"https://127.0.0.1:9000\"\ngateway = {{ {gateway} }}"
        ));
        assert_problems(&found, &[(5, expected)]);
    }
    for upstream in ["127.0.0.1:9000", "http://127.0.0.1:9000/base", "ws://127.0.0.1:9000"] {
        let found = problems_of_gateway(&format!("upstream = [\"{upstream}\"]"));
        assert_problems(&found, &[(4, "is no upstream")]);
    }
    assert_problems(
        &problems_of_gateway("gateway = { http2 = true }"),
        &[(4, "without an upstream")],
    );
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
