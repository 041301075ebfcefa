//! Chooses the annotations of a run: each cause once, and the warnings of the change under test.

use std::cmp::Reverse;

use super::commands::{Annotation, Severity};
use super::findings::Findings;
use super::workspace::Workspace;
use crate::event::{JobId, Location, Warning, WarningOwner};
use crate::report::causes::Cause;
use crate::report::text;

/// Number of annotations of a severity that GitHub shows for a step; it drops further ones.
pub(super) const MOST: usize = 10;
/// Number of boards, sketches or places that a message names.
const NAMES: usize = 8;
/// The longest message, in bytes.
const MESSAGE_MAX: usize = 2_000;

/// Returns an error for each cause, the most telling first.
pub(super) fn errors(findings: &Findings, workspace: &Workspace) -> Vec<Annotation> {
    findings.causes().iter().map(|cause| error(cause, findings, workspace)).collect()
}

fn error(cause: &Cause<'_>, findings: &Findings, workspace: &Workspace) -> Annotation {
    let at = cause.first.location.as_ref();
    let mut message = cause.message().into_owned();
    let place = at.and_then(|at| Some((workspace.relative(&at.file)?, at.line, at.column)));
    // An error outside of the checkout is shown at the sketch, with its place in the message.
    let place = place.or_else(|| {
        if let Some(place) = &cause.first.place {
            message = format!("{place}: {message}");
        }
        Some((workspace.relative(findings.main_file(cause)?)?, 1, None))
    });
    let mut lines = vec![message, cause.who(NAMES)];
    for (board, message) in cause.first.each().into_iter().take(NAMES) {
        lines.push(format!("{board}: {message}"));
    }
    if cause.blocked > 0 {
        lines.push(format!("it blocks {}", text::count(cause.blocked, "cell")));
    }
    lines.extend(cause.elsewhere(NAMES).map(|elsewhere| format!("also: {elsewhere}")));
    let kind = match cause.first.what {
        what @ ("timeout" | "crash") => what.to_owned(),
        step => format!("{step} error"),
    };
    Annotation {
        severity: Severity::Error,
        line: place.as_ref().map(|(_, line, _)| *line),
        column: place.as_ref().and_then(|(_, _, column)| *column),
        file: place.map(|(file, _, _)| file),
        title: format!("{kind}: {}", text::count(cause.cells(), "cell")),
        message: text::cut_end(&lines.join("\n"), MESSAGE_MAX).into_owned(),
    }
}

