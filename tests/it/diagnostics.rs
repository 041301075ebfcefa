//! Twelve sketches that fail, each in its own way, on three boards: what a user reads of it on a terminal of 80 columns, in
//! `JUnit`'s report and in the summary. The first thing is the cause with its place in a file of theirs, once for all boards.
//!
//! `tests/it/diagnostics/snapshots` has these texts; `FBUILD_MATRIX_RECORD=1` writes them anew.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::sync::LazyLock;

use nix::pty::{Winsize, openpty};
use regex::Regex;

use crate::failures_core::{self, EMPTY};
use crate::support::{Finished, Verdict, Workspace, repository};

const COLUMNS: usize = 80;

/// The project of `tests/it/diagnostics/project`, with a core of our own beside it that does not compile.
fn project() -> Workspace {
    let root = repository("tests/it/diagnostics/project");
    let mut workspace = failures_core::workspace();
    for entry in walkdir::WalkDir::new(&root) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            workspace = workspace.file(&path, fs::read(entry.path()).unwrap());
        }
    }
    let board = |name: &str| {
        format!(
            "  {name}: {{fqbn: \"mini:mcu:broken\", properties: {{build.extra_flags: \"-DBOARD={name}\"}}}}\n"
        )
    };
    let boards = ["one", "two", "three"].map(board).concat();
    let matrix =
        format!("version: 1\ncores:\n{}boards:\n{boards}sketches: [BadCore]\n", failures_core::core());
    workspace.sketch("BadCore", EMPTY).file("core.yml", matrix)
}

/// Runs the program on a terminal of 80 columns, which both of its outputs go to.
fn on_terminal(workspace: &Workspace, arguments: &[&str]) -> Finished {
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).unwrap();
    let (mut screen, keyboard) = (File::from(terminal.master), terminal.slave);
    let mut command = workspace.command(arguments);
    command.env("TERM", "xterm").stdout(Stdio::from(keyboard.try_clone().unwrap()));
    let mut child = command.stderr(Stdio::from(keyboard)).spawn().unwrap();
    // It holds the other end, which must be closed before the screen has an end.
    drop(command);
    let mut shown = Vec::new();
    // Linux says that the terminal is gone, not that it ends.
    let _ = screen.read_to_end(&mut shown);
    let status = child.wait().unwrap();
    let stdout = String::from_utf8(shown).unwrap().replace("\r\n", "\n");
    Finished { workspace: workspace.clone(), code: status.code(), stdout, stderr: String::new() }
}

/// What differs from run to run and from machine to machine.
fn settled(text: &str) -> String {
    static CHANGES: LazyLock<[(Regex, &str); 6]> = LazyLock::new(|| {
        [
            (r"/\S*/(?:apt|packages)/\S*?/(usr/share/arduino)", "/CORE/$1"),
            (r"(?:\.\./)+\S*?/?apt/\S*?/(usr/share/arduino)", "/CORE/$1"),
            (r"\S*/bin/ld: ", "/TOOLS/bin/ld: "),
            // Which of the cores that fail is the first is not said.
            (r"core (?:one|two|three)-[0-9a-f]+", "core BOARD-KEY"),
            (r"\b\d+(?:\.\d+)?s\b", "TIME"),
            (r"(?m)^(\d+ cells?: .* in TIME) \(.*\)$", "$1"),
        ]
        .map(|(pattern, with)| (Regex::new(pattern).unwrap(), with))
    });
    CHANGES
        .iter()
        .fold(text.to_owned(), |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
}

/// The lines as a terminal breaks them.
fn wrapped(text: &str) -> String {
    let mut rows = String::new();
    for line in text.lines() {
        let line: Vec<char> = line.chars().collect();
        for row in line.chunks(COLUMNS) {
            rows.extend(row);
            rows.push('\n');
        }
        if line.is_empty() {
            rows.push('\n');
        }
    }
    rows
}

/// Message and body of each failing case; those that are the same stand once, with the names of their boards.
fn junit(run: &Finished) -> String {
    let junit = run.reports().junit();
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for case in junit.cases() {
        let (Verdict::Failure { message, body } | Verdict::Error { message, body }) = &case.verdict else {
            continue;
        };
        let text = format!("message: {message}\n\n{body}\n");
        match told.iter_mut().find(|(_, known)| *known == text) {
            Some((boards, _)) => boards.push(case.classname.clone()),
            None => told.push((vec![case.classname.clone()], text)),
        }
    }
    let parts: Vec<String> =
        told.into_iter().map(|(boards, text)| format!("== {}\n{text}\n", boards.join(", "))).collect();
    parts.concat()
}

/// The failures of the summary.
fn summary(run: &Finished) -> String {
    let text = run.reports().text("summary.md");
    let start = text.find("### Failures").unwrap();
    let end = text[start + 3..].find("\n### ").map_or(text.len(), |end| start + 3 + end);
    text[start..end].to_owned()
}

#[track_caller]
fn assert_snapshot(name: &str, text: &str) {
    let path = repository("tests/it/diagnostics/snapshots").join(name);
    let text = settled(text);
    let text = if name.ends_with(".terminal.txt") { wrapped(&text) } else { text };
    if std::env::var_os("FBUILD_MATRIX_RECORD").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        recorded == text,
        "{} is not what is shown; FBUILD_MATRIX_RECORD=1 writes it anew\n--- recorded\n{recorded}\n--- now\n{text}",
        path.display()
    );
}

