//! The host of a call.
//!
//! Spec: RFC 9110 §4.2.3, §4.2.4 and §7.2
//!
//! Accepted: any case, and the default port of the scheme, which are the same host to everybody. Not accepted: what is the
//! same host to some readers only.

use std::borrow::Cow;

use super::MalformedCall;

/// The host in small letters, with its port if it was sent.
pub(super) fn parse(authority: &str) -> Result<Cow<'_, str>, MalformedCall> {
    if authority.is_empty() {
        return Err(MalformedCall::NoHost);
    }
    if authority.contains('@') {
        return Err(MalformedCall::UserInfo);
    }
    let (host, port) = split(authority);
    let is_literal = host.starts_with('[') && host.ends_with(']');
    let is_of_host = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_')
            || is_literal && matches!(byte, b'[' | b':' | b']')
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit());
    if host.is_empty() || !host.bytes().all(is_of_host) || !port.is_none_or(is_port) {
        return Err(MalformedCall::Host);
    }
    if host.ends_with('.') {
        return Err(MalformedCall::HostDot);
    }
    Ok(if authority.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(authority.to_ascii_lowercase())
    } else {
        Cow::Borrowed(authority)
    })
}

/// Host and port.
pub(super) fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of an address of IPv6 stand in brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_in_any_case() {
        for (sent, read) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.COM:443", "api.example.com:443"),
            ("localhost:8080", "localhost:8080"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
        ] {
            assert_eq!(parse(sent).as_deref(), Ok(read));
        }
    }

    #[test]
    fn what_is_no_host_or_another_one_to_some_is_refused() {
        for (sent, problem) in [
            ("", MalformedCall::NoHost),
            ("alice@api.example.com", MalformedCall::UserInfo),
            ("api.example.com@evil.example", MalformedCall::UserInfo),
            ("api.example.com.", MalformedCall::HostDot),
            ("api.example.com.:443", MalformedCall::HostDot),
            (":443", MalformedCall::Host),
            ("api.example.com:", MalformedCall::Host),
            ("api.example.com:x", MalformedCall::Host),
            ("api.example.com:+443", MalformedCall::Host),
            ("api.example.com:65536", MalformedCall::Host),
            ("api.example.com/x", MalformedCall::Host),
            ("api.example.com, evil.example", MalformedCall::Host),
            ("api example", MalformedCall::Host),
            ("::1", MalformedCall::Host),
            ("api%2eexample", MalformedCall::Host),
        ] {
            assert_eq!(parse(sent), Err(problem), "{sent}");
        }
    }
}
