//! `cargo run -p conformance`: writes the tables, and says what does not agree. With `--tidy` it first removes the
//! excuses of rows that have a test by now.

use std::{env, fs, path::Path, process::ExitCode};

use conformance::Table;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let tidy = arguments.iter().any(|argument| argument == "--tidy");
    if arguments.len() > usize::from(tidy) {
        eprintln!("usage: cargo run -p conformance [-- --tidy]");
        return ExitCode::FAILURE;
    }
    let root = conformance::root();
    if tidy && !write(&root, &conformance::tidy(&root)) {
        return ExitCode::FAILURE;
    }
    let made = conformance::make(&root);
    for complaint in &made.complaints {
        eprintln!("{complaint}");
    }
    if write(&root, &made.tables) && made.complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn write(root: &Path, files: &[Table]) -> bool {
    files
        .iter()
        .all(|file| match fs::write(root.join(file.path), &file.text) {
            Ok(()) => true,
            Err(error) => {
                eprintln!("{}: {error}", file.path);
                false
            }
        })
}
