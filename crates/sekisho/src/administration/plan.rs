//! What `apply` would change.
//!
//! Each object remembers whether a file or a command made it. A file changes and removes only what files own. What a
//! command made and a file names alike is left alone; what they describe differently is a conflict.

use std::collections::HashSet;

use model::{Api, Client, Realm, Secret, Source, User, client_secret_hash};
use protocol::{Acr, risk};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storage::Store;

use super::{
    AdminError, AdminErrorKind,
    apply::not_set,
    diff::{FieldChange, fields},
    with,
};
use crate::config::{ClientEntry, ClientSecret, RealmFile, UserEntry};

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It appears.
    Create,
    /// Some of its fields change.
    Update,
    /// It disappears, with what it was granted.
    Remove,
    /// It stays, but is turned off.
    Disable,
}

/// One change of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// The issuer of the realm.
    pub realm: String,
    /// What happens.
    pub action: Verb,
    /// `realm`, `api`, `client` or `user`.
    pub kind: String,
    /// Which: issuer, identifier, client id or user name.
    pub name: String,
    /// The fields that change.
    #[serde(default)]
    pub fields: Vec<FieldChange>,
    /// What follows from it: of an API with an impact, what it needs, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A change with what carries it out.
pub(super) struct Step {
    pub planned: PlannedChange,
    pub write: Write,
}

/// What carries a change out.
pub(super) enum Write {
    Realm(Box<Realm>),
    Api(Box<Api>),
    RemoveApi(String),
    /// With its secret, where that is to be wrapped.
    Client(Box<Client>, Option<Secret>),
    RemoveClient(String),
    NewUser(Box<UserEntry>),
    User(Box<User>),
    DisableUser(Box<User>),
}

/// What the files would change in the database.
pub async fn plan(store: &Store, files: &[RealmFile]) -> Result<Vec<PlannedChange>, AdminError> {
    let mut planned = Vec::new();
    for file in files {
        planned.extend(steps(store, file).await?.into_iter().map(|step| step.planned));
    }
    Ok(planned)
}

/// Everything that differs; an error that names every conflict at once.
pub(super) async fn steps(store: &Store, file: &RealmFile) -> Result<Vec<Step>, AdminError> {
    let mut plan = Plan {
        realm: &file.realm.issuer,
        steps: Vec::new(),
        conflicts: Vec::new(),
    };
    plan.settings(store, &file.realm).await?;
    plan.apis(store, &file.apis).await?;
    plan.clients(store, &file.clients).await?;
    plan.users(store, &file.users).await?;
    if plan.conflicts.is_empty() {
        return Ok(plan.steps);
    }
    let problem = format!(
        "made by a command and described differently in {}: {}",
        file.file,
        plan.conflicts.join(", ")
    );
    let remedy = "take them out of the file, write them as sekisho export does, or remove them by command first";
    Err(AdminError::new(AdminErrorKind::OwnedByCommand, problem, remedy))
}

struct Plan<'f> {
    realm: &'f str,
    steps: Vec<Step>,
    conflicts: Vec<String>,
}

