//! What an app keeps of the state of a browser, to ask later whether it is still the same.
//!
//! Spec: OpenID Connect Session Management §2, §3.2
//!
//! The script `check_session.js` of the `web` crate makes the same from what it finds in the browser. Apps at other
//! origins and other clients get other values, so that nobody knows a user again by them.

use jose::{b64, sha256};

use crate::frontchannel_logout::origin;

/// The `session_state` for a client whose answer goes to this redirect URI; `None` for an app that has no web origin
/// and so cannot ask. `salt` has neither a space nor a period.
pub fn session_state(client_id: &str, redirect_uri: &str, browser_state: &str, salt: &str) -> Option<String> {
    let origin = origin(redirect_uri)?;
    let hash = sha256(format!("{client_id} {origin} {browser_state} {salt}").as_bytes());
    Some(format!("{}.{salt}", b64::encode(hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_depends_on_client_origin_browser_and_salt_and_on_nothing_else() {
        let state = |client, uri, browser, salt| session_state(client, uri, browser, salt).unwrap();
        let one = state("app", "https://app.example/cb", "b", "s");
        assert_eq!(one, state("app", "https://app.example/other?x=y", "b", "s"));
        assert_eq!((one.split('.').nth(1), one.contains(' ')), (Some("s"), false));
        for other in [
            state("other", "https://app.example/cb", "b", "s"),
            state("app", "https://app.example:8443/cb", "b", "s"),
            state("app", "https://app.example/cb", "c", "s"),
            state("app", "https://app.example/cb", "b", "t"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(session_state("app", "com.example.app:/cb", "b", "s"), None);
    }

    /// SHA-256 of `app https://app.example b s`.
    #[test]
    fn it_is_what_the_script_makes() {
        let state = session_state("app", "https://app.example/cb", "b", "s").unwrap();
        assert_eq!(state, "h0Qx4LhASeGPRxRsU1MNCHjvMu-nYgmCuDrlhltrkR8.s");
    }
}
