//! Listeners, TLS, the operations listener, and what runs in the background of a server.

pub mod background;
pub mod listener;
pub mod operations;
pub mod tls;
