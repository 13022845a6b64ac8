//! `/par`: pushed authorization requests, and how `/authorize` takes them. RFC 9126.

mod dpop;
mod push;
mod refused;
mod signed;
mod visit;
