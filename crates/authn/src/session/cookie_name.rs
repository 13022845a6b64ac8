//! The names of cookies.
//!
//! Spec: RFC 6265bis §4.1.3.2 (`__Host-`)
//!
//! On https issuers the prefix `__Host-` makes browsers insist on `Secure`, `Path=/` and no `Domain`, so that no
//! neighbouring host can plant a cookie. All paths of a host see these cookies: a hash of the issuer in the name keeps
//! realms on one host apart.

use model::Realm;

/// The name of the cookie that carries a session.
pub fn cookie_name(realm: &Realm) -> String {
    name(realm, "session")
}

/// The name of the cookie by which a browser is recognised after a successful sign-in.
pub fn device_cookie_name(realm: &Realm) -> String {
    name(realm, "device")
}

/// The name of the cookie by which scripts of this server see that somebody signed in or out.
pub fn state_cookie_name(realm: &Realm) -> String {
    name(realm, "state")
}

/// The name of the cookie that carries the sealed flow with this id (see [`model::Flow`]).
pub fn flow_cookie_name(realm: &Realm, flow_id: &str) -> String {
    format!("{}-{flow_id}", name(realm, "flow"))
}

fn name(realm: &Realm, what: &str) -> String {
    let prefix = if realm.is_https() { "__Host-" } else { "" };
    let hash = jose::b64::encode(jose::sha256(realm.issuer.as_bytes()));
    format!("{prefix}sekisho-{what}-{}", hash.get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_realm::settings;

    #[test]
    fn names_are_host_bound_on_https_alone_and_realms_of_one_host_do_not_meet() {
        let https = settings("https://id.example.com/one");
        let other = settings("https://id.example.com/two");
        let http = settings("http://localhost:8080");
        for of in [cookie_name, device_cookie_name, state_cookie_name] {
            assert!(of(&https).starts_with("__Host-sekisho-"));
            assert!(of(&http).starts_with("sekisho-"));
            assert_ne!(of(&https), of(&other));
        }
        assert_ne!(cookie_name(&https), device_cookie_name(&https));
        assert!(flow_cookie_name(&https, "abc").starts_with("__Host-sekisho-flow-"));
        assert!(flow_cookie_name(&https, "abc").ends_with("-abc"));
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(cookie_name(&https).bytes().all(is_token));
    }
}
