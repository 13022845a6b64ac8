//! Calls of the server to others that it will refuse to make, and roots that vouch for nobody any more.

use std::fs;

use crate::{
    administration::doctor::{Deployment, Finding, Kind},
    serving::outgoing::{CallError, check},
};

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    let allow = &deployment.config.outgoing.allow;
    let refused = deployment.calls.iter().filter_map(|call| {
        let error: CallError = check(&call.url, allow).err()?;
        let problem = format!("{} is {}, which will not be called: {error}", call.named_by, call.url);
        let remedy = "list the host in [outgoing] allow if it is meant, else correct the address";
        Some(Finding::new(Kind::CallNotAllowed, &call.realm, problem, remedy))
    });
    refused.chain(expired(deployment)).collect()
}

fn expired<'a>(deployment: &'a Deployment<'_>) -> impl Iterator<Item = Finding> + 'a {
    let is_over = |text: &String| {
        let all = x509::certificates(text).unwrap_or_default();
        all.iter().any(|der| {
            let root = x509::Certificate::parse(der);
            root.is_ok_and(|root| !root.validity().contains(deployment.now))
        })
    };
    let files = deployment.config.outgoing.trust.iter();
    let over = files.filter(move |file| fs::read_to_string(file).is_ok_and(|text| is_over(&text)));
    over.map(|file| {
        let problem = "a root in it has expired or is not valid yet: calls to whom it vouches for fail";
        let remedy = "replace it by a current one, and restart the server";
        Finding::new(Kind::OutgoingCaExpired, file.display().to_string(), problem, remedy)
    })
}
