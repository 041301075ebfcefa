//! Marks in the log of a CI system: groups that can be collapsed, and text of tools in which the runner must not find
//! commands. Text in, text out.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use super::commands::{github_data, inert};
use crate::event::{Event, EventKind};
use crate::report::options::{Annotations, CiOptions};
use crate::report::text;

/// The longest title of a group, in bytes.
const TITLE_MAX: usize = 300;

/// Marks of one log, and its open group: systems do not nest them.
#[derive(Debug)]
pub(in crate::report) struct Marks {
    form: Annotations,
    runner: Annotations,
    /// Ends text without commands. Random, so that no tool can print it.
    token: String,
    open: Option<OpenGroup>,
    /// Number of groups so far.
    count: usize,
    /// Names of the sections so far.
    sections: Vec<&'static str>,
    started_unix: u64,
    now: Duration,
}

#[derive(Debug)]
struct OpenGroup {
    /// Identity in GitLab.
    name: String,
    /// Name of the section, if it is one.
    section: Option<&'static str>,
}

impl Marks {
    /// Creates the marks of a log without an open group.
    pub(in crate::report) fn new(ci: &CiOptions) -> Self {
        Self {
            form: ci.annotations,
            runner: ci.runner,
            token: random_word(),
            open: None,
            count: 0,
            sections: Vec::new(),
            started_unix: 0,
            now: Duration::ZERO,
        }
    }

    /// Follows the clock of the events: GitLab shows how long a group took.
    pub(in crate::report) fn fold(&mut self, event: &Event) {
        self.now = event.at;
        if let EventKind::RunStarted(info) = &event.kind {
            self.started_unix = info.started_unix;
        }
    }

    /// Returns whether the log has groups.
    pub(in crate::report) fn has_groups(&self) -> bool {
        self.form != Annotations::None
    }

    /// Returns the text that makes a section the open group; empty if it is open already. A section that was
    /// interrupted by another group continues in a group of its own.
    pub(in crate::report) fn section(&mut self, section: &'static str) -> String {
        if self.open.as_ref().is_some_and(|open| open.section == Some(section)) {
            return String::new();
        }
        let title = if self.sections.contains(&section) {
            format!("{section}, continued")
        } else {
            self.sections.push(section);
            section.to_owned()
        };
        let opened = self.open(&title);
        if let Some(open) = &mut self.open {
            open.section = Some(section);
        }
        opened
    }

    /// Returns the text that closes the open group, if any, and opens another one.
    pub(in crate::report) fn open(&mut self, title: &str) -> String {
        let mut marks = self.close();
        let title = text::cut_end(&text::one_line(title), TITLE_MAX).into_owned();
        self.count += 1;
        let name = format!("fbuild_matrix_{}", self.count);
        let opened = match self.form {
            Annotations::Github => format!("::group::{}\n", github_data(&title)),
            Annotations::Azure => format!("##[group]{}\n", inert(&title)),
            Annotations::Gitlab => {
                let start = format!("section_start:{}:{name}[collapsed=true]", self.unix());
                format!("\x1b[0K{start}\r\x1b[0K{title}\n")
            }
            Annotations::None => return marks,
        };
        marks.push_str(&opened);
        self.open = Some(OpenGroup { name, section: None });
        marks
    }

    /// Returns the text that closes the open group; empty without one.
    pub(in crate::report) fn close(&mut self) -> String {
        let Some(OpenGroup { name, .. }) = self.open.take() else { return String::new() };
        match self.form {
            Annotations::Github => "::endgroup::\n".to_owned(),
            Annotations::Azure => "##[endgroup]\n".to_owned(),
            Annotations::Gitlab => format!("\x1b[0Ksection_end:{}:{name}\r\x1b[0K\n", self.unix()),
            Annotations::None => String::new(),
        }
    }

    /// Returns lines of tools, which end with a newline, in a form in which the runner finds no commands.
    pub(in crate::report) fn foreign<'t>(&self, lines: &'t str) -> Cow<'t, str> {
        if self.form != Annotations::Github {
            return self.own(lines);
        }
        let Self { token, .. } = self;
        Cow::Owned(format!("::stop-commands::{token}\n{lines}::{token}::\n"))
    }

    /// Returns lines of this program, in which names may look like commands.
    pub(in crate::report) fn own<'t>(&self, lines: &'t str) -> Cow<'t, str> {
        let is_read = |system| matches!(system, Annotations::Github | Annotations::Azure);
        if is_read(self.runner) || is_read(self.form) { inert(lines) } else { Cow::Borrowed(lines) }
    }

    fn unix(&self) -> u64 {
        self.started_unix + self.now.as_secs()
    }
}

/// Returns 32 random hexadecimal digits.
pub(super) fn random_word() -> String {
    // The keys of the standard library's hash maps come from the operating system.
    let number = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", number(), number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(form: Annotations, runner: Annotations) -> Marks {
        let ci = CiOptions { annotations: form, runner, ..CiOptions::default() };
        Marks { token: "TOKEN".to_owned(), started_unix: 1_700_000_000, ..Marks::new(&ci) }
    }

    #[test]
    fn groups_are_not_nested_and_sections_continue() {
        let mut marks = marks(Annotations::Github, Annotations::Github);
        assert_eq!(marks.section("build"), "::group::build\n");
        assert_eq!(marks.section("build"), "");
        assert_eq!(marks.open("100%\nfailed"), "::endgroup::\n::group::100%25 failed\n");
        assert_eq!(marks.section("build"), "::endgroup::\n::group::build, continued\n");
        assert_eq!((marks.close(), marks.close()), ("::endgroup::\n".to_owned(), String::new()));
    }

    #[test]
    fn each_system_has_its_form() {
        let mut azure = marks(Annotations::Azure, Annotations::Azure);
        assert_eq!(azure.open("a ##[b"), "##[group]a #\u{200b}#[b\n");
        assert_eq!(azure.close(), "##[endgroup]\n");
        let mut gitlab = marks(Annotations::Gitlab, Annotations::Gitlab);
        gitlab.now = Duration::from_millis(61_900);
        assert_eq!(
            gitlab.open("set-up"),
            "\x1b[0Ksection_start:1700000061:fbuild_matrix_1[collapsed=true]\r\x1b[0Kset-up\n"
        );
        assert_eq!(gitlab.close(), "\x1b[0Ksection_end:1700000061:fbuild_matrix_1\r\x1b[0K\n");
        let mut plain = marks(Annotations::None, Annotations::None);
        assert_eq!((plain.open("a"), plain.close()), (String::new(), String::new()));
    }

    #[test]
    fn tools_give_no_commands() {
        let text = "  ::set-output name=x::y\n";
        let stopped = "::stop-commands::TOKEN\n  ::set-output name=x::y\n::TOKEN::\n";
        assert_eq!(marks(Annotations::Github, Annotations::Github).foreign(text), stopped);
        let quiet = format!("\u{200b}{text}");
        for (form, runner) in [
            // `--annotations none` in a job of GitHub: the runner reads the log all the same.
            (Annotations::None, Annotations::Github),
            (Annotations::Azure, Annotations::Azure),
        ] {
            assert_eq!(marks(form, runner).foreign(text), quiet);
            assert_eq!(marks(form, runner).own(text), quiet);
        }
        assert_eq!(marks(Annotations::Github, Annotations::Github).own(text), quiet);
        assert_eq!(marks(Annotations::Gitlab, Annotations::Gitlab).foreign(text), text);
        assert_ne!(random_word(), random_word());
        assert_eq!(random_word().len(), 32);
    }
}
