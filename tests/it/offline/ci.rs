//! What CI systems read of a run: annotations, groups, the step summary, outputs, the code quality report.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::scale::project;
use crate::failures_core::script;
use crate::support::{Finished, Workspace};

/// The fake compiler with two errors: `Gone.h`, which `Lib.h` of a library includes, is missing; and a line of a sketch
/// that begins with `wrong`. After an error it prints what a runner could take for commands.
const COMPILER: &str = r#"
for arg; do
    case $arg in
        *.ino.cpp) source=$arg ;;
        -I*) [ -f "${arg#-I}/Lib.h" ] && library=${arg#-I}/Lib.h ;;
    esac
done
fail() {
    echo "$1" >&2
    printf '%s\n' '::error file=x.ino::injected' '  ::set-output name=x::y' '##[error]injected' '::endgroup::' >&2
    exit 1
}
case " $* " in *" -c "*)
    if [ -n "$source" ]; then
        error=$(awk '/^#line/ { line = $2; file = $3; gsub(/"/, "", file); next }
            /^wrong/ { print file ":" line ":1: error: undeclared " $0 " of 100%"; exit } { line++ }' "$source")
        [ -z "$error" ] || fail "$error"
        if grep -q '^#include <Lib.h>' "$source"; then
            fail "$library:2:10: fatal error: Gone.h: No such file or directory
 #include <Gone.h>
          ^~~~~~~~
compilation terminated."
        fi
    fi
esac
exec "${0%/*}/true-gcc" "$@"
"#;

/// Sketches for four boards of the fake core, and a library `Lib`; in the environment of a job of GitHub.
fn job(sketches: &[(String, String)]) -> Workspace {
    let workspace = Workspace::new();
    project::write(&workspace.path(""), 0).unwrap();
    fs::rename(workspace.path("tools/bin/fake-gcc"), workspace.path("tools/bin/true-gcc")).unwrap();
    let matrix = fs::read_to_string(workspace.path("matrix.yml")).unwrap();
    let workspace = script(workspace, "tools/bin/fake-gcc", COMPILER)
        .file("ci/matrix.yml", matrix.replace("path: core", "path: ../core").replace("tools}", "../tools}"))
        .file("lib/Lib/src/Lib.h", "#pragma once\n#include <Gone.h>\n")
        .file("lib/Lib/library.properties", "name=Lib\nversion=1.0\narchitectures=*\n");
    let text = fs::read_to_string(workspace.path("ci/matrix.yml")).unwrap();
    let text = text.replace("sketches: [sketches/**]", "libraries: [../lib]\nsketches: [../sketches/**]");
    let workspace = workspace.file("ci/matrix.yml", text);
    let workspace = sketches
        .iter()
        .fold(workspace, |workspace, (name, text)| workspace.sketch(&format!("sketches/{name}"), text));
    let [root, summary, output] =
        ["", "summary", "output"].map(|it| workspace.path(it).display().to_string());
    workspace
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", root.trim_end_matches('/'))
        .env("CI_PROJECT_DIR", &root)
        .env("BUILD_SOURCESDIRECTORY", &root)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("GITHUB_OUTPUT", &output)
}

/// The commands that GitHub's runner executes, by its rules: white space at the start is ignored, and between
/// `stop-commands` and its token nothing is a command.
fn executed(run: &Finished) -> Vec<String> {
    let (mut commands, mut stopped) = (Vec::new(), None);
    for line in run.stderr.lines().chain(run.stdout.lines()) {
        let line = line.trim_start();
        if let Some(token) = &stopped {
            if line.starts_with(&format!("::{token}::")) {
                stopped = None;
            }
        } else if let Some(token) = line.strip_prefix("::stop-commands::") {
            stopped = Some(token.to_owned());
        } else if line.starts_with("::") || line.contains("##[") {
            commands.push(line.to_owned());
        }
    }
    assert_eq!(stopped, None, "commands are read again");
    commands
}

/// The annotations, and nothing else but groups that are closed.
#[track_caller]
fn annotations(run: &Finished) -> Vec<String> {
    let mut commands = executed(run);
    let mut open = false;
    commands.retain(|command| match command.as_str() {
        "::endgroup::" => {
            assert!(std::mem::take(&mut open), "a group is closed once");
            false
        }
        group if group.starts_with("::group::") => {
            assert!(!std::mem::replace(&mut open, true), "groups are not nested");
            false
        }
        _ => true,
    });
    assert!(!open);
    commands
}

/// The outputs of the step, as GitHub reads them.
fn outputs(workspace: &Workspace) -> BTreeMap<String, String> {
    let text = fs::read_to_string(workspace.path("output")).unwrap();
    let (mut outputs, mut lines) = (BTreeMap::new(), text.lines());
    while let Some(line) = lines.next() {
        let (name, value) = match line.split_once("<<") {
            Some((name, mark)) if !name.contains('=') => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != mark).collect();
                (name, value.join("\n"))
            }
            _ => line.split_once('=').map(|(name, value)| (name, value.to_owned())).unwrap(),
        };
        outputs.insert(name.to_owned(), value);
    }
    outputs
}

