mod commands;
mod files;
mod grants;

use std::{fs, path::PathBuf};

use jose::WrapKey;
use model::{Clock, Secret, User};
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
        let realms = Realms::open(store, Clock::frozen(NOW), wrap, realm::Outside::closed())
            .await
            .unwrap();
        Self {
            realms: Arc::new(realms),
            pool: PasswordPool::new(2, 50),
            directory,
        }
    }

    pub async fn new() -> Self {
        let world = Self::empty().await;
        world.apply(FILE).await.unwrap();
        world
    }

    async fn apply(&self, text: &str) -> Result<Vec<PlannedChange>, AdminError> {
        let answer = self
            .run(Action::Apply {
                files: vec![file(text)],
            })
            .await?;
        Ok(serde_json::from_value(answer["changes"].clone()).unwrap())
    }

    fn secrets(&self) -> Secrets<'_> {
        Secrets {
            pool: &self.pool,
            wrap: self.realms.wrap_key(),
        }
    }

    async fn plan(&self, text: &str) -> Vec<PlannedChange> {
        plan(&self.realms.store, &[file(text)]).await.unwrap()
    }

    async fn run(&self, action: Action) -> Result<Value, AdminError> {
        execute(&self.realms, &self.pool, Command { realm: None, action }).await
    }

    pub async fn user(&self, name: &str) -> User {
        self.realms
            .store
            .find_user_by_name(ISSUER, name)
            .await
            .unwrap()
            .unwrap()
    }

    /// What a client makes its MACs with.
    async fn secret(&self, client_id: &str) -> String {
        let realm = self.realms.by_issuer(ISSUER).await.unwrap().unwrap();
        let client = realm.store.find_client(ISSUER, client_id).await.unwrap().unwrap();
        let secret = oauth::client_secret::recover(&realm, &client).unwrap().unwrap();
        assert!(client.is_secret(ISSUER, &secret));
        secret.expose().to_owned()
    }

    pub async fn verify(&self, name: &str, password: &str) -> bool {
        let user = self.user(name).await;
        self.pool
            .verify(user.password_hash.as_deref(), &Secret::new(password))
            .await
            .unwrap()
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
    changes
        .iter()
        .map(|change| format!("{:?} {} {}", change.action, change.kind, change.name))
        .collect()
}
