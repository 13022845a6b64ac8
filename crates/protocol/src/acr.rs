//! Levels of assurance and the methods that reach them.
//!
//! Spec: ITU-T X.1254 (2012) §6, RFC 8176 §2, OpenID Connect Core §2 (`acr`, `amr`),
//! OpenID Connect EAP ACR Values §2 and §3
//!
//! Published values carry their scheme (`urn:sekisho:acr:loa2`): a bare number means another thing in each edition.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The methods of RFC 8176 that are in use, and three of this server's own, as §2 lets them be agreed upon.
pub mod amr {
    /// A password.
    pub const PWD: &str = "pwd";
    /// A code that is used once.
    pub const OTP: &str = "otp";
    /// It came by e-mail (of this server's own).
    pub const EMAIL: &str = "email";
    /// It was written down for the day when a device is lost (of this server's own).
    pub const RECOVERY: &str = "recovery";
    /// The operator invited the user (of this server's own).
    pub const INVITATION: &str = "invitation";
    /// A key that can be copied.
    pub const SWK: &str = "swk";
    /// A key that cannot leave a piece of hardware.
    pub const HWK: &str = "hwk";
    /// The key was proved to be there.
    pub const POP: &str = "pop";
    /// The user touched something.
    pub const USER: &str = "user";
    /// The user typed a PIN.
    pub const PIN: &str = "pin";
    /// A smart card.
    pub const SC: &str = "sc";
    /// Factors of two kinds.
    pub const MFA: &str = "mfa";
}

/// A level of assurance, from little confidence to very high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Acr {
    /// Little or no confidence.
    Loa1,
    /// Some: one factor over a secure protocol.
    Loa2,
    /// High: two or more factors.
    Loa3,
    /// The same, by what no other site can get hold of. It can be asked for; what is published is [`Self::Loa3`].
    Phr,
    /// The same, with keys in hardware.
    Phrh,
    /// Very high: keys in tamper-resistant hardware.
    Loa4,
}

/// The text names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a level of assurance: use loa1, loa2, loa3 or loa4")]
pub struct AcrError;

impl Acr {
    /// Every level, lowest first.
    pub const ALL: &[Self] = &[Self::Loa1, Self::Loa2, Self::Loa3, Self::Loa4];

    /// What can be asked for besides.
    const ALIASES: &[Self] = &[Self::Phr, Self::Phrh];

    /// What a password alone reaches: one factor, `amr` is [`amr::PWD`].
    pub const PASSWORD: Self = Self::Loa2;

    /// What sign-ins can reach with the built methods; the rest would be an empty promise in the metadata.
    pub const REACHABLE: &[Self] = &[Self::Loa1, Self::Loa2, Self::Loa3];
    /// The same in a realm that knows who vouches for keys in hardware.
    pub const REACHABLE_IN_HARDWARE: &[Self] = &[Self::Loa1, Self::Loa2, Self::Loa3, Self::Loa4];

    /// The value on the wire.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Loa1 => "urn:sekisho:acr:loa1",
            Self::Loa2 => "urn:sekisho:acr:loa2",
            Self::Loa3 => "urn:sekisho:acr:loa3",
            Self::Phr => "phr",
            Self::Phrh => "phrh",
            Self::Loa4 => "urn:sekisho:acr:loa4",
        }
    }

    /// The value in files: `loa1` to `loa4`, and in logs.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Loa1 => "loa1",
            Self::Loa2 => "loa2",
            Self::Loa3 => "loa3",
            Self::Phr => "phr",
            Self::Phrh => "phrh",
            Self::Loa4 => "loa4",
        }
    }

    /// Reads either form; `None` when it names no level.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|level| level.urn() == text || level.short() == text)
    }

    /// The `acr` to state for a session of this level: the first requested value that it satisfies, else its own.
    ///
    /// OpenID Connect Core §3.1.2.1: `acr_values` are requested "with the values appearing in order of preference".
    #[must_use]
    pub fn stated(self, requested: &[&str]) -> Self {
        self.satisfied(requested).unwrap_or(self.published())
    }

    /// The level of X.1254 to state of it.
    #[must_use]
    pub const fn published(self) -> Self {
        match self {
            Self::Phr | Self::Phrh => Self::Loa3,
            level => level,
        }
    }

    /// Reads what is on the wire. Values are compared as they are: what is stated must be equal to what was asked for
    /// (OpenID Connect Core §5.5.1.1).
    pub fn of_wire(text: &str) -> Option<Self> {
        let mut known = Self::ALL.iter().chain(Self::ALIASES).copied();
        known.find(|level| level.urn() == text)
    }

    /// The first requested value that this level satisfies.
    #[must_use]
    pub fn satisfied(self, requested: &[&str]) -> Option<Self> {
        let mut known = requested.iter().filter_map(|text| Self::of_wire(text));
        known.find(|wanted| *wanted <= self)
    }
}

