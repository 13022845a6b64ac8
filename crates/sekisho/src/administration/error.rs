//! Why a command was not carried out, and what to do.

use authn::{
    password::Busy,
    users::{CreateUserError, SetPasswordError},
    weak_password::Weakness,
};
use realm::RealmError;
use serde::{Deserialize, Serialize};
use storage::StorageError;

/// What kind of refusal it is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminErrorKind {
    /// There is no such thing.
    NotFound,
    /// There is one already, or somebody changed it in between.
    Conflict,
    /// A realm file owns it.
    OwnedByFile,
    /// A command made it, and a file names it.
    OwnedByCommand,
    /// The request itself is wrong.
    Invalid,
    /// Not now.
    Unavailable,
    /// A defect, or a damaged database.
    Internal,
}

/// A refusal: what, and what to do, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{problem} — {remedy}")]
pub struct AdminError {
    /// What kind of refusal it is.
    pub kind: AdminErrorKind,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl AdminError {
    pub(crate) fn new(kind: AdminErrorKind, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            kind,
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn not_found(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(AdminErrorKind::NotFound, problem, remedy)
    }

    pub(crate) fn invalid(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(AdminErrorKind::Invalid, problem, remedy)
    }

    /// A guard missed: what the decision relied on is different now.
    pub(crate) fn changed_meanwhile() -> Self {
        Self::new(
            AdminErrorKind::Conflict,
            "somebody else changed the same thing at this moment",
            "run the command again",
        )
    }

    pub(crate) fn owned_by_file(what: &str) -> Self {
        let problem = format!("{what} is owned by a realm file");
        Self::new(
            AdminErrorKind::OwnedByFile,
            problem,
            "change the file and run: sekisho apply FILE",
        )
    }
}

impl From<StorageError> for AdminError {
    fn from(error: StorageError) -> Self {
        let problem = error.to_string();
        match error {
            StorageError::Corrupt(_) => Self::new(AdminErrorKind::Internal, problem, "look at the server's log"),
            StorageError::TooNew { .. } => Self::new(AdminErrorKind::Unavailable, problem, "install it"),
            _ => Self::new(
                AdminErrorKind::Unavailable,
                problem,
                "look at the database, and run the command again",
            ),
        }
    }
}

impl From<RealmError> for AdminError {
    fn from(error: RealmError) -> Self {
        match error {
            RealmError::Storage(error) => error.into(),
            RealmError::Key(_) => Self::new(AdminErrorKind::Internal, error.to_string(), "check [keys] wrap"),
            RealmError::Authorities(_) => {
                let remedy = "correct client_ca and crl of its file, and apply it";
                Self::new(AdminErrorKind::Internal, error.to_string(), remedy)
            }
        }
    }
}

impl From<Busy> for AdminError {
    fn from(error: Busy) -> Self {
        Self::new(
            AdminErrorKind::Unavailable,
            error.to_string(),
            "run the command again in a moment",
        )
    }
}

/// Splits "what: what to do".
fn invalid(text: &str) -> AdminError {
    let (problem, remedy) = text.split_once(": ").unwrap_or((text, "correct it"));
    AdminError::invalid(problem, remedy)
}

impl From<Weakness> for AdminError {
    fn from(weakness: Weakness) -> Self {
        invalid(&weakness.to_string())
    }
}

impl From<CreateUserError> for AdminError {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::NameTaken => Self::new(
                AdminErrorKind::Conflict,
                error.to_string(),
                "choose another, or look at: sekisho user show NAME",
            ),
            CreateUserError::Busy(error) => error.into(),
            CreateUserError::Storage(error) => error.into(),
            CreateUserError::UnacceptablePassword(problem) => invalid(&problem.to_string()),
            other => Self::invalid(other.to_string(), "correct it"),
        }
    }
}

impl From<SetPasswordError> for AdminError {
    fn from(error: SetPasswordError) -> Self {
        match error {
            SetPasswordError::UnknownUser => Self::not_found(error.to_string(), "look at: sekisho user list"),
            SetPasswordError::Busy(error) => error.into(),
            SetPasswordError::Storage(error) => error.into(),
            SetPasswordError::UnacceptablePassword(problem) => invalid(&problem.to_string()),
            SetPasswordError::Weak(weakness) => weakness.into(),
        }
    }
}
