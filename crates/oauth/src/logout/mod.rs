//! `/logout`: what an app may ask for when it sends the browser here, and whom the end of a session is told.

mod back_channel;
mod front_channel;
mod rp_initiated;

pub use back_channel::{LogoutNotice, NoLogoutToken, logout_token, remember};
pub use front_channel::{Frame, frames};
pub use rp_initiated::{LogoutRefusal, LogoutRequest, validate};
