//! Ways to prove who one is, besides the password.

pub mod passkey;
