//! What may be used once: assertions and the like, by their `jti`.
//!
//! Spec: RFC 7523 §3 (`jti`), OpenID Connect Core §9, CIBA §7.1.1

use jose::sha256_of_parts;
use realm::RealmContext;
use storage::{Outcome, StorageError, used_assertion};

/// A row outlives what it is about by this, in seconds: clocks of nodes differ a little.
const SLACK: i64 = 60;

/// What is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// A client's assertion of itself.
    ClientAssertion,
    /// A trusted issuer's assertion of a user.
    GrantAssertion,
    /// A backchannel request that its client has signed.
    AuthenticationRequest,
}

impl Once {
    const fn word(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::GrantAssertion => "assertion",
            Self::AuthenticationRequest => "authentication_request",
        }
    }
}

/// Uses what `maker` named `jti`, with one durable write. `false`: it was used before, here or at another node.
pub async fn consume(
    realm: &RealmContext,
    what: Once,
    maker: &str,
    jti: &str,
    expires_at: i64,
) -> Result<bool, StorageError> {
    let change = used_assertion::use_once(
        realm.issuer(),
        id([what.word(), maker, jti]),
        expires_at.saturating_add(SLACK),
    );
    Ok(realm.store.commit(change).await? == Outcome::Applied)
}

fn id(parts: [&str; 3]) -> [u8; 32] {
    sha256_of_parts(parts.map(str::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_maker_and_jti_has_an_id_of_its_own() {
        let mut ids = [
            ["a", "b", "c"],
            ["ab", "", "c"],
            ["a", "bc", ""],
            ["a", "b", "d"],
            ["b", "a", "c"],
        ]
        .map(id)
        .to_vec();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5);
    }
}
