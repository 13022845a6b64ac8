//! The cookie that scripts can read: it changes whenever somebody signs in or out in this browser.
//!
//! Spec: OpenID Connect Session Management §3.2
//!
//! On https issuers frames in other sites' pages get it too (`SameSite=None`), as far as the browser lets them. On http,
//! which is for development on this machine, only those on the issuer's own host do: other ports of `localhost`.

use ::oauth::authorize::Person;
use authn::session::state_cookie_name;
use axum::{
    http::{HeaderValue, header},
    response::Response,
};

use crate::extract::{Call, cookies};

/// Lets the cookie say what is so, where it does not.
pub fn keep(call: &Call, person: Option<&Person>, mut response: Response) -> Response {
    let name = state_cookie_name(&call.realm.realm);
    let wanted = person.map(|person| person.browser_state.as_str());
    if call.cookies.get(&name) != wanted
        && let Ok(cookie) = HeaderValue::from_str(&set(call, wanted))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The `Set-Cookie` value for this state; `None`: nobody is signed in.
pub fn set(call: &Call, state: Option<&str>) -> String {
    let realm = &call.realm.realm;
    let name = state_cookie_name(realm);
    cookies::set_readable(realm, &name, state.unwrap_or_default(), state.is_none())
}
