//! What can be asked of the administration, as it travels over the control socket.

use jose::SigningAlg;
use model::{Api, Secret};
use protocol::{ClientMetadata, Scope};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::AuditQuery;
use crate::config::{RealmFile, expose};

/// A command for a realm: `{"command": "user_list", "realm": …, …}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Command {
    /// The issuer; the only realm when it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Action {
    /// What would `apply` change?
    Plan {
        /// One for each realm.
        files: Vec<RealmFile>,
    },
    /// Make it so.
    Apply {
        /// One for each realm.
        files: Vec<RealmFile>,
    },
    /// What is wrong or weak, in all realms?
    Doctor,
    /// Why was a request refused?
    Explain {
        /// The id that its answer said.
        id: String,
    },
    /// The realm as a file.
    Export,
    /// Users by name.
    UserList {
        /// Those behind this name.
        #[serde(default)]
        after: String,
        /// How many at most.
        limit: i64,
    },
    /// One user.
    UserShow {
        /// The name or the subject identifier.
        user: String,
    },
    /// A new user.
    UserAdd {
        /// The name to sign in with.
        username: String,
        /// The password, if any.
        #[serde(default, serialize_with = "expose_if_any")]
        password: Option<Secret>,
        /// A hash of the password that was made elsewhere.
        #[serde(default, serialize_with = "expose_if_any")]
        password_hash: Option<Secret>,
        /// Standard claims.
        #[serde(default)]
        claims: Map<String, Value>,
        /// Groups.
        #[serde(default)]
        groups: Vec<String>,
    },
    /// Turns a user on or off.
    UserSetEnabled {
        /// The name or the subject identifier.
        user: String,
        /// On or off.
        enabled: bool,
    },
    /// A new password.
    UserSetPassword {
        /// The name or the subject identifier.
        user: String,
        /// The password.
        #[serde(serialize_with = "expose")]
        password: Secret,
    },
    /// A link by which a user sets the first password, or enrols what counts at once.
    UserInvite {
        /// The name or the subject identifier.
        user: String,
        /// How long it is good, in seconds.
        lifetime: i64,
        /// Whether it is mailed to the user; otherwise it is shown, once.
        mail: bool,
    },
    /// What a user has besides the password.
    UserAuthenticators {
        /// The name or the subject identifier.
        user: String,
    },
    /// A code token for a user.
    UserAddToken {
        /// The name or the subject identifier.
        user: String,
        /// Its secret in base32.
        #[serde(serialize_with = "expose")]
        secret: Secret,
        /// The digits of its codes.
        digits: u32,
        /// The counter of the code that it shows next.
        next: i64,
        /// What to call it.
        #[serde(default)]
        name: String,
    },
    /// Something that a user has counts from now on.
    UserApprove {
        /// The name or the subject identifier.
        user: String,
        /// Which.
        id: String,
    },
    /// A user has something no more.
    UserRemoveAuthenticator {
        /// The name or the subject identifier.
        user: String,
        /// Which.
        id: String,
    },
    /// All clients.
    ClientList,
    /// One client.
    ClientShow {
        /// Which.
        client_id: String,
    },
    /// A new client; its secret is made here and shown once.
    ClientAdd {
        /// Its registration.
        metadata: Box<ClientMetadata>,
    },
    /// Turns a client on or off.
    ClientSetEnabled {
        /// Which.
        client_id: String,
        /// On or off.
        enabled: bool,
    },
    /// Forgets a client.
    ClientRemove {
        /// Which.
        client_id: String,
    },
    /// A new secret; the old one stops working.
    ClientRotateSecret {
        /// Which.
        client_id: String,
    },
    /// The initial access tokens.
    ClientTokenList,
    /// A new initial access token; it is shown once.
    ClientTokenAdd {
        /// How many clients it can register.
        uses: i64,
        /// How long it lives, in seconds.
        lifetime: i64,
        /// What it is for.
        #[serde(default)]
        note: String,
        /// The scopes of APIs that clients may register with it.
        #[serde(default)]
        scope: Option<Scope>,
    },
    /// Forgets an initial access token.
    ClientTokenRevoke {
        /// Which.
        id: String,
    },
    /// All APIs.
    ApiList,
    /// One API.
    ApiShow {
        /// Its identifier.
        identifier: String,
    },
    /// A new API.
    ApiAdd {
        /// What it is.
        api: Box<Api>,
    },
    /// Forgets an API.
    ApiRemove {
        /// Its identifier.
        identifier: String,
    },
    /// The API keys.
    ApiKeyList {
        /// For this API alone.
        #[serde(default)]
        api: Option<String>,
        /// Of this client alone.
        #[serde(default)]
        client_id: Option<String>,
    },
    /// One API key.
    ApiKeyShow {
        /// Its id, or the key itself.
        #[serde(serialize_with = "expose")]
        key: Secret,
    },
    /// A new API key; it is shown once.
    ApiKeyAdd {
        /// The identifier of the API that it opens.
        api: String,
        /// The client that it belongs to.
        client_id: String,
        /// What it permits; otherwise all that the client is registered for there.
        #[serde(default)]
        scope: Option<Scope>,
        /// What the operator calls it.
        #[serde(default)]
        name: String,
        /// How long it lives, in seconds.
        lifetime: i64,
    },
    /// A successor for an API key; it is shown once.
    ApiKeyRotate {
        /// Its id, or the key itself.
        #[serde(serialize_with = "expose")]
        key: Secret,
        /// How long the old one goes on, in seconds.
        overlap: i64,
        /// How long the new one lives, in seconds; otherwise as long as the old one was to live.
        #[serde(default)]
        lifetime: Option<i64>,
    },
    /// Takes an API key back.
    ApiKeyRevoke {
        /// Its id, or the key itself.
        #[serde(serialize_with = "expose")]
        key: Secret,
    },
    /// The signing keys.
    KeyList,
    /// Makes next keys.
    KeyRotate {
        /// For this algorithm alone.
        #[serde(default)]
        alg: Option<SigningAlg>,
        /// Whether they sign at once.
        #[serde(default)]
        now: bool,
    },
    /// What a user permits.
    GrantList {
        /// The name or the subject identifier.
        user: String,
    },
    /// One grant.
    GrantShow {
        /// Which.
        id: String,
    },
    /// Takes a grant back.
    GrantRevoke {
        /// Which.
        id: String,
    },
    /// Where a user is signed in.
    SessionList {
        /// The name or the subject identifier.
        user: String,
    },
    /// Signs a user out there.
    SessionEnd {
        /// Which.
        id: String,
    },
    /// Calls that are owed to others, and what became of them.
    OutboxList {
        /// In this state alone: `pending`, `delivered` or `dead`.
        #[serde(default)]
        state: Option<String>,
        /// How many at most.
        limit: i64,
    },
    /// What would the recorded sign-ins have come to by other rules?
    PolicyReplay {
        /// The rules.
        policies: Box<model::Policies>,
        /// Sign-ins from this time on, unix seconds.
        since: i64,
    },
    /// What happened.
    Audit {
        /// Which of it.
        query: AuditQuery,
    },
}

