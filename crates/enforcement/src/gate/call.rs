//! A call of an API, as it was sent: nothing of it is decoded or repaired.

use std::net::IpAddr;

use http::HeaderMap;
use protocol::ClientCertificate;

/// A call. Whoever makes one has read its head by the rules of HTTP, and knows what of it to believe.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The method, in capitals as it was sent.
    pub method: &'a str,
    /// `http` or `https`; none where nobody knows, as behind a proxy that does not say.
    pub scheme: Option<&'a str>,
    /// The host, with the port if one was sent: `Host`, or `:authority`.
    pub authority: &'a str,
    /// Path and query, byte by byte.
    pub target: &'a str,
    /// All header fields.
    pub headers: &'a HeaderMap,
    /// The certificate with which the client connected.
    pub certificate: Option<&'a ClientCertificate>,
    /// The client's network address.
    pub address: Option<IpAddr>,
    /// The body, as far as the transport can show it.
    pub body: CallBody<'a>,
}

/// The body of a call.
#[derive(Clone, Copy)]
pub enum CallBody<'a> {
    /// Not read so far: the transport reads it if a route looks into it, and not otherwise.
    Later,
    /// All of it.
    Whole(&'a [u8]),
    /// The transport cannot show it, or not all of it.
    Hidden,
}

/// What makes a call one that two readers might understand differently, so that nobody should. The texts tell the client's
/// developer what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCall {
    /// Neither `Host` nor `:authority`.
    #[error("the call names no host")]
    NoHost,
    /// RFC 9110 §4.2.4: "a recipient SHOULD parse for userinfo and treat its presence as an error".
    #[error("the host has user information before an @")]
    UserInfo,
    /// `api.example.com.` is the same host to DNS and another one to most servers.
    #[error("the host ends in a dot")]
    HostDot,
    /// Something that is no host and no port.
    #[error("the host has a character that no host has")]
    Host,
    /// Not in origin form.
    #[error("the path does not begin with a slash")]
    NoSlash,
    /// Outside RFC 3986 §3.3 and §3.4: white space, a backslash, a fragment, a control character.
    #[error("path or query have a character that must be percent-encoded")]
    Character,
    /// `//`
    #[error("the path has two slashes in a row")]
    EmptySegment,
    /// `.`, `..`, `...`
    #[error("the path has a segment of dots")]
    DotSegment,
    /// `name.`, which some file systems take for `name`.
    #[error("a segment of the path ends in a dot")]
    TrailingDot,
    /// `name%20`, which some file systems take for `name` too.
    #[error("a segment of the path ends in a space (%20)")]
    TrailingSpace,
    /// `name;x`, which some servers take for `name`, as they do `..;` for `..`.
    #[error("the path has a semicolon")]
    Semicolon,
    /// `%` without two hexadecimal digits.
    #[error("a % of the path is not followed by two hexadecimal digits")]
    Encoding,
    /// `%2F`, `%5C`
    #[error("the path has an encoded slash or backslash")]
    EncodedSlash,
    /// `%25`, by which whoever decodes twice finds something else.
    #[error("the path has an encoded % (%25)")]
    EncodedPercent,
    /// `%3F` and `%23`, at which the path ends for whoever decodes before reading.
    #[error("the path has an encoded ? or # (%3F, %23)")]
    EncodedDelimiter,
    /// NUL and its like.
    #[error("the path has an encoded control character")]
    EncodedControl,
    /// RFC 3986 §2.3: letters, digits, `-`, `.`, `_` and `~` "should not be created" encoded, and mean the same plain.
    #[error("the path encodes a character that needs no encoding")]
    NeedlessEncoding,
    /// Another reader might make an ASCII character of it.
    #[error("the path has encoded bytes that are not UTF-8")]
    NotUtf8,
}
