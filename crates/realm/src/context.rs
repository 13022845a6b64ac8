//! Everything that an endpoint needs to know of its realm.

use std::sync::{Arc, OnceLock};

use jose::{Jwk, SigningAlg, WrapKey};
use model::{Api, Clock, Realm};
use protocol::{grant_management, scope::Scope};
use storage::{StorageError, Store};
use x509::{Authorities, PemError};

use crate::{DetailsTypes, Memo, Node, Outside, Purpose, Seals, SigningKeys, api_rules, decryption, rotation};

/// Why a realm cannot work.
#[derive(Debug, thiserror::Error)]
pub enum RealmError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key cannot be made, unwrapped or used.
    #[error("a key of the realm cannot be used: {0}")]
    Key(String),
    /// What is stored of those who vouch for clients.
    #[error("client_ca or crl of the realm {0}")]
    Authorities(#[from] PemError),
}

/// A realm with its database, clock and keys. Endpoints take it as their first argument.
pub struct RealmContext {
    /// Where rows are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub realm: Realm,
    /// The APIs.
    pub apis: Vec<Api>,
    /// Which scopes there are.
    pub scopes: Scopes,
    /// What can be asked for in detail.
    pub details_types: DetailsTypes,
    /// What signs.
    pub keys: SigningKeys,
    /// To what clients encrypt, see [`Self::decrypt`].
    pub encryption_keys: Vec<Jwk>,
    /// What seals.
    pub seals: Seals,
    /// Who vouches for the certificates of clients.
    pub authorities: Authorities,
    /// Who may sign in, and with which factors.
    pub rules: policy::Rules,
    /// What this server can see of its clients' connections.
    pub sees: Sight,
    /// What wraps stored secrets.
    pub wrap: Arc<WrapKey>,
    /// Who asks others.
    pub outside: Arc<Outside>,
    /// This process among those that share the database.
    pub node: Arc<Node>,
    /// The metadata document and the key set, as bytes, once they were asked for.
    pub documents: Documents,
    /// Tokens that were opened or verified before: whoever calls an API presents the same one again and again.
    pub read_tokens: Memo,
}

/// What a server can see of its clients' connections: what cannot come is not promised.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sight {
    /// Certificates: a listener asks for them, or a proxy passes them on.
    pub certificates: bool,
    /// Keys of Token Binding: a proxy passes them on.
    pub token_bindings: bool,
}

/// Scopes that no API owns.
pub const OPENID_SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// Whether a scope belongs to this server itself, so that no API can have one of this name.
pub fn is_own_scope(name: &str) -> bool {
    OPENID_SCOPES.contains(&name) || grant_management::SCOPES.contains(&name)
}

/// The scopes of a realm, gathered once.
pub struct Scopes {
    /// Those of OpenID Connect.
    pub openid: Scope,
    /// Those by which a client manages its grants: they have nothing to do with users.
    pub management: Scope,
    /// All.
    pub known: Scope,
    /// Identifier of an API → the scopes that it owns.
    pub of_apis: Vec<(String, Scope)>,
}

impl Scopes {
    fn of(apis: &[Api]) -> Self {
        let openid = Scope::from_tokens(OPENID_SCOPES).unwrap_or_default();
        let of_apis: Vec<(String, Scope)> = apis.iter().map(|api| (api.identifier.clone(), api.scopes())).collect();
        let management = Scope::from_tokens(grant_management::SCOPES).unwrap_or_default();
        let known = of_apis
            .iter()
            .fold(openid.union(&management), |known, (_, scope)| known.union(scope));
        Self {
            openid,
            management,
            known,
            of_apis,
        }
    }
}

/// Documents that do not change as long as the context lives.
#[derive(Default)]
pub struct Documents {
    /// RFC 8414.
    pub metadata: OnceLock<Arc<[u8]>>,
    /// RFC 7517.
    pub jwks: OnceLock<Arc<[u8]>>,
}

