//! Secrets that everybody knows: those of the demo and of its documentation.

use model::Secret;

use super::{Finding, Grade, Patient, issuers::is_loopback};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let issuer = &patient.realm.issuer;
    if is_loopback(issuer) {
        return Vec::new();
    }
    let users = patient.known_passwords.iter().map(|name| {
        let problem = format!("the user {name} has the password of the demo");
        let remedy = format!("disable the user (sekisho user disable {name}), or set another password");
        patient.finding(Grade::Critical, problem, remedy)
    });
    let clients = patient.clients.iter().filter(|client| {
        let guess = Secret::new(format!("{}-secret", client.id()));
        client.enabled && client.is_secret(issuer, &guess)
    });
    let clients = clients.map(|client| {
        let id = client.id();
        let problem = format!("the client {id} has a secret that everybody guesses: its own name");
        let remedy = format!("make another: sekisho client rotate-secret {id}, or client_secret in its file");
        patient.finding(Grade::Critical, problem, remedy)
    });
    users.chain(clients).collect()
}
