//! Rules of a realm about who may sign in, from where, on which device, and with which factors.
//!
//! - [`Rules::compile`]: the rules as one set of Cedar policies, checked against a schema
//! - [`Facts`]: what is known of a sign-in
//! - [`Rules::judge`]: which rules match, and what follows: what must be proved besides, or that nobody gets in
//! - [`Rules::closed`]: in the place of rules that cannot be compiled
//! - [`Rules::locks_out`]: rules that nobody would pass
//!
//! A rule that denies is a `forbid`; every other one is a `permit`, and so is what holds without rules. So Cedar's answer
//! names the rules that matched, and what they demand is added up: a rule can only add. What cannot be evaluated denies.
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

mod compile;
mod condition;
mod facts;
mod judge;
mod lockout;
mod range;
mod requirement;
mod schema;
mod week;

pub use self::{
    compile::{Mistake, Rules},
    facts::Facts,
    judge::{Denied, Verdict, Why},
    range::is_range,
    requirement::{REQUIREMENTS, Requirement},
};

#[cfg(test)]
mod tests;
