//! Merges failures with one cause, and orders causes. A missing header breaks many sketches in many lines; a wrong line
//! of a library has other messages for other compilers. Knows nothing of how causes are shown.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use indexmap::IndexMap;

use super::failures::{FailureGroup, FailureGroups, listed, who};
use crate::event::{CellId, CoreId, JobId, Location};

/// Failures with one cause. The first of them by place represents it.
pub(super) struct Cause<'g> {
    pub(super) first: &'g FailureGroup,
    others: Vec<&'g FailureGroup>,
    /// Number of cells that are blocked by its cores.
    pub(super) blocked: usize,
}

/// The identity of a cause.
#[derive(PartialEq, Eq, Hash)]
enum CauseKey<'g> {
    /// A missing file, wherever it is included.
    Missing(&'g str),
    /// A line, whatever compilers say about it.
    Line(&'g Path, u32),
    /// A failure without a line, by its number.
    Other(usize),
}

/// Rank of a cause: those that several sketches share come first, those that the machine's load may explain come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A core, a missing file, or code of several sketches.
    Root,
    Ordinary,
    /// A timeout or a crash.
    Last,
}

/// Returns the causes of all failures, the most telling first: root causes, then by the number of cells. `blocked` has
/// the numbers of cells that each failed core blocks.
pub(super) fn causes<'g>(groups: &'g FailureGroups, blocked: &BTreeMap<CoreId, usize>) -> Vec<Cause<'g>> {
    let mut merged: IndexMap<CauseKey<'g>, Vec<&'g FailureGroup>> = IndexMap::new();
    for (number, group) in groups.iter().enumerate() {
        let key = match (&group.missing, group.line()) {
            (Some(name), _) => CauseKey::Missing(name),
            (None, Some((file, line))) => CauseKey::Line(file, line),
            (None, None) => CauseKey::Other(number),
        };
        merged.entry(key).or_default().push(group);
    }
    let mut causes: Vec<Cause<'g>> =
        merged.into_values().filter_map(|groups| Cause::of(groups, blocked)).collect();
    causes.sort_by_cached_key(|cause| {
        let (is_nowhere, place, job) = order(cause.first);
        (cause.rank(), Reverse(cause.cells()), is_nowhere, place.cloned(), job.cloned())
    });
    causes
}

impl<'g> Cause<'g> {
    fn of(mut groups: Vec<&'g FailureGroup>, blocked: &BTreeMap<CoreId, usize>) -> Option<Self> {
        // The order in which failures occur differs from run to run.
        groups.sort_by(|a, b| order(a).cmp(&order(b)));
        let (first, others) = groups.split_first()?;
        let mut cause = Self { first, others: others.to_vec(), blocked: 0 };
        let cores = cause.jobs().filter_map(|job| match job {
            JobId::Core(id) => blocked.get(id),
            JobId::Cell(_) => None,
        });
        cause.blocked = cores.sum();
        Some(cause)
    }

    /// Returns the jobs that fail with it.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &'g JobId> {
        std::iter::once(self.first).chain(self.others.iter().copied()).flat_map(FailureGroup::jobs)
    }

    /// Returns the number of cells that it breaks or blocks.
    pub(super) fn cells(&self) -> usize {
        self.jobs().filter(|job| matches!(job, JobId::Cell(_))).count() + self.blocked
    }

    /// Returns the jobs in words, at most `limit` names of each kind.
    pub(super) fn who(&self, limit: usize) -> String {
        who(self.jobs(), limit)
    }

    /// Returns the message of the first failure.
    pub(super) fn message(&self) -> Cow<'g, str> {
        self.first.message()
    }

    /// Returns the other places, or the other messages for the same place, at most `limit` of them; `None` where there
    /// are none.
    pub(super) fn elsewhere(&self, limit: usize) -> Option<String> {
        let mut seen = HashSet::from([self.first.place.as_deref().unwrap_or_default().to_owned()]);
        let mut texts = Vec::new();
        for group in &self.others {
            let text = match &group.place {
                Some(place) if group.line() != self.first.line() => place.clone(),
                _ => group.message().into_owned(),
            };
            if text != self.first.message() && seen.insert(text.clone()) {
                texts.push(text);
            }
        }
        (!texts.is_empty()).then(|| listed(&texts, limit, "; "))
    }

    fn rank(&self) -> Rank {
        if matches!(self.first.what, "timeout" | "crash") {
            return Rank::Last;
        }
        let mut sketches = HashSet::new();
        let is_shared = self.jobs().any(|job| match job {
            JobId::Core(_) => true,
            JobId::Cell(CellId { sketch, .. }) => sketches.insert(sketch) && sketches.len() > 1,
        });
        if is_shared || self.first.missing.is_some() { Rank::Root } else { Rank::Ordinary }
    }
}

