//! What is wrong or weak in a deployment, one finding: how bad, where, what, and what to do.

use serde::{Deserialize, Serialize};

use crate::Kind;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Anybody can get in, or nobody can.
    Critical,
    /// The protection is less than what it is for, or something does not work as its operator thinks.
    Serious,
    /// It could be better.
    Minor,
}

impl Grade {
    /// As it is shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Serious => "serious",
            Self::Minor => "minor",
        }
    }
}

/// Something that is wrong or weak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub grade: Grade,
    /// The name of its kind: that of a [`Kind`], perhaps one of another version.
    pub kind: String,
    /// What it is about: a realm, a file with its line, a listener.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// A finding.
    pub fn new(kind: Kind, place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            grade: kind.grade(),
            kind: kind.name().to_owned(),
            place: place.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// Whether it is of this kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.kind == kind.name()
    }

    /// Whether somebody should do something about it soon.
    pub fn is_serious(&self) -> bool {
        self.grade <= Grade::Serious
    }
}
