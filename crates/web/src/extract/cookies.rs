//! The cookies of a request, and how this server sets its own.
//!
//! Spec: RFC 6265 §5.4, §4.1.

use axum::http::HeaderMap;
use model::Realm;

/// The cookies that a browser sent.
#[derive(Debug, Clone, Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads all `Cookie` headers.
    pub fn parse(headers: &HeaderMap) -> Self {
        let pairs = headers
            .get_all("cookie")
            .iter()
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self(pairs)
    }

    /// The cookie of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The same with this cookie in the place of one of its name.
    pub fn put(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// All cookies whose name begins like this.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A `Set-Cookie` value that scripts can read, also in frames in other sites' pages. Browsers want `Secure` for that, so
/// not on http issuers.
pub fn set_readable(realm: &Realm, name: &str, value: &str, remove: bool) -> String {
    let scope = if realm.is_https() {
        "SameSite=None; Secure"
    } else {
        "SameSite=Lax"
    };
    let max_age = if remove { "; Max-Age=0" } else { "" };
    format!("{name}={value}; Path=/; {scope}{max_age}")
}

/// A `Set-Cookie` value. `max_age` in seconds; `None` lives as long as the browser, `Some(0)` removes it.
pub fn set(realm: &Realm, name: &str, value: &str, max_age: Option<i64>) -> String {
    let secure = if realm.is_https() { "; Secure" } else { "" };
    let max_age = max_age
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{max_age}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Browsers drop `SameSite=None` without `Secure`, and `__Host-` cookies without it.
    #[test]
    fn what_frames_in_other_sites_read_needs_https() {
        let (https, http) = (
            Realm::new("https://id.example.com"),
            Realm::new("http://localhost:8080"),
        );
        assert_eq!(
            set_readable(&https, "s", "v", false),
            "s=v; Path=/; SameSite=None; Secure"
        );
        assert_eq!(set_readable(&http, "s", "v", false), "s=v; Path=/; SameSite=Lax");
        let removed = set_readable(&https, "s", "", true);
        assert_eq!(removed, "s=; Path=/; SameSite=None; Secure; Max-Age=0");
        let hidden = set(&https, "s", "v", None);
        assert_eq!(hidden, "s=v; Path=/; HttpOnly; SameSite=Lax; Secure");
    }
}
