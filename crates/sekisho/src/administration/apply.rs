//! Makes the database what the files say.

use authn::{
    factors::{hotp::HotpToken, totp::TotpSecret},
    password::PasswordPool,
    users::NewUser,
};
use jose::WrapKey;
use model::{AuditKind, Authenticator, Source, User};
use oauth::client_secret;
use realm::audit;
use serde_json::{Map, Value};
use storage::{Change, Outcome, Statement, Store};

use super::{
    AdminError,
    plan::{PlannedChange, Step, Verb, Write, steps},
};
use crate::config::{OtpSeed, PasswordSeed, RealmFile, UserEntry};

/// What hides secrets before they are stored.
pub struct Secrets<'a> {
    /// Where passwords are hashed.
    pub pool: &'a PasswordPool,
    /// What wraps the rest.
    pub wrap: &'a WrapKey,
}

/// Makes it so, all files in one transaction, and answers what was changed. Applied again, it changes nothing. `now` is
/// in unix seconds.
pub async fn apply(
    store: &Store,
    secrets: &Secrets<'_>,
    files: &[RealmFile],
    now: i64,
) -> Result<Vec<PlannedChange>, AdminError> {
    // Passwords take time to hash: what others change meanwhile must not be undone.
    let planned_at = store.revision().await?;
    let mut change = Change::new();
    let mut planned = Vec::new();
    for file in files {
        for step in steps(store, file).await? {
            let event = event(&step, now);
            change = change.then_all(write(secrets, &file.realm.issuer, (step.write, event), now).await?);
            planned.push(step.planned);
        }
    }
    if planned.is_empty() {
        return Ok(planned);
    }
    match store
        .commit(change.then(storage::realm::raise_revision_from(planned_at)))
        .await?
    {
        Outcome::Applied => Ok(planned),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

async fn write(
    secrets: &Secrets<'_>,
    realm: &str,
    (write, mut event): (Write, audit::Event),
    now: i64,
) -> Result<Vec<Statement>, AdminError> {
    let mut statements = match write {
        Write::Realm(realm) => vec![storage::realm::put(&realm, now)?],
        Write::Api(api) => vec![storage::api::put(realm, &api, Source::File, now)?],
        Write::RemoveApi(identifier) => storage::api::remove(realm, &identifier).into(),
        Write::Client(mut client, secret) => {
            if let Some(secret) = secret {
                let method = client.metadata.token_endpoint_auth_method;
                client.wrapped_secret = client_secret::store(secrets.wrap, realm, client.id(), method, &secret).wrapped;
            }
            vec![storage::client::put(realm, &client, now)?]
        }
        Write::RemoveClient(client_id) => storage::client::remove(realm, &client_id, now),
        Write::NewUser(entry) => {
            let seeds = [entry.totp_secret.clone(), entry.hotp_secret.clone()];
            let user = new_user(secrets.pool, *entry, now).await?;
            event = event.user(&user.id);
            let mut statements = vec![storage::user::insert(realm, &user)?];
            statements.extend(one_time_codes(secrets.wrap, realm, &user, seeds)?);
            statements
        }
        Write::User(user) if user.enabled => vec![storage::user::update(realm, &user, now)?],
        Write::User(user) => and_signed_out(storage::user::update(realm, &user, now)?, realm, &user, now),
        Write::DisableUser(user) => {
            let remove = storage::user::remove_from_file(realm, &user.id, now);
            and_signed_out(remove, realm, &user, now)
        }
    };
    statements.push(event.into());
    Ok(statements)
}

/// How much of what an object becomes is kept in its event, in bytes; beyond that, the names of the fields.
const LONGEST: usize = 2000;

/// What is told of a step: which object, and which of its fields become what. Of a user the fields alone: what is in them
/// is the user's own affair. Secrets are told as changed or not, see [`super::diff`].
fn event(step: &Step, now: i64) -> audit::Event {
    let planned = &step.planned;
    let kind = match (planned.kind.as_str(), planned.action) {
        ("realm", Verb::Create) => AuditKind::RealmCreated,
        ("realm", _) => AuditKind::RealmChanged,
        ("api", Verb::Create) => AuditKind::ApiCreated,
        ("api", Verb::Remove) => AuditKind::ApiRemoved,
        ("api", _) => AuditKind::ApiChanged,
        ("client", Verb::Create) => AuditKind::ClientCreated,
        ("client", Verb::Remove) => AuditKind::ClientRemoved,
        ("client", _) => AuditKind::ClientChanged,
        (_, Verb::Create) => AuditKind::UserCreated,
        (_, Verb::Disable) => AuditKind::UserDisabled,
        _ => AuditKind::UserChanged,
    };
    let event = audit::event_at(&planned.realm, now, kind);
    let event = match &step.write {
        Write::Client(client, _) => event.client(client.id()),
        Write::RemoveClient(id) => event.client(id),
        Write::User(user) | Write::DisableUser(user) => event.user(&user.id),
        Write::Api(_) | Write::RemoveApi(_) => event.detail("api", planned.name.as_str()),
        Write::NewUser(_) | Write::Realm(_) => event,
    };
    let names: Vec<&str> = planned.fields.iter().map(|change| change.field.as_str()).collect();
    let values: Map<String, Value> = planned
        .fields
        .iter()
        .map(|change| (change.field.clone(), change.new.clone().unwrap_or_default()))
        .collect();
    let is_small = serde_json::to_string(&values).is_ok_and(|text| text.len() <= LONGEST);
    match planned.kind.as_str() {
        _ if names.is_empty() => event,
        "user" => event.detail("changed", names),
        _ if is_small => event.detail("changed", values),
        _ => event.detail("changed", names),
    }
}

/// Who is off is signed out everywhere, and apps that want to know are told.
fn and_signed_out(write: Statement, realm: &str, user: &User, now: i64) -> Vec<Statement> {
    let mut statements = vec![write];
    statements.extend(storage::session::end_all_of_user(realm, &user.id, now));
    statements
}

async fn new_user(pool: &PasswordPool, entry: UserEntry, now: i64) -> Result<User, AdminError> {
    let username = entry.username.clone();
    let (password, password_hash) = match entry.password {
        Some(PasswordSeed::Clear(secret)) => (Some(secret), None),
        Some(PasswordSeed::Hash(phc)) => (None, Some(phc)),
        Some(PasswordSeed::Missing) => return Err(not_set(&format!("the password of the user {username}"))),
        None => (None, None),
    };
    let new = NewUser {
        username: entry.username,
        password,
        password_hash,
        claims: entry.claims,
        groups: entry.groups,
        source: Source::File,
    };
    let user = authn::users::new_user(pool, new, now).await.map_err(|error| {
        let error = AdminError::from(error);
        AdminError {
            problem: format!("user {username}: {}", error.problem),
            ..error
        }
    })?;
    Ok(User {
        id: entry.sub.unwrap_or(user.id),
        proofing: entry.proofing,
        enabled: entry.enabled.unwrap_or(true),
        ..user
    })
}

/// The authenticator app and the code token that a new user has from the beginning. Their secrets were checked when the
/// file was read.
fn one_time_codes(
    wrap: &WrapKey,
    realm: &str,
    user: &User,
    [totp, hotp]: [Option<OtpSeed>; 2],
) -> Result<Vec<Statement>, AdminError> {
    let secret = |seed, key: &str| match seed {
        None => Ok(None),
        Some(OtpSeed::Missing) => Err(not_set(&format!("the {key} of the user {}", user.username))),
        Some(OtpSeed::Clear(secret)) => Ok(Some(secret)),
    };
    let app = secret(totp, "totp_secret")?.and_then(|secret| TotpSecret::from_base32(secret.expose()));
    let token = secret(hotp, "hotp_secret")?.and_then(|secret| HotpToken::new(secret.expose(), 6));
    let app = app.map(|app| app.authenticator(wrap, realm, &user.id));
    let token = token.map(|token| token.authenticator(wrap, realm, &user.id, 0));
    let mut statements = Vec::new();
    for new in app.into_iter().chain(token) {
        let new = Authenticator {
            created_at: user.created_at,
            active_at: Some(user.created_at),
            ..new
        };
        statements.push(storage::authenticator::insert(realm, &new)?);
    }
    Ok(statements)
}

pub(super) fn not_set(what: &str) -> AdminError {
    AdminError::invalid(
        format!("the environment variable with {what} is not set"),
        "set it where this command or the server runs",
    )
}
