//! Which realm a request is for, and its context, loaded when it is first needed.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use enforcement::gate::Rules;
use jose::WrapKey;
use model::{Api, Clock, Realm};
use storage::Store;
use tokio::sync::{Mutex, OnceCell};

use crate::{
    Node, Outside, RealmContext, RealmError, Refusals, api_rules, audit::Due, context::Sight, places::Places, rotation,
};

/// Between one realm's upkeep and the next one's. It is not urgent, save at the start.
const BETWEEN: Duration = Duration::from_millis(3);

/// All realms of this server.
pub struct Realms {
    /// Where rows are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What was refused of late.
    pub refusals: Refusals,
    wrap: Arc<WrapKey>,
    outside: Arc<Outside>,
    node: Arc<Node>,
    sees: Sight,
    index: ArcSwap<Index>,
    loading: Mutex<()>,
    has_keys: AtomicBool,
    /// Whether anybody calls APIs here.
    has_calls: AtomicBool,
    /// One upkeep at a time in this process: two would both make the slow keys.
    upkeep: Mutex<()>,
}

/// What was read at one revision. Contexts appear in it one by one, as realms are asked for.
#[derive(Default)]
struct Index {
    revision: i64,
    places: Places,
    contexts: ArcSwap<HashMap<String, Arc<RealmContext>>>,
    /// Empty until a call of an API comes.
    apis: OnceCell<Apis>,
}

/// The APIs of all realms.
#[derive(Clone)]
pub struct Apis {
    /// What calls of them must be.
    pub rules: Arc<Rules>,
    /// The settings by which the rules were compiled, each with its issuer.
    pub settings: Arc<Vec<(String, Api)>>,
}

/// Where a request was found to belong.
pub struct Found {
    /// The realm.
    pub realm: Arc<RealmContext>,
    /// What the request's path begins with before the path of an endpoint.
    pub base: String,
    /// Whether this is where the realm asks for mutual TLS, and not the issuer's own URL.
    pub is_alias: bool,
}

impl Realms {
    /// Reads which realms there are.
    pub async fn open(store: Store, clock: Clock, wrap: WrapKey, outside: Outside) -> Result<Self, RealmError> {
        let realms = Self {
            store,
            clock,
            refusals: Refusals::default(),
            wrap: Arc::new(wrap),
            outside: Arc::new(outside),
            node: Arc::default(),
            sees: Sight::default(),
            index: ArcSwap::from_pointee(Index::default()),
            loading: Mutex::new(()),
            has_keys: AtomicBool::new(false),
            has_calls: AtomicBool::new(false),
            upkeep: Mutex::new(()),
        };
        realms.refresh().await?;
        Ok(realms)
    }

    /// This process among those that share the database.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// What wraps stored secrets, whatever realm they are of.
    pub fn wrap(&self) -> &WrapKey {
        &self.wrap
    }

    /// With what this server can see of its clients' connections.
    #[must_use]
    pub fn seeing(self, sees: Sight) -> Self {
        Self { sees, ..self }
    }

    /// Reads everything again if the revision rose.
    pub async fn refresh(&self) -> Result<(), RealmError> {
        let revision = self.store.revision().await?;
        if revision == self.index.load().revision {
            return Ok(());
        }
        self.reload(revision).await
    }

    async fn reload(&self, revision: i64) -> Result<(), RealmError> {
        let _one_at_a_time = self.loading.lock().await;
        let places = Places::of(self.store.realms().await?);
        // Realms in use are loaded before the index is swapped, so that no request waits for it.
        let mut contexts = HashMap::new();
        let in_use = self.index.load().contexts.load_full();
        for realm in places.realms() {
            if in_use.contains_key(&realm.issuer) {
                // As in `maintain_keys`.
                tokio::task::yield_now().await;
                match self.load(realm).await {
                    Ok(context) => {
                        contexts.insert(realm.issuer.clone(), Arc::new(context));
                    }
                    Err(RealmError::Storage(error)) => return Err(error.into()),
                    // It fails alone, when it is asked for.
                    Err(error) => tracing::error!(%error, issuer = realm.issuer, "a realm cannot be loaded"),
                }
            }
        }
        let index = Index {
            revision,
            places,
            contexts: ArcSwap::from_pointee(contexts),
            apis: OnceCell::new(),
        };
        // So are rules: calls that need no token go on while the database is away.
        if self.has_calls.load(Ordering::Relaxed) {
            self.compile(&index).await?;
        }
        self.index.store(Arc::new(index));
        Ok(())
    }

    async fn load(&self, realm: &Realm) -> Result<RealmContext, RealmError> {
        let (store, clock, wrap) = (&self.store, &self.clock, &self.wrap);
        let mut context = RealmContext::load(store, clock, wrap, &self.outside, &self.node, realm.clone()).await?;
        context.sees = self.sees;
        Ok(context)
    }

    /// The realm of a request: the one with its host and the longest path that the request's path begins with.
    pub async fn find(&self, authority: &str, path: &str) -> Result<Option<Found>, RealmError> {
        let index = self.index.load_full();
        let Some(place) = index.places.find(authority, path) else {
            return Ok(None);
        };
        Ok(Some(Found {
            realm: self.context(&index, &place.realm).await?,
            base: place.base.clone(),
            is_alias: place.is_alias,
        }))
    }

