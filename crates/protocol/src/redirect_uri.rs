//! Where authorization responses may go: which redirect URIs can be registered, and which request names one of them.
//!
//! Spec: RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, RFC 9700 §2.1 and §4.1.3, OpenID Connect Registration §2
//!
//! Accepted for registration: `https`; `http` on a loopback host; for native apps a private-use scheme with a dot.
//! Deliberately not accepted: fragments, user names, wildcards, `http` elsewhere, schemes that run code.
//! Deliberately accepted: `http` on a loopback host for web clients too, so that an app can be developed on its author's
//! machine (OpenID Connect Registration §2 would refuse it to implicit web clients).
//! Accepted in a request: the very string that was registered, or a registered loopback URI with another port.

use std::fmt::Write;

use explanation::{Explain, Explanation, catalogue::redirect_uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::{ApplicationType, SecurityProfile, characters::is_uri_text};

/// The longest URI of a page or document that a client can register, in bytes.
const MAX_URI: usize = 2048;

/// Why a redirect URI cannot be registered or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute URI, or with characters that a URI cannot have.
    #[error("is not an absolute URI")]
    NotAbsolute,
    /// It has a fragment.
    #[error("must not have a fragment")]
    Fragment,
    /// It has a user name or password.
    #[error("must not have a user name or password")]
    UserInfo,
    /// It has an asterisk, which would not work as a wildcard.
    #[error("must not have a wildcard: every redirect URI is registered in full")]
    Wildcard,
    /// `http` on a host that is not a loopback one.
    #[error("must use https (http is for 127.0.0.1, [::1] and localhost alone)")]
    PlainHttp,
    /// A scheme that no redirect may ever use.
    #[error("uses a scheme that is never a redirect target")]
    ForbiddenScheme,
    /// A private-use scheme for a client that is not a native app.
    #[error("uses a private-use scheme, which is for application_type native alone")]
    PrivateUseSchemeOfWebClient,
    /// A private-use scheme without a dot.
    #[error("uses a private-use scheme without a dot: use your domain name in reverse order")]
    PrivateUseSchemeWithoutDot,
    /// The profile allows `https` alone.
    #[error("must use https on a host of its own: the profile allows no loopback and no private-use scheme")]
    NativeRedirectNotAllowed,
    /// The request names none, and one is needed.
    #[error("redirect_uri is missing")]
    Missing,
    /// The request names one that is not registered.
    #[error("redirect_uri is not registered for this client")]
    NotRegistered,
}

impl Explain for RedirectUriError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Missing => &redirect_uri::MISSING,
            Self::NotRegistered => &redirect_uri::NOT_REGISTERED,
            Self::NotAbsolute
            | Self::Fragment
            | Self::UserInfo
            | Self::Wildcard
            | Self::PlainHttp
            | Self::ForbiddenScheme
            | Self::PrivateUseSchemeOfWebClient
            | Self::PrivateUseSchemeWithoutDot
            | Self::NativeRedirectNotAllowed => &redirect_uri::UNFIT,
        };
        reason.into()
    }
}

/// Checks a redirect URI that a client wants to register.
pub fn check_registration(
    uri: &str,
    profile: &SecurityProfile,
    application_type: ApplicationType,
) -> Result<(), RedirectUriError> {
    // RFC 6749 §3.1.2: "The redirection endpoint URI MUST be an absolute URI as defined by [RFC3986] Section 4.3. […]
    // The endpoint URI MUST NOT include a fragment component."
    if uri.contains('#') {
        return Err(RedirectUriError::Fragment);
    }
    if uri.contains('*') {
        return Err(RedirectUriError::Wildcard);
    }
    let parsed = is_uri_text(uri)
        .then(|| Url::parse(uri).ok())
        .flatten()
        .ok_or(RedirectUriError::NotAbsolute)?;
    if !parsed.username().is_empty() || parsed.password().is_some() || authority(uri).contains('@') {
        return Err(RedirectUriError::UserInfo);
    }
    match parsed.scheme() {
        // The parser would read `https:host` and `https:///host` as `https://host`; browsers might not.
        "https" if has_host(uri, "https://") => Ok(()),
        // RFC 9700 §2.6: "Authorization responses MUST NOT be transmitted over unencrypted network connections. […]
        // authorization servers MUST NOT allow redirect URIs that use the http scheme except for native clients that
        // use loopback interface redirection". A web app under development on its author's machine is in the same place.
        "http" if Loopback::parse(uri).is_none() => Err(RedirectUriError::PlainHttp),
        "http" if !profile.native_redirects => Err(RedirectUriError::NativeRedirectNotAllowed),
        "http" => Ok(()),
        "https" => Err(RedirectUriError::NotAbsolute),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" | "filesystem" | "view-source" | "intent"
        | "ws" | "wss" | "ftp" | "mailto" | "tel" | "sms" => Err(RedirectUriError::ForbiddenScheme),
        scheme => {
            // RFC 8252 §8.4: "authorization servers SHOULD reject authorization requests using private-use URI schemes
            // that do not contain at least one period ('.')".
            if !scheme.contains('.') {
                Err(RedirectUriError::PrivateUseSchemeWithoutDot)
            } else if application_type != ApplicationType::Native {
                Err(RedirectUriError::PrivateUseSchemeOfWebClient)
            } else if !profile.native_redirects {
                Err(RedirectUriError::NativeRedirectNotAllowed)
            } else {
                Ok(())
            }
        }
    }
}

/// What stands between `//` and the next `/` or `?`; empty when there is no authority.
fn authority(uri: &str) -> &str {
    let after = uri.split_once("://").map_or("", |(_, rest)| rest);
    after.split(['/', '?']).next().unwrap_or_default()
}

