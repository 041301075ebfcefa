//! Appends to the files that a runner names in its environment. A run does not fail because of them: a container may
//! have the variables and not the files.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use crate::report::console::print_error;
use crate::report::error::ReportError;

/// Appends the text that `content` returns for the present length of the file in bytes. An error is printed.
pub(super) fn append(path: &Path, content: impl FnOnce(u64) -> String) {
    if let Err(source) = try_append(path, content) {
        print_error(&ReportError::Write { path: path.to_owned(), source });
    }
}

fn try_append(path: &Path, content: impl FnOnce(u64) -> String) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let text = content(file.metadata()?.len());
    file.write_all(text.as_bytes())
}
