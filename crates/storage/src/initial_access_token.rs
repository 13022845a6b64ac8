//! Initial access tokens, and how they are used up.

use model::InitialAccessToken;

use crate::{Row, Statement, StorageError, Store};

macro_rules! columns {
    () => {
        "id, token_hash, note, scope, uses_left, created_at, expires_at"
    };
}

fn read(mut row: Row) -> Result<InitialAccessToken, StorageError> {
    Ok(InitialAccessToken {
        id: row.text()?,
        token_hash: row.bytes()?,
        note: row.text()?,
        scope: row
            .opt_text()?
            .map(|text| text.parse())
            .transpose()
            .map_err(|_| StorageError::Corrupt("the scope of an initial access token".into()))?,
        uses_left: row.int()?,
        created_at: row.int()?,
        expires_at: row.int()?,
    })
}

impl Store {
    /// The token with this hash, also one that is used up or expired.
    pub async fn find_initial_access_token(
        &self,
        realm: &str,
        token_hash: [u8; 32],
    ) -> Result<Option<InitialAccessToken>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM initial_access_token WHERE realm = $1 AND token_hash = $2"
            ),
            &[realm.into(), token_hash.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// All tokens of a realm, the newest last.
    pub async fn initial_access_tokens(&self, realm: &str) -> Result<Vec<InitialAccessToken>, StorageError> {
        let rows = self
            .query(
                concat!(
                    "SELECT ",
                    columns!(),
                    " FROM initial_access_token WHERE realm = $1 ORDER BY id"
                ),
                &[realm.into()],
            )
            .await?;
        rows.into_iter().map(read).collect()
    }
}

/// Keeps a new token.
pub fn insert(realm: &str, token: &InitialAccessToken) -> Statement {
    Statement::guard(
        "INSERT INTO initial_access_token (realm, id, token_hash, note, scope, uses_left, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        vec![
            realm.into(),
            token.id.as_str().into(),
            token.token_hash.clone().into(),
            token.note.as_str().into(),
            token.scope.as_ref().map(ToString::to_string).into(),
            token.uses_left.into(),
            token.created_at.into(),
            token.expires_at.into(),
        ],
    )
}

/// Uses a token once; misses when it is used up, expired or revoked.
pub fn use_once(realm: &str, id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE initial_access_token SET uses_left = uses_left - 1 \
         WHERE realm = $1 AND id = $2 AND uses_left > 0 AND expires_at > $3",
        vec![realm.into(), id.into(), now.into()],
    )
}

/// Forgets a token; misses when there is none of this id.
pub fn remove(realm: &str, id: &str) -> Statement {
    Statement::guard(
        "DELETE FROM initial_access_token WHERE realm = $1 AND id = $2",
        vec![realm.into(), id.into()],
    )
}
