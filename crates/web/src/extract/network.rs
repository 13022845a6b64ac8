//! A network: `10.1.0.0/24`, or one address.

use std::net::IpAddr;

/// A network of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `address` or `address/prefix`; otherwise what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "write \"10.1.0.0/24\" or \"10.1.0.7\"";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| EXAMPLE.to_owned())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|prefix| *prefix <= bits)
                .ok_or_else(|| EXAMPLE.to_owned())?,
            None => bits,
        };
        let network = Self { address, prefix };
        let first = network.first();
        if first != address {
            return Err(format!(
                "{address} is inside {first}/{prefix}: write that, or {address}/{bits}"
            ));
        }
        Ok(network)
    }

    /// Whether the address is in it. An IPv4 address counts as itself when it comes mapped into IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = mask(self.prefix, 32);
                u128::from(own.to_bits()) & mask == u128::from(other.to_bits()) & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = mask(self.prefix, 128);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether every address of its family is in it.
    pub fn is_everybody(&self) -> bool {
        self.prefix == 0
    }

    /// Its first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits of an address say which one of the network it is: 2 to the power of this many are in it.
    pub fn host_bits(&self) -> u8 {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        bits - self.prefix
    }

    fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let bits = u128::from(address.to_bits()) & mask(self.prefix, 32);
                IpAddr::V4(u32::try_from(bits).unwrap_or_default().into())
            }
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & mask(self.prefix, 128)).into()),
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The first `prefix` of `bits` bits.
fn mask(prefix: u8, bits: u8) -> u128 {
    let all = u128::MAX >> (128 - u32::from(bits));
    let host = u32::from(bits.saturating_sub(prefix));
    all & !(1_u128.checked_shl(host).map_or(u128::MAX, |one| one - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn addresses_are_in_their_networks_and_not_in_others() {
        assert!(contains("10.1.0.0/24", "10.1.0.255") && !contains("10.1.0.0/24", "10.1.1.0"));
        assert!(contains("10.1.0.7/32", "10.1.0.7") && !contains("10.1.0.7", "10.1.0.8"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1") && !contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.2.3.4") && !contains("::/1", "10.0.0.1"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && Network::parse("::/0").unwrap().is_everybody());
    }

    #[test]
    fn what_is_not_a_network_is_refused_with_what_to_write() {
        for bad in ["", "10.1.0.0/33", "10.1.0/24", "example.com", "::/129", "10.0.0.0/-1"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
        assert!(Network::parse("10.1.0.7/24").unwrap_err().contains("10.1.0.0/24"));
    }
}
