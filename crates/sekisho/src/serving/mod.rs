//! Listeners, TLS, the operations listener, and what runs in the background of a server.

pub mod background;
mod ciba_approval;
mod connection;
pub mod delivery;
pub mod gateway;
mod line;
pub mod listener;
mod live;
pub mod operations;
pub mod outgoing;
pub mod refusals;
pub mod tls;
