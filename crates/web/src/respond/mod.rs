//! Ways out, one file each.

mod bearer;
mod headers;
mod json;
mod page;
mod plain;
mod refused;

pub use bearer::{Attempt, bearer_error, token_error};
pub use headers::{cors, explain, no_store};
pub use json::{error_json, json, jwt, oauth_error, oauth_error_with};
pub use page::{error_page, fault_page, page, redirect, see_other};
pub use plain::{because, try_again};
pub use realm::refusals::Told;
pub use refused::{Why, refused, refused_plainly, shown_again};
