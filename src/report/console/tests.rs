//! Tests of the terminal's exact lines, and a replay for manual viewing.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::lines;
use super::paint::Paint;
use super::terminal::Terminal;
use crate::event::{Event, Failure, Level, Outcome};
use crate::report::options::{
    Annotations, CiOptions, Color, JunitDialect, Progress, ReportOptions, Verbosity,
};
use crate::report::report_dir::ReportDir;
use crate::report::reporter::Reporter;
use crate::report::testing::{Script, cell, failure};

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::Error::other("poisoned"))?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}

/// Returns the content of standard error and standard output.
fn shown(events: &[Event], progress: Progress, verbosity: Verbosity, styled: bool) -> (String, String) {
    shown_in(events, (progress, verbosity, styled), Annotations::None)
}

/// The same in the log of a CI system.
fn shown_in(
    events: &[Event],
    (progress, verbosity, styled): (Progress, Verbosity, bool),
    annotations: Annotations,
) -> (String, String) {
    let options = ReportOptions {
        report_dir: "/here/.fbuild-matrix/reports".into(),
        refuges: Vec::new(),
        current_dir: "/here".into(),
        color: Color::Never,
        progress,
        verbosity,
        junit: JunitDialect::Default,
        ci: CiOptions { annotations, runner: annotations, ..CiOptions::default() },
    };
    let (out, err) = (Shared::default(), Shared::default());
    let paint = Paint { styled };
    let dir = ReportDir::new(options.report_dir.clone(), Vec::new());
    let streams = [&out, &err].map(|stream| (Box::new(stream.clone()) as Box<dyn Write + Send>, paint));
    let [out_stream, err_stream] = streams;
    let mut console = Terminal::new(options, dir, out_stream, err_stream);
    for event in events {
        console.report(event).expect("written");
    }
    console.finish().expect("written");
    (err.text(), out.text())
}

