//! `/logout`: what an app may ask for when it sends the browser here, and whom the end of a session is told.

mod rp_initiated;

pub use rp_initiated::{LogoutRefusal, LogoutRequest, validate};
