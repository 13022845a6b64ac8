//! A user of a realm.

use protocol::{acr::Acr, claims::UPDATED_AT};
use serde_json::{Map, Value};

use crate::Source;

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// The subject identifier.
    pub id: String,
    /// The name to sign in with, as written.
    pub username: String,
    /// Standard claims (OIDC Core §5.1), without `sub`.
    pub claims: Map<String, Value>,
    /// Names of the groups the user belongs to.
    pub groups: Vec<String>,
    /// The PHC string of the password.
    pub password_hash: Option<String>,
    /// How closely it was looked at who the user is; where it is set, no sign-in reaches more.
    pub proofing: Option<Acr>,
    /// A disabled user cannot sign in, and tokens that act for them are worth nothing.
    pub enabled: bool,
    /// Who owns it.
    pub source: Source,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When its claims changed last, unix seconds.
    pub updated_at: i64,
}

impl User {
    /// Everything that can be told of the user: the claims, and when they last changed.
    pub fn known_claims(&self) -> Map<String, Value> {
        let mut known = self.claims.clone();
        known.insert(UPDATED_AT.to_owned(), self.updated_at.into());
        known
    }

    /// What to call the user on pages: name, else user name.
    pub fn display(&self) -> &str {
        ["name", "given_name"]
            .iter()
            .find_map(|claim| self.claims.get(*claim).and_then(Value::as_str))
            .unwrap_or(&self.username)
    }
}

/// The form of a user name that must be unique: case and surrounding space do not tell users apart.
pub fn username_key(username: &str) -> String {
    username.trim().to_lowercase()
}
