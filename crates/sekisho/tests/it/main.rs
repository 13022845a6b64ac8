//! The whole product over HTTP: the tree mirrors the URLs; names are sentences.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]
#![allow(missing_docs, reason = "names of tests are sentences")]

mod account;
mod api_keys;
mod api_profile;
mod app;
mod audit;
mod authorization_details;
mod authorize;
mod bank;
mod bc_authorize;
mod conformance_plans;
mod consent;
mod device;
mod dpop;
mod durability;
mod explain;
mod ext_authz;
mod factors;
mod fapi;
mod flows;
mod forward_auth;
mod gateway;
mod grant_term;
mod grants;
mod guide;
mod https;
mod interop_openidconnect;
mod introspect;
mod keys;
mod letters;
mod limits;
mod logout;
mod metadata;
mod mutual_tls;
mod nodes;
mod not_me;
mod on_postgres;
mod operations;
mod pages;
mod pairwise;
mod par;
mod passkeys;
mod policies;
mod protected_resource;
mod publisher;
mod reader;
mod realms;
mod receiver;
mod register;
mod registered_metadata;
mod request;
mod resource_server_example;
mod revocations;
mod revoke;
mod serve;
mod sign_in;
mod sign_up;
mod signer;
mod stage;
mod standing;
mod token;
mod token_binding;
mod two_party;
mod userinfo;
