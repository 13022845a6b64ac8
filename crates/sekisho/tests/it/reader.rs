//! Clients that read what is signed and encrypted for them.

use jose::{Decrypted, DecryptionKey, JweAlg, Jwk, Verified};

use crate::{
    app::{App, Method, key_set, verify},
    bank::Bank,
};

/// A confidential client with a key of its own.
pub struct Reader {
    pub app: App,
    pub key: DecryptionKey,
}

impl Reader {
    /// The client `reader`, with a new key for `alg`.
    pub fn new(alg: JweAlg) -> Self {
        Self::with_key(DecryptionKey::generate(alg).unwrap())
    }

    /// The client `reader` with this key.
    pub fn with_key(key: DecryptionKey) -> Self {
        let app = App {
            client_id: "reader",
            redirect_uri: "https://reader.example.com/callback",
            method: Method::ClientSecretBasic,
        };
        Self { app, key }
    }

    /// Its registration with `members`, and its key by value.
    pub fn registration(&self, members: &str) -> String {
        let jwks = format!("jwks = {{ keys = [{}] }}", toml(self.key.public_jwk()));
        self.registration_without_keys(&format!("{jwks}\n{members}"))
    }

    /// Its registration with `members` alone.
    pub fn registration_without_keys(&self, members: &str) -> String {
        let App {
            client_id,
            redirect_uri,
            ..
        } = self.app;
        format!(
            "[[client]]\nclient_id = \"{client_id}\"\nclient_name = \"Reader\"\nclient_secret = \"{client_id}-secret\"\n\
             redirect_uris = [\"{redirect_uri}\"]\ngrant_types = [\"authorization_code\", \"refresh_token\", \
             \"implicit\"]\nresponse_types = [\"code\", \"id_token\", \"code id_token\"]\nprofile = \"openid-core\"\n\
             scope = \"openid profile email offline_access accounts:read\"\n{members}\n"
        )
    }

    /// Decrypts a token, which must be for this client's key.
    pub fn decrypt(&self, token: &str) -> Decrypted {
        let decrypted = self
            .key
            .decrypt(token)
            .unwrap_or_else(|error| panic!("{error}: {token}"));
        assert_eq!(decrypted.kid, self.key.public_jwk().kid);
        decrypted
    }

    /// What is signed in an encrypted token.
    pub async fn read(&self, bank: &Bank, token: &str) -> Verified {
        let decrypted = self.decrypt(token);
        assert_eq!(decrypted.cty.as_deref(), Some("JWT"));
        verify(&key_set(bank).await, &String::from_utf8(decrypted.plaintext).unwrap())
    }
}

/// A key as an inline table.
fn toml(key: &Jwk) -> String {
    let key = serde_json::to_value(key).unwrap();
    let members = key.as_object().unwrap().iter();
    let pairs: Vec<String> = members.map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{{ {} }}", pairs.join(", "))
}