/// Runs one sketch and holds what is told of it against the snapshots.
#[track_caller]
fn check(workspace: &Workspace, matrix: &str, sketch: &str) -> Finished {
    let arguments = ["run", matrix, "-s", sketch, "-q", "--color", "never", "-j", "1", "--sketch-jobs", "1"];
    let run = on_terminal(workspace, &arguments).assert_exit(1);
    let name = Path::new(sketch).file_name().unwrap().to_str().unwrap();
    assert_snapshot(&format!("{name}.terminal.txt"), &run.stdout);
    assert_snapshot(&format!("{name}.junit.txt"), &junit(&run));
    assert_snapshot(&format!("{name}.summary.md"), &summary(&run));
    run
}

/// The first line that is told of a failure: behind the one that names the cell.
fn first_line(run: &Finished) -> &str {
    let mut lines = run.stdout.lines().skip_while(|line| !line.trim_start().starts_with("failed ["));
    lines.nth(1).unwrap_or_default().trim()
}

#[test]
fn twelve_sketches_that_fail() {
    let workspace = project();
    // The cores are there when the sketches are built: nothing else comes between the lines.
    workspace.run(["run", "matrix.yml", "-s", "sketches/Good"]).assert_exit(0);
    for (sketch, cause) in [
        (
            "MissingHeader",
            "sketches/MissingHeader/MissingHeader.ino:2:21: Nowhere.h: No such file or directory; no library offers it",
        ),
        ("Undefined", "sketches/Undefined/Undefined.ino:8: undefined reference to `elsewhere(int)'"),
        ("Syntax", "sketches/Syntax/Syntax.ino:45:3: error: expected ',' or ';' before 'analogWrite'"),
        ("Flash", "sketches/Flash/Flash.ino:12: flash: "),
        ("Ram", "sketches/Ram/Ram.ino:3: RAM: "),
        (
            "Twice",
            "sketches/Twice/more.cpp:2: multiple definition of `counter'; first defined in sketches/Twice/Twice.ino:1",
        ),
        ("HashError", "sketches/HashError/HashError.ino:2:2: error: #error \"Set DISPLAY_PIN"),
        (
            "Template",
            "sketches/Template/Template.ino:10:21: no matching function for call to 'write(const Point&)'",
        ),
        (
            "BadLibrary",
            "libraries/Faulty/src/Faulty.cpp:4:10: error: 'undeclared' was not declared in this scope",
        ),
        ("Tab", "sketches/Tab/blink.ino:3:15: error: expected primary-expression before ';' token"),
        ("Header", "sketches/Header/config.h:3:17: error: 'thirteen' was not declared in this scope"),
    ] {
        let run = check(&workspace, "matrix.yml", &format!("sketches/{sketch}"));
        assert!(first_line(&run).starts_with(cause), "{}", run.stdout);
        // The other boards only refer to it.
        let (whole, own) = (format!(": as uno/sketches/{sketch}\n"), format!("{sketch}: flash: "));
        let same = run.stdout.matches(&whole).count() + run.stdout.matches(&own).count();
        assert_eq!(same + run.stdout.matches(&own.replace("flash", "RAM")).count(), 2, "{}", run.stdout);
        let names = format!("{sketch} on leonardo, mega, uno");
        assert_eq!((run.stdout.matches(&names).count(), summary(&run).matches(&names).count()), (1, 1));
    }
    let run = check(&workspace, "core.yml", "BadCore");
    assert!(
        first_line(&run).starts_with("core/cores/broken/broken.cpp:3:14: error: 'nothing' was not declared")
    );
}

#[test]
fn the_same_is_read_again() {
    let workspace = project();
    let told = |sketch: &str| {
        let options = ["run", "matrix.yml", "-s", sketch, "-q", "-b", "uno", "--retry-failures"];
        let run = workspace.run(options).assert_exit(1);
        settled(&format!("{}{}{}{}", run.stderr, run.stdout, junit(&run), summary(&run)))
    };
    for sketch in ["sketches/Syntax", "sketches/Ram"] {
        assert_eq!(told(sketch), told(sketch));
        let elf = workspace.path(format!(".fbuild-matrix/cells/uno/{sketch}")).join("Ram.ino.elf");
        assert!(!elf.exists(), "what was linked to be measured is no firmware");
    }
}