    /// The realm of this issuer.
    pub async fn by_issuer(&self, issuer: &str) -> Result<Option<Arc<RealmContext>>, RealmError> {
        let index = self.index.load_full();
        match index.places.realm(issuer) {
            Some(realm) => self.context(&index, realm).await.map(Some),
            None => Ok(None),
        }
    }

    /// The APIs of all realms, and what calls of them must be.
    pub async fn apis(&self) -> Result<Apis, RealmError> {
        if let Some(apis) = self.index.load().apis.get() {
            return Ok(apis.clone());
        }
        self.has_calls.store(true, Ordering::Relaxed);
        let index = self.index.load_full();
        Box::pin(self.compile(&index)).await
    }

    async fn compile(&self, index: &Index) -> Result<Apis, RealmError> {
        let compiling = index.apis.get_or_try_init(|| async {
            let settings = self.store.all_apis().await?;
            let known = settings
                .iter()
                .filter_map(|(issuer, api)| Some((index.places.realm(issuer)?, api)));
            let rules =
                api_rules::compile(known.map(|(realm, api)| (api_rules(realm, api.clone()), api.limit.clone())));
            Ok::<_, RealmError>(Apis {
                rules: Arc::new(rules),
                settings: Arc::new(settings),
            })
        });
        compiling.await.cloned()
    }

    /// Whether a realm's URLs begin with this path.
    pub fn is_base(&self, path: &str) -> bool {
        let index = self.index.load();
        index.places.realms().any(|realm| realm.base_path() == path)
    }

    async fn context(&self, index: &Index, realm: &Realm) -> Result<Arc<RealmContext>, RealmError> {
        if let Some(context) = index.contexts.load().get(&realm.issuer) {
            return Ok(Arc::clone(context));
        }
        // Once for each realm: no other request has to carry the room that this needs.
        Box::pin(self.load_context(index, realm)).await
    }

    async fn load_context(&self, index: &Index, realm: &Realm) -> Result<Arc<RealmContext>, RealmError> {
        let _one_at_a_time = self.loading.lock().await;
        if let Some(context) = index.contexts.load().get(&realm.issuer) {
            return Ok(Arc::clone(context));
        }
        let context = Arc::new(self.load(realm).await?);
        let mut contexts = HashMap::clone(&index.contexts.load());
        contexts.insert(realm.issuer.clone(), Arc::clone(&context));
        index.contexts.store(Arc::new(contexts));
        Ok(context)
    }

    /// The issuers, sorted.
    pub fn issuers(&self) -> Vec<String> {
        let index = self.index.load();
        index.places.realms().map(|realm| realm.issuer.clone()).collect()
    }

    /// Each issuer, and for how many seconds its realm keeps the audit.
    pub fn audit_retained(&self) -> Vec<(String, i64)> {
        let index = self.index.load();
        let realms = index.places.realms();
        realms.map(|realm| (realm.issuer.clone(), realm.audit.retain)).collect()
    }

    /// The key that wraps stored secrets.
    pub fn wrap_key(&self) -> &WrapKey {
        &self.wrap
    }

    /// What is due for all keys: to be called at start and every minute.
    pub async fn maintain_keys(&self) -> Result<(), RealmError> {
        let _upkeep = self.upkeep.lock().await;
        for issuer in self.issuers() {
            rotation::maintain(&self.store, &self.clock, &self.wrap, &issuer).await?;
            // SQLite answers without ever waiting: requests get their turn between realms, however many there are.
            if self.has_keys() {
                tokio::time::sleep(BETWEEN).await;
            } else {
                tokio::task::yield_now().await;
            }
        }
        self.refresh().await?;
        self.has_keys.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Ends what this process alone may do, so that the next one need not wait. To be called when it answers nobody any
    /// more.
    pub async fn give_back_leases(&self) -> Result<(), RealmError> {
        Ok(self.node.give_back(&self.store, self.clock.now()).await?)
    }

    /// Writes what happened and was not written yet: to be called every second, and when this process answers nobody any
    /// more.
    pub async fn write_audit(&self, due: Due) -> Result<(), RealmError> {
        Ok(self.node.tally.write(&self.store, due, self.clock.now()).await?)
    }

    /// Whether the keys of all realms were looked after since the start: before, slow ones may be missing.
    pub fn has_keys(&self) -> bool {
        self.has_keys.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::{env::temp_dir, fs};

    use storage::{Change, Options, Outcome, realm::raise_revision};

    use super::*;

    #[tokio::test]
    async fn rules_that_are_in_use_are_compiled_before_those_before_them_are_forgotten() {
        let directory = temp_dir().join(format!("realms-{}", jose::random_token()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("test.db");
        let store = Store::open(&Options::Sqlite { path }).await.unwrap();
        let wrap = WrapKey::from_bytes(jose::random_bytes());
        let realms = Realms::open(store.clone(), Clock::system(), wrap, Outside::closed())
            .await
            .unwrap();
        let revised = async || {
            let raised = store.commit(Change::new().then(raise_revision())).await.unwrap();
            assert_eq!(raised, Outcome::Applied);
            realms.refresh().await.unwrap();
            realms.index.load().apis.initialized()
        };
        assert!(!revised().await, "nobody has asked for any");
        realms.apis().await.unwrap();
        assert!(revised().await);
        let _ = fs::remove_dir_all(&directory);
    }
}
