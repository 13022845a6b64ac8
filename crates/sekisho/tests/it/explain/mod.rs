//! Each refusal has an id, and the operator learns by it what was wrong.

mod command;
pub mod recorded;
mod secrets;
mod trail;
