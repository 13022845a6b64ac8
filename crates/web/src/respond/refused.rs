//! Every refusal is remembered with the trail of its request, so that it can be explained to whoever has its id.

use axum::{
    http::{Method, StatusCode},
    response::Response,
};
use explanation::{
    Check, ErrorCode, Explanation, Reason, Refusal,
    catalogue::{authorize, client, logout, server, token},
    shown,
};
use realm::{
    audit, refusals,
    trail::{self, Trail},
};

use crate::{app::App, extract::Call};

/// What is told of a refusal, and why it is one.
pub struct Told<'a> {
    /// The status.
    pub status: StatusCode,
    /// The error code.
    pub code: ErrorCode,
    /// The sentence with it.
    pub description: &'a str,
    /// Why.
    pub why: Explanation,
}

/// Remembers that the request in hand is refused.
pub fn refused(call: &Call, told: Told<'_>) {
    audit::refused(&call.realm, told.code, told.why.reason.name, told.description);
    remember(&call.app, &Place::of(call), told);
}

/// Remembers that a form is shown again, with what is wrong in it. What is to be audited of that has events of its own.
pub fn shown_again(call: &Call, status: StatusCode, description: &str, why: Explanation) {
    let code = why.reason.code();
    let told = Told {
        status,
        code,
        description,
        why,
    };
    remember(&call.app, &Place::of(call), told);
}

/// Where a request goes.
struct Place<'a> {
    /// The realm; none where no realm was found.
    issuer: Option<&'a str>,
    /// The method.
    method: &'a str,
    /// The path.
    path: &'a str,
}

impl<'a> Place<'a> {
    fn of(call: &'a Call) -> Self {
        Self {
            issuer: Some(call.realm.issuer()),
            method: call.method.as_str(),
            path: call.uri.path(),
        }
    }
}

fn remember(app: &App, place: &Place<'_>, told: Told<'_>) {
    let Trail {
        id,
        address,
        client,
        passed,
        compared,
        ..
    } = trail::so_far();
    let mut failed = told.why;
    if let Some(compared) = compared
        && compared.0 == failed.reason
    {
        failed = failed.with(compared.1, compared.2);
    }
    app.realms.refusals.refused(Refusal {
        id: id.as_str().to_owned(),
        at: app.realms.clock.now(),
        issuer: place.issuer.map(str::to_owned),
        method: shown(place.method),
        path: shown(place.path),
        status: told.status.as_u16(),
        error: told.code,
        description: shown(told.description),
        client_is_proven: client.as_ref().is_some_and(|client| client.is_proven),
        client_id: client
            .filter(|_| is_known(&passed))
            .map(|client| shown(&client.client_id)),
        network: address.map(refusals::network),
        passed,
        failed,
    });
}

/// Whether it is known here which client a request comes from. What is no client's id may be anything: whoever mixes up id
/// and secret sends the secret as id.
fn is_known(passed: &[&Check]) -> bool {
    let known = [&client::KNOWN, &authorize::CLIENT, &token::ALIVE, &logout::HINT];
    passed.iter().any(|check| known.contains(check))
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
        status,
        code: reason.code(),
        description: status.canonical_reason().unwrap_or_default(),
        why: reason.into(),
    };
    remember(app, &place, told);
}
