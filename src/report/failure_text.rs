//! The text of a failure, the same in every report: first the cause with its location and notes, then other errors;
//! warnings come last and are counted. Each report decides how many of its lines to show.

use super::paths::Here;
use super::text;
use crate::diagnostics::{
    Diagnostic, Entry, Severity, around_first_error, count_warnings, first_of, is_overflow, parse,
    without_name,
};
use crate::event::{Failure, Location, Outcome, Overflow, grouped};

/// The text of a failure for reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FailureText {
    /// `FILE:LINE:COLUMN`, where known.
    pub(super) place: Option<String>,
    /// The same place as a value, with the file as the tool named it.
    pub(super) location: Option<Location>,
    /// The error, in one line.
    pub(super) message: String,
    /// All lines except warnings. The first is location and message, in the tool's own form where it has one.
    pub(super) lines: Vec<String>,
    /// Number of warnings beside the errors.
    pub(super) warnings: usize,
    /// The lines of the warnings.
    pub(super) warning_lines: Vec<String>,
}

/// The longest name of a symbol, in bytes: a template's can be longer than a screen.
const LONGEST_NAME: usize = 100;

impl FailureText {
    /// Returns the text of an outcome; empty for a success. Reads about `room` bytes of a tool's output, around its
    /// first error.
    pub(super) fn of(outcome: &Outcome, here: &Here, room: usize) -> Self {
        match outcome {
            Outcome::Failed(failure) => Self::failure(failure, here, room),
            Outcome::TimedOut { after, output } => {
                Self::ended(format!("timed out after {}", text::duration(*after)), output, here, room)
            }
            Outcome::Cancelled { reason, output, .. } => {
                Self::ended(text::one_line(reason), output, here, room)
            }
            Outcome::Crashed { message } => {
                let line = format!("fbuild-matrix crashed: {}", text::one_line(message));
                // A message of one line is complete in the first line.
                let more = if message.trim_end().contains('\n') { message } else { "" };
                Self::ended(line, more, here, room)
            }
            Outcome::Blocked { message, .. } => {
                Self::ended(here.text(&text::one_line(message)), "", here, room)
            }
            Outcome::Built | Outcome::UpToDate | Outcome::ExpectedFailure { .. } => Self::default(),
        }
    }

