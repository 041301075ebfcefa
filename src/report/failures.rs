//! Groups equal failures: a missing semicolon in a sketch breaks it on every board, and is shown once. Knows nothing of
//! how failures are shown.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use indexmap::IndexMap;

use super::failure_text::FailureText;
use super::paths::Here;
use super::text;
use crate::diagnostics::missing_file;
use crate::event::{CellId, Failure, FailureKind, JobId, Location, Outcome};

/// The longest message that a report shows, in bytes: ten thousand failures may all differ.
const MESSAGE_MAX: usize = 500;

/// The mark of a failure that is that of an earlier run with the same inputs.
pub(super) const CACHED_FAILURE: &str = "cached failure";

/// Key of failures of firmware that is too large.
const OVERFLOW: &str = "overflow";

/// The text of a failure for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The failed step: `compile`, `link`, …, or `timeout`, `crash`.
    pub(super) what: &'static str,
    /// The first error, in one line of at most [`MESSAGE_MAX`] bytes.
    pub(super) message: Arc<str>,
    /// The whole text.
    pub(super) text: FailureText,
    /// The file that is missing by the first error, as an include names it.
    missing: Option<String>,
    key: FailureKey,
}

impl Trouble {
    /// Converts a job's outcome; `None` for success, for a blocked job (its core has the failure) and for a cancelled
    /// one. Reads about `room` bytes of a tool's output.
    pub(super) fn of(job: &JobId, outcome: &Outcome, here: &Here, room: usize) -> Option<Self> {
        let what = match outcome {
            Outcome::Failed(Failure { kind: FailureKind::Expectation, .. }) => "unexpected pass",
            Outcome::Failed(failure) => failure.step.word(),
            Outcome::TimedOut { .. } => "timeout",
            Outcome::Crashed { .. } => "crash",
            Outcome::Built
            | Outcome::UpToDate
            | Outcome::ExpectedFailure { .. }
            | Outcome::Blocked { .. }
            | Outcome::Cancelled { .. } => return None,
        };
        let whole = FailureText::of(outcome, here, room);
        let message: Arc<str> = text::cut_end(&whole.message, MESSAGE_MAX).into();
        let of_job = || match job {
            JobId::Cell(id) => FailurePlace::Sketch(id.sketch.clone()),
            JobId::Core(id) => FailurePlace::Core(id.0.clone()),
        };
        let key = match outcome {
            // Numbers and the linker's messages differ from board to board.
            Outcome::Failed(Failure { overflow: Some(overflow), .. }) => {
                FailureKey { what: OVERFLOW, message: overflow.names().into(), place: of_job() }
            }
            Outcome::Failed(Failure { location: Some(at), .. }) => FailureKey {
                what,
                message: message.clone(),
                place: FailurePlace::Line(at.file.clone(), at.line),
            },
            _ => FailureKey { what, message: message.clone(), place: of_job() },
        };
        let missing = match outcome {
            Outcome::Failed(failure @ Failure { location: Some(_), .. }) => missing_file(&failure.diagnostic),
            _ => None,
        };
        Some(Self { what, message, text: whole, missing, key })
    }

    /// Returns the numbers that differ from board to board.
    pub(super) fn numbers(&self) -> Option<&str> {
        (self.key.what == OVERFLOW).then_some(&*self.message)
    }
}

/// The identity of a failure. Without a location, failures are equal only within a sketch: two sketches that both end
/// with `ld returned 1 exit status` have nothing in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FailureKey {
    what: &'static str,
    message: Arc<str>,
    place: FailurePlace,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum FailurePlace {
    Line(std::path::PathBuf, u32),
    Sketch(Arc<str>),
    Core(Arc<str>),
}

