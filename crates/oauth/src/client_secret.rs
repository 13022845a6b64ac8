//! The secret of a client as it is stored: as a hash, and besides, where MACs are made with it, wrapped.
//!
//! Spec: RFC 6749 §2.3.1, OpenID Connect Core §9 (`client_secret_jwt`)

use jose::WrapKey;
use model::{Client, Secret, client_secret_hash};
use protocol::TokenEndpointAuthMethod;
use realm::{RealmContext, RealmError};

use crate::Fault;

/// What a client's row keeps of a secret.
#[derive(Clone)]
pub struct StoredSecret {
    /// For comparison, see [`client_secret_hash`].
    pub hash: [u8; 32],
    /// The secret itself under the wrapping key, if the method needs it.
    pub wrapped: Option<Vec<u8>>,
}

/// What is to be stored of a new secret of a client that authenticates by `method`.
pub fn store(
    wrap: &WrapKey,
    issuer: &str,
    client_id: &str,
    method: TokenEndpointAuthMethod,
    secret: &Secret,
) -> StoredSecret {
    StoredSecret {
        hash: client_secret_hash(issuer, client_id, secret.expose()),
        wrapped: method
            .needs_recoverable_secret()
            .then(|| wrap.wrap(&label(issuer, client_id), secret.expose().as_bytes())),
    }
}

/// The secret of a client, if it was kept.
pub fn recover(realm: &RealmContext, client: &Client) -> Result<Option<Secret>, Fault> {
    let Some(wrapped) = &client.wrapped_secret else {
        return Ok(None);
    };
    let broken = |error: String| Fault::Realm(RealmError::Key(format!("the secret of {}: {error}", client.id())));
    let secret = realm
        .wrap
        .unwrap(&label(realm.issuer(), client.id()), wrapped)
        .map_err(|error| broken(error.to_string()))?;
    String::from_utf8(secret)
        .map(|secret| Some(Secret::new(secret)))
        .map_err(|error| broken(error.to_string()))
}

/// Neither part can have a line break, so that no two clients have the same label.
fn label(issuer: &str, client_id: &str) -> String {
    format!("client_secret\n{issuer}\n{client_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    #[test]
    fn the_secret_itself_is_kept_only_where_it_is_needed_and_opens_for_its_client_alone() {
        let wrap = WrapKey::from_bytes([1; 32]);
        let secret = Secret::new("hush");
        for &method in TokenEndpointAuthMethod::ALL {
            let stored = store(&wrap, ISSUER, "app", method, &secret);
            assert_eq!(stored.hash, client_secret_hash(ISSUER, "app", "hush"));
            assert_eq!(stored.wrapped.is_some(), method.needs_recoverable_secret());
        }
        let method = TokenEndpointAuthMethod::ClientSecretJwt;
        let wrapped = store(&wrap, ISSUER, "app", method, &secret).wrapped.unwrap();
        assert_eq!(wrap.unwrap(&label(ISSUER, "app"), &wrapped).unwrap(), b"hush");
        assert!(wrap.unwrap(&label(ISSUER, "other"), &wrapped).is_err());
        assert!(wrap.unwrap(&label("https://other.example", "app"), &wrapped).is_err());
    }
}
