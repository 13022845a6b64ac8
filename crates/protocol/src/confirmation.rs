//! The key that a token is bound to: what whoever presents the token must prove to hold.
//!
//! Spec: RFC 8705 §3.1, RFC 9449 §6.1, OAuth Token Binding §3.4
//!
//! Accepted: the three members below. Not accepted: any other member of `cnf`, since nobody here could check it.

use serde::{Deserialize, Serialize};

/// The members of `cnf`; also what a request has proved, as far as it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The thumbprint of a client certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256", default, skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<String>,
    /// The thumbprint of a key of which proofs are brought (RFC 9449 §6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// The hash of a Token Binding ID (OAuth Token Binding §3.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbh: Option<String>,
}

impl Confirmation {
    /// Whether it names no key.
    pub const fn is_empty(&self) -> bool {
        self.x5t_s256.is_none() && self.jkt.is_none() && self.tbh.is_none()
    }

    /// Whether what was proved is every key that is named here.
    pub fn is_proven_by(&self, proven: &Self) -> bool {
        [
            (&self.x5t_s256, &proven.x5t_s256),
            (&self.jkt, &proven.jkt),
            (&self.tbh, &proven.tbh),
        ]
        .into_iter()
        .all(|(wanted, proven)| wanted.is_none() || wanted == proven)
    }

    /// How a token that is bound so is presented, in the spelling of `token_type` (RFC 6750 §6.1.1, RFC 9449 §5).
    pub const fn token_type(&self) -> &'static str {
        if self.jkt.is_some() { "DPoP" } else { "Bearer" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(x5t_s256: Option<&str>, jkt: Option<&str>) -> Confirmation {
        Confirmation {
            x5t_s256: x5t_s256.map(str::to_owned),
            jkt: jkt.map(str::to_owned),
            tbh: None,
        }
    }

    #[test]
    fn every_key_that_is_named_must_be_proven_and_no_other() {
        let none = Confirmation::default();
        let both = with(Some("c"), Some("k"));
        assert!(none.is_empty() && none.is_proven_by(&none) && none.is_proven_by(&both));
        assert!(both.is_proven_by(&both));
        for proven in [
            none,
            with(Some("c"), None),
            with(None, Some("k")),
            with(Some("c"), Some("other")),
            with(Some("other"), Some("k")),
        ] {
            assert!(!both.is_proven_by(&proven), "{proven:?}");
        }
        assert!(with(None, Some("k")).is_proven_by(&both) && with(Some("c"), None).is_proven_by(&both));
        let bound = |tbh: &str| Confirmation {
            tbh: Some(tbh.into()),
            ..Confirmation::default()
        };
        assert!(bound("t").is_proven_by(&bound("t")) && !bound("t").is_proven_by(&bound("u")));
        assert!(!bound("t").is_empty());
    }

    #[test]
    fn the_names_are_those_of_the_registry() {
        let text = r#"{"x5t#S256":"c","jkt":"k"}"#;
        let read: Confirmation = serde_json::from_str(text).unwrap();
        assert_eq!(read, with(Some("c"), Some("k")));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn a_key_that_nobody_here_could_check_is_refused() {
        assert!(serde_json::from_str::<Confirmation>(r#"{"jwk":{"kty":"EC"}}"#).is_err());
    }

    #[test]
    fn a_token_is_presented_by_dpop_when_proofs_are_brought() {
        assert_eq!(with(Some("c"), None).token_type(), "Bearer");
        assert_eq!(with(Some("c"), Some("k")).token_type(), "DPoP");
    }
}
