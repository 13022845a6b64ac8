//! Issuers that nobody reaches by the listeners as they are.

use model::Realm;
use url::Url;

use crate::{
    administration::doctor::{Deployment, Finding, Kind},
    config::Role,
};

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    // A proxy has a name and a port of its own.
    if !deployment.config.proxy.trusted.is_empty() {
        return Vec::new();
    }
    deployment
        .realms
        .iter()
        .filter_map(|realm| of_realm(deployment, realm))
        .collect()
}

fn of_realm(deployment: &Deployment<'_>, realm: &Realm) -> Option<Finding> {
    let port = Url::parse(&realm.issuer).ok()?.port_or_known_default()?;
    let speaks = |tls: bool| {
        let listeners = deployment.config.listeners.iter();
        let servers = listeners.filter(|listener| listener.role == Role::Server);
        servers.filter(move |listener| listener.tls.is_some() == tls)
    };
    if speaks(realm.is_https()).next().is_none() {
        let problem = if realm.is_https() {
            "it is an https issuer, but no listener speaks TLS"
        } else {
            "it is an http issuer, but all listeners speak TLS"
        };
        let remedy = "add the listener, or name the proxy in front of it in [proxy] trusted";
        return Some(Finding::new(Kind::IssuerUnreachable, &realm.issuer, problem, remedy));
    }
    let has_port = speaks(realm.is_https()).any(|listener| listener.bind.port() == port);
    (!has_port).then(|| {
        let problem = format!("no listener has its port, {port}");
        let remedy = "let a listener have it, unless something on the way passes it on to another";
        Finding::new(Kind::IssuerOnAnotherPort, &realm.issuer, problem, remedy)
    })
}
