//! HTML answers and redirects of the browser flow.
//!
//! Spec: RFC 9700 §4.2.4 (referrer), §4.12 (303), §4.16 (framing); Content Security Policy Level 3.

use ::oauth::Fault;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use explanation::{Explain, Explanation};
use protocol::error_code::ErrorCode;

use super::{Told, no_store, refused};
use crate::{
    extract::Call,
    locale::Locale,
    pages::{ErrorKind, ErrorPage, Href, Link, Text, View, csp},
    views,
};

/// A page under its Content-Security-Policy, see [`pages::csp`], which also lets in the picture that the page shows.
pub fn page<V: View>(call: &Call, locale: Locale, status: StatusCode, view: &V, policy: &str) -> Response {
    let html = match call.app.pages.render(locale, view) {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let policy = view
        .picture()
        .map_or_else(|| policy.to_owned(), |picture| csp::with_picture(policy, picture));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    protect(call, headers);
    // Nothing is told to other sites; to ourselves, so that browsers say truthfully where our forms come from.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// An error page: says what happened, and the request's id; logged with `reason`.
pub fn error_page(call: &Call, kind: ErrorKind, code: ErrorCode, (reason, why): (&str, Explanation)) -> Response {
    let status = match kind {
        ErrorKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::AccessDenied | ErrorKind::FormMismatch => StatusCode::FORBIDDEN,
        ErrorKind::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Method => StatusCode::METHOD_NOT_ALLOWED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    tracing::info!(
        error = code.as_str(),
        status = status.as_u16(),
        reason,
        "refused with a page"
    );
    refused(
        call,
        Told {
            status: status.as_u16(),
            code,
            description: reason,
            why,
        },
    );
    let locale = views::locale(call, &[]);
    let is_fault = matches!(kind, ErrorKind::Busy | ErrorKind::ServerError);
    let mut view = ErrorPage::new(
        Some(views::realm(call, locale, "")),
        kind,
        code.as_str(),
        call.id.as_str(),
    )
    .with_link(Link {
        href: Href::local(call.path("/account")),
        label: Text::key("message.to_account"),
    });
    if !is_fault {
        view = view.with_detail(reason);
    }
    page(call, locale, status, &view, &csp::plain())
}

/// The page for a failure of this server; the reason is only logged.
pub fn fault_page(call: &Call, fault: &Fault) -> Response {
    tracing::error!(%fault, "a request failed");
    if fault.is_temporary() {
        error_page(
            call,
            ErrorKind::Busy,
            ErrorCode::TemporarilyUnavailable,
            ("the server cannot answer right now", fault.explanation()),
        )
    } else {
        error_page(
            call,
            ErrorKind::ServerError,
            ErrorCode::ServerError,
            ("a defect of the server", fault.explanation()),
        )
    }
}

/// "303 See Other": whatever was posted is not posted again to where the browser goes (RFC 9700 §4.12).
pub fn redirect(call: &Call, location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    protect(call, headers);
    response
}

/// A redirect within this realm, with cookies.
pub fn see_other(call: &Call, below: &str, cookies: &[String]) -> Response {
    let mut response = redirect(call, &call.path(below));
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

fn protect(call: &Call, headers: &mut HeaderMap) {
    no_store(headers);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if call.realm.realm.is_https() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000"),
        );
    }
}
