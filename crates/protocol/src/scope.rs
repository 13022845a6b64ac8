//! The set of scope-tokens that a client asks for or was given.
//!
//! Spec: RFC 6749 §3.3
//!
//! Accepted: scope-tokens in any order, repeated ones, more than one space between them (some clients leave a trailing
//! one), and the empty string as the empty scope. Not accepted: tabs, line breaks, quotes, backslashes, non-ASCII.

use std::{fmt, str::FromStr};

use explanation::{Explain, Explanation, catalogue};
use serde::{Deserialize, Serialize};

use crate::characters::is_nqchar;

/// Asks for an ID Token and the UserInfo Endpoint (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Asks for a refresh token that works while the user is away (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// A word of a scope contains a character that a scope-token cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope value contains a character that is not allowed")]
pub struct ScopeError;

impl Explain for ScopeError {
    fn explanation(&self) -> Explanation {
        (&catalogue::scope::MALFORMED).into()
    }
}

/// An ordered set of scope-tokens: few, so a vector that is sorted, each once. Written with single spaces, in alphabetical
/// order: "their order does not matter".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Scope(Vec<String>);

impl Scope {
    /// Reads a `scope` parameter.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::from_tokens(text.split(' ').filter(|token| !token.is_empty()))
    }

    /// Puts single scope-tokens together.
    pub fn from_tokens<T: Into<String>>(tokens: impl IntoIterator<Item = T>) -> Result<Self, ScopeError> {
        let tokens: Vec<String> = tokens.into_iter().map(Into::into).collect();
        // RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
        if tokens
            .iter()
            .all(|token| !token.is_empty() && token.bytes().all(is_nqchar))
        {
            Ok(Self::sorted(tokens))
        } else {
            Err(ScopeError)
        }
    }

    fn sorted(mut tokens: Vec<String>) -> Self {
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens)
    }

    /// Whether the token is in the scope; compared exactly ("case-sensitive strings").
    pub fn contains(&self, token: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(token)).is_ok()
    }

    /// Whether every token of this scope is in the other.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.iter().all(|token| other.contains(token))
    }

    /// The tokens in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.filter(|token| other.contains(token))
    }

    /// The tokens of this scope that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.filter(|token| !other.contains(token))
    }

    /// The tokens in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::sorted([self.0.as_slice(), &other.0].concat())
    }

    /// The tokens for which the question is answered with yes.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keep(token)).cloned().collect())
    }

    /// The tokens, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, token) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        assert_eq!(scope("openid profile"), scope("profile openid  openid "));
        assert_eq!(scope("profile openid").to_string(), "openid profile");
        assert_eq!(scope("").len(), 0);
        assert_eq!(Scope::default().to_string(), "");
    }

    #[test]
    fn case_matters() {
        assert!(!scope("openid").contains("OpenID"));
    }

    #[test]
    fn characters_outside_the_grammar_are_refused() {
        for bad in ["a\"b", "a\\b", "a\tb", "a\nb", "é", "a\u{7f}"] {
            assert_eq!(Scope::parse(bad), Err(ScopeError), "{bad:?}");
        }
        assert_eq!(Scope::from_tokens(["two words"]), Err(ScopeError));
        assert_eq!(Scope::from_tokens([""]), Err(ScopeError));
        assert_eq!(scope("!#[]~ urn:a:b https://x/y").len(), 3);
    }

    #[test]
    fn it_is_a_set() {
        let (asked, known) = (scope("a b c"), scope("b c d"));
        assert_eq!(asked.intersection(&known), scope("b c"));
        assert_eq!(asked.difference(&known), scope("a"));
        assert_eq!(asked.union(&known), scope("a b c d"));
        assert_eq!(asked.filter(|token| token != "b"), scope("a c"));
        assert!(scope("b").is_subset_of(&asked) && !known.is_subset_of(&asked));
        assert!(Scope::default().is_subset_of(&asked) && Scope::default().is_empty());
    }

    #[test]
    fn serde_writes_the_string() {
        assert_eq!(serde_json::to_string(&scope("b a")).unwrap(), r#""a b""#);
        assert_eq!(serde_json::from_str::<Scope>(r#""a b""#).unwrap(), scope("a b"));
        assert!(serde_json::from_str::<Scope>(r#""a\tb""#).is_err());
    }
}
