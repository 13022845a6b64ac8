//! What handlers take from a request.

mod body;
mod call;
pub mod client_cert;
pub mod cookies;
mod form_body;
mod json_body;
mod network;
mod peer;

pub use body::{BodyError, begin};
pub use call::Call;
pub use cookies::Cookies;
pub use form_body::{FormCall, PageForm};
pub use json_body::{JsonCall, json_value};
pub use network::Network;
pub use peer::{Peer, Proxies};
