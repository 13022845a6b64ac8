//! A stored hash of any kind that can be checked here.
//!
//! New hashes are argon2id at today's cost. Others come from elsewhere, or from before; they are replaced when their owner
//! next signs in.

use super::{Memory, imported::Imported, phc::StoredHash};

/// A hash that can be checked at an acceptable cost.
pub(super) enum Stored {
    Argon2(StoredHash),
    Imported(Imported),
}

impl Stored {
    /// Reads it; `None` when it is not one to be checked here.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Django writes the name of its hasher before the string.
        let argon2 = text.strip_prefix("argon2").unwrap_or(text);
        StoredHash::parse(argon2)
            .map(Self::Argon2)
            .or_else(|| Imported::parse(text).map(Self::Imported))
    }

    /// Whether it is at least as strong as one made today.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Self::Argon2(hash) => hash.is_current(),
            Self::Imported(_) => false,
        }
    }
}

/// Whether one of these forms of the password is the right one; without a stored hash `false`, after the same work as
/// with one made here.
pub(super) fn verify(stored: Option<&Stored>, forms: &[String], memory: &mut Memory) -> bool {
    let is_right = |form: &String| match stored {
        None => super::phc::verify(None, form.as_bytes(), memory),
        Some(Stored::Argon2(hash)) => super::phc::verify(Some(hash), form.as_bytes(), memory),
        Some(Stored::Imported(hash)) => hash.is_of(form.as_bytes()),
    };
    forms.iter().any(is_right)
}
