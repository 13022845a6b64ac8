//! `cargo run -p conformance`: writes the tables, and says what does not agree.

use std::{fs, process::ExitCode};

fn main() -> ExitCode {
    let root = conformance::root();
    let made = conformance::make(&root);
    for table in &made.tables {
        if let Err(error) = fs::write(root.join(table.path), &table.text) {
            eprintln!("{}: {error}", table.path);
            return ExitCode::FAILURE;
        }
    }
    for complaint in &made.complaints {
        eprintln!("{complaint}");
    }
    if made.complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
