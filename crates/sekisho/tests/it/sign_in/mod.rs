//! `/sign-in`, and what carries a sign-in from page to page.

mod certificate;
mod forged;
mod guesses;
mod large;
mod lost;
mod session;
mod tabs;
mod wrong;
