//! OAuth and OpenID Connect words and pure rules, one file per specification.
//!
//! Nothing here does I/O, reads a clock or draws random numbers: times are given as seconds since 1970-01-01 UTC, and
//! every rule is a function of its arguments. Proof types ([`ValidatedRedirectUri`], [`PkceVerified`]) can be made only
//! by the check that they are named after.
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

pub mod access_token;
pub mod acr;
pub mod actor;
pub mod api_key;
pub mod assertion;
pub mod assurance;
pub mod audience;
pub mod authorization_details;
pub mod authorization_request;
pub mod backchannel_authentication;
pub mod basic;
pub mod bearer;
pub mod binding_message;
mod characters;
pub mod claims;
pub mod claims_request;
pub mod client_cert;
pub mod client_certificate;
pub mod client_information;
pub mod client_metadata;
pub mod confirmation;
pub mod demand;
pub mod device_authorization;
pub mod distinguished_name;
pub mod dpop;
pub mod explained;
pub mod form;
pub mod frontchannel_logout;
pub mod grant_management;
pub mod grant_type;
pub mod id_token;
pub mod interaction_id;
pub mod introspection;
pub mod json_schema;
pub mod limit;
pub mod login_hint_token;
pub mod logout_token;
mod numeric_date;
pub mod pkce;
pub mod profile;
pub mod prompt;
pub mod protected_resource;
pub mod pushed_authorization;
pub mod redirect_uri;
pub mod registration_request;
pub mod request_object;
pub mod resource_indicator;
pub mod response_mode;
pub mod response_type;
pub mod revocation_events;
pub mod risk;
pub mod route;
pub mod scope;
pub mod sector_identifier;
pub mod server_metadata;
pub mod session_state;
pub mod signed_authentication_request;
pub mod tls_client_auth;
pub mod token_binding;
pub mod token_credentials;
pub mod token_delivery_mode;
pub mod token_endpoint_auth_method;
pub mod token_response;
pub mod token_type;

pub use access_token::AccessTokenClaims;
pub use acr::{Acr, amr};
pub use api_key::{ApiKeyError, ApiKeySecret};
pub use assurance::{Assurance, Method, Proof};
pub use audience::Audience;
pub use authorization_details::{AuthorizationDetail, AuthorizationDetails};
pub use authorization_request::{AuthorizationRequest, DisplayMode, RequestError};
pub use backchannel_authentication::{BackchannelAuthenticationRequest, BackchannelAuthenticationResponse};
pub use basic::{BasicCredentials, BasicError};
pub use bearer::{BearerError, BearerToken, Challenge};
pub use binding_message::BindingMessage;
pub use claims_request::{ClaimsRequest, ClaimsRequestError};
pub use client_certificate::ClientCertificate;
pub use client_information::ClientInformation;
pub use client_metadata::{ApplicationType, ClientMetadata, MetadataProblem, Missing, Standing, SubjectType};
pub use confirmation::Confirmation;
pub use demand::{Demand, DemandOf, Reach};
pub use device_authorization::{DeviceAuthorizationResponse, UserCode};
pub use explanation::{ErrorCode, error_code};
pub use form::{Duplicate, Form, FormError};
pub use grant_management::GrantManagement;
pub use grant_type::GrantType;
pub use id_token::IdTokenClaims;
pub use interaction_id::InteractionId;
pub use introspection::IntrospectionResponse;
pub use pkce::{CodeChallenge, PkceError, PkceVerified, check_code_verifier};
pub use profile::{PROFILES, PkceRule, ProfileRef, SecurityProfile, SenderConstraint};
pub use prompt::{Prompt, PromptError, PromptValue};
pub use protected_resource::ProtectedResourceMetadata;
pub use pushed_authorization::PushedAuthorizationResponse;
pub use redirect_uri::{RedirectUriError, ValidatedRedirectUri};
pub use request_object::RequestObject;
pub use resource_indicator::{Resource, ResourceError};
pub use response_mode::{ResponseMode, ResponseModeError};
pub use response_type::{ResponseType, ResponseTypeError};
pub use route::{Access, DetailsRule, Route};
pub use scope::{Scope, ScopeError};
pub use sector_identifier::SectorError;
pub use server_metadata::ServerMetadata;
pub use token_credentials::{TokenCredentials, TokenScheme};
pub use token_delivery_mode::TokenDeliveryMode;
pub use token_endpoint_auth_method::TokenEndpointAuthMethod;
pub use token_response::{ErrorResponse, TokenResponse};
