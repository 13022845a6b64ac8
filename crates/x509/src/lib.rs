//! Certificates of clients: what they say, who vouches for them, whether they were revoked.
//!
//! Spec: RFC 5280, RFC 8705 §7.4, §7.5
//!
//! Pure, like `protocol`: no I/O and no clock. Paths are found and checked by the library that TLS uses too; nothing of
//! that is written here.
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

mod authorities;
mod certificate;
mod holder;
mod pem;
mod revocation_list;

pub use authorities::{Authorities, PathError};
pub use certificate::{Certificate, UnreadableCertificate, Validity, is_for_host};
pub use holder::thumbprint;
pub use pem::{PemError, certificates, pem, revocation_lists};
pub use revocation_list::RevocationList;
