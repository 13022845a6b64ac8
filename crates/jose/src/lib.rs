//! Signing, verifying, encrypting, sealing and hashing, over one cryptography library.
//!
//! This is the only crate that knows which library that is. What it offers is the part of JOSE that the
//! server needs, and nothing that would have to be configured away: no `none`, no RSASSA with SHA-1, no trust in
//! a key because a token's own header names it. HMAC is a check of its own, which no public key reaches.
//!
//! - [`SigningAlg`], [`SigningKey`], [`Signer`], [`sign_jwt`]: making signed JWTs
//! - [`UnverifiedJwt`], [`KeySet`], [`Verified`]: checking them
//! - [`SelfSigned`]: checking those that are about the key in their own header
//! - [`MacKey`]: checking those that were made with a shared secret
//! - [`Recipient`], [`Envelope`], [`DecryptionKey`]: JWTs that only one party can read
//! - [`SealingKey`]: what travels through a browser or an app and comes back unread
//! - [`WrapKey`]: secrets at rest
//! - [`one_time_code`]: the codes of authenticator apps
//! - [`random_token`], [`sha256`], [`hmac_sha256`], [`constant_time_eq`], [`b64`], [`base32`]: the small things
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

mod aead;
pub mod b64;
pub mod base32;
mod hash;
mod jwa;
mod jwe;
mod jwk;
mod jws;
mod jwt;
mod key_set;
mod mac;
mod one_time_code;
mod random;
mod seal;
mod self_signed;
mod signing_key;
pub mod strict_json;
mod verify;
mod wrap;

pub use hash::{constant_time_eq, hmac_sha256, left_half_hash, sha256, sha256_of_parts};
pub use jwa::{JweAlg, JweEnc, SigningAlg, UnknownAlg};
pub use jwe::{Addressee, Decrypted, DecryptionKey, Envelope, JweError, Payload, Recipient};
pub use jwk::{Jwk, JwkError};
pub use jws::{JwsError, JwsHeader, MAX_JWT_BYTES, UnverifiedJwt, Verified};
pub use jwt::{SignJwtError, sign_jwt};
pub use key_set::KeySet;
pub use mac::{HS256, MacKey, SHORTEST_MAC_SECRET, ShortSecret};
pub use one_time_code::{OneTimeCodeHash, one_time_code};
pub use random::{random_bytes, random_token};
pub use seal::{SealingKey, associated_data, key_id_of};
pub use self_signed::{SelfSigned, SelfSignedError};
pub use signing_key::{KeyError, Signer, SigningError, SigningKey};
pub use wrap::{UnwrapError, WrapKey};
