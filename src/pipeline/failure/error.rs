//! Errors of building a core or a cell.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::gaps;
use crate::cache::BackendError;
use crate::diagnostics::{diagnose, first_error, memory_fault, tool_fault, write_fault};
use crate::event::{CoreId, Failure, FailureKind, Location, Overflow, Step, StorageCause};
use crate::platform::BoardError;
use crate::process::{ProcessEnd, ProcessError};
use crate::toolchain::IdentityError;

/// Maximum number of further errors in a diagnostic.
const OTHERS: usize = 20;

/// Maximum size, in bytes, of the diagnostics of further errors in a log.
const LOGGED: usize = 1_000_000;

/// A failed core, as its cells see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Id of the core.
    pub by: CoreId,
    /// First error of the core.
    pub message: String,
}

/// Error of building a core or a cell.
#[derive(Debug, Clone)]
pub enum BuildError {
    /// The code is wrong, or a required file or program is unavailable.
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
    /// Returns the error of a failed command: its first error is the message, its whole output the
    /// diagnostic.
    pub(in crate::pipeline) fn command(
        step: Step,
        command: Vec<String>,
        end: ProcessEnd,
        printed: &[u8],
    ) -> Self {
        let mut diagnostic = String::from_utf8_lossy(printed).into_owned();
        let (kind, message, location) = match end {
            ProcessEnd::Exited(_) => failed(&diagnostic),
            // Compilers don't end by a signal themselves: usually the system kills them for lack of memory.
            ProcessEnd::Signalled => (FailureKind::Infrastructure, killed(&command), None),
            ProcessEnd::Flooded(limit) => {
                // The directory of the program differs from machine to machine.
                let program = Path::new(program(&command)).file_name().unwrap_or_default().display();
                let ended = format!("{program} printed more than {limit} and was ended");
                diagnostic = format!("{}\n{ended}\n", diagnostic.trim_end());
                match first_error(&diagnostic) {
                    Some(first) => {
                        (FailureKind::Code, format!("{} ({ended})", first.message), first.location)
                    }
                    None => (FailureKind::Code, ended, None),
                }
            }
        };
        let is_reproducible = kind == FailureKind::Code && is_reproducible(end, &diagnostic);
        let failure = Failure::new(kind, step, message, diagnostic);
        Failure { command, location, is_reproducible, ..failure }.into()
    }

    /// Adds a list of other errors of the same job; their output goes to `log`.
    pub(in crate::pipeline) fn with_others(
        self,
        others: impl Iterator<Item = Self>,
        log: &mut Vec<String>,
    ) -> Self {
        let Self::Failed(mut first) = self else { return self };
        let (mut lines, mut logged) = (Vec::new(), 0);
        for other in others {
            let Self::Failed(other) = other else { continue };
            first.is_reproducible &= other.is_reproducible;
            first.is_cached &= other.is_cached;
            // Many units that include one broken header fail with the same error.
            let line = other.summary();
            if line != first.summary() && !lines.contains(&line) {
                lines.push(line);
            }
            logged += other.diagnostic.len();
            if logged <= LOGGED {
                log.push(other.command.join(" "));
                log.push(other.diagnostic);
            }
        }
        if !lines.is_empty() {
            let more = lines.len().saturating_sub(OTHERS);
            lines.truncate(OTHERS);
            if more > 0 {
                lines.push(format!("and {more} more"));
            }
            first.diagnostic =
                format!("{}\n\nfurther errors:\n{}\n", first.diagnostic.trim_end(), lines.join("\n"));
        }
        Self::Failed(first)
    }

    /// Returns an error that the code did not cause.
    pub(in crate::pipeline) fn infrastructure(step: Step, message: impl Into<String>) -> Self {
        Self::found(FailureKind::Infrastructure, step, message.into())
    }

    /// Returns the error for a source or header that has changed since its compile was planned.
    pub(in crate::pipeline) fn changed(path: &Path) -> Self {
        let how = if path.exists() { "changed" } else { "vanished" };
        Self::infrastructure(Step::Compile, format!("{} {how} while it was being compiled", path.display()))
    }

    /// Returns an error in the code that this program itself detected.
    pub(in crate::pipeline) fn code(step: Step, message: impl Into<String>) -> Self {
        Self::found(FailureKind::Code, step, message.into())
    }

    /// Returns the error for firmware that is larger than the board's memory.
    pub(in crate::pipeline) fn overflow(step: Step, overflow: Overflow) -> Self {
        match Self::code(step, overflow.to_string()) {
            Self::Failed(failure) => {
                let overflow = Some(Box::new(overflow));
                Self::Failed(Box::new(Failure { overflow, is_reproducible: true, ..*failure }))
            }
            other => other,
        }
    }

