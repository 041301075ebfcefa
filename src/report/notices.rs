//! The parts of `summary.md` about doubtful successes: other copies of the library under test, and warnings.

use std::fmt::Write as _;

use super::copies::ForeignCopies;
use super::markdown::escape;
use super::paths::Here;
use super::text;
use super::warnings::{WarningTally, title};
use crate::event::WarningOwner;

/// Number of warnings that are listed for each owner.
const WARNINGS: usize = 100;

/// Returns the list of cells that are built with another copy of the library under test; empty where there are none.
pub(super) fn copies(copies: &ForeignCopies) -> String {
    if copies.iter().len() == 0 {
        return String::new();
    }
    let mut list = String::from("\n### Built with another copy of the library under test\n\n");
    for copy in copies.iter() {
        let (first, cells) = (escape(&copy.first.to_string()), text::count(copy.cells, "cell"));
        // Writing to a String can't fail.
        let _ = writeln!(list, "- ⚠️ {} ({cells}, the first is {first})", escape(&copy.message));
    }
    list
}

/// Returns the warnings in collapsed lists by owner; each part is complete by itself.
pub(super) fn warnings(found: &WarningTally, here: &Here) -> Vec<String> {
    let Some(words) = found.counts().words() else { return Vec::new() };
    let mut parts = vec![format!("\n### Warnings\n\n{words}\n\n")];
    for owner in WarningOwner::ALL {
        let (lines, more) = found.lines(owner, here, WARNINGS);
        if lines.is_empty() {
            continue;
        }
        let count = lines.len() + more;
        let mut part = format!("<details><summary>{count} {}</summary>\n\n", title(owner));
        for line in &lines {
            let _ = writeln!(part, "- {}", escape(line));
        }
        if more > 0 {
            let _ = writeln!(part, "- … and {more} more");
        }
        part.push_str("\n</details>\n");
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::event::{EventKind, Listed, Replaced};
    use crate::report::testing::{Script, library, warning};

    #[test]
    fn warnings_are_folded_by_owner_and_other_copies_told() {
        let own = |line| warning(WarningOwner::Own, Some(("/here/src/Lib.h", line)), "unused 'x' [-Wunused]");
        let core = warning(WarningOwner::Core, None, "an option");
        let mut copy = library("Lib", "/elsewhere/Lib");
        copy.instead_of = Some(Replaced {
            library: library("Lib", "/here/lib").library,
            header: "Lib.h".to_owned(),
            listed: Listed::InDirectory,
            entry: "..".to_owned(),
        });
        let script = Script::new().warned("uno/A", &[own(3), core]).warned("uno/B", &[own(3), own(5)]);
        let here = Here::new(Path::new("/here"));
        let (mut found, mut foreign) = (WarningTally::default(), ForeignCopies::default());
        assert_eq!((copies(&foreign), warnings(&found, &here)), (String::new(), Vec::new()));
        for event in script.with_libraries("uno/C", &[copy]).events() {
            if let EventKind::JobFinished(result) = &event.kind {
                found.fold(result);
                foreign.fold(result, &here);
            }
        }
        insta::assert_snapshot!(copies(&foreign) + &warnings(&found, &here).concat(), @r"

        ### Built with another copy of the library under test

        - ⚠️ Lib.h is of Lib 1.0 in /elsewhere/Lib, not of the library under test, Lib 1.0 in lib: name it itself in \`libraries\` of the matrix: \`- ..\` (1 cell, the first is uno/C)

        ### Warnings

        3 warnings (2 yours)

        <details><summary>2 in your code</summary>

        - src/Lib.h:3:7: unused 'x' \[-Wunused\] (uno/A and 1 more)
        - src/Lib.h:5:7: unused 'x' \[-Wunused\] (uno/B)

        </details>
        <details><summary>1 in the core and its tools</summary>

        - an option (uno/A)

        </details>
        ");
    }
}
