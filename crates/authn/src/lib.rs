//! Who is the person: sign-in, sessions, passwords, counting guesses.
//!
//! - [`sign_in`]: a user name and a password, a passkey, a certificate or a code by mail become a session, in numbered steps
//! - [`sign_up`]: somebody makes an account for themselves
//! - [`weak_password`]: what is wrong with a password that somebody chooses
//! - [`session`]: the browser's cookie, and which session it stands for
//! - [`enrolment`]: a user gets a further authenticator, and gives it up again
//! - [`invitation`]: the operator lets a user set the first password, or enrol a factor that counts at once
//! - [`factors`]: what users prove who they are with, besides the password; a file each
//! - [`next_step`]: what is still to be proved for what is demanded
//! - [`policy`]: what the rules of the realm say of a sign-in
//! - [`prove`]: something more is proved in a session
//! - [`password`]: argon2id on a bounded pool of its own; hashes of other programs; [`password_change`];
//!   [`password_reset`]: by a link in a mail, for who has forgotten it
//! - [`notice`]: what users are told by mail; [`browser_name`]: what their browsers are called
//! - [`user_code`]: counting guesses of the codes that devices show
//! - [`users`]: making users and setting their passwords
//!
//! Nothing here knows HTTP, HTML or SQL.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod by_mail;
pub mod device;
pub mod email_code;
#[cfg(test)]
mod enumeration;
mod lane;
mod link;
pub mod not_me;
#[cfg(test)]
mod test_realm;

pub mod address;
pub mod backchannel_user_code;
pub mod browser_name;
pub mod enrolment;
pub mod factors;
pub mod invitation;
pub mod next_step;
pub mod notice;
pub mod password;
pub mod password_change;
pub mod password_reset;
pub mod policy;
pub mod prove;
pub mod session;
pub mod sign_in;
pub mod sign_up;
pub mod user_code;
pub mod users;
pub mod weak_password;
