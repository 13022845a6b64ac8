//! The user's own pages: sign-in, what they permitted, where they are signed in, sign-out.

mod overview;
mod sign_in;
mod sign_out;

pub use overview::{end_session, page, revoke_grant};
pub use sign_in::{sign_in, sign_in_page};
pub use sign_out::{sign_out, sign_out_page};
