//! Finds failures that are one and the same: a missing semicolon in a sketch breaks it on every board,
//! and is told once. Knows nothing of how they are shown.

use std::fmt::Write as _;
use std::sync::Arc;

use indexmap::IndexMap;

use super::text;
use crate::event::{CellId, JobId, Location, Outcome};

/// No report shows more of a message, and ten thousand failures may all differ.
const MESSAGE_MAX: usize = 500;

/// What failed, in the words of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What went wrong: `compile`, `link`, …, `timeout`, `crash`.
    pub(super) what: &'static str,
    /// The first error, in one line of at most [`MESSAGE_MAX`] bytes.
    pub(super) message: Arc<str>,
    /// Where it is, if known.
    pub(super) location: Option<Location>,
}

impl Trouble {
    /// What an outcome says of a failure; `None` for success, for what is blocked (its core says it) and
    /// for what was cancelled.
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        let (what, message, location) = match outcome {
            Outcome::Failed(failure) => {
                (failure.step.word(), text::one_line(&failure.message), failure.location.clone())
            }
            Outcome::TimedOut { after, .. } => {
                ("timeout", format!("timed out after {}", text::duration(*after)), None)
            }
            Outcome::Crashed { message } => {
                ("crash", format!("fbuild-matrix crashed: {}", text::one_line(message)), None)
            }
            Outcome::Built | Outcome::UpToDate | Outcome::Blocked { .. } | Outcome::Cancelled { .. } => {
                return None;
            }
        };
        Some(Self { what, message: text::cut_end(&message, MESSAGE_MAX).into(), location })
    }
}

/// The whole text that belongs to an outcome: a diagnostic, or what a process printed until it was ended.
pub(super) fn body(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Failed(failure) => &failure.diagnostic,
        Outcome::TimedOut { output, .. } | Outcome::Cancelled { output, .. } => output,
        Outcome::Crashed { message } => message,
        Outcome::Built | Outcome::UpToDate | Outcome::Blocked { .. } => "",
    }
}

/// Two failures with one key are the same. One without a place is the same only within a sketch: two
/// sketches that both end with `ld returned 1 exit status` have nothing to do with each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    what: &'static str,
    message: Arc<str>,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Line(std::path::PathBuf, u32),
    Sketch(Arc<str>),
    Core(Arc<str>),
}

/// A failure and everything that it broke.
#[derive(Debug)]
pub(super) struct Group {
    /// What went wrong.
    pub(super) trouble: Trouble,
    /// In the order in which they failed.
    pub(super) jobs: Vec<JobId>,
    /// The diagnostic's start, as much as the one who groups wants to keep.
    pub(super) excerpt: String,
}

/// Failures in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Groups(IndexMap<Key, Group>);

impl Groups {
    /// Adds a job's failure. True if it is the first of its kind; `excerpt` is asked only then.
    pub(super) fn add(&mut self, job: &JobId, trouble: Trouble, excerpt: impl FnOnce() -> String) -> bool {
        let place = match (&trouble.location, job) {
            (Some(location), _) => Place::Line(location.file.clone(), location.line),
            (None, JobId::Cell(id)) => Place::Sketch(id.sketch.clone()),
            (None, JobId::Core(id)) => Place::Core(id.0.clone()),
        };
        let key = Key { what: trouble.what, message: trouble.message.clone(), place };
        let first = !self.0.contains_key(&key);
        self.0
            .entry(key)
            .or_insert_with(|| Group { trouble, jobs: Vec::new(), excerpt: excerpt() })
            .jobs
            .push(job.clone());
        first
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.0.values()
    }
}

impl Group {
    /// What it broke: `Blink on uno, mega`, `core uno-1f2e3d4c`; at most `limit` names of each kind.
    pub(super) fn who(&self, limit: usize) -> String {
        let mut sketches: IndexMap<&str, Vec<&str>> = IndexMap::new();
        let mut parts = Vec::new();
        // By name: the order in which they failed is another one each time.
        let mut jobs: Vec<&JobId> = self.jobs.iter().collect();
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
}

fn listed<S: AsRef<str>>(names: &[S], limit: usize, separator: &str) -> String {
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
    use crate::report::testing::{cell, core, failure};

    fn add(groups: &mut Groups, job: &JobId, message: &str, line: Option<u32>) -> bool {
        let outcome = Outcome::Failed(failure(message, line));
        let trouble = Trouble::of(&outcome).expect("a failure");
        groups.add(job, trouble, String::new)
    }

    #[test]
    fn the_same_error_on_several_boards_is_one() {
        let mut groups = Groups::default();
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
        let mut groups = Groups::default();
        assert!(add(&mut groups, &cell("uno/A"), "ld returned 1", None));
        assert!(!add(&mut groups, &cell("mega/A"), "ld returned 1", None));
        assert!(add(&mut groups, &cell("uno/B"), "ld returned 1", None));
    }
}
