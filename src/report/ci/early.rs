//! An error that ends a command before or instead of its cells, as CI systems show it.

use std::io::{self, Write};
use std::path::Path;

use super::annotations::MOST;
use super::commands::{Annotation, Severity};
use super::environment_file::append;
use super::outputs::output;
use super::step_summary::page;
use super::workspace::Workspace;
use crate::event::Location;
use crate::report::markdown::fence;
use crate::report::options::CiOptions;
use crate::report::text;

/// An error that ended a command.
#[derive(Debug)]
pub struct EarlyError {
    /// The whole message, one or more lines.
    pub message: String,
    /// The problems with a place: those of a matrix.
    pub problems: Vec<(Location, String)>,
    /// Exit code of the process.
    pub exit: u8,
}

/// Writes annotations, the step summary and the exit code, as far as the CI system reads them. `current` is the base of
/// relative paths.
pub fn announce_error(error: &EarlyError, ci: &CiOptions, current: &Path) {
    let workspace = Workspace::new(ci, current);
    let commands: String = annotations(error, &workspace)
        .iter()
        .take(MOST)
        .filter_map(|annotation| annotation.command(ci.annotations))
        .collect();
    // If standard error can't be written, there is no place to report it.
    let _ = io::stderr().write_all(commands.as_bytes());
    if let Some(path) = &ci.output {
        append(path, |_| output("exit-code", &error.exit.to_string()));
    }
    if let Some(path) = &ci.step_summary {
        append(path, |length| page(length, |_| markdown(error)));
    }
}

fn annotations(error: &EarlyError, workspace: &Workspace) -> Vec<Annotation> {
    let annotation = |place: Option<&Location>, message: &str| {
        let file = place.and_then(|place| workspace.relative(&place.file));
        let place = place.filter(|_| file.is_some());
        Annotation {
            severity: Severity::Error,
            line: place.map(|place| place.line),
            column: place.and_then(|place| place.column),
            file,
            title: "fbuild-matrix".to_owned(),
            message: message.to_owned(),
        }
    };
    if error.problems.is_empty() {
        return vec![annotation(None, &error.message)];
    }
    error.problems.iter().map(|(place, message)| annotation(Some(place), message)).collect()
}

fn markdown(error: &EarlyError) -> String {
    let message = text::for_xml(&text::cut_middle(&error.message, 64 * 1024));
    let fence = fence(&message);
    format!("## ❌ The run ended with an error\n\n{fence}text\n{}\n{fence}\n", message.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ci::testing::workspace;
    use crate::report::options::Annotations;

    #[test]
    fn problems_of_a_matrix_have_their_places() {
        let place = Location { file: "/here/ci/m.yml".into(), line: 3, column: Some(5) };
        let error = EarlyError {
            message: "error: unknown key\n```".to_owned(),
            problems: vec![(place, "unknown key `borads`\nhelp: `boards`".to_owned())],
            exit: 2,
        };
        let shown: Vec<_> = annotations(&error, &workspace())
            .iter()
            .filter_map(|it| it.command(Annotations::Github))
            .collect();
        assert_eq!(
            shown,
            [
                "::error file=ci/m.yml,line=3,col=5,title=fbuild-matrix::unknown key `borads`%0Ahelp: `boards`\n"
            ]
        );
        assert_eq!(
            markdown(&error),
            "## ❌ The run ended with an error\n\n````text\nerror: unknown key\n```\n````\n"
        );
        let nowhere = EarlyError { problems: Vec::new(), ..error };
        assert_eq!(annotations(&nowhere, &workspace())[0].file, None);
    }
}
