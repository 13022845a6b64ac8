//! `sekisho explain ID`: why a request was refused.

use realm::Realms;
use serde_json::{Value, json};

use super::{AdminError, AdminErrorKind};

/// The refusal with this id, to the letter: from the memory of this process, else from the database.
pub(crate) async fn explain(realms: &Realms, id: &str) -> Result<Value, AdminError> {
    if let Some(refusal) = realms.refusals.find(id) {
        return Ok(json!({ "refusal": *refusal }));
    }
    match realms.store.find_refusal(id, realms.clock.now()).await? {
        Some(content) => {
            let refusal: Value = serde_json::from_str(&content).map_err(|error| {
                let problem = format!("what the database remembers of it cannot be read ({error})");
                AdminError::new(AdminErrorKind::Internal, problem, "report this")
            })?;
            Ok(json!({ "refusal": refusal }))
        }
        None => Err(unknown()),
    }
}

fn unknown() -> AdminError {
    AdminError::not_found(
        "no refusal of this id is remembered here",
        "compare it to the letter, and ask soon, on the node that gave it, while it runs: refusals are in its memory, the \
         newest ones alone; those of clients that had proved who they are stay in the database for a week",
    )
}
