//! A client: an app, described by its registered metadata.

use std::sync::Arc;

use protocol::{client_metadata::ClientMetadata, profile::SecurityProfile};

use crate::{Realm, Secret, Source, client_secret_hash};

/// A registered client.
#[derive(Debug, Clone)]
pub struct Client {
    /// The registered metadata.
    pub metadata: Arc<ClientMetadata>,
    /// The hash of its secret, see [`client_secret_hash`].
    pub secret_hash: Option<Vec<u8>>,
    /// The secret itself, wrapped: kept only for methods that make a MAC with it.
    pub wrapped_secret: Option<Vec<u8>>,
    /// The hash of its registration access token (RFC 7592), if it registered itself.
    pub registration_token_hash: Option<Vec<u8>>,
    /// A disabled client gets nothing, and its tokens are worth nothing.
    pub enabled: bool,
    /// Who owns it.
    pub source: Source,
    /// When it was made, unix seconds.
    pub created_at: i64,
}

impl Client {
    /// The `client_id`.
    pub fn id(&self) -> &str {
        &self.metadata.client_id
    }

    /// The name that users see; the id where the client gave none.
    pub fn name(&self, locale: &str) -> &str {
        self.metadata.name_in(locale)
    }

    /// Whether this is the client's secret; compared in constant time.
    pub fn is_secret(&self, issuer: &str, secret: &Secret) -> bool {
        let presented = client_secret_hash(issuer, self.id(), secret.expose());
        self.secret_hash
            .as_deref()
            .is_some_and(|stored| jose::constant_time_eq(stored, &presented))
    }

    /// The security profile that it follows.
    pub fn profile(&self, realm: &Realm) -> &'static SecurityProfile {
        self.metadata.profile_or(realm.profile.0)
    }
}
