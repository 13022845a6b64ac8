//! The whole product over HTTP: the tree mirrors the URLs; names are sentences.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]
#![allow(missing_docs, reason = "names of tests are sentences")]

mod bank;
mod authorize;
mod request;
mod app;
mod introspect;
mod keys;
mod metadata;
mod realms;
mod revoke;
mod token;
mod userinfo;
mod durability;
mod https;
mod interop_openidconnect;
mod nodes;
mod serve;
mod guide;
