//! How well, and how lately, the user must have been authenticated for what an API does.
//! Spec: RFC 9470 §3 and §4

use std::fmt;

use protocol::Acr;

use crate::{Permit, Refusal};

/// What an API demands of the authentication behind a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepUp {
    acr_values: Vec<String>,
    max_age: Option<i64>,
}

impl StepUp {
    /// One of these classes (`acr`), the best-liked first. Name every one that will do: that one is higher than another,
    /// nobody here knows.
    pub fn acr<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            acr_values: values.into_iter().map(Into::into).collect(),
            max_age: None,
        }
    }

    /// This level of assurance or a higher one.
    pub fn at_least(level: Acr) -> Self {
        Self::acr(
            Acr::ALL
                .iter()
                .filter(|other| **other >= level)
                .map(|level| level.urn()),
        )
    }

    /// Any class, but not longer ago than this, in seconds.
    pub fn within(seconds: i64) -> Self {
        Self::default().max_age(seconds)
    }

    /// And not longer ago than this, in seconds.
    #[must_use]
    pub fn max_age(mut self, seconds: i64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// The classes that will do, separated by spaces; none when any will.
    pub(crate) fn acr_values(&self) -> Option<String> {
        (!self.acr_values.is_empty()).then(|| self.acr_values.join(" "))
    }

    /// How long ago it may be, in seconds.
    pub(crate) const fn longest(&self) -> Option<i64> {
        self.max_age
    }
}

impl fmt::Display for StepUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.acr_values(), self.max_age) {
            (Some(values), Some(seconds)) => write!(f, "one of {values}, within {seconds} seconds"),
            (Some(values), None) => write!(f, "one of {values}"),
            (None, Some(seconds)) => write!(f, "within {seconds} seconds"),
            (None, None) => f.write_str("any"),
        }
    }
}

impl Permit {
    /// Demands that the user was authenticated as `needed` says. What the issuer did not say of it counts for nothing.
    ///
    /// `now`: seconds since 1970.
    pub fn require_authentication(&self, needed: &StepUp, now: i64) -> Result<(), Refusal> {
        let is_of_class =
            needed.acr_values.is_empty() || self.acr.as_ref().is_some_and(|acr| needed.acr_values.contains(acr));
        let is_recent = |longest: i64| self.auth_time.is_some_and(|at| now.saturating_sub(at) <= longest);
        if is_of_class && needed.max_age.is_none_or(is_recent) {
            Ok(())
        } else {
            Err(Refusal::InsufficientAuthentication(needed.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permit::tests::permit;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn the_class_must_be_one_of_those_that_will_do() {
        let mut permit = permit("");
        let needed = StepUp::acr(["urn:b", "urn:a"]);
        for (acr, is_enough) in [
            (Some("urn:a"), true),
            (Some("urn:b"), true),
            (Some("urn:c"), false),
            (None, false),
        ] {
            permit.acr = acr.map(str::to_owned);
            assert_eq!(
                permit.require_authentication(&needed, NOW).is_ok(),
                is_enough,
                "{acr:?}"
            );
        }
    }

    #[test]
    fn the_authentication_must_be_as_recent_as_is_demanded() {
        let mut permit = permit("");
        permit.acr = Some("urn:a".to_owned());
        for (auth_time, is_enough) in [
            (Some(NOW), true),
            (Some(NOW - 300), true),
            (Some(NOW - 301), false),
            (None, false),
        ] {
            permit.auth_time = auth_time;
            assert_eq!(
                permit.require_authentication(&StepUp::within(300), NOW).is_ok(),
                is_enough
            );
            let both = StepUp::acr(["urn:a"]).max_age(300);
            assert_eq!(permit.require_authentication(&both, NOW).is_ok(), is_enough);
            assert!(
                permit
                    .require_authentication(&StepUp::acr(["urn:b"]).max_age(300), NOW)
                    .is_err()
            );
        }
    }
}
