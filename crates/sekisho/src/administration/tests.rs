use std::{fs, path::PathBuf};

use jose::WrapKey;
use model::{Authorization, AuthorizationDetails, Clock, Grant, Secret, Session, Source, User, client_secret_hash};
use serde_json::Map;
use protocol::{Acr, ClientMetadata, GrantType};
use storage::{Change, Options, Outcome};
use testkit::process::temporary_directory;

use super::*;
use crate::config::from_text;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example.com";

/// A database with one realm, as a file made it: `alice`, an API and a client.
pub(crate) struct World {
    pub realms: Arc<Realms>,
    pub pool: PasswordPool,
    pub directory: PathBuf,
}

const FILE: &str = r#"issuer = "https://id.example.com"
display_name = "Bank"
[[api]]
identifier = "https://api.example.com"
introspection = ["bank-api"]
scope = [{ name = "accounts:read", description = { en = "See your accounts" } }]
[[client]]
client_id = "bank-api"
client_secret = "0123456789abcdef012345"
grant_types = ["client_credentials"]
response_types = []
[[client]]
client_id = "app"
client_name = "App"
"client_name#ja" = "アプリ"
token_endpoint_auth_method = "none"
redirect_uris = ["https://app.example.com/callback"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid accounts:read"
[[user]]
username = "alice"
password = "alice-password"
email = "alice@example.com"
groups = ["retail"]
"#;

pub(crate) fn file(text: &str) -> RealmFile {
    from_text(std::path::Path::new("realm.toml"), text).unwrap()
}

impl World {
    pub async fn empty() -> Self {
        let directory = temporary_directory("administration");
        let path = directory.join("test.db");
        let store = Store::open(&Options::Sqlite { path }).await.unwrap();
        let wrap = WrapKey::from_bytes(jose::random_bytes());
        let realms = Realms::open(store, Clock::frozen(NOW), wrap).await.unwrap();
        Self { realms: Arc::new(realms), pool: PasswordPool::new(2, 50), directory }
    }

    pub async fn new() -> Self {
        let world = Self::empty().await;
        world.apply(FILE).await.unwrap();
        world
    }

    async fn apply(&self, text: &str) -> Result<Vec<PlannedChange>, AdminError> {
        let answer = self.run(Action::Apply { files: vec![file(text)] }).await?;
        Ok(serde_json::from_value(answer["changes"].clone()).unwrap())
    }

    async fn plan(&self, text: &str) -> Vec<PlannedChange> {
        plan(&self.realms.store, &[file(text)]).await.unwrap()
    }

    async fn run(&self, action: Action) -> Result<Value, AdminError> {
        execute(&self.realms, &self.pool, Command { realm: None, action }).await
    }

    pub async fn user(&self, name: &str) -> User {
        self.realms.store.find_user_by_name(ISSUER, name).await.unwrap().unwrap()
    }

    async fn verify(&self, name: &str, password: &str) -> bool {
        let user = self.user(name).await;
        self.pool.verify(user.password_hash.as_deref(), &Secret::new(password)).await.unwrap()
    }

    async fn commit(&self, change: Change) {
        assert_eq!(self.realms.store.commit(change).await.unwrap(), Outcome::Applied);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn told(changes: &[PlannedChange]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {} {}", change.action, change.kind, change.name)).collect()
}

#[tokio::test]
async fn apply_makes_what_plan_says_and_a_second_time_there_is_nothing_to_do() {
    let world = World::empty().await;
    let planned = world.plan(FILE).await;
    assert_eq!(
        told(&planned),
        [
            "Create realm https://id.example.com",
            "Create api https://api.example.com",
            "Create client bank-api",
            "Create client app",
            "Create user alice"
        ]
    );
    assert!(world.realms.store.realms().await.unwrap().is_empty(), "a plan changes nothing");
    assert_eq!(world.apply(FILE).await.unwrap(), planned);
    assert!(world.plan(FILE).await.is_empty());
    assert!(world.apply(FILE).await.unwrap().is_empty());
    assert!(world.verify("alice", "alice-password").await);
    let context = world.realms.by_issuer(ISSUER).await.unwrap().unwrap();
    assert_eq!(context.apis.len(), 1, "the running realm is fresh");
}

#[tokio::test]
async fn a_plan_tells_fields_from_old_to_new_and_never_a_secret() {
    let world = World::new().await;
    let changed = FILE
        .replace("\"Bank\"", "\"Better Bank\"\n[lifetimes]\naccess_token = \"5m\"")
        .replace("0123456789abcdef012345", "another-secret-of-the-api")
        .replace("alice@example.com", "a@example.com")
        .replace("alice-password", "a password that nobody sees");
    let planned = world.plan(&changed).await;
    assert_eq!(told(&planned), ["Update realm https://id.example.com", "Update client bank-api", "Update user alice"]);
    let fields: Vec<_> = planned.iter().flat_map(|change| &change.fields).collect();
    let names: Vec<_> = fields.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(names, ["display_name", "lifetimes.access_token", "client_secret", "claims.email"]);
    assert_eq!((fields[1].old.clone(), fields[1].new.clone()), (Some(json!(600)), Some(json!(300))));
    let shown = serde_json::to_string(&planned).unwrap();
    assert!(!shown.contains("another-secret") && !shown.contains("nobody sees"), "{shown}");

    world.apply(&changed).await.unwrap();
    assert!(world.plan(&changed).await.is_empty());
    assert!(world.verify("alice", "alice-password").await, "a password is a seed");
    let client = world.realms.store.find_client(ISSUER, "bank-api").await.unwrap().unwrap();
    let hash = client_secret_hash(ISSUER, "bank-api", "another-secret-of-the-api");
    assert_eq!(client.secret_hash.as_deref(), Some(hash.as_slice()));
}

#[tokio::test]
async fn what_a_file_no_longer_names_is_removed_but_users_are_only_disabled() {
    let world = World::new().await;
    let id = world.user("alice").await.id;
    let small = "issuer = \"https://id.example.com\"\ndisplay_name = \"Bank\"\n";
    let changes = world.apply(small).await.unwrap();
    assert_eq!(
        told(&changes),
        [
            "Remove api https://api.example.com",
            "Remove client app",
            "Remove client bank-api",
            "Disable user alice"
        ]
    );
    assert!(!world.user("alice").await.enabled);
    assert!(world.plan(small).await.is_empty());

    world.apply(FILE).await.unwrap();
    let back = world.user("alice").await;
    assert_eq!((back.enabled, back.id, back.source), (true, id, Source::File));
    assert!(world.plan(FILE).await.is_empty());
    assert!(world.verify("alice", "alice-password").await);
}

#[tokio::test]
async fn a_user_disabled_by_command_stays_so_unless_the_file_says_otherwise() {
    let world = World::new().await;
    let answer = world.run(Action::UserSetEnabled { user: "ALICE".into(), enabled: false }).await.unwrap();
    assert_eq!(answer["enabled"], false);
    assert!(world.apply(FILE).await.unwrap().is_empty());
    assert!(!world.user("alice").await.enabled);
    let explicit = FILE.replace("username = \"alice\"", "username = \"alice\"\nenabled = true");
    assert_eq!(told(&world.apply(&explicit).await.unwrap()), ["Update user alice"]);
    assert!(world.user("alice").await.enabled);
    world.run(Action::ClientSetEnabled { client_id: "app".into(), enabled: false }).await.unwrap();
    assert!(world.plan(&explicit).await.is_empty());
    assert!(!world.realms.store.find_client(ISSUER, "app").await.unwrap().unwrap().enabled);
}

#[tokio::test]
async fn what_a_command_made_is_left_alone_and_a_file_that_describes_it_differently_is_refused() {
    let world = World::new().await;
    let metadata = ClientMetadata {
        client_id: "robot".into(),
        grant_types: vec![GrantType::ClientCredentials],
        response_types: Vec::new(),
        ..ClientMetadata::default()
    };
    world.run(Action::ClientAdd { metadata: Box::new(metadata) }).await.unwrap();
    let add = Action::UserAdd {
        username: "bob".into(),
        password: None,
        claims: serde_json::from_value(json!({ "name": "Bob" })).unwrap(),
        groups: Vec::new(),
    };
    world.run(add).await.unwrap();
    assert!(world.apply(FILE).await.unwrap().is_empty(), "neither is removed");

    let both = format!(
        "{FILE}name = \"Alice\"\n[[user]]\nusername = \"bob\"\nname = \"Robert\"\n[[client]]\nclient_id = \"robot\"\n\
         token_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://r.example.com/\"]\n"
    );
    let error = world.apply(&both).await.unwrap_err();
    assert_eq!(error.kind, AdminErrorKind::OwnedByCommand);
    assert!(error.problem.contains("client robot") && error.problem.contains("user bob"), "{error}");
    assert!(world.user("alice").await.claims.get("name").is_none(), "nothing of the file was applied");
    let same = format!("{FILE}[[user]]\nusername = \"bob\"\nname = \"Bob\"\n");
    assert!(world.apply(&same).await.unwrap().is_empty());
    assert_eq!(world.user("bob").await.source, Source::Api);
}

#[tokio::test]
async fn several_files_are_applied_together_or_not_at_all() {
    let world = World::new().await;
    let mut second = file(&FILE.replace(ISSUER, "https://id.example.com/two"));
    second.users[0].password = Some(crate::config::PasswordSeed::Missing);
    let first = file(&FILE.replace("Better", "Bank").replace("\"Bank\"", "\"Changed\""));
    let error = world.run(Action::Apply { files: vec![first, second] }).await.unwrap_err();
    assert!(error.problem.contains("environment variable"), "{error}");
    let realms = world.realms.store.realms().await.unwrap();
    assert_eq!((realms.len(), realms[0].display_name.as_str()), (1, "Bank"));
}

#[tokio::test]
async fn an_exported_realm_changes_nothing_where_it_came_from_and_makes_the_same_elsewhere() {
    let world = World::new().await;
    world.run(Action::UserSetEnabled { user: "alice".into(), enabled: false }).await.unwrap();
    let add = Action::UserAdd {
        username: "bob".into(),
        password: Some(Secret::new("bob's password")),
        claims: Map::from_iter([("address".to_owned(), json!({ "country": "JP" }))]),
        groups: vec!["a".into()],
    };
    world.run(add).await.unwrap();
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert!(!toml.contains("alice-password") && !toml.contains("0123456789abcdef"), "{toml}");
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");

    let other = World::empty().await;
    other.apply(toml).await.unwrap();
    assert!(other.plan(toml).await.is_empty());
    assert!(other.verify("bob", "bob's password").await && !other.user("alice").await.enabled);
    let again = other.run(Action::Export).await.unwrap();
    assert_eq!(again["toml"].as_str().unwrap(), toml);
}

#[tokio::test]
async fn users_are_listed_in_pages_and_shown_without_their_hashes() {
    let world = World::new().await;
    for name in ["bob", "Carol"] {
        let add = Action::UserAdd { username: name.into(), password: None, claims: Map::new(), groups: Vec::new() };
        world.run(add).await.unwrap();
    }
    let first = world.run(Action::UserList { after: String::new(), limit: 2 }).await.unwrap();
    assert_eq!((first["users"].as_array().unwrap().len(), &first["next"]), (2, &json!("bob")));
    let rest = world.run(Action::UserList { after: "bob".into(), limit: 2 }).await.unwrap();
    assert_eq!((rest["users"][0]["username"].as_str(), &rest["next"]), (Some("Carol"), &Value::Null));
    let shown = world.run(Action::UserShow { user: "alice".into() }).await.unwrap();
    assert!(!shown.to_string().contains("argon2") && shown["has_password"] == true);
    let by_id = Action::UserShow { user: shown["sub"].as_str().unwrap().into() };
    assert_eq!(world.run(by_id).await.unwrap()["username"], "alice");
}

#[tokio::test]
async fn a_password_is_set_whoever_owns_the_user() {
    let world = World::new().await;
    let set = |password: &str| Action::UserSetPassword { user: "alice".into(), password: Secret::new(password) };
    world.run(set("a new password")).await.unwrap();
    assert!(world.verify("alice", "a new password").await);
    assert_eq!(world.run(set("short")).await.unwrap_err().kind, AdminErrorKind::Invalid);
    assert!(world.apply(FILE).await.unwrap().is_empty());
    assert!(world.verify("alice", "a new password").await);
}

#[tokio::test]
async fn the_secret_of_a_client_is_shown_once_and_can_be_rotated() {
    let world = World::new().await;
    let metadata = ClientMetadata {
        client_id: "robot".into(),
        grant_types: vec![GrantType::ClientCredentials],
        response_types: Vec::new(),
        scope: Some("accounts:read".parse().unwrap()),
        ..ClientMetadata::default()
    };
    let made = world.run(Action::ClientAdd { metadata: Box::new(metadata.clone()) }).await.unwrap();
    let is_secret = async |answer: &Value| {
        let client = world.realms.store.find_client(ISSUER, "robot").await.unwrap().unwrap();
        client.is_secret(ISSUER, &Secret::new(answer["client_secret"].as_str().unwrap()))
    };
    assert!(is_secret(&made).await);
    let again = world.run(Action::ClientAdd { metadata: Box::new(metadata.clone()) }).await.unwrap_err();
    assert_eq!(again.kind, AdminErrorKind::Conflict);
    let rotated = world.run(Action::ClientRotateSecret { client_id: "robot".into() }).await.unwrap();
    assert!(is_secret(&rotated).await && !is_secret(&made).await);
    let shown = world.run(Action::ClientShow { client_id: "robot".into() }).await.unwrap();
    assert!(shown.get("client_secret").is_none() && shown["has_secret"] == true);
    let unowned = ClientMetadata { client_id: "r2".into(), scope: Some("x:y".parse().unwrap()), ..metadata };
    let error = world.run(Action::ClientAdd { metadata: Box::new(unowned) }).await.unwrap_err();
    assert!(error.problem.contains("x:y belongs to no API"), "{error}");
    world.run(Action::ClientRemove { client_id: "robot".into() }).await.unwrap();
    assert_eq!(world.run(Action::ClientShow { client_id: "robot".into() }).await.unwrap_err().kind, AdminErrorKind::NotFound);
}

#[tokio::test]
async fn what_a_file_owns_is_not_edited_by_commands() {
    let world = World::new().await;
    for action in [
        Action::ClientRemove { client_id: "app".into() },
        Action::ClientRotateSecret { client_id: "bank-api".into() },
        Action::ApiRemove { identifier: "https://api.example.com".into() },
    ] {
        let error = world.run(action).await.unwrap_err();
        assert_eq!(error.kind, AdminErrorKind::OwnedByFile);
        assert!(error.to_string().contains("change the file and run: sekisho apply FILE"), "{error}");
    }
}

#[tokio::test]
async fn apis_are_added_checked_and_removed() {
    let world = World::new().await;
    let api = |identifier: &str, scope: &str| -> Action {
        let api = json!({ "identifier": identifier, "name": "Reports", "scope": [{ "name": scope }] });
        Action::ApiAdd { api: Box::new(serde_json::from_value(api).unwrap()) }
    };
    world.run(api("https://reports.example.com", "reports:read")).await.unwrap();
    for (identifier, scope, kind) in [
        ("https://reports.example.com", "x", AdminErrorKind::Conflict),
        ("https://other.example.com", "reports:read", AdminErrorKind::Conflict),
        ("https://other.example.com", "openid", AdminErrorKind::Conflict),
        ("https://other.example.com", "two words", AdminErrorKind::Invalid),
        ("not a url", "x", AdminErrorKind::Invalid),
        (ISSUER, "x", AdminErrorKind::Invalid),
    ] {
        assert_eq!(world.run(api(identifier, scope)).await.unwrap_err().kind, kind, "{identifier} {scope}");
    }
    assert_eq!(world.run(Action::ApiList).await.unwrap()["apis"].as_array().unwrap().len(), 2);
    let remove = || Action::ApiRemove { identifier: "https://reports.example.com".into() };
    world.run(remove()).await.unwrap();
    assert_eq!(world.run(remove()).await.unwrap_err().kind, AdminErrorKind::NotFound);
}

#[tokio::test]
async fn keys_are_listed_and_rotated() {
    let world = World::new().await;
    world.realms.maintain_keys().await.unwrap();
    let states = async || -> Vec<(String, String)> {
        let keys = world.run(Action::KeyList).await.unwrap();
        let text = |key: &Value, member: &str| key[member].as_str().unwrap().to_owned();
        keys["keys"].as_array().unwrap().iter().map(|key| (text(key, "alg"), text(key, "state"))).collect()
    };
    assert_eq!(states().await.len(), 4);
    let rotate = |now| Action::KeyRotate { alg: Some(jose::SigningAlg::Es256), now };
    let made = world.run(rotate(false)).await.unwrap();
    assert_eq!((made["keys"][0]["alg"].as_str(), made["keys"][0]["state"].as_str()), (Some("ES256"), Some("next")));
    assert_eq!(world.run(rotate(false)).await.unwrap_err().kind, AdminErrorKind::Conflict);
    let eddsa = Action::KeyRotate { alg: Some(jose::SigningAlg::EdDsa), now: true };
    world.run(eddsa).await.unwrap();
    let found = states().await;
    let has = |alg: &str, state: &str| found.contains(&(alg.to_owned(), state.to_owned()));
    assert!(has("EdDSA", "active") && has("EdDSA", "retired") && has("ES256", "next"), "{found:?}");
}

fn session(user: &User) -> Session {
    Session {
        id: "s1".into(),
        user_id: user.id.clone(),
        secret_hash: vec![0; 32],
        flow_id: "f".into(),
        auth_time: NOW,
        acr: Acr::Loa2,
        amr: vec!["pwd".into()],
        user_agent: "browser".into(),
        address: "127.0.0.1".into(),
        created_at: NOW,
        expires_at: NOW + 100,
        ended_at: None,
    }
}

#[tokio::test]
async fn grants_and_sessions_are_listed_and_ended_with_what_came_from_them() {
    let world = World::new().await;
    let user = world.user("alice").await;
    let grant = Grant {
        id: "g1".into(),
        user_id: user.id.clone(),
        client_id: "app".into(),
        scope: "openid".parse().unwrap(),
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW + 100,
        ended_at: None,
    };
    let authorization = Authorization {
        id: "a1".into(),
        grant_id: "g1".into(),
        user_id: user.id.clone(),
        client_id: "app".into(),
        session_id: "s1".into(),
        scope: grant.scope.clone(),
        audience: Vec::new(),
        details: AuthorizationDetails {
            redirect_uri: None,
            code_challenge: None,
            nonce: None,
            resource: Vec::new(),
            acr: Acr::Loa2,
            amr: Vec::new(),
        },
        auth_time: NOW,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        offline: true,
        created_at: NOW,
        expires_at: NOW + 100,
        ended_at: None,
    };
    let change = Change::new()
        .then(storage::session::insert(ISSUER, &session(&user)).unwrap())
        .then(storage::grant::insert(ISSUER, &grant))
        .then(storage::authorization::insert(ISSUER, &authorization, "c").unwrap());
    world.commit(change).await;

    let grants = world.run(Action::GrantList { user: "alice".into() }).await.unwrap();
    assert_eq!(grants["grants"][0]["client_id"], "app");
    for _ in 0..2 {
        let ended = world.run(Action::GrantRevoke { id: "g1".into() }).await.unwrap();
        assert_eq!((&ended["alive"], &ended["ended_at"]), (&json!(false), &json!(NOW)));
    }
    let living = world.realms.store.find_living_authorization(ISSUER, "a1", NOW).await.unwrap();
    assert!(living.is_none());
    assert_eq!(world.run(Action::GrantList { user: "alice".into() }).await.unwrap()["grants"], json!([]));
    assert_eq!(world.run(Action::GrantShow { id: "g1".into() }).await.unwrap()["alive"], false);

    assert_eq!(world.run(Action::SessionList { user: "alice".into() }).await.unwrap()["sessions"][0]["id"], "s1");
    for _ in 0..2 {
        assert_eq!(world.run(Action::SessionEnd { id: "s1".into() }).await.unwrap()["alive"], false);
    }
    assert_eq!(world.run(Action::SessionList { user: "alice".into() }).await.unwrap()["sessions"], json!([]));
    for action in [Action::GrantRevoke { id: "x".into() }, Action::SessionEnd { id: "x".into() }] {
        assert_eq!(world.run(action).await.unwrap_err().kind, AdminErrorKind::NotFound);
    }
}

#[tokio::test]
async fn the_only_realm_need_not_be_named_but_one_of_several_must() {
    let world = World::empty().await;
    let error = world.run(Action::ClientList).await.unwrap_err();
    assert!(error.to_string().contains("there is no realm"), "{error}");
    world.apply(FILE).await.unwrap();
    world.run(Action::ClientList).await.unwrap();
    world.apply("issuer = \"https://id.example.com/two\"").await.unwrap();
    let error = world.run(Action::ClientList).await.unwrap_err();
    assert!(error.remedy.contains("https://id.example.com/two"), "{error}");
    let command = |realm: &str| Command { realm: Some(realm.into()), action: Action::ClientList };
    let two = execute(&world.realms, &world.pool, command("https://id.example.com/two")).await.unwrap();
    assert_eq!(two["clients"], json!([]));
    assert!(execute(&world.realms, &world.pool, command("https://id.example.com/3")).await.is_err());
}

#[tokio::test]
async fn a_server_that_is_told_of_no_realm_gets_the_default_one_once() {
    let world = World::empty().await;
    let config = ServerConfig::without_file();
    let store = &world.realms.store;
    let made = apply_at_start(store, &world.pool, &config, NOW).await.unwrap();
    assert_eq!(told(&made), ["Create realm http://localhost:8080"]);
    assert!(apply_at_start(store, &world.pool, &config, NOW).await.unwrap().is_empty());

    let other = World::empty().await;
    let named = ServerConfig { names_realms: true, realms: vec![file(FILE)], ..config };
    apply_at_start(&other.realms.store, &other.pool, &named, NOW).await.unwrap();
    let realms = other.realms.store.realms().await.unwrap();
    assert_eq!(realms.iter().map(|realm| realm.issuer.as_str()).collect::<Vec<_>>(), [ISSUER]);
}
