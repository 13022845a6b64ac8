//! The key that wraps all keys: where it lies, and who can read it.

use std::{fs, path::Path};

use storage::Options;

use crate::{
    administration::doctor::{Deployment, Finding, Kind},
    config::{WrapSource, open_mode},
};

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    let config = deployment.config;
    let key = match &config.wrap {
        WrapSource::Default => config.master_key(),
        WrapSource::File(path) => path.clone(),
        WrapSource::Env(_) => return Vec::new(),
    };
    let place = key.display().to_string();
    let open = open_mode(&key).map(|mode| {
        let problem = format!("it is open to others (mode {mode:03o}): it opens every key of every realm");
        let remedy = format!("run: chmod 600 {place}");
        Finding::new(Kind::MasterKeyReadable, &place, problem, remedy)
    });
    let beside = match &config.database {
        Options::Sqlite { path } if key.is_file() => is_beside(&key, path),
        _ => false,
    };
    let beside = beside.then(|| {
        let problem = "it lies beside the database: whoever gets a copy of the directory can open every key in it";
        let remedy =
            "move it to a directory of its own, name it in [keys] wrap, and keep its copy apart from the backup";
        Finding::new(Kind::MasterKeyBesideDatabase, &place, problem, remedy)
    });
    open.into_iter().chain(beside).collect()
}

fn is_beside(one: &Path, other: &Path) -> bool {
    let directory = |path: &Path| fs::canonicalize(path.parent()?).ok();
    directory(one).is_some_and(|of_one| directory(other) == Some(of_one))
}
