//! Every refusal is remembered with the trail of its request, so that it can be explained to whoever has its id.

use axum::{
    http::{Method, StatusCode},
    response::Response,
};
use explanation::{Explanation, Reason, catalogue::server};
use realm::{
    audit,
    refusals::{Place, Told},
};

use crate::{app::App, extract::Call};

/// Remembers that the request in hand is refused.
pub fn refused(call: &Call, told: Told<'_>) {
    audit::refused(&call.realm, told.code, told.why.reason.name, told.description);
    call.app.realms.remember_refusal(&place(call), told);
}

/// Remembers that a form is shown again, with what is wrong in it. What is to be audited of that has events of its own.
pub fn shown_again(call: &Call, status: StatusCode, description: &str, why: Explanation) {
    let code = why.reason.code();
    let told = Told {
        status: status.as_u16(),
        code,
        description,
        why,
    };
    call.app.realms.remember_refusal(&place(call), told);
}

fn place(call: &Call) -> Place<'_> {
    Place {
        issuer: Some(call.realm.issuer()),
        method: call.method.as_str(),
        path: call.uri.path(),
    }
}

/// Goes with an answer that is a plain text, and says why it is a refusal.
#[derive(Clone, Copy)]
pub struct Why(pub &'static Reason);

/// Remembers a refusal that no handler was reached to explain.
pub fn refused_plainly(app: &App, method: &Method, path: &str, response: &Response) {
    let status = response.status();
    let reason = match (response.extensions().get::<Why>(), status) {
        (Some(why), _) => why.0,
        (None, StatusCode::NOT_FOUND) => &server::NOT_FOUND,
        (None, StatusCode::METHOD_NOT_ALLOWED) => &server::METHOD,
        (None, StatusCode::SERVICE_UNAVAILABLE) => &server::UNAVAILABLE,
        (None, status) if status.is_server_error() => &server::DEFECT,
        // What stands beside the server: the demo's apps.
        (None, _) => return,
    };
    let place = Place {
        issuer: None,
        method: method.as_str(),
        path,
    };
    let told = Told {
        status: status.as_u16(),
        code: reason.code(),
        description: status.canonical_reason().unwrap_or_default(),
        why: reason.into(),
    };
    app.realms.remember_refusal(&place, told);
}