/// The rules about sign-ins. Files are checked before they are applied; but another version may have written what is stored,
/// or somebody by hand. Then nobody signs in, and all else goes on: tokens say what was decided when the rules were good.
fn rules(realm: &Realm) -> policy::Rules {
    policy::Rules::compile(&realm.policies).unwrap_or_else(|mistakes| {
        let first = mistakes.first().map(|mistake| mistake.told_of(&realm.policies));
        let problem = first.unwrap_or_default();
        tracing::error!(
            issuer = realm.issuer,
            problem,
            "the policies cannot be compiled: nobody signs in until their file is corrected and applied"
        );
        policy::Rules::closed(problem)
    })
}

impl RealmContext {
    /// Loads a realm; makes the keys that it lacks, except slow ones, which [`crate::maintain`] makes.
    pub async fn load(
        store: &Store,
        clock: &Clock,
        wrap: &Arc<WrapKey>,
        outside: &Arc<Outside>,
        node: &Arc<Node>,
        realm: Realm,
    ) -> Result<Self, RealmError> {
        let now = clock.now();
        rotation::ensure_fast_keys(store, wrap, &realm.issuer, now).await?;
        rotation::ensure_sealing_keys(store, wrap, &realm.issuer, now).await?;
        decryption::ensure_fast(store, wrap, &realm.issuer, now).await?;
        let apis: Vec<Api> = store
            .apis(&realm.issuer)
            .await?
            .into_iter()
            .map(|(api, _)| api)
            .collect();
        let issuer = realm.issuer.clone();
        let keys = SigningKeys::load(store, wrap, &realm.issuer).await?;
        let seals = Seals::load(store, wrap, &realm.issuer, now).await?;
        let authorities = Authorities::parse(&realm.client_ca, &realm.crl)?;
        Ok(Self {
            scopes: Scopes::of(&apis),
            details_types: DetailsTypes::of(&realm.issuer, &apis),
            authorities,
            rules: rules(&realm),
            sees: Sight::default(),
            store: store.clone(),
            clock: clock.clone(),
            realm,
            apis,
            keys,
            encryption_keys: decryption::published(store, &issuer, now).await?,
            seals,
            wrap: Arc::clone(wrap),
            outside: Arc::clone(outside),
            node: Arc::clone(node),
            documents: Documents::default(),
            read_tokens: Memo::default(),
        })
    }

    /// The issuer identifier, which is also the key of the realm's rows.
    pub fn issuer(&self) -> &str {
        &self.realm.issuer
    }

    /// The URL of a path below the issuer: `/token`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.realm.issuer.trim_end_matches('/'))
    }

    /// The algorithms of the proofs that some client of the realm may bring.
    pub fn proof_algs(&self) -> Vec<SigningAlg> {
        api_rules::proof_algs(&self.realm)
    }

    /// The URLs of a path: below the issuer, and where mutual TLS is asked for if that is elsewhere (RFC 8705 §5).
    pub fn urls(&self, path: &str) -> impl Iterator<Item = String> {
        let alias = self.realm.mtls.iter().map(move |base| format!("{base}{path}"));
        std::iter::once(self.url(path)).chain(alias)
    }

    /// Now, in unix seconds.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Seals a value as JSON for a purpose.
    pub fn seal<T: serde::Serialize>(&self, purpose: Purpose, value: &T) -> Result<Vec<u8>, RealmError> {
        let plain = serde_json::to_vec(value).map_err(|error| RealmError::Key(error.to_string()))?;
        self.seals.seal(purpose, &plain, self.now())
    }

    /// Opens a sealed value; `None` for anything that this realm did not seal for this purpose.
    pub fn open<T: serde::de::DeserializeOwned>(&self, purpose: Purpose, sealed: &[u8]) -> Option<T> {
        serde_json::from_slice(&self.seals.open(purpose, sealed)?).ok()
    }
}
