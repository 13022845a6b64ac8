//! `realms/*.toml`: files by a pattern whose last part may have `*`.

use std::path::{Path, PathBuf};

/// Whether the last part of the path is a pattern.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().contains('*'))
}

/// The files that a pattern means, sorted; hidden ones only if the pattern begins with a dot.
pub(super) fn files(pattern: &Path) -> std::io::Result<Vec<PathBuf>> {
    let wanted = pattern
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let directory = match pattern.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_hidden = name.starts_with('.') && !wanted.starts_with('.');
        if !is_hidden && matches(&wanted, &name) && entry.path().is_file() {
            found.push(pattern.with_file_name(&name));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a name fits a pattern in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    left.len() >= last.len() && left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use testkit::process::temporary_directory;

    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, fits) in [
            ("*.toml", "bank.toml", true),
            ("*.toml", "bank.json", false),
            ("b*k.t*l", "bank.toml", true),
            ("b*k", "bk", true),
            ("ab*b", "ab", false),
            ("bank.toml", "bank.toml", true),
            ("*", "x", true),
            ("*a*a*", "xax", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn files_are_found_in_order_without_hidden_ones_and_directories() {
        let directory = temporary_directory("glob");
        for name in ["b.toml", "a.toml", ".c.toml", "d.json"] {
            std::fs::write(directory.join(name), "").unwrap();
        }
        std::fs::create_dir(directory.join("e.toml")).unwrap();
        let found = files(&directory.join("*.toml")).unwrap();
        assert_eq!(found, [directory.join("a.toml"), directory.join("b.toml")]);
        assert!(files(&directory.join("gone/*.toml")).unwrap().is_empty());
        std::fs::remove_dir_all(directory).unwrap();
    }
}
