//! Passkeys: keys in a device, a security key or a password manager, which sign a challenge for this origin alone.
//!
//! Spec: WebAuthn Level 3 §7.1, §7.2, NIST SP 800-63B §5.1.7, §5.1.8
//!
//! Accepted: discoverable credentials, with which nobody types a name; others, as a second step; syncable and
//! device-bound ones; with and without verification of the user. Who was verified at enrolment must be verified each time.
//! Attestation by the makers whom the realm names says that a key is in hardware; without such makers it is not asked for, and
//! what is sent nevertheless vouches for nothing. Deliberately not: other origins than the issuer's, frames of other sites,
//! Token Binding, lists of revoked models (metadata services).
//!
//! - [`RelyingParty`]: which origin this is, and what an authenticator keeps of a user
//! - [`Ceremony`]: a challenge in progress, sealed and bound to the browser that it was shown to
//! - [`registration`], [`authentication`]: the two ceremonies
//! - [`Credential`]: what is stored
//! - [`ask`], [`ask_anybody`], [`ask_for_new`]: what pages ask browsers

pub mod authentication;
mod ceremony;
mod credential;
mod enrolled;
mod refusal;
pub mod registration;
mod relying_party;
#[cfg(test)]
mod tests;

pub(crate) use self::enrolled::{verify, would_prove};
pub use self::{
    authentication::{Answered, Proof},
    ceremony::{Begun, Ceremony, Purpose, Verification},
    credential::{Credential, UnreadableCredential},
    enrolled::{ask, ask_anybody, ask_for_new, authenticator, enrol},
    refusal::PasskeyRefusal,
    registration::NewPasskey,
    relying_party::RelyingParty,
};