impl Plan<'_> {
    fn step(&mut self, action: Verb, kind: &str, name: &str, fields: Vec<FieldChange>, write: Write) {
        let (realm, kind, name) = (self.realm.to_owned(), kind.to_owned(), name.to_owned());
        let notes = match &write {
            Write::Api(api) => risk::needed(&api.impact).map(|needed| needed.to_string()),
            _ => None,
        };
        self.steps.push(Step {
            planned: PlannedChange {
                realm,
                action,
                kind,
                name,
                fields,
                notes: notes.into_iter().collect(),
            },
            write,
        });
    }

    /// An object that is stored and named by the file: nothing, a change, or a conflict.
    fn existing(&mut self, source: Source, kind: &str, name: &str, fields: Vec<FieldChange>, write: Write) {
        match (fields.is_empty(), source) {
            (true, _) => {}
            (false, Source::File | Source::Removed) => self.step(Verb::Update, kind, name, fields, write),
            (false, Source::Api | Source::Registration) => self.conflicts.push(format!("{kind} {name}")),
        }
    }

    async fn settings(&mut self, store: &Store, wanted: &Realm) -> Result<(), AdminError> {
        let stored = store
            .realms()
            .await?
            .into_iter()
            .find(|realm| realm.issuer == wanted.issuer);
        let fields = fields(stored.as_ref(), Some(wanted));
        let verb = if stored.is_some() { Verb::Update } else { Verb::Create };
        if !fields.is_empty() {
            self.step(
                verb,
                "realm",
                &wanted.issuer,
                fields,
                Write::Realm(Box::new(wanted.clone())),
            );
        }
        Ok(())
    }

    async fn apis(&mut self, store: &Store, wanted: &[Api]) -> Result<(), AdminError> {
        let stored = store.apis(self.realm).await?;
        for api in wanted {
            let write = Write::Api(Box::new(api.clone()));
            match stored.iter().find(|(stored, _)| stored.identifier == api.identifier) {
                Some((old, source)) => {
                    self.existing(*source, "api", &api.identifier, fields(Some(old), Some(api)), write);
                }
                None => self.step(Verb::Create, "api", &api.identifier, fields(None, Some(api)), write),
            }
        }
        for (api, source) in &stored {
            let is_named = wanted.iter().any(|wanted| wanted.identifier == api.identifier);
            if *source == Source::File && !is_named {
                let write = Write::RemoveApi(api.identifier.clone());
                self.step(Verb::Remove, "api", &api.identifier, Vec::new(), write);
            }
        }
        Ok(())
    }

    async fn clients(&mut self, store: &Store, wanted: &[ClientEntry]) -> Result<(), AdminError> {
        let stored = store.clients(self.realm).await?;
        for entry in wanted {
            let id = entry.metadata.client_id.as_str();
            let old = stored.iter().find(|client| client.id() == id);
            let secret = self.secret(entry, old)?;
            let new = Client {
                metadata: entry.metadata.clone().into(),
                secret_hash: secret.hash,
                wrapped_secret: secret.wrapped,
                registration_token_hash: None,
                enabled: entry.enabled.unwrap_or(old.is_none_or(|old| old.enabled)),
                source: Source::File,
                created_at: old.map_or(0, |old| old.created_at),
            };
            let fields = client_fields(old, &new, secret.to_be_wrapped.is_some());
            let write = Write::Client(Box::new(new), secret.to_be_wrapped);
            match old {
                Some(old) => self.existing(old.source, "client", id, fields, write),
                None => self.step(Verb::Create, "client", id, fields, write),
            }
        }
        for client in stored.iter().filter(|client| client.source == Source::File) {
            if !wanted.iter().any(|entry| entry.metadata.client_id == client.id()) {
                let write = Write::RemoveClient(client.id().to_owned());
                self.step(Verb::Remove, "client", client.id(), Vec::new(), write);
            }
        }
        Ok(())
    }

    /// The secret that a client is to have, beside what is stored of it.
    fn secret(&self, entry: &ClientEntry, old: Option<&Client>) -> Result<WantedSecret, AdminError> {
        let id = &entry.metadata.client_id;
        let is_kept = |hash: &[u8]| old.filter(|old| old.secret_hash.as_deref() == Some(hash));
        let kept_wrapped = |hash: &[u8]| is_kept(hash).and_then(|old| old.wrapped_secret.clone());
        match &entry.secret {
            None => Ok(WantedSecret::default()),
            Some(ClientSecret::Hash(hash)) => Ok(WantedSecret {
                hash: Some(hash.clone()),
                ..WantedSecret::default()
            }),
            Some(ClientSecret::Clear(secret)) => {
                let hash = client_secret_hash(self.realm, id, secret.expose()).to_vec();
                let wrapped = kept_wrapped(&hash);
                Ok(WantedSecret {
                    to_be_wrapped: wrapped.is_none().then(|| secret.clone()),
                    wrapped,
                    hash: Some(hash),
                })
            }
            Some(ClientSecret::Stored(hash)) if kept_wrapped(hash).is_some() => Ok(WantedSecret {
                wrapped: kept_wrapped(hash),
                hash: Some(hash.clone()),
                to_be_wrapped: None,
            }),
            Some(ClientSecret::Stored(_) | ClientSecret::Missing) => {
                Err(not_set(&format!("the secret of the client {id}")))
            }
        }
    }

    async fn users(&mut self, store: &Store, wanted: &[UserEntry]) -> Result<(), AdminError> {
        let mut named = HashSet::new();
        for entry in wanted {
            let Some(old) = store.find_user_by_name(self.realm, &entry.username).await? else {
                let fields = new_user_fields(entry);
                self.step(
                    Verb::Create,
                    "user",
                    &entry.username,
                    fields,
                    Write::NewUser(Box::new(entry.clone())),
                );
                continue;
            };
            named.insert(old.id.clone());
            let comes_back = old.source == Source::Removed && entry.enabled != Some(false);
            let new = User {
                claims: entry.claims.clone(),
                groups: entry.groups.clone(),
                proofing: entry.proofing,
                enabled: entry.enabled.unwrap_or(old.enabled || comes_back),
                source: Source::File,
                ..old.clone()
            };
            let changes = fields(Some(&user_view(&old)), Some(&user_view(&new)));
            let write = Write::User(Box::new(new));
            // It belongs to files again, even if a command enabled it in the meantime and nothing else differs.
            if old.source == Source::Removed && comes_back {
                self.step(Verb::Update, "user", &old.username, changes, write);
            } else {
                self.existing(old.source, "user", &old.username, changes, write);
            }
        }
        let of_files = store.users_of_files(self.realm).await?.into_iter();
        let left = of_files.filter(|user| user.source == Source::File && !named.contains(&user.id));
        for user in left {
            let name = user.username.clone();
            self.step(
                Verb::Disable,
                "user",
                &name,
                Vec::new(),
                Write::DisableUser(Box::new(user)),
            );
        }
        Ok(())
    }
}

