//! `/par`: pushed authorization requests, and how `/authorize` takes them. RFC 9126.

mod push;
mod refused;
mod signed;
mod visit;