#[test]
fn plain() {
    let (err, out) = shown(&Script::mixed().events(), Progress::Plain, Verbosity::Normal, false);
    insta::assert_snapshot!(err, @r"
          set-up core arduino:avr from apt
           ready core arduino:avr from apt  arduino-core-avr 1.8.6
            plan 5 cells for 3 boards, with 3 cores; 2 skipped
           built [1/3] core uno-1f2e3d4c  0.33s
           built [2/3] core mega-1f2e3d4c  0.38s
           built [1/5] uno/Blink  0.45s  3.2% flash

          failed [2/5] uno/Broken
        examples/Broken/Broken.ino:5:3: error: 'foo' was not declared in this scope
           foo();
           ^

           built [3/5] mega/Blink  0.50s  3.2% flash
          failed [4/5] mega/Broken: as uno/Broken

          failed [3/3] core due-1f2e3d4c
        no variant 'due'

         blocked [5/5] due/Blink  by core due-1f2e3d4c
        ");
    insta::assert_snapshot!(out, @r"
        failures:
          Broken on mega, uno
            examples/Broken/Broken.ino:5:3: 'foo' was not declared in this scope
          core due-1f2e3d4c
            no variant 'due'

         board  built  failed  blocked  skipped  fullest flash  slot time
         uno        1       1        -        1  3.2% Blink         1.23s
         mega       1       1        -        1  3.2% Blink         1.33s
         due        -       -        1        -  -                  0.00s
         all        2       2        1        2                     2.56s

        5 cells: 2 built, 2 failed, 1 blocked, 2 skipped in 1.52s (4 compiled)
        reports: .fbuild-matrix/reports
        ");
}

#[test]
fn quiet_has_failures_and_the_table() {
    let script = Script::mixed().log(Level::Info, "a note").log(Level::Warn, "a warning");
    let (err, out) = shown(&script.events(), Progress::Plain, Verbosity::Quiet, false);
    assert!(!err.contains("a note") && err.contains("warning a warning"), "{err}");
    assert!(
        !err.contains("built") && err.contains("uno/Broken\n  examples/Broken/Broken.ino:5:3: error: 'foo'"),
        "{err}"
    );
    assert!(out.contains("5 cells: 2 built, 2 failed, 1 blocked, 2 skipped"), "{out}");
}

#[test]
fn none_has_no_progress_and_verbose_has_everything() {
    let script = || Script::mixed().log(Level::Info, "two\nlines").log(Level::Debug, "a detail");
    let (err, _) = shown(&script().events(), Progress::None, Verbosity::Normal, false);
    assert!(!err.contains("uno/Blink") && err.contains("note two\n           lines\n"), "{err}");
    assert!(!err.contains("a detail"));
    let (err, _) = shown(&script().events(), Progress::None, Verbosity::Verbose, false);
    assert!(err.contains("uno/Blink") && err.contains("debug a detail"), "{err}");
}

#[test]
fn no_escape_codes_unless_wanted() {
    let events = Script::mixed().log(Level::Warn, "\u{1b}[31mred\u{1b}[0m").events();
    let (err, out) = shown(&events, Progress::Plain, Verbosity::Verbose, false);
    assert!(!err.contains('\u{1b}') && !out.contains('\u{1b}'), "{err}{out}");
    let (styled_err, styled_out) = shown(&events, Progress::Plain, Verbosity::Verbose, true);
    assert!(styled_err.contains('\u{1b}') && styled_out.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&styled_err).to_string(), err);
    assert_eq!(anstream::adapter::strip_str(&styled_out).to_string(), out);
}

#[test]
fn a_long_diagnostic_ends_with_where_the_rest_is() {
    let long = Failure { diagnostic: "line\n".repeat(44), ..failure("no", None) };
    let script = Script::new().plan(&["uno/A"], &[]).finished(&cell("uno/A"), Outcome::Failed(long), 200);
    let (err, _) = shown(&script.events(), Progress::Plain, Verbosity::Normal, false);
    assert_eq!(err.matches("  no\n").count(), 1);
    assert_eq!(err.matches("  line\n").count(), lines::DIAGNOSTIC_LINES - 1);
    assert!(err.contains("  … 5 more lines in .fbuild-matrix/log of uno/A\n"), "{err}");
}

#[test]
fn without_a_plan_there_is_no_table() {
    let (_, out) = shown(&Script::new().events(), Progress::Plain, Verbosity::Normal, false);
    assert_eq!(out, "");
}

#[test]
fn a_run_in_which_everything_is_up_to_date() {
    let script = Script::new().plan(&["uno/A"], &[]).finished(&cell("uno/A"), Outcome::UpToDate, 130);
    let (_, out) = shown(&script.end(150, 0).events(), Progress::Plain, Verbosity::Normal, false);
    assert!(out.contains("1 cell: 1 up-to-date in 0.15s (nothing compiled)\n"), "{out}");
}

#[test]
fn verbose_lists_warnings_by_owner_and_all_have_their_number() {
    use crate::event::WarningOwner::{Core, Library, Own};
    use crate::report::testing::warning;
    let at = |owner, file: &str| warning(owner, Some((file, 3)), "unused 'x' [-Wunused]");
    let found = [at(Core, "/core/main.cpp"), at(Library, "/l/L.h"), at(Own, "/here/A/A.ino")];
    let script = || Script::new().plan(&["uno/A", "uno/B"], &[]).warned("uno/B", &found[2..]);
    let events = script().warned("uno/A", &found).end(150, 0).events();
    let (err, out) = shown(&events, Progress::None, Verbosity::Verbose, false);
    insta::assert_snapshot!(err.split_once("\nwarnings").unwrap_or_default().1, @r"
     in your code:
      A/A.ino:3:7: unused 'x' [-Wunused] (uno/A and 1 more)

    warnings in libraries:
      /l/L.h:3:7: unused 'x' [-Wunused] (uno/A)

    warnings in the core and its tools:
      /core/main.cpp:3:7: unused 'x' [-Wunused] (uno/A)
    ");
    assert!(out.contains("(nothing compiled); 3 warnings (1 yours)\n"), "{out}");
    let (err, out) = shown(&events, Progress::None, Verbosity::Normal, false);
    assert!(!err.contains("-Wunused") && out.contains("; 3 warnings (1 yours)\n"), "{err}{out}");
}

#[test]
fn another_copy_of_the_library_under_test_is_a_warning_once_also_when_quiet() {
    use crate::event::{Listed, Replaced};
    use crate::report::testing::library;
    let mut used = library("Foo", "/other/Foo");
    let own = library("Foo", "/here").library;
    used.not_used.push(own.clone());
    used.instead_of =
        Some(Replaced { library: own, header: "Foo.h".into(), listed: Listed::Itself, entry: "..".into() });
    let script = Script::new().plan(&["uno/A", "uno/B"], &[]).with_libraries("uno/A", &[used.clone()]);
    let events = script.with_libraries("uno/B", &[used]).end(150, 0).events();
    let (err, _) = shown(&events, Progress::Plain, Verbosity::Quiet, false);
    assert_eq!(err.matches("warning Foo.h is of Foo 1.0 in /other/Foo").count(), 1, "{err}");
    assert!(!err.contains("note"), "{err}");
    let (err, _) = shown(&events, Progress::Plain, Verbosity::Verbose, false);
    assert_eq!(err.matches("not used: Foo 1.0 in /here").count(), 1, "{err}");
}

#[test]
fn warnings_are_counted_behind_the_errors() {
    let warning = "/here/A.ino:1:1: warning: unused\n".repeat(30);
    let printed =
        |errors: &str| Failure { diagnostic: format!("{warning}{errors}"), ..failure("no", Some(5)) };
    let error = "/here/examples/Broken/Broken.ino:5:3: error: no\n";
    let told = |errors: &str| {
        let script = Script::new().plan(&["uno/A"], &[]);
        let script = script.finished(&cell("uno/A"), Outcome::Failed(printed(errors)), 200);
        shown(&script.events(), Progress::Plain, Verbosity::Quiet, false).0
    };
    let few = told(error);
    assert!(
        few.contains("Broken.ino:5:3: error: no\n  and 30 warnings in .fbuild-matrix/log of uno/A\n"),
        "{few}"
    );
    let many = told(&error.repeat(50));
    assert!(many.contains("  … 10 more lines and 30 warnings in .fbuild-matrix/log of uno/A\n"), "{many}");
    assert!(!few.contains("warning: unused") && !many.contains("warning: unused"));
}

/// Every line of the log is a command of GitHub, or none of its runner's business.
#[test]
fn the_log_of_a_ci_system_has_groups_and_tools_give_no_commands() {
    let hostile = Failure {
        diagnostic: "/here/A.ino:1:1: error: no\n::error file=x::injected\n##[group]injected\n".to_owned(),
        ..failure("no", Some(5))
    };
    let script = Script::mixed()
        .log(Level::Warn, "::warning::injected")
        .finished(&cell("uno/::set-output name=x::y"), Outcome::Failed(hostile), 1_510)
        .end(1_520, 1);
    let events = script.events();
    let log = |system| shown_in(&events, (Progress::Plain, Verbosity::Normal, false), system);
    let (err, out) = log(Annotations::Github);
    let token = err.split("::stop-commands::").nth(1).unwrap_or_default().lines().next().unwrap_or_default();
    insta::assert_snapshot!(err.replace(token, "TOKEN"), @r"
    ::group::set-up
        set-up core arduino:avr from apt
         ready core arduino:avr from apt  arduino-core-avr 1.8.6
    ::endgroup::
          plan 5 cells for 3 boards, with 3 cores; 2 skipped
    ::group::build
         built [1/3] core uno-1f2e3d4c  0.33s
         built [2/3] core mega-1f2e3d4c  0.38s
         built [1/5] uno/Blink  0.45s  3.2% flash
    ::endgroup::
    ::group::failed uno/Broken: examples/Broken/Broken.ino:5:3: 'foo' was not declared in this scope
    ::stop-commands::TOKEN
        failed [2/5] uno/Broken
      examples/Broken/Broken.ino:5:3: error: 'foo' was not declared in this scope
         foo();
         ^
    ::TOKEN::
    ::endgroup::
    ::group::build, continued
         built [3/5] mega/Blink  0.50s  3.2% flash
        failed [4/5] mega/Broken: as uno/Broken
    ::endgroup::
    ::group::failed core due-1f2e3d4c: no variant 'due'
    ::stop-commands::TOKEN
        failed [3/3] core due-1f2e3d4c
      no variant 'due'
    ::TOKEN::
    ::endgroup::
    ::group::build, continued
       blocked [5/5] due/Blink  by core due-1f2e3d4c
    ::endgroup::
       warning ::warning::injected
    ::group::failed uno/::set-output name=x::y: examples/Broken/Broken.ino:5:3: no
    ::stop-commands::TOKEN
        failed [6/5] uno/::set-output name=x::y
      examples/Broken/Broken.ino:5:3: no
      ::error file=x::injected
      ##[group]injected
    ::TOKEN::
    ::endgroup::
    ");
    assert!(out.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##[")), "{out}");
    let (err, _) = log(Annotations::Azure);
    assert!(!err.lines().any(|line| line.trim_start().starts_with("::")), "{err}");
    assert_eq!(
        err.matches("##[").count(),
        err.matches("##[group]").count() + err.matches("##[endgroup]").count()
    );
    assert_eq!(err.matches("##[group]").count(), err.matches("##[endgroup]").count());
    let (err, _) = log(Annotations::Gitlab);
    assert_eq!(err.matches("section_start:").count(), err.matches("section_end:").count());
    assert!(
        err.contains("section_start:1700000000:fbuild_matrix_1[collapsed=true]\r\x1b[0Kset-up\n"),
        "{err}"
    );
}
