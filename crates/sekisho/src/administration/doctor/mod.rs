//! `sekisho doctor`: what is wrong or weak in this deployment, worst first.
//!
//! A kind of finding is a line in `configuration/src/kind.rs`; what looks for it is a file in [`server`] (the process: its files, as this
//! machine sees them) or in [`database`] (what is in the database), and its line in the list there. Whatever `check` warns of
//! is a finding too.

pub mod database;
pub mod server;

pub use configuration::{Finding, Grade, Kind};

pub use self::{database::Examination, server::Deployment};

/// The worst first; where the files warn of what was found by looking, the warning is an echo.
pub fn sorted(found: Vec<Finding>, warned: Vec<Finding>) -> Vec<Finding> {
    let is_echo = |warning: &Finding| {
        let names_nothing_itself = warning.is(Kind::FileWarning) || warning.is(Kind::FileMistake);
        !names_nothing_itself && found.iter().any(|finding| finding.kind == warning.kind)
    };
    let warned: Vec<_> = warned.into_iter().filter(|warning| !is_echo(warning)).collect();
    let mut all = found;
    all.extend(warned);
    all.sort_by_key(|finding| finding.grade);
    all
}
