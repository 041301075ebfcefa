//! Prints results to standard output, warnings and errors to standard error.

use std::io::Write;

use crate::exit::Exit;
use crate::session::SessionError;

/// Prints a result. A reader who closed the pipe has seen enough.
pub(super) fn print(text: &str) -> Exit {
    let mut out = anstream::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    Exit::Success
}

/// Warns on standard error.
pub(super) fn warn(message: &str) {
    let mut err = anstream::stderr().lock();
    // Nobody is left to read it if even this can't be printed.
    let _ = writeln!(err, "warning: {message}");
}

/// Says what went wrong.
pub(super) fn complain(message: &str) {
    let mut err = anstream::stderr().lock();
    // Nobody is left to tell if even this can't be printed.
    let _ = writeln!(err, "error: {message}");
}

/// Prints why a command ended, and returns its exit code.
pub(super) fn fail(error: &SessionError, colours: bool) -> Exit {
    match error.of_matrix() {
        Some(error) => {
            let _ = writeln!(anstream::stderr().lock(), "{}", error.render(colours));
        }
        None => complain(&error.to_string()),
    }
    error.exit()
}
