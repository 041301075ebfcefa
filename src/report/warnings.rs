//! The warnings of a run. One location with one text is one warning, in any number of cells: a header that forty cells
//! include counts once. Knows nothing of how warnings are shown.

use std::collections::HashMap;

use serde::Serialize;

use super::paths::Here;
use super::text;
use crate::event::{JobId, JobResult, Warning, WarningOwner};

/// Distinct warnings by owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct WarningCounts {
    /// Warnings in the sketch or the library under test.
    own: u32,
    /// Warnings in other libraries.
    libraries: u32,
    /// Warnings in the core and from its tools.
    core: u32,
}

impl WarningCounts {
    /// Counts warnings by owner.
    pub(super) fn of<'w>(warnings: impl IntoIterator<Item = &'w Warning>) -> Self {
        let mut counts = Self::default();
        for warning in warnings {
            match warning.owner {
                WarningOwner::Own => counts.own += 1,
                WarningOwner::Library => counts.libraries += 1,
                WarningOwner::Core => counts.core += 1,
            }
        }
        counts
    }

    /// Returns `3 warnings (2 yours)`; `None` where there are none.
    pub(super) fn words(self) -> Option<String> {
        let total = self.own + self.libraries + self.core;
        let own = if self.own == 0 { "none".to_owned() } else { self.own.to_string() };
        (total > 0).then(|| format!("{} ({own} yours)", text::count(total as usize, "warning")))
    }
}

/// The distinct warnings of a run.
#[derive(Debug, Default)]
pub(super) struct WarningTally(HashMap<Warning, WarnedJobs>);

/// The jobs that have a warning.
#[derive(Debug)]
struct WarnedJobs {
    /// The first job by name, as the order of completion differs from run to run.
    first: JobId,
    count: usize,
}

impl WarningTally {
    /// Adds the warnings of a job.
    pub(super) fn fold(&mut self, result: &JobResult) {
        for warning in result.warning_list.iter().flatten() {
            if let Some(jobs) = self.0.get_mut(warning) {
                jobs.count += 1;
                if result.job < jobs.first {
                    jobs.first = result.job.clone();
                }
            } else {
                self.0.insert(warning.clone(), WarnedJobs { first: result.job.clone(), count: 1 });
            }
        }
    }

    /// Returns the numbers of warnings.
    pub(super) fn counts(&self) -> WarningCounts {
        WarningCounts::of(self.0.keys())
    }

    /// Returns all warnings, each with the number of jobs that have it, and the first of these.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Warning, usize, &JobId)> {
        self.0.iter().map(|(warning, jobs)| (warning, jobs.count, &jobs.first))
    }

    /// Returns the first `most` warnings of an owner by location, one a line with its jobs, paths as `here` names them;
    /// and the number of further ones.
    pub(super) fn lines(&self, owner: WarningOwner, here: &Here, most: usize) -> (Vec<String>, usize) {
        let mut found: Vec<(&Warning, &WarnedJobs)> =
            self.0.iter().filter(|(warning, _)| warning.owner == owner).collect();
        found.sort_by_key(|(warning, _)| *warning);
        let lines = found.iter().take(most).map(|(warning, jobs)| line(warning, jobs, here)).collect();
        (lines, found.len().saturating_sub(most))
    }
}

/// Returns `src/Lib.h:3:7: unused variable 'x' [-Wunused-variable] (uno/Blink and 39 more)`.
fn line(warning: &Warning, jobs: &WarnedJobs, here: &Here) -> String {
    let place = warning.location.as_ref().map(|at| format!("{}: ", here.place(at)));
    let more = if jobs.count > 1 { format!(" and {} more", jobs.count - 1) } else { String::new() };
    text::one_line(&format!("{}{} ({}{more})", place.unwrap_or_default(), warning.message, jobs.first))
}

/// Returns the place of an owner's warnings in words.
pub(super) const fn title(owner: WarningOwner) -> &'static str {
    match owner {
        WarningOwner::Own => "in your code",
        WarningOwner::Library => "in libraries",
        WarningOwner::Core => "in the core and its tools",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::report::testing::{Script, warning};

    #[test]
    fn a_warning_of_many_cells_is_one() {
        let mut warnings = WarningTally::default();
        let header = warning(WarningOwner::Own, Some(("/here/src/Lib.h", 3)), "unused");
        let core = warning(WarningOwner::Core, None, "no place");
        let script = Script::new()
            .warned("uno/B", &[header.clone(), core.clone()])
            .warned("uno/A", std::slice::from_ref(&header))
            .warned(
                "uno/C",
                &[header.clone(), warning(WarningOwner::Own, Some(("/here/src/Lib.h", 2)), "unused")],
            );
        for event in script.events() {
            if let crate::event::EventKind::JobFinished(result) = &event.kind {
                warnings.fold(result);
            }
        }
        assert_eq!(warnings.counts(), WarningCounts { own: 2, libraries: 0, core: 1 });
        assert_eq!(warnings.counts().words().as_deref(), Some("3 warnings (2 yours)"));
        assert_eq!(WarningCounts::of([&core]).words().as_deref(), Some("1 warning (none yours)"));
        assert_eq!(WarningCounts::default().words(), None);
        let here = Here::new(Path::new("/here"));
        let (lines, more) = warnings.lines(WarningOwner::Own, &here, 10);
        assert_eq!(lines, ["src/Lib.h:2:7: unused (uno/C)", "src/Lib.h:3:7: unused (uno/A and 2 more)"]);
        assert_eq!(more, 0);
        assert_eq!(warnings.lines(WarningOwner::Own, &here, 1).1, 1);
        assert_eq!(warnings.lines(WarningOwner::Core, &here, 9).0, ["no place (uno/B)"]);
    }
}