    /// Returns `FILE:LINE:COLUMN: MESSAGE`.
    pub(super) fn headline(&self) -> String {
        match &self.place {
            Some(place) => format!("{place}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// Returns `and 30 warnings`, if there are any.
    pub(super) fn and_warnings(&self) -> Option<String> {
        (self.warnings > 0).then(|| format!("and {}", text::count(self.warnings, "warning")))
    }

    /// Returns the text of a timeout or another end without a tool's error, with the tools' output so far.
    fn ended(message: String, printed: &str, here: &Here, room: usize) -> Self {
        let printed = text::without_escapes(printed);
        let mut told = Self { lines: vec![message.clone()], message, ..Self::default() };
        let entries = parse(around_first_error(&printed, room));
        told.add_entries(&entries.iter().collect::<Vec<_>>(), &[], first_of(&entries).is_some(), here);
        told.count(&printed);
        told
    }

    fn failure(failure: &Failure, here: &Here, room: usize) -> Self {
        let printed = text::without_escapes(&failure.diagnostic);
        let entries = parse(around_first_error(&printed, room));
        let first = first_of(&entries);
        let cause = first.and_then(|first| match &entries[first] {
            Entry::Diagnostic(diagnostic) => Some(diagnostic),
            Entry::Text(_) | Entry::Summary(_) => None,
        });
        // The message may be that of the diagnostic, an extended form of it, or unrelated.
        let cause = cause.filter(|cause| is_of(cause, &failure.message));
        let outer = cause.and_then(Diagnostic::instantiated_at);
        let location = outer.as_ref().or(failure.location.as_ref()).cloned();
        let place = location.as_ref().map(|place| here.place(place));
        let message = here.text(&text::one_line(&failure.message));
        let mut told = Self { place, location, message, ..Self::default() };
        match cause {
            Some(cause) => {
                let inner = failure.location.as_ref().filter(|_| outer.is_some());
                told.add_cause(cause, inner, failure, here);
            }
            None => told.lines.push(told.headline()),
        }
        if let Some(overflow) = &failure.overflow {
            told.add_largest(overflow);
        }
        let is_measured =
            failure.overflow.as_ref().is_some_and(|it| it.memories.iter().all(|it| it.used.is_some()));
        let has_said = |at: usize| match &entries[at] {
            Entry::Diagnostic(it) => {
                (cause.is_some() && Some(at) == first) || (is_measured && is_overflow(it.head))
            }
            Entry::Summary(_) => first.is_some(),
            Entry::Text(line) => told.has_said(line, here),
        };
        let rest: Vec<&Entry<'_>> =
            (0..entries.len()).filter(|at| !has_said(*at)).map(|at| &entries[at]).collect();
        told.add_entries(&rest, cause.map_or(&[], |cause| &cause.context), first.is_some(), here);
        told.count(&printed);
        told
    }

    /// Adds the first error. Its head comes before the context, which compilers print first.
    fn add_cause(
        &mut self,
        cause: &Diagnostic<'_>,
        inner: Option<&Location>,
        failure: &Failure,
        here: &Here,
    ) {
        let is_whole =
            inner.is_none() && cause.message == failure.message && cause.location == failure.location;
        self.lines.push(if is_whole { here.text(cause.head) } else { self.headline() });
        self.lines.extend(inner.map(|inner| format!("  in {}", here.place(inner))));
        let quoted = cause.details.iter().take_while(|line| line.starts_with([' ', '\t'])).count();
        let (source, notes) = cause.details.split_at(quoted);
        let context = cause.context.iter().map(|line| line.trim_end_matches([':', ',']));
        let lines = source.iter().copied().chain(context).chain(notes.iter().copied());
        self.lines.extend(lines.map(|line| shown(line, here)));
    }

    /// Adds the largest objects in the memories that are too small.
    fn add_largest(&mut self, overflow: &Overflow) {
        for memory in overflow.memories.iter().filter(|memory| !memory.largest.is_empty()) {
            self.lines.push(format!("the largest in {}:", memory.memory));
            let numbers: Vec<String> = memory.largest.iter().map(|object| grouped(object.bytes)).collect();
            let owners = memory.largest.iter().map(|object| object.owner.len()).max().unwrap_or_default();
            let width = numbers.iter().map(String::len).max().unwrap_or_default();
            for (object, number) in memory.largest.iter().zip(&numbers) {
                let name = text::cut_end(&object.name, LONGEST_NAME);
                self.lines.push(format!("  {number:>width$}  {:owners$}  {name}", object.owner));
            }
        }
    }

    /// Adds entries of a tool's output. `context` has been added already. Without errors, warnings are ordinary lines.
    fn add_entries<'e>(
        &mut self,
        entries: &[&'e Entry<'e>],
        mut context: &'e [&'e str],
        has_errors: bool,
        here: &Here,
    ) {
        for entry in entries {
            match entry {
                Entry::Text(line) | Entry::Summary(line) => self.lines.push(shown(line, here)),
                Entry::Diagnostic(it) => {
                    let is_new = context != it.context.as_slice();
                    let before = it.context.iter().filter(|_| is_new);
                    let lines = before.chain([&it.head]).chain(&it.details).map(|line| shown(line, here));
                    if has_errors && it.severity == Severity::Warning {
                        self.warnings += 1;
                        self.warning_lines.extend(lines);
                    } else {
                        self.lines.extend(lines);
                        context = &it.context;
                    }
                }
            }
        }
        while self.lines.last().is_some_and(|line| line.trim().is_empty()) {
            self.lines.pop();
        }
    }

    /// Returns whether the message contains a line, as a whole or as a remark at its end.
    fn has_said(&self, line: &str, here: &Here) -> bool {
        let line = here.text(&text::one_line(line));
        !line.is_empty() && (self.message == line || self.message.contains(&format!("; {line}")))
    }

    /// Counts the warnings in the whole output, if there are any besides errors.
    fn count(&mut self, printed: &str) {
        if self.warnings > 0 {
            self.warnings = self.warnings.max(count_warnings(printed));
        }
    }
}

/// Returns a line of a tool's output with short paths, and without the linker's own path.
fn shown(line: &str, here: &Here) -> String {
    match without_name(line) {
        Some(rest) => format!("ld: {}", here.text(rest)),
        None => here.line(line),
    }
}

/// Returns whether a message is that of a diagnostic, possibly cut or followed by a remark.
fn is_of(cause: &Diagnostic<'_>, message: &str) -> bool {
    let cut = message.strip_suffix('…').is_some_and(|start| cause.message.starts_with(start));
    cut || message.starts_with(cause.message)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::diagnostics::diagnose;
    use crate::event::{FullMemory, LargeObject};
    use crate::report::testing::failure;

    /// Returns all of a compiler's output as a failure.
    fn told(printed: &str, change: impl FnOnce(&mut Failure)) -> FailureText {
        let found = diagnose(printed);
        let mut failure = Failure {
            diagnostic: printed.to_owned(),
            location: found.location,
            ..failure(&found.message, None)
        };
        change(&mut failure);
        FailureText::of(&Outcome::Failed(failure), &Here::new(Path::new("/here")), 100_000)
    }

    #[test]
    fn the_cause_comes_first_and_warnings_are_counted() {
        let warnings = "/here/A/A.ino: In function 'void setup()':\n".to_owned()
            + &"/here/A/A.ino:2:3: warning: unused variable 'x'\n   int x;\n       ^\n".repeat(40);
        let printed = warnings
            + "/here/A/A.ino:9:1: error: expected ';' before '}' token\n }\n ^\n/here/l/L.h:3:1: note: see\n\
               /here/A/A.ino:12:1: error: second\n";
        let told = told(&printed, |_| {});
        assert_eq!(told.headline(), "A/A.ino:9:1: expected ';' before '}' token");
        assert_eq!(
            told.lines,
            [
                "A/A.ino:9:1: error: expected ';' before '}' token",
                " }",
                " ^",
                "A/A.ino: In function 'void setup()'",
                "l/L.h:3:1: note: see",
                "A/A.ino:12:1: error: second",
            ]
        );
        assert_eq!((told.warnings, told.warning_lines.len()), (40, 120));
        assert_eq!(told.and_warnings().as_deref(), Some("and 40 warnings"));
    }

    #[test]
    fn an_error_far_behind_is_found_and_little_is_read() {
        let warning = "/here/A/A.ino:2:3: warning: unused variable 'x'\n   int x;\n       ^\n";
        let printed = warning.repeat(20_000) + "/here/A/A.ino:9:1: error: real\n" + &warning.repeat(20_000);
        let found = diagnose(&printed);
        let failed = Failure { diagnostic: printed, location: found.location, ..failure("real", None) };
        let told = FailureText::of(&Outcome::Failed(failed), &Here::new(Path::new("/here")), 4_000);
        assert_eq!(told.lines, ["A/A.ino:9:1: error: real"]);
        assert_eq!(told.warnings, 40_000);
        assert!(told.warning_lines.len() < 1_000);
    }

    #[test]
    fn a_template_is_told_where_it_was_asked_for() {
        let printed = "/here/l/L.h: In instantiation of 'T largest(T, T) [with T = Point]':\n\
                       /here/A/A.ino:7:24:   required from here\n/here/l/L.h:3:9: error: no match for 'operator<'\n     if (a < b)\n";
        let told = told(printed, |_| {});
        assert_eq!(
            told.lines,
            [
                "A/A.ino:7:24: no match for 'operator<'",
                "  in l/L.h:3:9",
                "     if (a < b)",
                "l/L.h: In instantiation of 'T largest(T, T) [with T = Point]'",
                "A/A.ino:7:24:   required from here",
            ]
        );
    }

    #[test]
    fn remarks_and_other_messages_are_not_said_twice() {
        let printed = "/here/A/A.ino:1:1: error: 'late' was not declared\ndeclare it\n";
        let told_more = told(printed, |failure| failure.message += "; declare it");
        assert_eq!(told_more.lines, ["A/A.ino:1:1: 'late' was not declared; declare it"]);
        let plain = told("nothing to see\n", |_| {});
        assert_eq!((plain.lines, plain.place), (vec!["nothing to see".to_owned()], None));
    }

    #[test]
    fn overflows_have_numbers_and_the_largest_objects() {
        let object =
            |name: &str, owner: &str, bytes| LargeObject { name: name.into(), owner: owner.into(), bytes };
        let memory = FullMemory {
            memory: "RAM".to_owned(),
            used: Some(2_370),
            max: Some(2_048),
            excess: Some(322),
            largest: vec![object("buffer", "sketch", 2_000), object("Serial", "core", 157)],
        };
        let overflow = Overflow { memories: vec![memory] };
        let told = told(
            "ld: address 0x800d70 of /here/w/A.elf section `.bss' is not within region `data'\ncollect2: error: ld returned 1 exit status\n",
            |failure| {
                failure.message = overflow.to_string();
                failure.location = Some(Location { file: "/here/A/A.ino".into(), line: 3, column: None });
                failure.overflow = Some(Box::new(overflow));
            },
        );
        assert_eq!(
            told.lines,
            [
                "A/A.ino:3: RAM: 2,370 of 2,048 bytes, 322 too many",
                "the largest in RAM:",
                "  2,000  sketch  buffer",
                "    157  core    Serial",
            ]
        );
    }

    #[test]
    fn where_the_linker_is_installed_is_not_told() {
        let printed =
            "/opt/x/bin/ld: /here/w/a.o: in function `f':\n/here/a.c:3: undefined reference to `g'\n";
        let told = told(printed, |_| {});
        assert_eq!(told.lines, ["a.c:3: undefined reference to `g'", "ld: w/a.o: in function `f'"]);
    }

    #[test]
    fn what_was_cut_short_is_shown_with_its_errors_first() {
        let output = "/here/a.c:1:1: warning: w\n/here/a.c:2:1: error: e\n".to_owned();
        let outcome = Outcome::TimedOut { after: Duration::from_secs(3), output };
        let told = FailureText::of(&outcome, &Here::new(Path::new("/here")), 1_000);
        assert_eq!(told.lines, ["timed out after 3.00s", "a.c:2:1: error: e"]);
        assert_eq!(told.warnings, 1);
        let outcome =
            Outcome::TimedOut { after: Duration::from_secs(3), output: "a.c:1:1: warning: w\n".to_owned() };
        let told = FailureText::of(&outcome, &Here::default(), 1_000);
        assert_eq!((told.lines.len(), told.warnings), (2, 0));
    }
}
