//! Which pages a client wants to be shown, or not shown.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`prompt`), Initiating User Registration via OpenID Connect §4
//!
//! Accepted: any set of the registered values, in any order. Not accepted: `none` together with another value,
//! unknown values.

use std::{collections::BTreeSet, fmt};

use explanation::{Explain, Explanation, catalogue::authorize};
use serde::{Deserialize, Serialize};

/// One value of `prompt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PromptValue {
    /// Show no page at all; answer with an error where one would be needed.
    None,
    /// Authenticate again.
    Login,
    /// Ask for consent again.
    Consent,
    /// Let the user choose an account.
    SelectAccount,
    /// Let the user make an account.
    Create,
}

impl PromptValue {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::Login,
        Self::Consent,
        Self::SelectAccount,
        Self::Create,
    ];

    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
        }
    }
}

/// The values that requests may use: what `prompt_values_supported` says. `create` is one where people can sign up.
pub fn supported(sign_up: bool) -> impl Iterator<Item = PromptValue> {
    let is_offered = move |value: &PromptValue| sign_up || *value != PromptValue::Create;
    PromptValue::ALL.iter().copied().filter(is_offered)
}

/// Why a `prompt` cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// `none` together with another value.
    #[error("prompt none cannot be combined with another value")]
    NoneWithOther,
    /// A value that is not registered.
    #[error("prompt contains an unknown value")]
    Unknown,
}

impl Explain for PromptError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::NoneWithOther => &authorize::PROMPT_NONE_WITH_OTHER,
            Self::Unknown => &authorize::PROMPT_UNSUPPORTED,
        };
        reason.into()
    }
}

/// The set of values of a `prompt` parameter; empty when it was not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Prompt(BTreeSet<PromptValue>);

impl Prompt {
    /// Reads a `prompt` parameter.
    pub fn parse(text: &str) -> Result<Self, PromptError> {
        let mut values = BTreeSet::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            values.insert(
                PromptValue::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == word)
                    .ok_or(PromptError::Unknown)?,
            );
        }
        // OpenID Connect Core §3.1.2.1: "If this parameter contains none with any other value, an error is returned."
        if values.contains(&PromptValue::None) && values.len() > 1 {
            return Err(PromptError::NoneWithOther);
        }
        Ok(Self(values))
    }

    /// Whether the value was sent.
    pub fn contains(&self, value: PromptValue) -> bool {
        self.0.contains(&value)
    }

    /// Whether no page may be shown (`prompt=none`).
    pub fn is_none(&self) -> bool {
        self.contains(PromptValue::None)
    }

    /// Whether the user must authenticate again (`prompt=login`).
    pub fn wants_login(&self) -> bool {
        self.contains(PromptValue::Login)
    }

    /// Whether the user must be asked for consent again (`prompt=consent`).
    pub fn wants_consent(&self) -> bool {
        self.contains(PromptValue::Consent)
    }

    /// Whether the user must be let choose an account (`prompt=select_account`).
    pub fn wants_account_selection(&self) -> bool {
        self.contains(PromptValue::SelectAccount)
    }

    /// Whether the user must be let make an account (`prompt=create`).
    pub fn wants_sign_up(&self) -> bool {
        self.contains(PromptValue::Create)
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values, in the order of [`PromptValue::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = PromptValue> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, value) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(value.as_str())?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Prompt {
    type Error = PromptError;

    fn try_from(text: String) -> Result<Self, PromptError> {
        Self::parse(&text)
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_be_combined_in_any_order() {
        let prompt = Prompt::parse("consent login").unwrap();
        assert!(
            prompt.wants_login() && prompt.wants_consent() && !prompt.is_none() && !prompt.wants_account_selection()
        );
        assert!(!prompt.wants_sign_up());
        assert_eq!(prompt.to_string(), "login consent");
        assert!(Prompt::parse("select_account").unwrap().wants_account_selection());
        assert!(Prompt::parse("create").unwrap().wants_sign_up());
        assert!(Prompt::default().is_empty());
    }

    #[test]
    fn create_is_supported_where_people_can_sign_up() {
        assert_eq!(supported(true).count(), PromptValue::ALL.len());
        assert!(!supported(false).any(|value| value == PromptValue::Create));
        assert_eq!(supported(false).count(), PromptValue::ALL.len() - 1);
    }

    #[test]
    fn none_stands_alone() {
        assert!(Prompt::parse("none").unwrap().is_none());
        for bad in ["none login", "consent none", "create none"] {
            assert_eq!(Prompt::parse(bad), Err(PromptError::NoneWithOther));
        }
    }

    #[test]
    fn unknown_values_are_refused() {
        for bad in ["None", "signup", "login,consent"] {
            assert_eq!(Prompt::parse(bad), Err(PromptError::Unknown), "{bad}");
        }
    }

    #[test]
    fn serde_writes_the_string() {
        let prompt = Prompt::parse("login consent").unwrap();
        let text = serde_json::to_string(&prompt).unwrap();
        assert_eq!(
            (text.as_str(), serde_json::from_str::<Prompt>(&text).unwrap()),
            (r#""login consent""#, prompt)
        );
        assert_eq!(serde_json::from_str::<Prompt>(r#""""#).unwrap(), Prompt::default());
    }
}
