//! A refusal, put together of what was told and the trail of its request.

use explanation::{
    Check, ErrorCode, Explanation, Refusal,
    catalogue::{authorize, client, logout, token},
    shown,
};

use super::network;
use crate::{
    Realms,
    trail::{self, Trail},
};

/// What is told of a refusal, and why it is one.
pub struct Told<'a> {
    /// The status.
    pub status: u16,
    /// The error code.
    pub code: ErrorCode,
    /// The sentence with it.
    pub description: &'a str,
    /// Why.
    pub why: Explanation,
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

impl Realms {
    /// Remembers that the request in hand is refused.
    pub fn remember_refusal(&self, place: &Place<'_>, told: Told<'_>) {
        let Trail {
            id,
            address,
            client,
            passed,
            compared,
            trace_id,
            ..
        } = trail::so_far();
        let mut failed = told.why;
        if let Some(compared) = compared
            && compared.0 == failed.reason
        {
            failed = failed.with(compared.1, compared.2);
        }
        self.refusals.refused(Refusal {
            id: id.as_str().to_owned(),
            at: self.clock.now(),
            issuer: place.issuer.map(str::to_owned),
            method: shown(place.method),
            path: shown(place.path),
            status: told.status,
            error: told.code,
            description: shown(told.description),
            client_is_proven: client.as_ref().is_some_and(|client| client.is_proven),
            client_id: client
                .filter(|_| is_known(&passed))
                .map(|client| shown(&client.client_id)),
            network: address.map(network),
            trace_id,
            passed,
            failed,
        });
    }
}

/// Whether it is known here which client a request comes from. What is no client's id may be anything: whoever mixes up id
/// and secret sends the secret as id.
fn is_known(passed: &[&Check]) -> bool {
    let known = [&client::KNOWN, &authorize::CLIENT, &token::ALIVE, &logout::HINT];
    passed.iter().any(|check| known.contains(check))
}
