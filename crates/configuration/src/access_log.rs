//! `[access_log]`: a line for each call of a protected API.

use traffic::Format;

use super::{reader::Table, server::AccessLog};

const FORMATS: &[(&str, Format)] = &[("combined", Format::Combined), ("json", Format::Json)];

/// Reads it; absent: nothing is written.
pub(super) fn read(root: &mut Table<'_, '_>) -> Option<AccessLog> {
    let mut table = root.table("access_log", "[access_log]")?;
    let file = table.required_text("file", "access.log");
    let format = table
        .one_of("format", FORMATS, &[])
        .map_or(Format::Combined, |format| format.value);
    table.finish();
    let file = file?;
    let path = root.report.document.resolve(&file.value);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        let problem = format!("file: there is no directory {}", directory.display());
        root.report
            .error(&file.span, problem, "make it, or name a file elsewhere");
    }
    Some(AccessLog { file: path, format })
}
