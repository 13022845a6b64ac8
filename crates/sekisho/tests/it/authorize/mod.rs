//! `/authorize`.

mod client;
mod form_post;
mod hints;
mod id_token_hint;
mod implicit;
mod malformed;
mod max_age;
mod pkce;
mod post;
mod prompt;
mod redirect_uri;
mod refusal;
mod resource;
mod response_type;
mod scope;
mod unsupported;
