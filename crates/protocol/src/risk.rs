//! From what could go wrong at an API to the level of assurance and the profile that it needs.
//!
//! Spec: ITU-T X.1254 (2012) table 6-2, FAPI 1.0 Baseline §1, FAPI 1.0 Advanced §1, FAPI 2.0 Security Profile §1
//!
//! A level of assurance tolerates an impact up to what its column says; the API needs the lowest level that tolerates
//! every category's impact. `personal_safety` is never tolerated below level 3. Whoever must be sure of the user must be
//! as sure of the app: a stolen token makes a strong sign-in worth nothing. So each level proposes a profile.

use std::{collections::BTreeMap, fmt};

use crate::{Acr, SecurityProfile};

/// How bad the impact can be. Where the table says N/A, no impact is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// There is none.
    None,
    /// Minimum.
    Minimum,
    /// Moderate.
    Moderate,
    /// Substantial.
    Substantial,
    /// High.
    High,
}

/// The words of files.
pub const IMPACTS: &[(&str, Impact)] = &[
    ("none", Impact::None),
    ("minimum", Impact::Minimum),
    ("moderate", Impact::Moderate),
    ("substantial", Impact::Substantial),
    ("high", Impact::High),
];

/// Category → the worst impact that levels 1, 2 and 3 tolerate; level 4 tolerates all.
pub const CATEGORIES: &[(&str, [Impact; 3])] = &[
    (
        "inconvenience",
        [Impact::Minimum, Impact::Moderate, Impact::Substantial],
    ),
    (
        "financial_loss",
        [Impact::Minimum, Impact::Moderate, Impact::Substantial],
    ),
    (
        "harm_to_organization",
        [Impact::None, Impact::Minimum, Impact::Moderate],
    ),
    (
        "sensitive_information",
        [Impact::None, Impact::Moderate, Impact::Substantial],
    ),
    ("personal_safety", [Impact::None, Impact::None, Impact::Moderate]),
    ("legal_violation", [Impact::None, Impact::Minimum, Impact::Substantial]),
];

/// Level → the least profile that fits it. Level 1 needs no more than everybody does; FAPI 1.0 Baseline is "for protecting
/// APIs with a moderate inherent risk"; FAPI 2.0 Security holds against everybody who can read or change what passes by
/// except the two parties; at level 4 one wants to prove afterwards who said what, which signatures do.
const PROPOSED: [(Acr, &str); 4] = [
    (Acr::Loa1, "baseline"),
    (Acr::Loa2, "fapi1-baseline"),
    (Acr::Loa3, "fapi2-security"),
    (Acr::Loa4, "fapi2-message-signing"),
];

/// What one category of impact needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The category.
    pub category: &'static str,
    /// How bad it can be.
    pub impact: &'static str,
    /// The lowest level that tolerates it.
    pub level: Acr,
}

/// What an API needs, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// By category, in the order of the table.
    pub reasons: Vec<Reason>,
    /// The highest level that a category needs.
    pub level: Acr,
    /// The least profile that fits the level.
    pub profile: &'static SecurityProfile,
}

/// What an API needs by its impact, category → word; `None` when it says nothing. What is not of the table is ignored.
pub fn needed(impact: &BTreeMap<String, String>) -> Option<Needed> {
    let reason = |(category, tolerated): &(&'static str, [Impact; 3])| {
        let written = impact.get(*category)?;
        let (word, impact) = IMPACTS.iter().find(|(word, _)| word == written)?;
        Some(Reason {
            category,
            impact: word,
            level: level(*tolerated, *impact),
        })
    };
    let reasons: Vec<Reason> = CATEGORIES.iter().filter_map(reason).collect();
    let level = reasons.iter().map(|reason| reason.level).max()?;
    Some(Needed {
        reasons,
        level,
        profile: proposed(level)?,
    })
}

/// The lowest level that tolerates this impact in this category.
fn level(tolerated: [Impact; 3], impact: Impact) -> Acr {
    tolerated
        .iter()
        .zip([Acr::Loa1, Acr::Loa2, Acr::Loa3])
        .find(|(most, _)| impact <= **most)
        .map_or(Acr::Loa4, |(_, level)| level)
}

fn proposed(level: Acr) -> Option<&'static SecurityProfile> {
    let found = PROPOSED.iter().find(|(known, _)| *known == level);
    found.and_then(|(_, name)| SecurityProfile::find(name))
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(
                f,
                "{comma}{} {} → {}",
                reason.category,
                reason.impact,
                reason.level.short()
            )?;
        }
        write!(f, ": {} → {}", self.level.short(), self.profile.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(impact: &[(&str, &str)]) -> Option<Needed> {
        let pair = |(category, word): &(&str, &str)| ((*category).to_owned(), (*word).to_owned());
        needed(&impact.iter().map(pair).collect())
    }

    #[test]
    fn x1254_table_6_2() {
        for (category, expected) in [
            ("inconvenience", "1234"),
            ("financial_loss", "1234"),
            ("harm_to_organization", "2344"),
            ("sensitive_information", "2234"),
            ("personal_safety", "3344"),
            ("legal_violation", "2334"),
        ] {
            for (impact, digit) in ["minimum", "moderate", "substantial", "high"]
                .iter()
                .zip(expected.chars())
            {
                let needed = of(&[(category, impact)]).unwrap();
                assert_eq!(needed.level.short(), format!("loa{digit}"), "{category} {impact}");
            }
            assert_eq!(of(&[(category, "none")]).unwrap().level, Acr::Loa1);
        }
    }

    #[test]
    fn the_worst_category_decides_and_each_is_told() {
        let needed = of(&[
            ("sensitive_information", "substantial"),
            ("financial_loss", "moderate"),
            ("x", "y"),
        ])
        .unwrap();
        assert_eq!(
            needed.to_string(),
            "financial_loss moderate → loa2, sensitive_information substantial → loa3: loa3 → fapi2-security"
        );
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("financial_loss", "awful")]), None);
    }

    #[test]
    fn every_level_has_a_profile_and_a_higher_one_is_no_less() {
        let ranks: Vec<u8> = Acr::ALL.iter().map(|level| proposed(*level).unwrap().rank).collect();
        assert!(ranks.is_sorted() && ranks.len() == PROPOSED.len(), "{ranks:?}");
    }
}