    /// Returns a failure without output of a tool.
    fn found(kind: FailureKind, step: Step, message: String) -> Self {
        let diagnostic = message.clone();
        Failure::new(kind, step, message, diagnostic).into()
    }

    /// Returns the error of a file operation.
    pub(in crate::pipeline) fn io(step: Step, action: FileAction, path: &Path, error: &io::Error) -> Self {
        let kind = match (action, error.kind()) {
            // A retry does not help.
            (_, ErrorKind::InvalidFilename | ErrorKind::IsADirectory | ErrorKind::Unsupported) => {
                FailureKind::Code
            }
            (FileAction::Read, _) => FailureKind::Infrastructure,
            _ => storage_cause(error).map_or(FailureKind::Infrastructure, FailureKind::Storage),
        };
        let mut message = format!("{} could not be {}: {error}", shown(path), action.word());
        if error.kind() == ErrorKind::NotFound
            && let Some(gap) = gaps::gap_above(path)
        {
            message = format!("{message}; {gap}");
        }
        Self::found(kind, step, message)
    }

    pub(in crate::pipeline) fn board(step: Step, error: &BoardError) -> Self {
        Self::code(step, error.to_string())
    }

    pub(in crate::pipeline) fn identity(step: Step, error: &IdentityError) -> Self {
        match error {
            IdentityError::Cancelled => Self::Cancelled,
            other => Self::infrastructure(step, other.to_string()),
        }
    }

    pub(in crate::pipeline) fn process(step: Step, error: &ProcessError) -> Self {
        match error {
            ProcessError::Cancelled => Self::Cancelled,
            other => Self::infrastructure(step, other.to_string()),
        }
    }

    pub(in crate::pipeline) fn backend(step: Step, error: &BackendError) -> Self {
        match error {
            BackendError::Cancelled => Self::Cancelled,
            BackendError::Process(error) => Self::process(step, error),
            other @ (BackendError::Cache { .. } | BackendError::Unusable { .. }) => {
                Self::infrastructure(step, other.to_string())
            }
        }
    }

    /// Returns the error for a platform without a recipe that every build needs.
    pub(in crate::pipeline) fn no_recipe(step: Step, recipe: &str, platform: &Path) -> Self {
        let file: PathBuf = platform.join("platform.txt");
        Self::code(step, format!("{} has no {recipe}", file.display()))
    }
}

/// A file operation, for error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum FileAction {
    Read,
    Make,
    Write,
    Keep,
    Record,
    Change,
    Empty,
}

impl FileAction {
    /// Returns the word after "could not be".
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Make => "made",
            Self::Write => "written",
            Self::Keep => "kept",
            Self::Record => "recorded",
            Self::Change => "changed",
            Self::Empty => "emptied",
        }
    }
}

/// Returns the reason why any other write would fail too, if the error of a write implies one.
fn storage_cause(error: &io::Error) -> Option<StorageCause> {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(StorageCause::Full),
        ErrorKind::ReadOnlyFilesystem => Some(StorageCause::ReadOnly),
        _ if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Some(StorageCause::Broken),
        _ => None,
    }
}

/// Whether a command that failed would fail in the same way again.
fn is_reproducible(end: ProcessEnd, printed: &str) -> bool {
    // A shell exits with 126 or 127 if it can't start a program, and with more if a signal ended it. Tools that give no
    // reason may have met a full disk.
    matches!(end, ProcessEnd::Exited(1..=125))
        && tool_fault(printed).is_none()
        && first_error(printed).is_some()
}

/// Classifies the output of a command that ended with an error.
fn failed(printed: &str) -> (FailureKind, String, Option<Location>) {
    if let Some(fault) = write_fault(printed) {
        let kind = fault.cause.map_or(FailureKind::Infrastructure, FailureKind::Storage);
        return (kind, fault.line.to_owned(), None);
    }
    if let Some(line) = memory_fault(printed) {
        let message = format!("{line}; the machine may be short of memory (fewer --jobs need less)");
        return (FailureKind::Infrastructure, message, None);
    }
    if let Some(file) = gaps::pointer(printed) {
        let message = format!(
            "{} is a pointer of Git LFS, not the file itself; `git lfs pull` there brings it",
            file.display()
        );
        return (FailureKind::Infrastructure, message, None);
    }
    let found = diagnose(printed);
    (FailureKind::Code, found.message, found.location)
}

/// Returns a path for a message: of a long one only the beginning and the end, so that the reason after it is
/// visible.
fn shown(path: &Path) -> String {
    const ENDS: usize = 120;
    let text = path.display().to_string();
    if text.len() <= 3 * ENDS {
        return text;
    }
    let (head, tail) = (text.floor_char_boundary(ENDS), text.ceil_char_boundary(text.len() - ENDS));
    format!("{}…{}", &text[..head], &text[tail..])
}

