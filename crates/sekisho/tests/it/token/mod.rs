//! `POST /token`.

mod authorization_code;
mod client_authentication;
mod client_credentials;
mod encrypted_id_token;
mod entropy;
mod form;
mod id_token;
mod refresh_token;
mod resource;
