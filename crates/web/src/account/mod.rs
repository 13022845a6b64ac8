//! The user's own pages: sign-in, what they permitted, where they are signed in, sign-out.

mod overview;
mod sign_in;
mod sign_out;

pub use overview::{end_session, page, revoke_grant};
pub use sign_in::{sign_in, sign_in_page};
pub use sign_out::{sign_out, sign_out_page};

use axum::{http::Uri, response::Response};
use protocol::error_code::ErrorCode;

use crate::{extract::Call, pages::ErrorKind, respond};

/// `GET /`: whoever comes without knowing where to go sees their own pages.
pub async fn root(call: Call) -> Response {
    respond::see_other(&call, "/account", &[])
}

/// Any other path of a realm.
pub async fn no_such_page(call: Call, uri: Uri) -> Response {
    respond::error_page(
        &call,
        ErrorKind::NotFound,
        ErrorCode::InvalidRequest,
        &format!("there is no page {}", uri.path()),
    )
}
