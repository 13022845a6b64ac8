//! Networks: by their names, or as they are written.

use std::net::IpAddr;

use model::Network;

/// Whether a text is an address, or a range of them: `192.0.2.0/24`.
pub fn is_range(text: &str) -> bool {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most))
}

/// The ranges that a rule names. `Err`: what is neither a network nor a range.
pub(crate) fn ranges<'a>(names: &'a [String], networks: &'a [Network]) -> Result<Vec<&'a str>, &'a str> {
    let mut ranges = Vec::new();
    for name in names {
        match networks.iter().find(|network| network.name == *name) {
            Some(network) => ranges.extend(network.addresses.iter().map(String::as_str)),
            None if is_range(name) => ranges.push(name),
            None => return Err(name),
        }
    }
    Ok(ranges)
}

/// That the browser is in one of them.
pub(crate) fn is_in(ranges: &[&str]) -> String {
    let tests = ranges
        .iter()
        .map(|range| format!("context.address.isInRange(ip({range:?}))"));
    format!("({})", tests.collect::<Vec<_>>().join(" || "))
}
