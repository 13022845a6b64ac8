mod client;
mod details_type;
mod gateway;
mod limit;
mod policy;
mod route;
mod server;
mod trust;
mod user;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use model::TokenFormat;
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
            (48, "does not say one thing that follows"),
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
fn broken_syntax_is_told_together_with_what_else_is_certainly_wrong() {
    let found = realm_problems("issuer = = \"x\"\nlocalse = [\"en\"]\nprofile = \"fapi\"\n");
    assert_eq!(
        found.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [1, 2, 3],
        "{found:?}"
    );
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
