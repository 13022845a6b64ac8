//! Writes new files: all of them or none, and never over one that is there.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A file to be written.
pub(super) struct NewFile {
    pub path: PathBuf,
    pub content: String,
    /// Whether nobody else may read it, or list its directory.
    pub is_secret: bool,
}

/// Which of them are there already, dangling links included.
pub(super) fn present(files: &[NewFile]) -> Vec<String> {
    let is_there = |file: &&NewFile| file.path.symlink_metadata().is_ok();
    let there = files.iter().filter(is_there);
    there.map(|file| file.path.display().to_string()).collect()
}

/// Writes the files with the directories that they need. After an error nothing of them is left.
pub(super) fn write_all(files: &[NewFile]) -> Result<(), String> {
    for (at, file) in files.iter().enumerate() {
        if let Err(error) = write(file) {
            for written in files.iter().take(at) {
                let _ = fs::remove_file(&written.path);
            }
            let path = file.path.display();
            return Err(format!(
                "{path} cannot be made ({error}) — run init in a directory where you may write"
            ));
        }
    }
    Ok(())
}

fn write(file: &NewFile) -> io::Result<()> {
    let (of_file, of_directory) = if file.is_secret { (0o600, 0o700) } else { (0o644, 0o755) };
    if let Some(parent) = file.path.parent().filter(|parent| *parent != Path::new("")) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(of_directory)
            .create(parent)?;
    }
    let mut made = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(of_file)
        .open(&file.path)?;
    made.write_all(file.content.as_bytes()).inspect_err(|_| {
        let _ = fs::remove_file(&file.path);
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use testkit::process::temporary_directory;

    use super::*;

    fn file(path: PathBuf, is_secret: bool) -> NewFile {
        NewFile {
            path,
            content: "new".to_owned(),
            is_secret,
        }
    }

    #[test]
    fn secrets_are_for_their_owner_alone() {
        let directory = temporary_directory("write");
        write_all(&[
            file(directory.join("s/one"), true),
            file(directory.join("r/two"), false),
        ])
        .unwrap();
        let mode = |path: &str| fs::metadata(directory.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("s"), mode("s/one")), (0o700, 0o600));
        assert_eq!(mode("r/two") & 0o600, 0o600);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left_of_an_attempt() {
        let directory = temporary_directory("write");
        fs::write(directory.join("b"), "old").unwrap();
        std::os::unix::fs::symlink("nowhere", directory.join("c")).unwrap();
        let files: Vec<_> = ["a", "b", "c"]
            .iter()
            .map(|name| file(directory.join(name), false))
            .collect();
        let there = present(&files);
        assert!(
            there.len() == 2 && there[0].ends_with("/b") && there[1].ends_with("/c"),
            "{there:?}"
        );
        let error = write_all(&files).unwrap_err();
        assert!(error.contains("/b cannot be made") && error.contains(" — "), "{error}");
        assert_eq!(fs::read(directory.join("b")).unwrap(), b"old");
        assert!(!directory.join("a").exists());
        fs::remove_dir_all(directory).unwrap();
    }
}