impl Action {
    /// The command as it is typed, without what it is about.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::Apply { .. } => "apply",
            Self::Doctor => "doctor",
            Self::Explain { .. } => "explain",
            Self::Export => "export",
            Self::UserList { .. } => "user list",
            Self::UserShow { .. } => "user show",
            Self::UserAdd { .. } => "user add",
            Self::UserSetEnabled { enabled: true, .. } => "user enable",
            Self::UserSetEnabled { enabled: false, .. } => "user disable",
            Self::UserSetPassword { .. } => "user set-password",
            Self::UserInvite { .. } => "user invite",
            Self::UserAuthenticators { .. } => "user authenticators",
            Self::UserAddToken { .. } => "user add-token",
            Self::UserApprove { .. } => "user approve",
            Self::UserRemoveAuthenticator { .. } => "user remove-authenticator",
            Self::ClientList => "client list",
            Self::ClientShow { .. } => "client show",
            Self::ClientAdd { .. } => "client add",
            Self::ClientSetEnabled { enabled: true, .. } => "client enable",
            Self::ClientSetEnabled { enabled: false, .. } => "client disable",
            Self::ClientRemove { .. } => "client remove",
            Self::ClientRotateSecret { .. } => "client rotate-secret",
            Self::ClientTokenList => "client token list",
            Self::ClientTokenAdd { .. } => "client token add",
            Self::ClientTokenRevoke { .. } => "client token revoke",
            Self::ApiList => "api list",
            Self::ApiShow { .. } => "api show",
            Self::ApiAdd { .. } => "api add",
            Self::ApiRemove { .. } => "api remove",
            Self::ApiKeyList { .. } => "api key list",
            Self::ApiKeyShow { .. } => "api key show",
            Self::ApiKeyAdd { .. } => "api key add",
            Self::ApiKeyRotate { .. } => "api key rotate",
            Self::ApiKeyRevoke { .. } => "api key revoke",
            Self::KeyList => "key list",
            Self::KeyRotate { .. } => "key rotate",
            Self::GrantList { .. } => "grant list",
            Self::GrantShow { .. } => "grant show",
            Self::GrantRevoke { .. } => "grant revoke",
            Self::SessionList { .. } => "session list",
            Self::SessionEnd { .. } => "session end",
            Self::OutboxList { .. } => "outbox list",
            Self::PolicyReplay { .. } => "policy test",
            Self::Audit { .. } => "audit",
        }
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn expose_if_any<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => expose(secret, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_json_object_with_its_realm_and_its_arguments() {
        let command = Command {
            realm: Some("https://id.example.com".into()),
            action: Action::UserSetEnabled {
                user: "alice".into(),
                enabled: false,
            },
        };
        let json = serde_json::to_value(&command).unwrap();
        let expected = serde_json::json!({
            "command": "user_set_enabled", "realm": "https://id.example.com", "user": "alice", "enabled": false
        });
        assert_eq!(json, expected);
        let back: Command = serde_json::from_value(json).unwrap();
        assert!(matches!(back.action, Action::UserSetEnabled { enabled: false, .. }));
        let list: Command = serde_json::from_str(r#"{"command":"client_list"}"#).unwrap();
        assert!(list.realm.is_none() && matches!(list.action, Action::ClientList));
        assert!(serde_json::from_str::<Command>(r#"{"command":"format_disk"}"#).is_err());
    }

    #[test]
    fn passwords_travel_but_are_never_shown() {
        let action = Action::UserAdd {
            username: "alice".into(),
            password: Some(Secret::new("tell nobody")),
            password_hash: None,
            claims: Map::new(),
            groups: Vec::new(),
        };
        let command = Command { realm: None, action };
        assert!(serde_json::to_string(&command).unwrap().contains("tell nobody"));
        assert!(!format!("{command:?}").contains("tell nobody"));
    }
}
