//! Who reaches the listeners, and who is believed about requests.

use crate::{
    administration::doctor::{Deployment, Finding, Kind},
    config::Network,
    serving::outgoing::is_public,
};

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    let proxy = &deployment.config.proxy;
    let lists = [
        (Kind::ProxyTooWide, "trusted", &proxy.trusted),
        (Kind::ClientCertTooWide, "client_cert", &proxy.client_cert),
        (Kind::ProxyTooWide, "forward_auth", &proxy.forward_auth),
    ];
    let wide = lists.into_iter().flat_map(|(kind, key, networks)| {
        let wide = networks.iter().filter(|network| is_too_wide(network));
        wide.map(move |network| {
            let problem = format!("[proxy] {key} believes everybody in {network}");
            let remedy = "name the addresses of the proxies alone";
            Finding::new(kind, deployment.place(), problem, remedy)
        })
    });
    wide.chain(past_proxy(deployment)).collect()
}

/// A public network is an organisation's at most when it is small; a private one is never a whole continent.
fn is_too_wide(network: &Network) -> bool {
    let most = match (network.address().is_ipv4(), is_public(network.address())) {
        (true, true) => 8,
        (true, false) => 24,
        (false, true) => 64,
        (false, false) => 80,
    };
    network.host_bits() > most
}

fn past_proxy<'a>(deployment: &'a Deployment<'_>) -> impl Iterator<Item = Finding> + 'a {
    let config = deployment.config;
    let is_reached = |ip: std::net::IpAddr| ip.is_unspecified() || is_public(ip);
    let past = config.listeners.iter().filter(move |listener| {
        !config.proxy.trusted.is_empty() && listener.tls.is_none() && is_reached(listener.bind.ip())
    });
    past.map(|listener| {
        let problem = format!(
            "whoever reaches {} directly goes past the proxy, without TLS",
            listener.bind
        );
        let remedy = "bind it to the address that the proxy reaches, or let a firewall admit the proxy alone";
        Finding::new(Kind::ListenerPastProxy, deployment.place(), problem, remedy)
    })
}
