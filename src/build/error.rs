//! Why a core or a cell could not be built.

use std::path::{Path, PathBuf};

use super::incomplete;
use crate::board::BoardError;
use crate::compile::{BackendError, IdentityError, ProcessError, diagnose, storage_fault};
use crate::event::{CoreId, Failure, FailureKind, Step};

/// A core that failed, as its cells see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Which.
    pub by: CoreId,
    /// Its first error.
    pub message: String,
}

/// Why a core or a cell could not be built.
#[derive(Debug, Clone)]
pub enum BuildError {
    /// The code is wrong, or something that is needed is not to be had.
    Failed(Box<Failure>),
    /// The core failed.
    Blocked(Blocked),
    /// The run was interrupted.
    Cancelled,
}

impl From<Failure> for BuildError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl BuildError {
    /// A command that ended with an error: its first error is the message, all it printed the
    /// diagnostic.
    pub(super) fn command(step: Step, command: Vec<String>, code: Option<i32>, printed: &[u8]) -> Self {
        let diagnostic = String::from_utf8_lossy(printed).into_owned();
        let (kind, message, location) = match code {
            Some(_) => {
                if let Some(fault) = storage_fault(&diagnostic) {
                    (FailureKind::Storage, fault.to_owned(), None)
                } else if let Some(file) = incomplete::pointer(&diagnostic) {
                    let message = format!(
                        "{} is a pointer of Git LFS, not the file itself; `git lfs pull` there brings it",
                        file.display()
                    );
                    (FailureKind::Infrastructure, message, None)
                } else {
                    let found = diagnose(&diagnostic);
                    (FailureKind::Code, found.message, found.location)
                }
            }
            // Compilers don't kill themselves: somebody else did, for want of memory as a rule.
            None => (FailureKind::Infrastructure, killed(&command), None),
        };
        Failure { kind, step, message, diagnostic, command, location }.into()
    }

    /// Something other than the code is at fault.
    pub(super) fn infrastructure(step: Step, message: impl Into<String>) -> Self {
        Self::found(FailureKind::Infrastructure, step, message.into())
    }

    /// A source or a header is no longer what it was when the command was made.
    pub(super) fn changed(path: &Path) -> Self {
        let how = if path.exists() { "changed" } else { "vanished" };
        Self::infrastructure(Step::Compile, format!("{} {how} while it was being compiled", path.display()))
    }

    /// The code is at fault, and we found it ourselves.
    pub(super) fn code(step: Step, message: impl Into<String>) -> Self {
        Self::found(FailureKind::Code, step, message.into())
    }

    /// A failure that no tool printed anything about.
    fn found(kind: FailureKind, step: Step, message: String) -> Self {
        let diagnostic = message.clone();
        Failure { kind, step, message, diagnostic, command: Vec::new(), location: None }.into()
    }

    pub(super) fn io(step: Step, action: &str, path: &Path, error: &std::io::Error) -> Self {
        // What is read is the user's; what is made, kept or recorded is in a folder of ours.
        let kind = if action == "read" { FailureKind::Infrastructure } else { FailureKind::Storage };
        Self::found(kind, step, format!("{} could not be {action}: {error}", path.display()))
    }

    pub(super) fn board(step: Step, error: &BoardError) -> Self {
        Self::code(step, error.to_string())
    }

    pub(super) fn identity(step: Step, error: &IdentityError) -> Self {
        match error {
            IdentityError::Cancelled => Self::Cancelled,
            other => Self::infrastructure(step, other.to_string()),
        }
    }

    pub(super) fn process(step: Step, error: &ProcessError) -> Self {
        match error {
            ProcessError::Cancelled => Self::Cancelled,
            gone @ ProcessError::NoFolder { .. } => Self::found(FailureKind::Storage, step, gone.to_string()),
            other => Self::infrastructure(step, other.to_string()),
        }
    }

    pub(super) fn backend(step: Step, error: &BackendError) -> Self {
        match error {
            BackendError::Cancelled => Self::Cancelled,
            BackendError::Process(error) => Self::process(step, error),
            other @ (BackendError::Cache { .. } | BackendError::Unusable { .. }) => {
                Self::infrastructure(step, other.to_string())
            }
        }
    }

    /// A core without a recipe that every build needs.
    pub(super) fn no_recipe(step: Step, recipe: &str, platform: &Path) -> Self {
        let file: PathBuf = platform.join("platform.txt");
        Self::code(step, format!("{} has no {recipe}", file.display()))
    }
}

fn killed(command: &[String]) -> String {
    let program = command.first().map_or("the tool", String::as_str);
    format!("{program} was ended by a signal; the machine may be short of memory (fewer --jobs need less)")
}
