//! Realms at work: settings, signing keys and sealing keys, loaded from the database and rotated.
//!
//! What is held in memory here is a hint: it says how to sign, seal and describe, never whether something was
//! revoked. It is loaded again when the revision in the database rises.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod api_rules;
pub mod audit;
mod certificate_owners;
mod context;
mod decryption;
mod details_types;
mod limits;
mod memo;
mod node;
mod outside;
mod places;
mod realms;
pub mod refusals;
pub mod revocations;
mod rotation;
mod seals;
mod signing;
pub mod trail;
mod wrong_secrets;

pub mod wrap_label;

pub use api_rules::{api_rules, proof_algs};
pub use certificate_owners::{CertificateOwner, CertificateOwners};
pub use context::{Documents, OPENID_SCOPES, RealmContext, RealmError, Scopes, Sight, is_own_scope};
pub use details_types::{DetailsTypes, KnownType};
pub use limits::Limits;
pub use memo::Memo;
pub use node::Node;
pub use outside::{Fetch, FetchError, Fetched, Fetching, KEYS_MAX_AGE, Outside};
pub use realms::{Apis, Found, Realms};
pub use refusals::Refusals;
pub use revocations::Revocations;
pub use rotation::{JWKS_MAX_AGE, OVERLAP, SIGNS_FOR, maintain, rotate};
pub use seals::{Purpose, Seals};
pub use signing::SigningKeys;
pub use wrong_secrets::{Compared, Lane, WrongSecrets};
