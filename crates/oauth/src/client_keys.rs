//! The public keys of a client, as it registered them: by value, or at its `jwks_uri`.
//!
//! Spec: OpenID Connect Registration §2 (`jwks`, `jwks_uri`), OpenID Connect Core §10.1.1 (rotation)

use std::sync::Arc;

use explanation::{Explain, Explanation, catalogue::keys};
use jose::{JweAlg, JwsError, KeySet, Recipient, SigningAlg, UnverifiedJwt, Verified};
use protocol::{ClientMetadata, SecurityProfile, explained::of_jws};
use realm::{FetchError, RealmContext};

/// Why a client's keys do not do.
#[derive(Debug, thiserror::Error)]
pub enum ClientKeysError {
    /// It registered none.
    #[error("the client has registered no keys: register jwks or jwks_uri")]
    None,
    /// They cannot be had. Why is for the log: whoever registers an address must not learn by it what is behind the
    /// server's own network.
    #[error("the keys at the client's jwks_uri cannot be had")]
    Fetch(#[from] FetchError),
    /// None of them can be encrypted to.
    #[error("none of the client's keys is an encryption key for {0}; of several, each needs a kid")]
    NoneFits(&'static str),
    /// They did not make this signature.
    #[error("{0}")]
    Signature(#[from] JwsError),
}

impl Explain for ClientKeysError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::None => &keys::NONE,
            Self::Fetch(_) => &keys::UNREACHABLE,
            Self::NoneFits(alg) => return Explanation::from(&keys::NO_ENCRYPTION_KEY).expected(alg),
            Self::Signature(error) => of_jws(*error),
        };
        reason.into()
    }
}

/// The client's keys. `kid` is the one that is needed: if it is not known, the client may have rotated its keys.
pub async fn key_set(
    realm: &RealmContext,
    client: &ClientMetadata,
    kid: Option<&str>,
) -> Result<Arc<KeySet>, ClientKeysError> {
    match (&client.jwks, &client.jwks_uri) {
        (Some(keys), _) => Ok(Arc::new(keys.clone())),
        (None, Some(uri)) => Ok(realm.outside.key_set(uri, kid, realm.now()).await?),
        (None, None) => Err(ClientKeysError::None),
    }
}

/// The algorithms with which a client may have signed something: the one that it registered for that, else those of its
/// profile; never one that the profile does not know.
pub(crate) fn allowed(profile: &SecurityProfile, registered: Option<SigningAlg>) -> Vec<SigningAlg> {
    let algs = profile.signing_algs.iter().copied();
    algs.filter(|alg| registered.is_none_or(|registered| registered == *alg))
        .collect()
}

/// Checks that the client signed a token with one of `allowed`.
pub async fn verify(
    realm: &RealmContext,
    client: &ClientMetadata,
    token: &UnverifiedJwt,
    allowed: &[SigningAlg],
) -> Result<Verified, ClientKeysError> {
    let keys = key_set(realm, client, token.header().kid.as_deref()).await?;
    Ok(keys.verify(token, allowed)?)
}

/// Whom to encrypt to when the client is to read something.
pub async fn recipient(
    realm: &RealmContext,
    client: &ClientMetadata,
    alg: JweAlg,
) -> Result<Recipient, ClientKeysError> {
    let keys = key_set(realm, client, None).await?;
    keys.recipient(alg).ok_or(ClientKeysError::NoneFits(alg.as_str()))
}
