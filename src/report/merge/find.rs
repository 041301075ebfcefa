//! Report directories below a directory, as a CI system downloads the artifacts of its jobs.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::MergeError;
use crate::report::jsonl::Jsonl;

/// Depth of the search: `DIR/ARTIFACT/.fbuild-matrix/reports`.
const DEPTH: usize = 4;

/// Returns whether these are the reports of a base (`--base REV`), which a run builds in `WORK/base`.
fn is_of_base(reports: &Path) -> bool {
    let base = reports.parent().filter(|base| base.file_name().is_some_and(|name| name == "base"));
    base.and_then(Path::parent).is_some_and(|work| work.join("reports").join(Jsonl::NAME).is_file())
}

/// Returns the directory, or if it has no reports, the report directories below it, sorted by path. Without `output`,
/// which an earlier merge may have written, and without those of bases.
///
/// # Errors
/// There is none.
pub(super) fn report_directories(directory: &Path, output: &Path) -> Result<Vec<PathBuf>, MergeError> {
    if directory.join(Jsonl::NAME).is_file() {
        return Ok(vec![directory.to_owned()]);
    }
    let output = fs::canonicalize(output).ok();
    let files =
        WalkDir::new(directory).max_depth(DEPTH).sort_by_file_name().into_iter().filter_map(Result::ok);
    let found: Vec<PathBuf> = files
        .filter(|entry| entry.file_name() == Jsonl::NAME && entry.file_type().is_file())
        .filter_map(|entry| entry.path().parent().map(Path::to_owned))
        .filter(|path| fs::canonicalize(path).ok() != output || output.is_none())
        .filter(|path| !is_of_base(path))
        .collect();
    if found.is_empty() { Err(MergeError::NoReports { path: directory.to_owned() }) } else { Ok(found) }
}
