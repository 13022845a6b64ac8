//! `/sign-in`, and what carries a sign-in from page to page.

mod certificate;
mod email_code;
mod forged;
mod guesses;
mod large;
mod lost;
mod reset;
mod session;
mod tabs;
mod wrong;
