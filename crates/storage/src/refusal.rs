//! Refusals of clients that had proved who they are: a few for each, for some days.

use crate::{Change, Row, Statement, StorageError, Store, Value};

/// How many refusals of a client are kept.
pub const MOST_OF_CLIENT: i64 = 200;

/// A refusal to be written down.
#[derive(Debug, Clone)]
pub struct NewRefusal {
    /// The id of the request.
    pub id: String,
    /// The realm.
    pub realm: String,
    /// Whose.
    pub client_id: String,
    /// When, unix seconds.
    pub refused_at: i64,
    /// What is remembered of it, as JSON.
    pub content: String,
    /// Until when it is kept, unix seconds.
    pub expires_at: i64,
}

/// Writes refusals down, and forgets the oldest of clients that then have too many.
pub fn insert(refusals: &[NewRefusal]) -> Change {
    let mut clients: Vec<(&str, &str)> = refusals.iter().map(|new| (&*new.realm, &*new.client_id)).collect();
    clients.sort_unstable();
    clients.dedup();
    Change::new()
        .then_all(refusals.iter().map(|new| {
            let values: Vec<Value> = vec![
                (&new.id).into(),
                (&new.realm).into(),
                (&new.client_id).into(),
                new.refused_at.into(),
                (&new.content).into(),
                new.expires_at.into(),
            ];
            Statement::new(
                "INSERT INTO refusal (id, realm, client_id, refused_at, content, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                values,
            )
        }))
        .then_all(clients.into_iter().map(|(realm, client_id)| {
            Statement::new(
                "DELETE FROM refusal WHERE realm = $1 AND client_id = $2 AND id NOT IN \
                 (SELECT id FROM refusal WHERE realm = $1 AND client_id = $2 \
                  ORDER BY refused_at DESC, id DESC LIMIT $3)",
                vec![realm.into(), client_id.into(), MOST_OF_CLIENT.into()],
            )
        }))
}

impl Store {
    /// What is remembered of a refusal that has not expired, as JSON.
    pub async fn find_refusal(&self, id: &str, now: i64) -> Result<Option<String>, StorageError> {
        const FIND: &str = "SELECT content FROM refusal WHERE id = $1 AND expires_at > $2";
        let row = self.query_one(FIND, &[id.into(), now.into()]).await?;
        row.map(|mut row: Row| row.text()).transpose()
    }
}
