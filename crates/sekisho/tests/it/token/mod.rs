//! `POST /token`.

mod authorization_code;
mod ciba;
mod client_assertion;
mod client_authentication;
mod client_credentials;
mod device_code;
mod dpop;
mod dpop_nonce;
mod encrypted_id_token;
mod entropy;
mod financial_grade;
mod form;
mod guesses;
mod id_token;
mod jwks_uri;
mod jwt_bearer;
mod profiles;
mod refresh_token;
mod resource;
mod token_exchange;