/// A failure and the jobs that fail with it.
#[derive(Debug)]
pub(super) struct FailureGroup {
    /// The step of the first job: see [`Trouble::what`].
    pub(super) what: &'static str,
    /// The location of the first job: `FILE:LINE:COLUMN`.
    pub(super) place: Option<String>,
    /// The same location as a value.
    pub(super) location: Option<Location>,
    /// The missing file: see [`Trouble`].
    pub(super) missing: Option<String>,
    /// The jobs in the order in which they failed, each with its own message.
    jobs: Vec<(JobId, Arc<str>)>,
    key: FailureKey,
    /// The start of the diagnostic; the caller of [`FailureGroups::add`] chooses its length.
    pub(super) excerpt: String,
}

/// Failures in the order in which they first occurred.
#[derive(Debug, Default)]
pub(super) struct FailureGroups(IndexMap<FailureKey, FailureGroup>);

impl FailureGroups {
    /// Adds a job's failure, and returns the first job with an equal one. `excerpt` is called only for the first job.
    pub(super) fn add(&mut self, job: &JobId, trouble: &Trouble, excerpt: impl FnOnce() -> String) -> &JobId {
        let group = self.0.entry(trouble.key.clone()).or_insert_with(|| FailureGroup {
            what: trouble.what,
            place: trouble.text.place.clone(),
            location: trouble.text.location.clone(),
            missing: trouble.missing.clone(),
            jobs: Vec::new(),
            key: trouble.key.clone(),
            excerpt: excerpt(),
        });
        group.jobs.push((job.clone(), trouble.message.clone()));
        &group.jobs[0].0
    }

    /// Returns all failures.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &FailureGroup> {
        self.0.values()
    }
}

impl FailureGroup {
    /// Returns the message for all jobs.
    pub(super) fn message(&self) -> Cow<'_, str> {
        match self.jobs.first() {
            Some((_, message)) if self.each().is_empty() => Cow::Borrowed(&**message),
            _ => Cow::Owned(format!("{}: the firmware does not fit", self.key.message)),
        }
    }

    /// Returns the boards with their messages, where these differ: a failure with numbers is of one sketch.
    pub(super) fn each(&self) -> Vec<(&str, &str)> {
        let differ = self.jobs.windows(2).any(|pair| pair[0].1 != pair[1].1);
        let mut each: Vec<(&str, &str)> =
            self.jobs.iter().filter(|_| differ).map(|(job, message)| (board(job), &**message)).collect();
        each.sort_unstable();
        each
    }

    /// Returns the jobs that fail with it.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &JobId> {
        self.jobs.iter().map(|(job, _)| job)
    }

    /// Returns the affected jobs: see [`who`].
    pub(super) fn who(&self, limit: usize) -> String {
        who(self.jobs(), limit)
    }

    /// Returns the line of the first error, where all jobs of the group fail at one.
    pub(super) fn line(&self) -> Option<(&std::path::Path, u32)> {
        match &self.key.place {
            FailurePlace::Line(file, line) => Some((file, *line)),
            FailurePlace::Sketch(_) | FailurePlace::Core(_) => None,
        }
    }
}

/// Returns jobs in words: `Blink on uno, mega`, `core uno-1f2e3d4c`; at most `limit` names of each kind.
pub(super) fn who<'j>(jobs: impl Iterator<Item = &'j JobId>, limit: usize) -> String {
    let mut sketches: IndexMap<&str, Vec<&str>> = IndexMap::new();
    let mut parts = Vec::new();
    // Sorted by name, as the order of failures differs from run to run.
    let mut jobs: Vec<&JobId> = jobs.collect();
    jobs.sort();
    for job in jobs {
        match job {
            JobId::Core(id) => parts.push(format!("core {id}")),
            JobId::Cell(CellId { board, sketch }) => sketches.entry(sketch).or_default().push(board),
        }
    }
    for (sketch, boards) in sketches {
        parts.push(format!("{sketch} on {}", listed(&boards, limit, ", ")));
    }
    text::one_line(&listed(&parts, limit, "; "))
}

fn board(job: &JobId) -> &str {
    match job {
        JobId::Cell(id) => &id.board,
        JobId::Core(id) => &id.0,
    }
}

