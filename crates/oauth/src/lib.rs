//! The authorization server: what each endpoint of OAuth 2.0 and OpenID Connect decides.
//!
//! It knows neither HTTP servers nor HTML: the `web` crate hands it parsed requests and turns its answers into
//! responses. It does not know how a person proves who they are: it is handed the session.
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

mod consented;
mod fault;

pub mod api_key;
pub mod authorization_details;
pub mod authorize;
pub mod backchannel_authentication;
pub mod ciba;
pub mod client_access;
pub mod client_auth;
pub mod client_keys;
pub mod client_secret;
pub mod device;
pub mod device_authorization;
pub mod discovery;
pub mod dpop;
pub mod elsewhere;
pub mod gate;
pub mod grant_management;
pub mod grants;
pub mod guess;
pub mod id_token_hint;
pub mod introspection;
pub mod issue;
pub mod logout;
pub mod protected_resource;
pub mod pushed_authorization;
pub mod registration;
pub mod revocation;
pub mod revocation_events;
pub mod scope_policy;
pub mod sector;
pub mod sender_constraint;
pub mod single_use;
pub mod subject;
pub mod token;
pub mod token_access;
mod token_binding;
pub mod trusted_issuer;
pub mod userinfo;

pub use fault::Fault;

/// What an endpoint without pages gets of a request.
pub struct EndpointRequest<'a> {
    /// All `Authorization` headers.
    pub authorization: Vec<&'a str>,
    /// All `DPoP` headers.
    pub dpop: Vec<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The path of the endpoint below the issuer: `/token`.
    pub path: &'a str,
    /// The form in the body.
    pub form: &'a protocol::form::Form,
    /// The certificate with which the client connected.
    pub certificate: Option<&'a protocol::ClientCertificate>,
    /// The keys that its connection proved by Token Binding.
    pub token_bindings: Option<&'a protocol::token_binding::TokenBindings>,
}

impl EndpointRequest<'_> {
    /// What a proof must be about.
    fn proof(&self) -> dpop::ProofRequest<'_> {
        dpop::ProofRequest {
            headers: &self.dpop,
            method: self.method,
            place: dpop::Place::Endpoint(self.path),
            access_token: None,
        }
    }

    /// The keys that whoever sent the request was shown to hold, besides that of a proof.
    pub fn proven(&self) -> protocol::Confirmation {
        protocol::Confirmation {
            x5t_s256: self.certificate.map(protocol::ClientCertificate::thumbprint),
            tbh: self.token_bindings.map(|bindings| bindings.provided.hash()),
            ..protocol::Confirmation::default()
        }
    }
}
