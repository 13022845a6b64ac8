//! Secrets that everybody knows or guesses: those of the demo and of its documentation, and what people type when they
//! are asked for any.

use model::{Client, Secret};

use super::{Finding, Kind, Patient, issuers::is_loopback};

/// Tried with every client, beside its own name.
const COMMON: &[&str] = &[
    "secret",
    "password",
    "changeme",
    "change-me",
    "client-secret",
    "test",
    "12345678",
];

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let issuer = &patient.realm.issuer;
    if is_loopback(issuer) {
        return Vec::new();
    }
    let users = patient.known_passwords.iter().map(|name| {
        let problem = format!("the user {name} has the password of the demo");
        let remedy = format!("disable the user (sekisho user disable {name}), or set another password");
        patient.finding(Kind::DemoPassword, problem, remedy)
    });
    let clients = patient
        .clients
        .iter()
        .filter(|client| client.enabled && is_guessed(issuer, client));
    let clients = clients.map(|client| {
        let id = client.id();
        let problem = format!("the client {id} has a secret that everybody guesses");
        let remedy = format!("make another: sekisho client rotate-secret {id}, or client_secret in its file");
        patient.finding(Kind::GuessableSecret, problem, remedy)
    });
    users.chain(clients).collect()
}

fn is_guessed(issuer: &str, client: &Client) -> bool {
    let id = client.id();
    // The first is how the demo's are made.
    let of_its_name = [
        format!("{id}-secret"),
        format!("{id}_secret"),
        format!("{id}secret"),
        id.to_owned(),
    ];
    let common = COMMON.iter().map(|word| (*word).to_owned());
    of_its_name
        .into_iter()
        .chain(common)
        .any(|guess| client.is_secret(issuer, &Secret::new(guess)))
}
