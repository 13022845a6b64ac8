//! Which hosts and addresses outgoing calls may reach.
//!
//! Spec: RFC 6890 (with the address registries of IANA)

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::CallError;

/// Resolves names, and forgets the addresses that must not be called.
pub(super) struct Guarded(pub Arc<Allow>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(allow.only_permitted(host, found)?)
        })
    }
}

/// `[outgoing] allow`: hosts and addresses that need not be public.
pub(super) struct Allow {
    names: HashSet<String>,
    addresses: HashSet<IpAddr>,
}

impl Allow {
    /// Host names, or addresses with or without brackets.
    pub fn new(entries: &[String]) -> Result<Self, String> {
        let (mut names, mut addresses) = (HashSet::new(), HashSet::new());
        for entry in entries {
            if let Ok(address) = entry.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
                addresses.insert(address.to_canonical());
                continue;
            }
            match Host::parse(entry) {
                Ok(Host::Domain(name)) => names.insert(bare(&name).to_owned()),
                Ok(Host::Ipv4(address)) => addresses.insert(address.into()),
                Ok(Host::Ipv6(address)) => addresses.insert(IpAddr::V6(address).to_canonical()),
                Err(_) => {
                    return Err(format!(
                        "[outgoing] allow: {entry} is neither a host name nor an address"
                    ));
                }
            };
        }
        Ok(Self { names, addresses })
    }

    /// Whether a URL's host is listed.
    pub fn has_host(&self, host: &Host) -> bool {
        match host {
            Host::Domain(name) => self.has_name(name),
            Host::Ipv4(address) => self.has_address((*address).into()),
            Host::Ipv6(address) => self.has_address((*address).into()),
        }
    }

    fn has_name(&self, name: &str) -> bool {
        self.names.contains(&bare(name).to_ascii_lowercase())
    }

    fn has_address(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address.to_canonical())
    }

    /// Whether an address may be called, whatever its name is.
    pub fn permits(&self, address: IpAddr) -> bool {
        self.has_address(address) || is_public(address)
    }

    fn only_permitted(&self, host: &str, found: Vec<SocketAddr>) -> Result<Addrs, CallError> {
        let first = found.first().map(SocketAddr::ip);
        let has_name = self.has_name(host);
        let permitted: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| has_name || self.permits(address.ip()))
            .collect();
        match (permitted.is_empty(), first) {
            (true, Some(address)) => Err(CallError::NotPublic {
                host: host.to_owned(),
                address,
            }),
            _ => Ok(Box::new(permitted.into_iter())),
        }
    }
}

/// A name without the dot of the DNS root.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether an address is of the public internet: what the IANA special-purpose registries (RFC 6890) call globally
/// reachable, less what leads to an IPv4 address by a detour.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224.., ..] // this network, private, loopback, multicast and reserved
            | [100, 64..=127, ..] // carrier-grade NAT (RFC 6598)
            | [169, 254, ..] // link-local
            | [172, 16..=31, ..]
            | [192, 168, ..] // private
            | [192, 0, 0 | 2, _]
            | [198, 51, 100, _]
            | [203, 0, 113, _] // protocol assignments, documentation
            | [192, 88, 99, _] // relays from IPv6 (RFC 7526)
            | [198, 18 | 19, ..] // benchmarks
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Translated to IPv4 (RFC 6052): as good as the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        // Protocol assignments with Teredo, documentation, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Everything else that is public is global unicast (RFC 4291 §2.4): neither loopback, link-local, unique local,
        // multicast, nor IPv4 in disguise.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(entries: &[&str]) -> Allow {
        Allow::new(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts
            .iter()
            .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
            .collect()
    }

    #[test]
    fn only_addresses_of_the_public_internet_are_permitted() {
        let nothing = allow(&[]);
        for public in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2001:200::1",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(nothing.permits(public.parse().unwrap()), "{public}");
        }
        for other in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::8.8.8.8",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!nothing.permits(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn what_is_listed_is_permitted_however_it_is_written() {
        let listed = allow(&["Partner.Example", "10.0.0.1", "[::1]", "fd00::1"]);
        for address in ["10.0.0.1", "::ffff:10.0.0.1", "::1", "fd00::1"] {
            assert!(listed.permits(address.parse().unwrap()), "{address}");
        }
        assert!(!listed.permits("10.0.0.2".parse().unwrap()));
        for host in ["partner.example", "PARTNER.example.", "10.0.0.1", "0x0a.1", "[0:0::1]"] {
            assert!(listed.has_host(&Host::parse(host).unwrap()), "{host}");
        }
        for host in ["a.partner.example", "partner.example.com", "10.0.0.2"] {
            assert!(!listed.has_host(&Host::parse(host).unwrap()), "{host}");
        }
        assert!(Allow::new(&["not a host".to_owned()]).is_err());
    }

    #[test]
    fn of_a_name_with_several_addresses_only_the_permitted_ones_are_used() {
        let listed = allow(&["partner.example", "10.0.0.1"]);
        let used = |host: &str, found: &[&str]| {
            listed
                .only_permitted(host, addresses(found))
                .map(|used| used.map(|address| address.ip()).collect::<Vec<_>>())
        };
        let ips = |texts: &[&str]| {
            addresses(texts)
                .into_iter()
                .map(|address| address.ip())
                .collect::<Vec<_>>()
        };
        let mixed = ["10.0.0.1", "10.0.0.2", "8.8.8.8", "::1"];
        assert_eq!(used("other.example", &mixed).unwrap(), ips(&["10.0.0.1", "8.8.8.8"]));
        assert_eq!(used("Partner.example", &mixed).unwrap(), ips(&mixed));
        let refused = CallError::NotPublic {
            host: "other.example".into(),
            address: "10.0.0.2".parse().unwrap(),
        };
        assert_eq!(used("other.example", &["10.0.0.2", "::1"]), Err(refused));
    }
}
