//! `/session`: the frame that apps ask whether the user is still signed in as before.
//!
//! Spec: OpenID Connect Session Management §3.2, §5.1
//!
//! This is the one page that others may frame. It shows nothing, has no form, and brings one script, which reads one
//! cookie: a value that says nothing and changes with each sign-in.

use authn::session::state_cookie_name;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};

use crate::{assets, extract::Call, respond};

/// `GET /session`.
pub async fn check_session(call: Call) -> Response {
    let realm = &call.realm.realm;
    let (script, cookie) = (
        assets::url(realm.base_path(), "check_session.js"),
        state_cookie_name(realm),
    );
    // Neither an issuer's path nor the name of a cookie has a character that HTML would need escaped.
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Session</title>\n\
         <script src=\"{script}\" data-cookie=\"{cookie}\"></script>\n</html>\n"
    );
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    respond::no_store(headers);
    response
}