impl fmt::Display for Acr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.urn())
    }
}

impl FromStr for Acr {
    type Err = AcrError;

    fn from_str(text: &str) -> Result<Self, AcrError> {
        Self::parse(text).ok_or(AcrError)
    }
}

impl TryFrom<String> for Acr {
    type Error = AcrError;

    fn try_from(text: String) -> Result<Self, AcrError> {
        Self::of_wire(&text).or_else(|| Self::parse(&text)).ok_or(AcrError)
    }
}

impl From<Acr> for String {
    fn from(level: Acr) -> Self {
        level.urn().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_in_both_forms() {
        assert!(Acr::Loa1 < Acr::Loa2 && Acr::Loa2 < Acr::Loa3 && Acr::Loa3 < Acr::Loa4);
        for &level in Acr::ALL {
            assert_eq!(
                (Acr::parse(level.urn()), Acr::parse(level.short())),
                (Some(level), Some(level))
            );
            assert_eq!(serde_json::to_value(level).unwrap(), level.urn());
        }
        for bad in ["2", "loa5", "LOA2", "urn:sekisho:acr:loa9", ""] {
            assert_eq!(Acr::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_password_alone_is_level_two_and_can_be_reached() {
        assert_eq!(Acr::PASSWORD.urn(), "urn:sekisho:acr:loa2");
        assert!(Acr::REACHABLE.contains(&Acr::PASSWORD));
    }

    #[test]
    fn the_first_requested_level_that_is_satisfied_is_stated() {
        let stated = |requested: &[&str]| Acr::Loa2.stated(requested);
        assert_eq!(stated(&[]), Acr::Loa2);
        assert_eq!(stated(&["urn:sekisho:acr:loa1", "urn:sekisho:acr:loa2"]), Acr::Loa1);
        assert_eq!(stated(&["urn:sekisho:acr:loa3", "urn:sekisho:acr:loa1"]), Acr::Loa1);
        assert_eq!(stated(&["urn:sekisho:acr:loa4", "1", "2"]), Acr::Loa2);
        assert_eq!(stated(&["loa1"]), Acr::Loa2, "the short form is for files");
        assert_eq!(Acr::Loa2.satisfied(&["urn:sekisho:acr:loa3"]), None);
        assert!(Acr::REACHABLE_IN_HARDWARE.starts_with(Acr::REACHABLE));
    }

    #[test]
    fn resistance_to_phishing_can_be_asked_for_and_lies_between_two_levels() {
        assert!(Acr::Loa3 < Acr::Phr && Acr::Phr < Acr::Phrh && Acr::Phrh < Acr::Loa4);
        assert_eq!(Acr::Phr.stated(&["phrh", "phr"]), Acr::Phr);
        assert_eq!(Acr::Loa3.satisfied(&["phr"]), None);
        assert_eq!(Acr::Loa4.stated(&["phr"]), Acr::Phr);
        assert_eq!((Acr::Phr.stated(&[]), Acr::Phrh.published()), (Acr::Loa3, Acr::Loa3));
        let stored = serde_json::to_string(&Acr::Phrh).unwrap();
        assert_eq!(serde_json::from_str::<Acr>(&stored).unwrap(), Acr::Phrh);
        assert_eq!(
            Acr::parse("phr"),
            None,
            "no API can demand what its tokens do not state"
        );
    }
}