/// Returns the warnings of the files that the change under test touches, those of the most jobs first. Where these files
/// are unknown, the warnings of the sketches and the library under test.
pub(super) fn warnings(findings: &Findings, workspace: &Workspace) -> Vec<Annotation> {
    let is_wanted = |warning: &Warning, at: &Location| {
        workspace.is_changed(&at.file).unwrap_or(warning.owner == WarningOwner::Own)
    };
    let found = findings.tally.warnings.iter().filter_map(|(warning, jobs, first)| {
        let at = warning.location.as_ref().filter(|at| is_wanted(warning, at))?;
        Some((Reverse(jobs), at, warning, first))
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    let annotation = |(Reverse(jobs), at, warning, first): (Reverse<usize>, &Location, &Warning, &JobId)| {
        let more = if jobs > 1 { format!(" and {} more", jobs - 1) } else { String::new() };
        Some(Annotation {
            severity: Severity::Warning,
            file: Some(workspace.relative(&at.file)?),
            line: Some(at.line),
            column: at.column,
            title: format!("warning: {}", text::count(jobs, "job")),
            message: format!("{}\n{}{more}", text::cut_end(&warning.message, MESSAGE_MAX), first),
        })
    };
    found.into_iter().filter_map(annotation).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::event::{Failure, Outcome};
    use crate::report::ci::testing::{findings, missing_header, workspace};
    use crate::report::options::Annotations;
    use crate::report::testing::{Script, cell, failure, warning};

    fn commands(annotations: &[Annotation]) -> Vec<String> {
        annotations.iter().filter_map(|it| it.command(Annotations::Github)).collect()
    }

    #[test]
    fn a_missing_header_of_thirty_cells_is_one_annotation() {
        let findings = findings(missing_header());
        insta::assert_snapshot!(commands(&errors(&findings, &workspace())).concat(), @"::error file=src/Lib.h,line=3,col=10,title=compile error%3A 30 cells::Gone.h: No such file or directory%0ASketch0 on due, mega, uno; Sketch1 on due, mega, uno; Sketch2 on due, mega, uno; Sketch3 on due, mega, uno; Sketch4 on due, mega, uno; Sketch5 on due, mega, uno; Sketch6 on due, mega, uno; Sketch7 on due, mega, uno; and 2 more");
    }

    #[test]
    fn a_mixed_run() {
        insta::assert_snapshot!(commands(&errors(&findings(Script::mixed()), &workspace())).concat(), @r"
        ::error title=compile error%3A 1 cell::no variant 'due'%0Acore due-1f2e3d4c%0Ait blocks 1 cell
        ::error file=examples/Broken/Broken.ino,line=5,col=3,title=compile error%3A 2 cells::'foo' was not declared in this scope%0ABroken on mega, uno
        ");
    }

    #[test]
    fn an_error_outside_of_the_checkout_is_shown_at_the_sketch() {
        let location = Some(Location { file: "/usr/lib/core.h".into(), line: 9, column: Some(2) });
        let outside = Failure { location, diagnostic: String::new(), ..failure("bad", None) };
        let script = Script::new()
            .plan(&["uno/A", "uno/B"], &[])
            .finished(&cell("uno/A"), Outcome::Failed(outside), 200)
            .finished(&cell("uno/B"), Outcome::Failed(failure("ld returned 1", None)), 200);
        insta::assert_snapshot!(commands(&errors(&findings(script), &workspace())).concat(), @r"
        ::error file=examples/A/A.ino,line=1,title=compile error%3A 1 cell::/usr/lib/core.h:9:2: bad%0AA on uno
        ::error file=examples/B/B.ino,line=1,title=compile error%3A 1 cell::ld returned 1%0AB on uno
        ");
    }

    #[test]
    fn warnings_are_those_of_the_change_or_of_own_code() {
        let own = warning(WarningOwner::Own, Some(("/here/src/Lib.h", 3)), "unused 'x' [-Wunused]");
        let sketch = warning(WarningOwner::Own, Some(("/here/examples/A/A.ino", 1)), "twice");
        let vendored = warning(WarningOwner::Library, Some(("/here/lib/Other/Other.h", 1)), "old");
        let core = warning(WarningOwner::Core, None, "an option");
        let script = || {
            Script::new()
                .plan(&["uno/A", "uno/B"], &[])
                .warned("uno/A", &[own.clone(), sketch.clone(), vendored.clone(), core.clone()])
                .warned("uno/B", &[own.clone(), vendored.clone()])
        };
        let findings = findings(script());
        let files = |workspace: &Workspace| -> Vec<String> {
            warnings(&findings, workspace).into_iter().filter_map(|it| it.file).collect()
        };
        assert_eq!(files(&workspace()), ["src/Lib.h", "examples/A/A.ino"]);
        let ci = crate::report::options::CiOptions {
            workspace: "/here".into(),
            changed: Some(["/here/lib/Other/Other.h".into()].into()),
            ..Default::default()
        };
        let changed = Workspace::new(&ci, Path::new("/here"));
        assert_eq!(files(&changed), ["lib/Other/Other.h"]);
        insta::assert_snapshot!(commands(&warnings(&findings, &changed)).concat(), @"::warning file=lib/Other/Other.h,line=1,col=7,title=warning%3A 2 jobs::old%0Auno/A and 1 more");
    }
}
