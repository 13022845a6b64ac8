//! What must hold of any bytes at all. Each function takes what a fuzzer makes up, and panics when something does not hold.
//!
//! `fuzz/run` runs them for long under libFuzzer. Here, as ordinary tests, they get the corpus that is kept, and a few thousand
//! variations of it that are the same each time.
#![allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a panic is how a target says that something does not hold"
)]

mod credentials;
#[cfg(feature = "openapi")]
mod openapi;
mod paths;
mod raw_http;
#[cfg(test)]
mod tests;

pub use credentials::credentials;
#[cfg(feature = "openapi")]
pub use openapi::openapi;
pub use paths::paths;
pub use raw_http::http;
