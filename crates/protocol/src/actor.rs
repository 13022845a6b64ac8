//! Who acts for the subject of a token, and who may.
//!
//! Spec: RFC 8693 §4.1 (`act`), §4.4 (`may_act`)
//!
//! Accepted: `sub`, perhaps with `iss`, and those who acted before, nested. Other members are left out: "claims within
//! the act claim pertain only to the identity of the actor".

use serde::{Deserialize, Serialize};

/// One who acts for somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Its subject identifier.
    pub sub: String,
    /// By whose word it is that; absent: the token's issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Who acted before, through whom this one acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Self>>,
}

impl Actor {
    /// An actor that acts through those of `before`.
    pub fn new(sub: impl Into<String>, before: Option<Self>) -> Self {
        Self {
            sub: sub.into(),
            iss: None,
            act: before.map(Box::new),
        }
    }

    /// How many act, this one included.
    pub fn depth(&self) -> usize {
        std::iter::successors(Some(self), |actor| actor.act.as_deref()).count()
    }

    /// The same chain, in which whoever has no `iss` gets this one: what it says to another issuer.
    #[must_use]
    pub fn of_issuer(self, issuer: &str) -> Self {
        Self {
            sub: self.sub,
            iss: Some(self.iss.unwrap_or_else(|| issuer.to_owned())),
            act: self.act.map(|before| Box::new(before.of_issuer(issuer))),
        }
    }

    /// Whether it is this party, as this issuer names it.
    pub fn is(&self, sub: &str, issuer: &str) -> bool {
        self.sub == sub && self.iss.as_deref().is_none_or(|iss| iss == issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_of_rfc8693_section_4_1_is_read_and_written() {
        let json = r#"{"sub":"https://service16.example.com","act":{"sub":"https://service77.example.com"}}"#;
        let actor: Actor = serde_json::from_str(json).unwrap();
        assert_eq!(actor.depth(), 2);
        assert_eq!(serde_json::to_string(&actor).unwrap(), json);
        let before = Actor::new("https://service77.example.com", None);
        assert_eq!(Actor::new("https://service16.example.com", Some(before)), actor);
        assert!(serde_json::from_str::<Actor>(r#"{"iss":"x"}"#).is_err());
    }

    #[test]
    fn whoever_comes_from_another_issuer_says_so() {
        let chain = Actor::new("a", Some(Actor::new("b", None))).of_issuer("https://i.example");
        assert_eq!(chain.iss.as_deref(), Some("https://i.example"));
        assert_eq!(chain.act.as_ref().unwrap().iss, chain.iss);
        assert!(chain.is("a", "https://i.example") && !chain.is("a", "https://other.example"));
        assert!(Actor::new("a", None).is("a", "https://other.example") && !chain.is("b", "https://i.example"));
    }
}
