//! The document at a client's `sector_identifier_uri`: whoever is to be of a host's sector must be named by that host.
//!
//! Spec: OpenID Connect Registration §5, OpenID Connect Core §8.1, CIBA §4
//!
//! Accepted: a JSON array of texts that has every registered redirect URI in it. It is asked for when a client
//! registers, and not again: "there is no requirement for the OP to retain the contents". A realm file and `sekisho
//! client add` are the operator's own word, and nothing is asked there.

use protocol::{ClientMetadata, MetadataProblem, sector_identifier};
use realm::{FetchError, RealmContext};

/// Why a client is not of the sector that it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SectorProblem {
    /// The document cannot be had.
    #[error("cannot be had: {0}")]
    Fetch(#[from] FetchError),
    /// It is something else.
    #[error("is not a JSON array of redirect URIs")]
    NotAList,
    /// "The values registered in `redirect_uris` MUST be included in the elements of the array" (§5).
    #[error("does not list {0}")]
    NotListed(String),
}

impl From<SectorProblem> for MetadataProblem {
    fn from(problem: SectorProblem) -> Self {
        let remedy = match &problem {
            SectorProblem::Fetch(_) => "serve the document there by https, with status 200 and without a redirect",
            SectorProblem::NotAList => "serve a JSON array of texts: [\"https://app.example.com/callback\"]",
            SectorProblem::NotListed(_) => "add every redirect URI to the array, exactly as it is registered",
        };
        Self {
            member: "sector_identifier_uri".to_owned(),
            problem: problem.to_string(),
            remedy: remedy.to_owned(),
        }
    }
}

/// Checks that the host of `sector_identifier_uri`, if there is one, knows the client's redirect URIs. Call it after
/// [`ClientMetadata::validate`], which wants `https`.
pub async fn check(realm: &RealmContext, client: &ClientMetadata) -> Result<(), SectorProblem> {
    let Some(uri) = &client.sector_identifier_uri else {
        return Ok(());
    };
    let document = realm.outside.get(uri, "application/json").await?;
    let listed: Vec<String> = serde_json::from_slice(&document).map_err(|_| SectorProblem::NotAList)?;
    match sector_identifier::listed(client).find(|uri| !listed.iter().any(|known| known == uri)) {
        Some(missing) => Err(SectorProblem::NotListed(missing.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
