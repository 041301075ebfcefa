//! The terminal's lines, word for word, and a replay to look at.

use std::sync::{Arc, Mutex};

use super::*;
use crate::event::{Failure, Outcome};
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

/// Standard error and standard output.
fn shown(events: &[Event], progress: Progress, verbosity: Verbosity, styled: bool) -> (String, String) {
    let options = ReportOptions {
        report_dir: "/here/.fbuild-matrix/reports".into(),
        refuges: Vec::new(),
        current_dir: "/here".into(),
        color: Color::Never,
        progress,
        verbosity,
    };
    let (out, err) = (Shared::default(), Shared::default());
    let paint = Paint { styled };
    let place = Place::new(options.report_dir.clone(), Vec::new());
    let streams = [&out, &err].map(|stream| (Box::new(stream.clone()) as Box<dyn Write + Send>, paint));
    let [out_stream, err_stream] = streams;
    let mut console = Console::new(options, place, out_stream, err_stream);
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
           ready core arduino:avr from apt  gcc-avr 5.4.0, already installed
            plan 5 cells for 3 boards, with 3 cores; 2 skipped
           built [1/3] core uno-1f2e3d4c  0.33s
           built [2/3] core mega-1f2e3d4c  0.38s
           built [1/5] uno/Blink  0.45s  3.2% flash

          failed [2/5] uno/Broken: 'foo' was not declared in this scope
              at examples/Broken/Broken.ino:5
        Broken.ino: error: 'foo' was not declared in this scope
           5 |   foo();

           built [3/5] mega/Blink  0.50s  3.2% flash
          failed [4/5] mega/Broken: as above: 'foo' was not declared in this scope

          failed [3/3] core due-1f2e3d4c: no variant 'due'
        Broken.ino: error: no variant 'due'
           5 |   foo();

         blocked [5/5] due/Blink  by core due-1f2e3d4c
        ");
    insta::assert_snapshot!(out, @r"
        failures:
          Broken on mega, uno: 'foo' was not declared in this scope (examples/Broken/Broken.ino:5)
          core due-1f2e3d4c: no variant 'due'

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
    assert!(!err.contains("built") && err.contains("uno/Broken: 'foo' was not declared"), "{err}");
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
    let long = Failure { diagnostic: "line\n".repeat(45), ..failure("no", None) };
    let script = Script::new().plan(&["uno/A"], &[]).finished(&cell("uno/A"), Outcome::Failed(long), 200);
    let (err, _) = shown(&script.events(), Progress::Plain, Verbosity::Normal, false);
    assert_eq!(err.matches("  line\n").count(), lines::DIAGNOSTIC_LINES);
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
