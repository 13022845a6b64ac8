//! What is wrong or weak in `sekisho.toml`, and what `check` warns of in the files.

use super::{Finding, Grade};
use crate::config::ServerConfig;

/// Everything that the files show, worst first.
pub fn examine(config: &ServerConfig) -> Vec<Finding> {
    let place = config
        .file
        .as_ref()
        .map_or_else(|| "without a file".to_owned(), |file| file.display().to_string());
    let listeners = config.listeners.iter().filter(|listener| {
        listener.tls.is_none() && !listener.bind.ip().is_loopback() && config.proxy.trusted.is_empty()
    });
    let plain = listeners.map(|listener| {
        let problem = format!(
            "the listener {} speaks plain HTTP to others than this machine",
            listener.bind
        );
        let remedy = "give it tls, bind it to 127.0.0.1, or name the proxy in front of it in [proxy] trusted";
        Finding::new(Grade::Critical, &place, problem, remedy)
    });
    let approving = config.operations.iter().filter(|operations| operations.ciba_approval);
    let approved = approving.map(|operations| {
        let problem = format!(
            "ciba_approval is on: whoever reaches {} approves in the place of any user",
            operations.bind
        );
        let remedy = "remove ciba_approval from [operations]: it is for tests alone";
        Finding::new(Grade::Critical, &place, problem, remedy)
    });
    let operations = config
        .operations
        .iter()
        .filter(|operations| !operations.bind.ip().is_loopback());
    let open = operations.map(|operations| {
        let problem = format!("metrics and health are on {}, which others can reach", operations.bind);
        let remedy = "bind [operations] to 127.0.0.1, or to a network of the operators alone";
        Finding::new(Grade::Minor, &place, problem, remedy)
    });
    let warned = config.warnings.0.iter().map(|warning| {
        let place = match warning.line {
            0 => warning.file.clone(),
            line => format!("{}:{line}", warning.file),
        };
        Finding::new(Grade::Minor, place, &warning.problem, &warning.remedy)
    });
    let mut findings: Vec<Finding> = plain.chain(approved).chain(open).chain(warned).collect();
    findings.sort_by_key(|finding| finding.grade);
    findings
}
