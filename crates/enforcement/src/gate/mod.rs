//! What a call of a protected API must be, and bring, to get through: one decision for every way to the API.
//!
//! A call comes in as it was sent ([`Call`]). [`Rules`], compiled once from what the operator wrote, say which API and which
//! route it is about, and refuse what two readers might take for different calls. What a token is worth is asked of whoever
//! knows ([`Lookup`]): the server in the same process, or the issuer, or its keys. Then the route's demands are checked, and
//! the [`Decision`] goes back to the transport: a gateway, a proxy that asks, Envoy.

mod api;
mod body;
mod call;
mod decide;
mod decision;
mod details;
mod host;
mod identity;
mod path;
mod pattern;
mod rules;
mod way_in;

#[cfg(test)]
mod tests;

pub use api::{ApiRules, ProtectedApi, RouteRule, RuleProblem};
pub use body::{BodyProblem, MOST_BODY};
pub use call::{Call, CallBody, MalformedCall};
pub use decide::{Decide, Failure, Lookup, Presented};
pub use decision::{Decision, Denied, Pending, Permitted};
pub use identity::{is_reserved, reserved, strip};
pub use pattern::{PathPattern, PatternProblem};
pub use rules::Rules;
pub use way_in::{ClientCredentials, strip_api_key};
