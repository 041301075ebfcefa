//! Commands in the log: annotations in the forms of GitHub and Azure, and text that neither takes for a command. Knows
//! nothing of runs.
//!
//! Sources: actions/toolkit `packages/core/src/command.ts`, actions/runner `ActionCommand.cs`,
//! microsoft/azure-pipelines-task-lib `node/taskcommand.ts`.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::report::options::Annotations;

/// Severity of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Warning,
}

/// A message at a place of the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Annotation {
    pub(super) severity: Severity,
    /// File, relative to the checkout, if the place is in it.
    pub(super) file: Option<String>,
    /// Line and column, from 1; only with a file.
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    /// In one line.
    pub(super) title: String,
    /// One or more lines.
    pub(super) message: String,
}

impl Annotation {
    /// Returns the command with a newline; `None` where the system has no annotations in the log.
    pub(super) fn command(&self, system: Annotations) -> Option<String> {
        match system {
            Annotations::Github => Some(self.github()),
            Annotations::Azure => Some(self.azure()),
            Annotations::Gitlab | Annotations::None => None,
        }
    }

    fn github(&self) -> String {
        let Self { severity, file, line, column, title, message } = self;
        let mut command = format!("::{} ", severity.word());
        let place = [("line", line), ("col", column)];
        let place = place.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.to_string())));
        let file = file.iter().map(|file| ("file", file.clone()));
        for (name, value) in file.chain(place).chain([("title", title.clone())]) {
            // Writing to a String can't fail.
            let _ = write!(command, "{name}={},", github_property(&value));
        }
        command.pop();
        let _ = writeln!(command, "::{}", github_data(message));
        command
    }

    fn azure(&self) -> String {
        let Self { severity, file, line, column, title, message } = self;
        let mut command = format!("##vso[task.logissue type={};", severity.word());
        let place = [("linenumber", line), ("columnnumber", column)];
        let place = place.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.to_string())));
        for (name, value) in file.iter().map(|file| ("sourcepath", file.clone())).chain(place) {
            let _ = write!(command, "{name}={};", azure_property(&value));
        }
        // It shows one line.
        let _ = writeln!(command, "]{}", azure_data(&format!("{title}: {message}").replace('\n', " — ")));
        command
    }
}

impl Severity {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Escapes the message of a command of GitHub.
pub(super) fn github_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn azure_data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn azure_property(text: &str) -> String {
    azure_data(text).replace(']', "%5D").replace(';', "%3B")
}

/// Returns a text that no runner of GitHub or Azure takes for commands. Both look for `##[` and `##vso[` anywhere in a
/// line, GitHub also for `::` at the start, white space ignored. A zero-width space in them is invisible.
pub(super) fn inert(text: &str) -> Cow<'_, str> {
    let starts_command = |line: &str| line.trim_start().starts_with("::");
    let has_mark = text.contains("##[") || text.contains("##vso[");
    if !has_mark && !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let text = text.replace("##[", "#\u{200b}#[").replace("##vso[", "#\u{200b}#vso[");
    let mut quiet = String::with_capacity(text.len());
    // A carriage return also ends a line of the log.
    for line in text.split_inclusive(['\n', '\r']) {
        if starts_command(line) {
            quiet.push('\u{200b}');
        }
        quiet.push_str(line);
    }
    Cow::Owned(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn annotation() -> Annotation {
        Annotation {
            severity: Severity::Error,
            file: Some("a,b/c:d.ino".to_owned()),
            line: Some(3),
            column: Some(7),
            title: "100%: a, b".to_owned(),
            message: "50% of\r\nA::f, ::error::x".to_owned(),
        }
    }

    #[test]
    fn github_escapes_values_and_messages() {
        assert_eq!(
            annotation().command(Annotations::Github).as_deref(),
            Some(
                "::error file=a%2Cb/c%3Ad.ino,line=3,col=7,title=100%25%3A a%2C b::50%25 of%0D%0AA::f, ::error::x\n"
            )
        );
        let nowhere = Annotation { file: None, line: None, column: None, ..annotation() };
        let nowhere = Annotation { severity: Severity::Warning, ..nowhere }.command(Annotations::Github);
        assert!(nowhere.is_some_and(|it| it.starts_with("::warning title=100%25%3A a%2C b::50%25")));
    }

    #[test]
    fn azure_escapes_values_and_messages() {
        let annotation = Annotation { file: Some("a;b]/c%.ino".to_owned()), ..annotation() };
        assert_eq!(
            annotation.command(Annotations::Azure).as_deref(),
            Some(
                "##vso[task.logissue type=error;sourcepath=a%3Bb%5D/c%AZP25.ino;linenumber=3;columnnumber=7;]\
                 100%AZP25: a, b: 50%AZP25 of%0D — A::f, ::error::x\n"
            )
        );
        assert_eq!(
            (annotation.command(Annotations::Gitlab), annotation.command(Annotations::None)),
            (None, None)
        );
    }

    proptest! {
        /// The rules of the runners, applied to any mixture of their marks.
        #[test]
        fn no_line_is_a_command(text in "(::|##\\[|##vso\\[|#|:|[a-z ]|\n|\r|\t|\u{a0}){0,20}") {
            let quiet = inert(&text);
            prop_assert!(!quiet.contains("##[") && !quiet.contains("##vso["), "{quiet:?}");
            prop_assert!(quiet.split(['\n', '\r']).all(|line| !line.trim_start().starts_with("::")), "{quiet:?}");
            prop_assert_eq!(quiet.replace('\u{200b}', ""), text);
        }
    }
}
