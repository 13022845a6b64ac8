//! Clients that call a protected API for themselves: by an API key, by HTTP Basic, by their certificate, by a token of their
//! own. What the gate decides is the same for every way to the API.

mod api_key;
mod basic;
mod client_certificate;
mod guesses;

use std::{net::IpAddr, sync::Arc};

use enforcement::gate::{Call, CallBody, Decide as _, Decision, Denied, Permitted};
use http::{HeaderMap, HeaderName};
use oauth::gate::Gate;
use protocol::ClientCertificate;
use sekisho::administration::{self, Action, Command};
use serde_json::Value;
use testkit::pki::Identity;

use crate::{app::bank_and, bank::Bank, request::BANK_API as API};

/// The test realm whose bank API has these keys too, as `route = […]`, with more TOML at its end.
pub fn protected(of_api: &str, more: &str) -> impl FnOnce(&str) -> String + use<> {
    let (of_api, more) = (of_api.to_owned(), more.to_owned());
    move |issuer| {
        let realm = bank_and(&more)(issuer);
        let line = "introspection = [\"bank-api\"]";
        assert!(realm.contains(line));
        realm.replacen(line, &format!("{line}\n{of_api}"), 1)
    }
}

/// What becomes of `GET` with these header fields and this certificate.
pub async fn called(bank: &Bank, path: &str, fields: &[(&str, &str)], shown: Option<&Identity>) -> Decision {
    called_from(bank, (None, path), fields, shown).await
}

/// The same from an address.
pub async fn called_from(
    bank: &Bank,
    (address, path): (Option<IpAddr>, &str),
    fields: &[(&str, &str)],
    shown: Option<&Identity>,
) -> Decision {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let certificate = shown.map(|identity| ClientCertificate {
        der: identity.der.clone(),
        intermediates: identity.intermediates.clone(),
    });
    let gate = Gate::new(Arc::clone(&bank.running.realms));
    let call = Call {
        method: "GET",
        scheme: Some("https"),
        authority: API.trim_start_matches("https://"),
        target: path,
        headers: &headers,
        certificate: certificate.as_ref(),
        address,
        body: CallBody::Hidden,
    };
    gate.decide(&call).await
}

pub async fn permitted(bank: &Bank, path: &str, fields: &[(&str, &str)], shown: Option<&Identity>) -> Permitted {
    match called(bank, path, fields, shown).await {
        Decision::Permitted(permitted) => *permitted,
        other => panic!("{other:?}"),
    }
}

pub async fn denied(bank: &Bank, path: &str, fields: &[(&str, &str)], shown: Option<&Identity>) -> Denied {
    match called(bank, path, fields, shown).await {
        Decision::Denied(denied) => *denied,
        other => panic!("{other:?}"),
    }
}

/// Status, error code, and what `sekisho explain` says of it.
pub async fn refused(
    bank: &Bank,
    path: &str,
    fields: &[(&str, &str)],
    shown: Option<&Identity>,
) -> (u16, String, String) {
    let denied = denied(bank, path, fields, shown).await;
    let answer = denied.answer();
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = denied.id.expect("each refusal has an id");
    assert_eq!(answer.headers["sekisho-explain"], id.as_str());
    let action = Action::Explain { id };
    let command = Command { realm: None, action };
    let explained = administration::execute(&bank.running.realms, &bank.running.passwords, command)
        .await
        .unwrap();
    let reason = explained["refusal"]["failed"]["name"].as_str();
    (
        answer.status.as_u16(),
        body["error"].as_str().unwrap_or_default().to_owned(),
        reason.unwrap_or_else(|| panic!("{explained}")).to_owned(),
    )
}

/// What the upstream learns of the caller.
pub fn identity(permitted: &Permitted) -> Vec<(String, String)> {
    let fields = permitted.identity().into_iter();
    fields
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect()
}

/// The identity of a client that calls for itself: there is no user, and so no level of assurance.
pub fn itself(client_id: &str, scope: &str) -> Vec<(String, String)> {
    [
        ("sekisho-subject", client_id),
        ("sekisho-client", client_id),
        ("sekisho-scope", scope),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
