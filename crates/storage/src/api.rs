//! APIs of a realm.

use model::{Api, Source};

use crate::{Statement, StorageError, Store, Value, api_key, row::json};

impl Store {
    /// All APIs of a realm with their owners.
    pub async fn apis(&self, realm: &str) -> Result<Vec<(Api, Source)>, StorageError> {
        self.query(
            "SELECT settings, source FROM api WHERE realm = $1 ORDER BY identifier",
            &[realm.into()],
        )
        .await?
        .into_iter()
        .map(|mut row| Ok((row.json()?, Source::from_stored(&row.text()?))))
        .collect()
    }

    /// All APIs of all realms, each with the realm's issuer.
    pub async fn all_apis(&self) -> Result<Vec<(String, Api)>, StorageError> {
        self.query("SELECT realm, settings FROM api ORDER BY realm, identifier", &[])
            .await?
            .into_iter()
            .map(|mut row| Ok((row.text()?, row.json()?)))
            .collect()
    }

    /// The APIs that have one of these identifiers, each with its realm: several realms may protect one API.
    pub async fn apis_called(&self, identifiers: &[String]) -> Result<Vec<(String, Api)>, StorageError> {
        const MOST: usize = 4;
        let mut values: Vec<Value> = identifiers.iter().take(MOST).map(Value::from).collect();
        values.resize(MOST, Value::Null);
        self.query(
            "SELECT realm, settings FROM api WHERE identifier IN ($1, $2, $3, $4) ORDER BY realm, identifier",
            &values,
        )
        .await?
        .into_iter()
        .map(|mut row| Ok((row.text()?, row.json()?)))
        .collect()
    }
}

/// Makes or replaces an API.
pub fn put(realm: &str, api: &Api, source: Source, now: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO api (realm, identifier, settings, source, updated_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (realm, identifier) DO UPDATE SET settings = excluded.settings, \
         source = excluded.source, updated_at = excluded.updated_at",
        vec![
            realm.into(),
            (&api.identifier).into(),
            json(api)?,
            source.as_str().into(),
            now.into(),
        ],
    ))
}

/// Removes an API with its keys.
pub fn remove(realm: &str, identifier: &str) -> [Statement; 2] {
    [
        Statement::guard(
            "DELETE FROM api WHERE realm = $1 AND identifier = $2",
            vec![realm.into(), identifier.into()],
        ),
        api_key::remove_of_api(realm, identifier),
    ]
}
