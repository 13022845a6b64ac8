//! `/authorize`, as a list of steps: validate → decide → (sign-in, consent) → issue.
//!
//! Spec: RFC 6749 §3.1 and §4.1, OpenID Connect Core §3.1.2, RFC 9207.
//!
//! Steps never choose the next step; only [`decide`] does. A flow that was interrupted by sign-in or consent starts
//! again from [`validate`], so what is checked at the end is what is true at the end. A request object alone is looked
//! at once: see `request_object.rs`.

mod decide;
mod issue;
mod parameters;
mod permission;
mod refusal;
mod request_object;
mod respond;
mod validate;
mod wanted_user;

pub use crate::consented::Approval;
pub use decide::{ConsentNeeded, Decision, Person, decide, denied, unmet};
pub use issue::{Issued, issue};
pub use permission::Permission;
pub use refusal::{AuthorizeRefusal, RedirectedRefusal, deny};
pub use respond::{AuthorizationResponse, Destination};
pub(crate) use validate::validate_pushed;
pub use validate::{ValidRequest, validate};