/// What is to be stored of a client's secret.
#[derive(Default)]
struct WantedSecret {
    hash: Option<Vec<u8>>,
    wrapped: Option<Vec<u8>>,
    to_be_wrapped: Option<Secret>,
}

fn client_fields(old: Option<&Client>, new: &Client, is_secret_wrapped_anew: bool) -> Vec<FieldChange> {
    let view = |client: &Client| {
        let metadata = serde_json::to_value(&*client.metadata).unwrap_or_default();
        with(metadata, "enabled", json!(client.enabled))
    };
    let mut changes = fields(old.map(view).as_ref(), Some(&view(new)));
    let old_hash = old.and_then(|old| old.secret_hash.as_ref());
    if old_hash != new.secret_hash.as_ref() || is_secret_wrapped_anew {
        let told = |hash: Option<&Vec<u8>>, word: &str| hash.map(|_| Value::from(word));
        changes.push(FieldChange {
            field: "client_secret".to_owned(),
            old: told(old_hash, "(a secret)"),
            new: told(new.secret_hash.as_ref(), "(another secret)"),
        });
    }
    changes
}

fn user_view(user: &User) -> Value {
    let view = json!({ "claims": user.claims, "groups": user.groups, "enabled": user.enabled });
    with_proofing(view, user.proofing)
}

/// Where nothing is said of it, nothing is shown.
fn with_proofing(view: Value, proofing: Option<Acr>) -> Value {
    match proofing {
        Some(level) => with(view, "proofing", level.short().into()),
        None => view,
    }
}

fn new_user_fields(entry: &UserEntry) -> Vec<FieldChange> {
    let view = json!({ "claims": entry.claims, "groups": entry.groups, "enabled": entry.enabled.unwrap_or(true) });
    let mut changes = fields(None, Some(&with_proofing(view, entry.proofing)));
    let secrets = [("totp_secret", &entry.totp_secret), ("hotp_secret", &entry.hotp_secret)];
    for (field, _) in secrets.iter().filter(|(_, seed)| seed.is_some()) {
        changes.push(FieldChange {
            field: (*field).to_owned(),
            old: None,
            new: Some("(a secret)".into()),
        });
    }
    if entry.password.is_some() {
        changes.push(FieldChange {
            field: "password".to_owned(),
            old: None,
            new: Some("(a password)".into()),
        });
    }
    changes
}
