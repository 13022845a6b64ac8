//! Where a request came from, as upstreams are told.
//! Spec: RFC 7239 §4, §5, §6, RFC 9110 §7.6.3

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{FORWARDED, VIA},
    uri::Authority,
};

use crate::Family;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// How a request came in.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Who is at the other end of the connection.
    pub peer: IpAddr,
    /// Who sent it: the same, unless a trusted proxy says otherwise.
    pub client: IpAddr,
    /// Which host was asked for.
    pub host: &'a Authority,
    /// Whether it came by TLS.
    pub is_tls: bool,
}

impl Arrival<'_> {
    /// Writes it into the headers of a request, from which everybody else's word was removed.
    pub(crate) fn write(&self, headers: &mut HeaderMap, family: Family) {
        let proto = if self.is_tls { "https" } else { "http" };
        match family {
            Family::XForwarded => {
                let sender = if self.client == self.peer {
                    self.client.to_string()
                } else {
                    format!("{}, {}", self.client, self.peer)
                };
                headers.extend(value(&sender).map(|value| (X_FORWARDED_FOR, value)));
                headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(proto));
                headers.extend(value(self.host.as_str()).map(|value| (X_FORWARDED_HOST, value)));
            }
            Family::Forwarded => {
                let mut text = format!("for={};host=\"{}\";proto={proto}", node(self.client), self.host);
                if self.client != self.peer {
                    text = format!("{text}, for={}", node(self.peer));
                }
                headers.extend(value(&text).map(|value| (FORWARDED, value)));
            }
        }
    }
}

fn value(text: &str) -> Option<HeaderValue> {
    // Addresses and authorities are visible ASCII, so this does not fail.
    HeaderValue::from_str(text).ok()
}

/// RFC 7239 §6: "an IPv6 address is always enclosed in square brackets", and so it needs quotes.
fn node(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    }
}

/// "an HTTP-to-HTTP gateway MUST send an appropriate Via header field in each inbound request message". Not in answers:
/// there it may, and nobody outside is to know what is inside.
pub(crate) fn via(headers: &mut HeaderMap, version: Version) {
    let via = match version {
        Version::HTTP_2 => "2.0 sekisho",
        Version::HTTP_10 => "1.0 sekisho",
        _ => "1.1 sekisho",
    };
    headers.append(VIA, HeaderValue::from_static(via));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(client: &str, family: Family) -> Vec<(String, String)> {
        let host: Authority = "api.example:8444".parse().unwrap();
        let arrival = Arrival {
            peer: "10.1.0.7".parse().unwrap(),
            client: client.parse().unwrap(),
            host: &host,
            is_tls: true,
        };
        let mut headers = HeaderMap::new();
        arrival.write(&mut headers, family);
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect()
    }

    #[test]
    fn one_family_says_client_host_and_scheme() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            written("10.1.0.7", Family::XForwarded),
            [
                pair("x-forwarded-for", "10.1.0.7"),
                pair("x-forwarded-proto", "https"),
                pair("x-forwarded-host", "api.example:8444")
            ]
        );
        assert_eq!(
            written("2001:db8::7", Family::Forwarded),
            [pair(
                "forwarded",
                "for=\"[2001:db8::7]\";host=\"api.example:8444\";proto=https, for=10.1.0.7"
            )]
        );
    }
}