/// Returns the first `limit` names, and the number of the others.
pub(super) fn listed<S: AsRef<str>>(names: &[S], limit: usize, separator: &str) -> String {
    let shown: Vec<&str> = names.iter().take(limit).map(AsRef::as_ref).collect();
    let mut list = shown.join(separator);
    if names.len() > limit {
        // Writing to a String can't fail.
        let _ = write!(list, "{separator}and {} more", names.len() - limit);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{FullMemory, Overflow};
    use crate::report::testing::{cell, core, failure};

    fn add(groups: &mut FailureGroups, job: &JobId, message: &str, line: Option<u32>) -> bool {
        let outcome = Outcome::Failed(failure(message, line));
        let trouble = Trouble::of(job, &outcome, &Here::default(), 1_000).expect("a failure");
        groups.add(job, &trouble, String::new) == job
    }

    #[test]
    fn the_same_error_on_several_boards_is_one() {
        let mut groups = FailureGroups::default();
        assert!(add(&mut groups, &cell("uno/A"), "no semicolon", Some(3)));
        assert!(!add(&mut groups, &cell("mega/A"), "no semicolon", Some(3)));
        assert!(
            !add(&mut groups, &cell("mega/B"), "no semicolon", Some(3)),
            "a library's header, for example"
        );
        assert!(add(&mut groups, &cell("mega/A"), "no semicolon", Some(4)));
        assert!(add(&mut groups, &core("uno-1"), "no semicolon", None));
        let who: Vec<String> = groups.iter().map(|group| group.who(8)).collect();
        assert_eq!(who, ["A on mega, uno; B on mega", "A on mega", "core uno-1"]);
        assert_eq!(
            groups.iter().next().map(|group| group.who(1)).as_deref(),
            Some("A on mega, and 1 more; and 1 more")
        );
    }

    #[test]
    fn without_a_place_only_within_a_sketch() {
        let mut groups = FailureGroups::default();
        assert!(add(&mut groups, &cell("uno/A"), "ld returned 1", None));
        assert!(!add(&mut groups, &cell("mega/A"), "ld returned 1", None));
        assert!(add(&mut groups, &cell("uno/B"), "ld returned 1", None));
    }

    #[test]
    fn firmware_that_is_too_large_is_one_failure_with_a_number_for_each_board() {
        let overflow = |memory: &str, used, max| FullMemory {
            memory: memory.to_owned(),
            used: Some(used),
            max: Some(max),
            excess: Some(used - max),
            largest: Vec::new(),
        };
        let mut groups = FailureGroups::default();
        for (name, memory) in [
            ("uno/A", overflow("RAM", 2_370, 2_048)),
            ("leonardo/A", overflow("RAM", 2_802, 2_560)),
            ("mega/A", overflow("flash", 300_000, 253_952)),
        ] {
            let overflow = Overflow { memories: vec![memory] };
            let failed = Failure {
                overflow: Some(Box::new(overflow.clone())),
                ..failure(&overflow.to_string(), None)
            };
            let job = cell(name);
            let trouble =
                Trouble::of(&job, &Outcome::Failed(failed), &Here::default(), 1_000).expect("a failure");
            groups.add(&job, &trouble, String::new);
        }
        let told: Vec<(String, String, usize)> = groups
            .iter()
            .map(|group| (group.who(8), group.message().into_owned(), group.each().len()))
            .collect();
        assert_eq!(
            told,
            [
                ("A on leonardo, uno".to_owned(), "RAM: the firmware does not fit".to_owned(), 2),
                ("A on mega".to_owned(), "flash: 300,000 of 253,952 bytes, 46,048 too many".to_owned(), 0),
            ]
        );
        let first = groups.iter().next().expect("a group");
        assert_eq!(first.each()[0], ("leonardo", "RAM: 2,802 of 2,560 bytes, 242 too many"));
    }
}
