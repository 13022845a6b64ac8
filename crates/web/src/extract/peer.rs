//! Where a request comes from, and what a trusted proxy says of it.
//!
//! Spec: RFC 7239
//!
//! Accepted: `Forwarded`, or the `X-Forwarded-*` family, from the configured networks. Deliberately not: more than one
//! hop. The last entry is the one that the trusted proxy itself wrote.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use super::Network;

/// The address at the other end of the connection; put into the request by the listener.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Whose forwarding headers are believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// The networks of `[proxy] trusted`.
    pub trusted: Vec<Network>,
    /// Those of `[proxy] client_cert`: whose word for a client's certificate is believed.
    pub client_cert: Vec<Network>,
    /// Those of `[proxy] forward_auth`: who may ask whether a call goes on.
    pub forward_auth: Vec<Network>,
}

impl Proxies {
    fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }

    /// Whether this is who may ask whether a call goes on.
    pub fn may_ask(&self, peer: IpAddr) -> bool {
        self.forward_auth.iter().any(|network| network.contains(peer))
    }

    /// Whether this is whose word for a client's certificate is believed.
    pub fn says_certificates(&self, peer: IpAddr) -> bool {
        self.client_cert.iter().any(|network| network.contains(peer))
    }

    /// The host and port that the browser asked for.
    pub fn authority<'a>(
        &self,
        peer: IpAddr,
        headers: &'a HeaderMap,
        uri_authority: Option<&'a str>,
    ) -> Option<&'a str> {
        let direct = || {
            let mut hosts = headers.get_all("host").iter();
            match (hosts.next(), hosts.next()) {
                (Some(host), None) => host.to_str().ok(),
                (None, _) => uri_authority,
                // Two Host headers: nobody can say which is meant.
                _ => None,
            }
        };
        if self.trusts(peer) {
            if uses_both_families(headers) {
                return None;
            }
            forwarded(headers, "host", "x-forwarded-host").or_else(direct)
        } else {
            direct()
        }
    }

    /// The scheme by which the client asked: as the connection is, or as a trusted proxy says. `None`: it does not say.
    pub fn scheme(&self, peer: IpAddr, headers: &HeaderMap, is_tls: bool) -> Option<&'static str> {
        let own = if is_tls { "https" } else { "http" };
        if !self.trusts(peer) {
            return Some(own);
        }
        let said = forwarded(headers, "proto", "x-forwarded-proto")?;
        ["https", "http"]
            .into_iter()
            .find(|scheme| said.eq_ignore_ascii_case(scheme))
    }

    /// The browser's network address.
    pub fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) || uses_both_families(headers) {
            return peer;
        }
        forwarded(headers, "for", "x-forwarded-for")
            .and_then(parse_address)
            .unwrap_or(peer)
    }
}

/// Whether both families of headers are there: a proxy writes one, so the other is the browser's own, and nobody can say
/// which.
fn uses_both_families(headers: &HeaderMap) -> bool {
    headers.contains_key("forwarded")
        && (headers.contains_key("x-forwarded-host") || headers.contains_key("x-forwarded-for"))
}

/// The last value of `Forwarded` (RFC 7239) if that family is used, else of the `X-Forwarded-*` header.
fn forwarded<'a>(headers: &'a HeaderMap, parameter: &str, x_header: &str) -> Option<&'a str> {
    if let Some(field) = headers.get_all("forwarded").iter().next_back() {
        let last = field.to_str().ok()?.rsplit(',').next()?;
        return last.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case(parameter)
                .then(|| value.trim().trim_matches('"'))
        });
    }
    let field = headers.get_all(x_header).iter().next_back()?;
    field.to_str().ok()?.rsplit(',').next().map(str::trim)
}

/// An address with or without port, an IPv6 one in brackets or not.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').split(']').next()?;
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn proxies() -> Proxies {
        Proxies {
            trusted: vec![Network::parse("10.1.0.0/24").unwrap(), Network::parse("::1").unwrap()],
            ..Proxies::default()
        }
    }

    // Conformance: BCP-28
    #[test]
    fn only_a_trusted_proxy_may_say_who_the_browser_is() {
        let headers = headers(&[
            ("host", "inner:1"),
            ("x-forwarded-host", "id.example.com"),
            ("x-forwarded-for", "6.6.6.6, 203.0.113.9"),
        ]);
        let proxy: IpAddr = "10.1.0.7".parse().unwrap();
        let stranger: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(proxies().authority(proxy, &headers, None), Some("id.example.com"));
        assert_eq!(proxies().authority(stranger, &headers, None), Some("inner:1"));
        assert_eq!(
            proxies().address(proxy, &headers),
            "203.0.113.9".parse::<IpAddr>().unwrap()
        );
        assert_eq!(proxies().address(stranger, &headers), stranger);
    }

    #[test]
    fn the_standard_header_is_read() {
        let headers = headers(&[
            ("host", "inner"),
            (
                "forwarded",
                "for=1.1.1.1, for=\"[2001:db8::7]:4711\";host=id.example.com;proto=https",
            ),
        ]);
        let proxy: IpAddr = "10.1.0.7".parse().unwrap();
        let browser: IpAddr = "2001:db8::7".parse().unwrap();
        assert_eq!(proxies().address(proxy, &headers), browser);
        assert_eq!(proxies().authority(proxy, &headers, None), Some("id.example.com"));
    }

    #[test]
    fn a_browser_cannot_add_the_other_family_to_what_the_proxy_says() {
        let headers = headers(&[
            ("host", "id.a.example"),
            ("x-forwarded-for", "203.0.113.9"),
            ("forwarded", "for=6.6.6.6;host=id.b.example"),
        ]);
        let proxy: IpAddr = "10.1.0.7".parse().unwrap();
        assert_eq!(proxies().authority(proxy, &headers, None), None);
        assert_eq!(proxies().address(proxy, &headers), proxy);
    }

    #[test]
    fn the_scheme_is_that_of_the_connection_or_what_a_trusted_proxy_says() {
        let proxy: IpAddr = "10.1.0.7".parse().unwrap();
        let stranger: IpAddr = "192.0.2.1".parse().unwrap();
        let said = headers(&[("x-forwarded-proto", "https")]);
        assert_eq!(proxies().scheme(proxy, &said, false), Some("https"));
        assert_eq!(proxies().scheme(proxy, &headers(&[]), false), None);
        assert_eq!(
            proxies().scheme(proxy, &headers(&[("x-forwarded-proto", "ws")]), true),
            None
        );
        assert_eq!(proxies().scheme(stranger, &said, false), Some("http"));
        assert_eq!(proxies().scheme(stranger, &headers(&[]), true), Some("https"));
    }

    #[test]
    fn two_host_headers_name_no_host() {
        let mut headers = headers(&[("host", "one")]);
        headers.append("host", "two".parse().unwrap());
        assert_eq!(
            Proxies::default().authority("192.0.2.1".parse().unwrap(), &headers, None),
            None
        );
    }
}
