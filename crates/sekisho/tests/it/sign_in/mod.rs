//! `/sign-in`, and what carries a sign-in from page to page.

mod certificate;
mod email_code;
mod enumeration;
mod forged;
mod guesses;
pub mod invitation;
mod large;
mod lost;
mod names;
mod reset;
mod session;
mod tabs;
mod wrong;
