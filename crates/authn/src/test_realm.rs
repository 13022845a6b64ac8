//! For tests: a realm on a real database in a directory of its own, with a clock that stands still.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use jose::WrapKey;
use model::{Clock, Realm, Secret, Session, Source, User};
use protocol::profile::{ProfileRef, SecurityProfile};
use realm::RealmContext;
use storage::{Options, Store};

use crate::{
    password::PasswordPool,
    sign_in::{Attempt, Browser, SignInRefusal, SignedIn, sign_in},
    users::{self, NewUser},
};

/// Settings of a realm with this issuer.
pub(crate) fn settings(issuer: &str) -> Realm {
    let profile = ProfileRef(SecurityProfile::find("baseline").unwrap());
    Realm {
        display_name: "Bank".into(),
        profile,
        profiles: vec![profile],
        ..Realm::new(issuer)
    }
}

/// A realm with a password pool, and its directory.
pub(crate) struct TestRealm {
    realm: RealmContext,
    /// Two threads, and a queue that no test fills by chance.
    pub(crate) pool: PasswordPool,
    directory: PathBuf,
}

impl TestRealm {
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("authn-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("test.db");
        let store = Store::open(&Options::Sqlite { path }).await.unwrap();
        let clock = Clock::frozen(1_800_000_000);
        let wrap = Arc::new(WrapKey::from_bytes(jose::random_bytes()));
        let outside = Arc::new(realm::Outside::closed());
        let realm = RealmContext::load(
            &store,
            &clock,
            &wrap,
            &outside,
            &Arc::default(),
            settings("https://id.example.com"),
        )
        .await
        .unwrap();
        Self {
            realm,
            pool: PasswordPool::new(2, 100),
            directory,
        }
    }

    pub(crate) fn realm(&self) -> &RealmContext {
        &self.realm
    }

    pub(crate) fn settings_mut(&mut self) -> &mut Realm {
        &mut self.realm.realm
    }

    /// A user whose password is the name followed by `-password`.
    pub(crate) async fn user(&self, username: &str) -> User {
        self.user_with(username, serde_json::Map::new()).await
    }

    /// Such a user with a verified address.
    pub(crate) async fn user_with_mail(&self, username: &str) -> User {
        let email = format!("{username}@example.com");
        let claims = [("email", email.into()), ("email_verified", true.into())];
        let claims = claims.map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value));
        self.user_with(username, claims.into_iter().collect()).await
    }

    async fn user_with(&self, username: &str, claims: serde_json::Map<String, serde_json::Value>) -> User {
        users::create(
            &self.realm,
            &self.pool,
            NewUser {
                username: username.into(),
                password: Some(Secret::new(format!("{username}-password"))),
                password_hash: None,
                claims,
                groups: vec![],
                source: Source::Api,
            },
        )
        .await
        .unwrap()
    }

    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Result<SignedIn, SignInRefusal> {
        self.sign_in_as(username, password, None, None).await
    }

    pub(crate) async fn sign_in_as(
        &self,
        username: &str,
        password: &str,
        current: Option<&Session>,
        device: Option<&str>,
    ) -> Result<SignedIn, SignInRefusal> {
        let attempt = Attempt {
            username,
            password: &Secret::new(password),
            browser: Browser {
                flow_id: "a-flow",
                current,
                device,
                user_agent: "A browser\n",
                address: "192.0.2.1",
                is_remembered: true,
            },
        };
        sign_in(&self.realm, &self.pool, attempt).await
    }
}

impl Drop for TestRealm {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}