#[test]
fn a_missing_header_that_breaks_forty_cells_is_one_annotation() {
    let including = |number: usize| {
        format!("{}#include <Lib.h>\nvoid setup() {{}}\nvoid loop() {{}}\n", "\n".repeat(number))
    };
    let sketches: Vec<_> = (0..10).map(|number| (format!("S{number}"), including(number))).collect();
    let workspace = job(&sketches);
    let run = workspace.run(["run", "ci/matrix.yml"]).assert_exit(1);
    let found = annotations(&run);
    let [annotation] = &found[..] else { panic!("{found:#?}\n{}", run.stderr) };
    let start =
        "::error file=lib/Lib/src/Lib.h,line=2,col=10,title=compile error%3A 40 cells::Gone.h: No such file";
    assert!(annotation.starts_with(start), "{annotation}");
    let summary = fs::read_to_string(workspace.path("summary")).unwrap();
    let entries: Vec<&str> = summary.lines().filter(|line| line.starts_with("- **")).collect();
    assert!(
        matches!(entries[..], [entry] if entry.contains("Gone.h: No such file or directory")),
        "{entries:?}"
    );
    let outputs = outputs(&workspace);
    for (name, value) in
        [("exit-code", "1"), ("cells", "40"), ("failed", "40"), ("built", "0"), ("causes", "1")]
    {
        assert_eq!(outputs[name], value, "{name}");
    }
    assert_eq!(fs::read_to_string(&outputs["summary"]).unwrap(), summary);
    assert!(fs::exists(&outputs["junit"]).unwrap());

    // Without annotations the runner still finds no commands in what the compiler prints.
    let plain = workspace.run(["run", "ci/matrix.yml", "-s", "S0", "--annotations", "none"]).assert_exit(1);
    assert_eq!(executed(&plain), Vec::<String>::new());

    let run = workspace.run(["run", "ci/matrix.yml", "--annotations", "gitlab"]).assert_exit(1);
    assert_eq!(run.stderr.matches("section_start:").count(), run.stderr.matches("section_end:").count());
    let report = fs::read(workspace.path(".fbuild-matrix/reports/gl-code-quality.json")).unwrap();
    let issues: Vec<Value> = serde_json::from_slice(&report).unwrap();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0]["location"]["path"], "lib/Lib/src/Lib.h");
    assert_eq!(issues[0]["location"]["lines"]["begin"], 2);
    let run = workspace.run(["run", "ci/matrix.yml", "-s", "S0", "--annotations", "azure"]).assert_exit(1);
    let issue = "##vso[task.logissue type=error;sourcepath=lib/Lib/src/Lib.h;linenumber=2;columnnumber=10;]";
    assert_eq!(run.stderr.matches(issue).count(), 1, "{}", run.stderr);
    assert!(!fs::exists(workspace.path(".fbuild-matrix/reports/gl-code-quality.json")).unwrap());
}

#[test]
fn of_two_hundred_causes_ten_are_annotations_and_the_summary_has_all() {
    let broken = |number| format!("void setup() {{\nwrong{number}();\n}}\nvoid loop() {{}}\n");
    let sketches: Vec<_> = (0..200).map(|number| (format!("S{number}"), broken(number))).collect();
    let workspace = job(&sketches).file("summary", "# Before\n");
    let run = workspace.run(["run", "ci/matrix.yml", "-b", "one"]).assert_exit(1);
    let found = annotations(&run);
    assert_eq!(found.len(), 10, "{found:#?}");
    for annotation in found {
        let place = annotation.strip_prefix("::error file=sketches/S").unwrap();
        assert!(
            place.contains(".ino,line=2,col=1,title=compile error%3A 1 cell::undeclared wrong"),
            "{annotation}"
        );
        assert!(annotation.contains(" of 100%25%0A"), "{annotation}");
    }
    let summary = fs::read_to_string(workspace.path("summary")).unwrap();
    assert!(summary.starts_with("# Before\n"));
    for number in 0..200 {
        assert_eq!(summary.matches(&format!("wrong{number}(); of 100% (compile)")).count(), 1, "{number}");
    }
    assert_eq!(outputs(&workspace)["causes"], "200");
}

#[test]
fn a_broken_matrix_is_an_annotation_at_its_line() {
    let workspace = job(&[]).file("ci/matrix.yml", "version: 1\nborads: {}\n");
    let run = workspace.run(["run", "ci/matrix.yml"]).assert_exit(2);
    let found = annotations(&run);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("::error file=ci/matrix.yml,line=2,col=1,title=fbuild-matrix::"),
        "{}",
        found[0]
    );
    assert!(found[0].contains("boards"), "{}", found[0]);
    assert_eq!(outputs(&workspace)["exit-code"], "2");
    assert!(fs::read_to_string(workspace.path("summary")).unwrap().contains("borads"));
}
