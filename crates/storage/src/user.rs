//! Users.

use model::{Source, User, username_key};
use protocol::acr::Acr;

use crate::{Row, Statement, StorageError, Store, Value, row::json};

macro_rules! columns {
    () => {
        "id, username, claims, group_names, password_hash, proofing, enabled, source, created_at, updated_at"
    };
}

pub(crate) fn read(row: &mut Row) -> Result<User, StorageError> {
    Ok(User {
        id: row.text()?,
        username: row.text()?,
        claims: row.json()?,
        groups: row.json()?,
        password_hash: row.opt_text()?,
        proofing: row.opt_text()?.as_deref().and_then(Acr::parse),
        enabled: row.bool()?,
        source: Source::from_stored(&row.text()?),
        created_at: row.int()?,
        updated_at: row.int()?,
    })
}

impl Store {
    /// The user with this subject identifier.
    pub async fn find_user(&self, realm: &str, id: &str) -> Result<Option<User>, StorageError> {
        self.query_one(
            concat!("SELECT ", columns!(), " FROM users WHERE realm = $1 AND id = $2"),
            &[realm.into(), id.into()],
        )
        .await?
        .map(|mut row| read(&mut row))
        .transpose()
    }

    /// The user who signs in with this name, however it is written.
    pub async fn find_user_by_name(&self, realm: &str, username: &str) -> Result<Option<User>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM users WHERE realm = $1 AND username_key = $2"
            ),
            &[realm.into(), username_key(username).into()],
        )
        .await?
        .map(|mut row| read(&mut row))
        .transpose()
    }

    /// The user with this mail address, which was verified; none when several have it. Addresses are compared without
    /// case, as nearly everybody who hands them out does.
    pub async fn find_user_by_verified_email(&self, realm: &str, email: &str) -> Result<Option<User>, StorageError> {
        let mut found = self
            .query(
                concat!(
                    "SELECT ",
                    columns!(),
                    " FROM users WHERE realm = $1 AND verified_email = $2 LIMIT 2"
                ),
                &[realm.into(), email.to_lowercase().into()],
            )
            .await?
            .into_iter();
        match (found.next(), found.next()) {
            (Some(mut only), None) => read(&mut only).map(Some),
            _ => Ok(None),
        }
    }

    /// The users that realm files name or named, in the order of their names.
    pub async fn users_of_files(&self, realm: &str) -> Result<Vec<User>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM users WHERE realm = $1 AND source <> 'api' ORDER BY username_key"
            ),
            &[realm.into()],
        )
        .await?
        .into_iter()
        .map(|mut row| read(&mut row))
        .collect()
    }

    /// Users in the order of their names, at most `limit`, after the one with this key.
    pub async fn users(&self, realm: &str, after: &str, limit: i64) -> Result<Vec<User>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM users WHERE realm = $1 AND username_key > $2 ORDER BY username_key LIMIT $3"
            ),
            &[realm.into(), after.into(), limit.into()],
        )
        .await?
        .into_iter()
        .map(|mut row| read(&mut row))
        .collect()
    }
}

/// A user's mail address, if it was verified, as it is looked for.
fn verified_email(user: &User) -> Option<String> {
    let is_verified = user.claims.get("email_verified").and_then(serde_json::Value::as_bool) == Some(true);
    let email = user.claims.get("email").and_then(serde_json::Value::as_str);
    email.filter(|_| is_verified).map(str::to_lowercase)
}

/// A new user; misses when the name is taken.
pub fn insert(realm: &str, user: &User) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO users (realm, id, username, username_key, claims, group_names, password_hash, enabled, \
         source, created_at, updated_at, verified_email, proofing) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12) \
         ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&user.id).into(),
            (&user.username).into(),
            username_key(&user.username).into(),
            json(&user.claims)?,
            json(&user.groups)?,
            user.password_hash.clone().map_or(Value::Null, Value::Text),
            user.enabled.into(),
            user.source.as_str().into(),
            user.created_at.into(),
            verified_email(user).into(),
            user.proofing.map(Acr::short).into(),
        ],
    ))
}

/// Recognises the change that made a user: subject identifiers are random.
pub fn exists(realm: &str, id: &str) -> Statement {
    Statement::new(
        "SELECT 1 FROM users WHERE realm = $1 AND id = $2",
        vec![realm.into(), id.into()],
    )
}

/// Replaces claims, groups, proofing, owner and whether the user is enabled; the password stays.
pub fn update(realm: &str, user: &User, now: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "UPDATE users SET claims = $3, group_names = $4, enabled = $5, source = $6, updated_at = $7, \
         verified_email = $8, proofing = $9 WHERE realm = $1 AND id = $2",
        vec![
            realm.into(),
            (&user.id).into(),
            json(&user.claims)?,
            json(&user.groups)?,
            user.enabled.into(),
            user.source.as_str().into(),
            now.into(),
            verified_email(user).into(),
            user.proofing.map(Acr::short).into(),
        ],
    ))
}

/// Sets the password (a PHC string).
pub fn set_password(realm: &str, id: &str, phc: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE users SET password_hash = $3, updated_at = $4 WHERE realm = $1 AND id = $2",
        vec![realm.into(), id.into(), phc.into(), now.into()],
    )
}

/// Guards that a user is still enabled and has the password (a PHC string) that was verified, when something follows
/// from it.
pub fn still_has_password(realm: &str, id: &str, phc: &str) -> Statement {
    Statement::guard(
        "UPDATE users SET enabled = 1 WHERE realm = $1 AND id = $2 AND enabled = 1 AND password_hash = $3",
        vec![realm.into(), id.into(), phc.into()],
    )
}

/// Guards that a user is still enabled and has no password yet.
pub fn still_has_no_password(realm: &str, id: &str) -> Statement {
    Statement::guard(
        "UPDATE users SET enabled = 1 WHERE realm = $1 AND id = $2 AND enabled = 1 AND password_hash IS NULL",
        vec![realm.into(), id.into()],
    )
}

/// Puts another hash of the same password in the place of the one that was verified; misses when the password was
/// changed meanwhile.
pub fn rehash(realm: &str, id: &str, old: &str, new: &str) -> Statement {
    Statement::guard(
        "UPDATE users SET password_hash = $4 WHERE realm = $1 AND id = $2 AND password_hash = $3",
        vec![realm.into(), id.into(), old.into(), new.into()],
    )
}

/// Guards that a user is still enabled when something follows from it.
pub fn still_enabled(realm: &str, id: &str) -> Statement {
    Statement::guard(
        "UPDATE users SET enabled = 1 WHERE realm = $1 AND id = $2 AND enabled = 1",
        vec![realm.into(), id.into()],
    )
}

/// Turns a user on or off; off, nothing that acts for the user works, at once.
pub fn set_enabled(realm: &str, id: &str, enabled: bool, now: i64) -> Statement {
    Statement::guard(
        "UPDATE users SET enabled = $3, updated_at = $4 WHERE realm = $1 AND id = $2",
        vec![realm.into(), id.into(), enabled.into(), now.into()],
    )
}

/// A realm file no longer names a user: off, and nobody's. Misses when no file owns the user.
pub fn remove_from_file(realm: &str, id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE users SET enabled = 0, source = 'removed', updated_at = $3 \
         WHERE realm = $1 AND id = $2 AND source = 'file'",
        vec![realm.into(), id.into(), now.into()],
    )
}
