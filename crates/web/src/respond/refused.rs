//! Every refusal is remembered with the trail of its request, so that it can be explained to whoever has its id.

use axum::http::StatusCode;
use explanation::{ErrorCode, Explanation, Refusal, shown};
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
    let place = Place {
        issuer: Some(call.realm.issuer()),
        method: call.method.as_str(),
        path: call.uri.path(),
    };
    remember(&call.app, &place, told);
}

/// Where a request goes.
pub struct Place<'a> {
    /// The realm; none where no realm was found.
    pub issuer: Option<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
}

/// The same of a request for which there is no realm.
pub fn remember(app: &App, place: &Place<'_>, told: Told<'_>) {
    let Trail {
        id,
        address,
        client,
        passed,
        ..
    } = trail::so_far();
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
        client_id: client.map(|client| shown(&client.client_id)),
        network: address.map(refusals::network),
        passed,
        failed: told.why,
    });
}