/// Returns the sort key of failures with one cause: those with a place come first.
fn order(group: &FailureGroup) -> (bool, Option<&Location>, Option<&JobId>) {
    (group.location.is_none(), group.location.as_ref(), group.jobs().min())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Failure, Outcome};
    use crate::report::failures::Trouble;
    use crate::report::paths::Here;
    use crate::report::testing::{cell, core, failure};

    fn add(groups: &mut FailureGroups, job: &JobId, outcome: &Outcome) {
        let trouble = Trouble::of(job, outcome, &Here::default(), 1_000).expect("a failure");
        groups.add(job, &trouble, String::new);
    }

    /// A failure at `FILE:LINE`, as GCC prints it.
    fn at(file: &str, line: u32, message: &str) -> Outcome {
        Outcome::Failed(Failure {
            location: Some(Location { file: file.into(), line, column: Some(1) }),
            diagnostic: format!("{file}:{line}:1: fatal error: {message}\n #include\n"),
            ..failure(message, None)
        })
    }

    fn told(groups: &FailureGroups, blocked: &BTreeMap<CoreId, usize>) -> Vec<String> {
        let line = |cause: &Cause<'_>| {
            let place = cause.first.place.clone().unwrap_or_default();
            let elsewhere = cause.elsewhere(2).unwrap_or_default();
            format!("{} {place} {} [{elsewhere}]", cause.cells(), cause.message())
        };
        causes(groups, blocked).iter().map(line).collect()
    }

    #[test]
    fn a_missing_header_is_one_cause_wherever_it_is_included() {
        let mut groups = FailureGroups::default();
        let gone = "Gone.h: No such file or directory";
        for (job, file, line) in
            [("uno/B", "/b.ino", 1), ("mega/A", "/a.ino", 2), ("uno/A", "/a.ino", 2), ("uno/C", "/c.ino", 9)]
        {
            add(&mut groups, &cell(job), &at(file, line, gone));
        }
        add(&mut groups, &cell("uno/D"), &at("/d.ino", 1, "Other.h: No such file or directory"));
        assert_eq!(
            told(&groups, &BTreeMap::new()),
            [
                format!("4 /a.ino:2:1 {gone} [/b.ino:1:1; /c.ino:9:1]"),
                "1 /d.ino:1:1 Other.h: No such file or directory []".to_owned(),
            ]
        );
    }

    #[test]
    fn a_line_is_one_cause_whatever_compilers_say() {
        let mut groups = FailureGroups::default();
        add(&mut groups, &cell("uno/A"), &at("/a.ino", 2, "one way"));
        add(&mut groups, &cell("esp/A"), &at("/a.ino", 2, "another way"));
        // The same words in another sketch are another cause.
        add(&mut groups, &cell("esp/B"), &at("/b.ino", 2, "one way"));
        assert_eq!(
            told(&groups, &BTreeMap::new()),
            ["2 /a.ino:2:1 another way [one way]", "1 /b.ino:2:1 one way []"]
        );
    }

    #[test]
    fn root_causes_come_first_then_those_of_many_cells_and_timeouts_last() {
        let mut groups = FailureGroups::default();
        let slow = Outcome::TimedOut { after: std::time::Duration::from_secs(1), output: String::new() };
        for board in ["a", "b", "c", "d"] {
            add(&mut groups, &cell(&format!("{board}/Slow")), &slow);
        }
        for board in ["a", "b", "c"] {
            add(&mut groups, &cell(&format!("{board}/Own")), &at("/own.ino", 1, "own"));
        }
        add(&mut groups, &cell("a/Mine"), &at("/mine.ino", 1, "mine"));
        add(&mut groups, &cell("a/X"), &at("/lib.h", 1, "shared"));
        add(&mut groups, &cell("a/Y"), &at("/lib.h", 1, "shared"));
        add(&mut groups, &core("uno-1"), &Outcome::Failed(failure("no core", None)));
        let blocked = BTreeMap::from([(CoreId("uno-1".into()), 7)]);
        let told = told(&groups, &blocked);
        let starts = ["7  no core", "2 /lib.h:1:1", "3 /own.ino:1:1", "1 /mine.ino:1:1", "4  timed out"];
        assert_eq!(told.len(), starts.len());
        for (line, start) in told.iter().zip(starts) {
            assert!(line.starts_with(start), "{line} does not start with {start}");
        }
    }
}
