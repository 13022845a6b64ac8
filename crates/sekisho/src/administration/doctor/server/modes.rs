//! Files of the server that others on this machine can read or change.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use storage::Options;

use crate::{
    administration::doctor::{Finding, Kind},
    config::ServerConfig,
};

pub(super) fn examine(config: &ServerConfig) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(mode) = mode(&config.data).filter(|mode| mode & 0o022 != 0) {
        let remedy = format!("run: chmod 700 {}", config.data.display());
        findings.push(finding(Kind::DataDirectoryWritable, &config.data, mode, remedy));
    }
    if let Options::Sqlite { path } = &config.database {
        // What was committed last is in the log beside it.
        let beside = PathBuf::from(format!("{}-wal", path.display()));
        let open = [path, &beside]
            .into_iter()
            .find_map(|file| Some((file, open_to_others(file)?)));
        findings.extend(open.map(|(file, mode)| {
            let remedy = format!("run: chmod 600 {}", file.display());
            finding(Kind::DatabaseReadable, file, mode, remedy)
        }));
    }
    let realms = config.realms.iter().map(|realm| PathBuf::from(&realm.file));
    for file in config.file.iter().cloned().chain(realms) {
        if let Some(mode) = mode(&file).filter(|mode| mode & 0o002 != 0) {
            let remedy = format!("run: chmod o-w {}", file.display());
            findings.push(finding(Kind::ConfigurationWritable, &file, mode, remedy));
        }
    }
    findings
}

fn finding(kind: Kind, path: &Path, mode: u32, remedy: String) -> Finding {
    let problem = match kind {
        Kind::DatabaseReadable => format!("others can open it (mode {mode:03o})"),
        _ => format!("others can write there (mode {mode:03o})"),
    };
    Finding::new(kind, path.display().to_string(), problem, remedy)
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

/// The mode of a file that others can open: it says so, and they can enter its directory.
fn open_to_others(path: &Path) -> Option<u32> {
    let (file, directory) = (mode(path)?, mode(path.parent()?)?);
    let by_anybody = file & 0o006 != 0 && directory & 0o001 != 0;
    let by_group = file & 0o060 != 0 && directory & 0o010 != 0;
    (by_anybody || by_group).then_some(file)
}