fn program(command: &[String]) -> &str {
    command.first().map_or("the tool", String::as_str)
}

fn killed(command: &[String]) -> String {
    let program = program(command);
    format!("{program} was ended by a signal; the machine may be short of memory (fewer --jobs need less)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(action: FileAction, error: &io::Error) -> FailureKind {
        match BuildError::io(Step::Seed, action, Path::new("/nowhere/x"), error) {
            BuildError::Failed(failure) => failure.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_failed_write_for_a_reason_that_lasts_is_a_storage_fault() {
        let errno = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
        for (error, cause) in [
            (Errno::NOSPC, StorageCause::Full),
            (Errno::DQUOT, StorageCause::Full),
            (Errno::ROFS, StorageCause::ReadOnly),
            (Errno::IO, StorageCause::Broken),
        ] {
            assert_eq!(kind(FileAction::Write, &errno(error)), FailureKind::Storage(cause));
            assert_eq!(kind(FileAction::Read, &errno(error)), FailureKind::Infrastructure);
        }
        for error in [Errno::NOENT, Errno::ACCESS, Errno::NOTDIR, Errno::EXIST] {
            assert_eq!(kind(FileAction::Make, &errno(error)), FailureKind::Infrastructure);
        }
        for action in [FileAction::Read, FileAction::Make] {
            assert_eq!(kind(action, &errno(Errno::NAMETOOLONG)), FailureKind::Code);
        }
    }

    #[test]
    fn the_reason_is_seen_behind_a_long_path() {
        let path = PathBuf::from(format!("/w/{}/A.ino", "é".repeat(2000)));
        let error = io::Error::from_raw_os_error(Errno::NAMETOOLONG.raw_os_error());
        let BuildError::Failed(failure) = BuildError::io(Step::Seed, FileAction::Make, &path, &error) else {
            panic!("no failure");
        };
        let message = failure.message;
        assert!(message.len() < 400 && message.starts_with("/w/é"), "{message}");
        assert!(message.contains("é/A.ino could not be made: File name too long"), "{message}");
    }

    fn failed(printed: &str) -> BuildError {
        BuildError::command(Step::Compile, vec!["gcc".into()], ProcessEnd::Exited(1), printed.as_bytes())
    }

    #[test]
    fn further_errors_are_listed_once_in_their_order() {
        let others = [
            "h.h:2:3: error: one\n",
            "a.c:9: error: two\n",
            "a.c:9: error: two\n",
            "b.c:1:1: error: three\n",
        ];
        let mut log = Vec::new();
        let error = failed("In file included from a.c:1:\nh.h:2:3: error: one\n")
            .with_others(others.map(failed).into_iter(), &mut log);
        let BuildError::Failed(failure) = error else { panic!("{error:?}") };
        assert_eq!(failure.message, "one");
        assert_eq!(
            failure.diagnostic,
            "In file included from a.c:1:\nh.h:2:3: error: one\n\nfurther errors:\na.c:9: two\nb.c:1:1: three\n"
        );
        assert_eq!(log.iter().filter(|line| line.contains("error: two")).count(), 2);
    }

    #[test]
    fn many_further_errors_are_counted() {
        let others = (0..100).map(|line| failed(&format!("b.c:{line}: error: x\n")));
        let error = failed("a.c:1: error: y\n").with_others(others, &mut Vec::new());
        let BuildError::Failed(failure) = error else { panic!("{error:?}") };
        assert!(failure.diagnostic.ends_with("b.c:19: x\nand 80 more\n"), "{}", failure.diagnostic);
    }

    #[test]
    fn what_printed_too_much_says_so_behind_its_first_error() {
        let limit = crate::process::OutputLimit::default();
        let command = |printed: &str| {
            let argv = vec!["/bin/gcc".to_owned()];
            match BuildError::command(Step::Compile, argv, ProcessEnd::Flooded(limit), printed.as_bytes()) {
                BuildError::Failed(failure) => failure,
                other => panic!("{other:?}"),
            }
        };
        let ended = "gcc printed more than 64 MB and was ended";
        let failure = command("noise\na.h:1:21: error: nested too deeply\n");
        assert_eq!(failure.message, format!("nested too deeply ({ended})"));
        assert_eq!((failure.kind, failure.location.unwrap().line), (FailureKind::Code, 1));
        assert!(failure.diagnostic.ends_with(&format!("{ended}\n")));
        assert_eq!(command("noise").message, ended);
    }
}
