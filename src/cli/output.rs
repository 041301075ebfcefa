//! Prints results to standard output, warnings and errors to standard error.

use std::io::Write;

use crate::exit::Exit;
use crate::session::SessionError;

/// Prints a result. A closed pipe is no error.
pub(super) fn print(text: &str) -> Exit {
    let mut out = anstream::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    Exit::Success
}

/// Prints a warning to standard error.
pub(super) fn warn(message: &str) {
    let mut err = anstream::stderr().lock();
    // If standard error can't be written either, there is no place to report it.
    let _ = writeln!(err, "warning: {message}");
}

/// Prints an error message to standard error.
pub(super) fn complain(message: &str) {
    let mut err = anstream::stderr().lock();
    // If standard error can't be written either, there is no place to report it.
    let _ = writeln!(err, "error: {message}");
}

/// Prints the error that ended a command, and returns its exit code.
pub(super) fn fail(error: &SessionError, colours: bool) -> Exit {
    match error.of_matrix() {
        Some(error) => {
            let _ = writeln!(anstream::stderr().lock(), "{}", error.render(colours));
        }
        None => complain(&error.to_string()),
    }
    error.exit()
}