fn has_host(uri: &str, prefix: &str) -> bool {
    uri.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        && !authority(uri).is_empty()
}

/// An `http` URI on a loopback host, taken apart without normalising it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Loopback<'a> {
    host: &'a str,
    port: Option<u16>,
    path_and_query: &'a str,
}

impl<'a> Loopback<'a> {
    fn parse(uri: &'a str) -> Option<Self> {
        let rest = uri.strip_prefix("http://")?;
        let (authority, path_and_query) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an address in brackets are its own.
            Some((host, port)) if !port.ends_with(']') => (host, Some(digits(port)?)),
            _ => (authority, None),
        };
        matches!(host, "127.0.0.1" | "[::1]" | "localhost").then_some(Self {
            host,
            port,
            path_and_query,
        })
    }

    /// RFC 8252 §7.3: "The authorization server MUST allow any port to be specified at the time of the request for
    /// loopback IP redirect URIs". The name `localhost` is no IP literal; it means any port when it names none.
    fn matches_any_port_of(&self, registered: &Self) -> bool {
        let any_port = registered.host != "localhost" || registered.port.is_none();
        any_port && self.host == registered.host && self.path_and_query == registered.path_and_query
    }
}

fn digits(port: &str) -> Option<u16> {
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        None
    } else {
        port.parse().ok()
    }
}

/// A redirect URI that belongs to the client: the only thing that a redirect can be built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedRedirectUri(String);

impl ValidatedRedirectUri {
    /// Checks the `redirect_uri` of a request against the registered ones.
    ///
    /// `exact_loopback`: loopback URIs must match with their port too. `required`: the request must name one even
    /// where only one is registered (OpenID Connect requests, and profiles that say so).
    pub fn check(
        requested: Option<&str>,
        registered: &[String],
        exact_loopback: bool,
        required: bool,
    ) -> Result<Self, RedirectUriError> {
        let Some(requested) = requested else {
            // RFC 6749 §3.1.2.3: "If multiple redirection URIs have been registered […] the client MUST include a
            // redirection URI". OpenID Connect Core §3.1.2.1: redirect_uri is REQUIRED.
            return match registered {
                [only] if !required => Ok(Self(only.clone())),
                _ => Err(RedirectUriError::Missing),
            };
        };
        // RFC 9700 §2.1: "authorization servers MUST utilize exact string matching except for port numbers in
        // localhost redirection URIs of native apps".
        let exact = registered.iter().any(|known| known == requested);
        let other_port = !exact_loopback
            && Loopback::parse(requested).is_some_and(|requested| {
                registered
                    .iter()
                    .filter_map(|known| Loopback::parse(known))
                    .any(|known| requested.matches_any_port_of(&known))
            });
        if exact || other_port {
            Ok(Self(requested.to_owned()))
        } else {
            Err(RedirectUriError::NotRegistered)
        }
    }

    /// The URI, as it was registered or requested.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URI with the parameters added to its query; a registered query "MUST be retained" (RFC 6749 §3.1.2).
    pub fn with_query(&self, parameters: &[(&str, &str)]) -> String {
        with_query(&self.0, parameters)
    }

    /// The URI with the parameters as its fragment (it has none of its own); a registered query stays.
    pub fn with_fragment(&self, parameters: &[(&str, &str)]) -> String {
        append(format!("{}#", self.0), parameters)
    }
}

/// A URI without fragment, with parameters added to its query.
pub(crate) fn with_query(uri: &str, parameters: &[(&str, &str)]) -> String {
    let joint = match uri {
        uri if !uri.contains('?') => "?",
        uri if uri.ends_with(['?', '&']) => "",
        _ => "&",
    };
    append(format!("{uri}{joint}"), parameters)
}

/// Everything but unreserved characters is escaped. A space becomes `%20`, which decoders of forms and of plain
/// percent encoding read alike.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn append(mut uri: String, parameters: &[(&str, &str)]) -> String {
    for (at, (name, value)) in parameters.iter().enumerate() {
        let separator = if at == 0 { "" } else { "&" };
        let (name, value) = (utf8_percent_encode(name, ESCAPED), utf8_percent_encode(value, ESCAPED));
        // Writing to a string cannot fail.
        let _ = write!(uri, "{separator}{name}={value}");
    }
    uri
}

/// Whether a URI is `https`, or `http` on a loopback host: what a page may link to or call during development.
pub(crate) fn is_https_or_loopback(uri: &str) -> bool {
    if uri.len() > MAX_URI || !is_uri_text(uri) || authority(uri).contains('@') {
        return false;
    }
    let parsed = Url::parse(uri).ok();
    let https = has_host(uri, "https://") && parsed.as_ref().is_some_and(Url::has_host);
    https || (parsed.is_some() && Loopback::parse(uri).is_some())
}

/// Whether a URI is `https` with a host.
pub(crate) fn is_https(uri: &str) -> bool {
    is_https_or_loopback(uri) && has_host(uri, "https://")
}

/// Whether the host of a URI is written as browsers read it: not with escapes, not as a number, so that who reads the
/// text knows where it leads. A URI without a host, or that is none, has nothing to hide.
pub(crate) fn host_reads_as_written(uri: &str) -> bool {
    let Ok(parsed) = Url::parse(uri) else { return true };
    let written = authority(uri);
    let written = written.rsplit_once('@').map_or(written, |(_, host)| host);
    let written = match written.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => written,
    };
    written.is_empty() || parsed.host_str().is_some_and(|read| read.eq_ignore_ascii_case(written))
}

#[cfg(test)]
mod tests;
