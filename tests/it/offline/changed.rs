//! `--changed-since` in Git checkouts of a small project, with a tool chain that does nothing: which cells a change
//! selects, why, and where the records of earlier builds are found again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::scale::project;
use crate::support::{Finished, Workspace};

const MATRIX: &str = "\
version: 1
cores: {scale:avr: {provider: path, path: core, tools: {fake: tools}}}
boards: {one: scale:avr:one, two: scale:avr:two, quick: {fqbn: scale:avr:three, tags: [smoke]}}
libraries: [libs]
sketches:
  - {path: s/One, boards: [one, two]}
  - {path: s/Two, boards: [one, two]}
  - {path: s/Plain, boards: one}
  - {path: s/Smoke, boards: quick}
";

const SMOKE: &str = "quick/s/Smoke";

/// A repository in which everything was built and is committed.
struct Checkout {
    workspace: Workspace,
    directory: PathBuf,
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "protocol.file.allow=always"]);
    let output = git.args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Checkout {
    fn new() -> Self {
        let workspace = Workspace::new();
        let directory = workspace.path("repo");
        project::write(&directory, 0).unwrap();
        let checkout = Self { workspace, directory };
        let sketch = |includes: &str| format!("{includes}\nvoid setup() {{}}\nvoid loop() {{}}\n");
        for (path, text) in [
            ("matrix.yml", MATRIX.to_owned()),
            (".gitignore", "/tools/\n".to_owned()),
            ("README.md", "one".to_owned()),
            ("libs/Lib/library.properties", "name=Lib\nversion=1.0.0\n".to_owned()),
            ("libs/Lib/src/One.h", "#include \"Common.h\"\n".to_owned()),
            (
                "libs/Lib/src/Two.h",
                "#if __has_include(\"extra.h\")\n#include \"extra.h\"\n#endif\n".to_owned(),
            ),
            ("libs/Lib/src/Common.h", String::new()),
            ("libs/Lib/src/lib.cpp", "#include \"Common.h\"\n".to_owned()),
            ("libs/Unused/library.properties", "name=Unused\nversion=1.0.0\n".to_owned()),
            ("libs/Unused/src/Unused.h", String::new()),
            ("s/One/One.ino", sketch("#include <One.h>")),
            ("s/Two/Two.ino", sketch("#include <Two.h>\n#include \"local.h\"")),
            ("s/Two/local.h", String::new()),
            ("s/Plain/Plain.ino", sketch("")),
            ("s/Smoke/Smoke.ino", sketch("")),
        ] {
            checkout.write(path, &text);
        }
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        checkout.commit();
        checkout.run(&[]).assert_exit(0);
        checkout
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.directory, arguments)
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=change"]);
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, command: &str, more: &[&str]) -> Finished {
        let mut program = self.workspace.command([command, "matrix.yml"]);
        let output = program.args(more).current_dir(&self.directory).output().unwrap();
        Finished::new(self.workspace.clone(), &output)
    }

    fn run(&self, more: &[&str]) -> Finished {
        self.command("run", &[&["-q"], more].concat())
    }

    /// The selected cells with their reasons and files, and what was said.
    fn plan(&self, more: &[&str]) -> (BTreeMap<String, (String, Option<String>)>, String) {
        let plan = self.command("plan", &[&["--format", "json"], more].concat()).assert_exit(0);
        let json: Value = serde_json::from_str(&plan.stdout).unwrap();
        let name = |cell: &Value| {
            format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap())
        };
        let cells = json["cells"].as_array().unwrap().iter().map(|cell| {
            let file = cell["changed"].as_str().map(str::to_owned);
            (name(cell), (cell["reason"].as_str().unwrap_or_default().to_owned(), file))
        });
        let cells: BTreeMap<_, _> = cells.collect();
        for skipped in json["skipped"].as_array().unwrap() {
            assert!(skipped["reason"].as_str().unwrap().starts_with("no change since "), "{skipped}");
            assert!(!cells.contains_key(&name(skipped)));
        }
        assert_eq!(cells.len() + json["skipped"].as_array().unwrap().len(), 6, "each cell once");
        (cells, plan.stderr)
    }

    /// Checks which cells are selected beside the one for smoke; returns what was said.
    #[track_caller]
    fn selects(&self, since: &str, expected: &[&str], file: Option<&str>) -> String {
        let (cells, said) = self.plan(&["--changed-since", since]);
        let names: BTreeSet<&str> = cells.keys().map(String::as_str).collect();
        assert_eq!(names, expected.iter().copied().chain([SMOKE]).collect(), "{cells:#?}\n{said}");
        for (name, (reason, changed)) in &cells {
            if name == SMOKE && !expected.contains(&SMOKE) {
                assert_eq!(reason, "tag smoke");
            } else if let Some(file) = file {
                assert_eq!(changed.as_deref(), Some(file), "{name}: {reason}");
                assert!(reason.contains(file), "{name}: {reason}");
            }
        }
        said
    }
}

const ALL: [&str; 6] = ["one/s/One", "one/s/Plain", "one/s/Two", SMOKE, "two/s/One", "two/s/Two"];
const LIBRARY: [&str; 4] = ["one/s/One", "one/s/Two", "two/s/One", "two/s/Two"];
const TWO: [&str; 2] = ["one/s/Two", "two/s/Two"];

#[test]
fn a_sketch_with_the_tag_smoke_is_always_built() {
    let checkout = Checkout::new();
    let tagged = "{path: s/Plain, boards: one, tags: [smoke]}";
    checkout.write("matrix.yml", &MATRIX.replace("{path: s/Plain, boards: one}", tagged));
    checkout.commit();
    checkout.run(&[]).assert_exit(0);
    checkout.write("README.md", "two");
    let (cells, _) = checkout.plan(&["--changed-since", "HEAD"]);
    assert_eq!(cells.keys().map(String::as_str).collect::<Vec<_>>(), ["one/s/Plain", SMOKE]);
    assert!(cells.values().all(|(reason, file)| reason == "tag smoke" && file.is_none()), "{cells:?}");
}

#[test]
fn exactly_the_cells_that_can_read_a_changed_file_are_selected() {
    let checkout = Checkout::new();
    checkout.selects("HEAD", &[], None);
    // Each change alone, from the first commit on, uncommitted and committed.
    let each = |path: &str, text: Option<&str>, expected: &[&str]| {
        match text {
            Some(text) => checkout.write(path, text),
            None => fs::remove_file(checkout.directory.join(path)).unwrap(),
        }
        let said = checkout.selects("HEAD", expected, Some(path));
        checkout.commit();
        assert_eq!(checkout.selects("HEAD~1", expected, Some(path)), said);
        checkout.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        checkout.selects("HEAD", &[], None);
        said
    };
    each("libs/Lib/src/Two.h", Some("#define X\n"), &TWO);
    each("libs/Lib/src/Common.h", Some("#define X\n"), &LIBRARY);
    each("s/Plain/Plain.ino", Some("void setup() {}\nvoid loop() {}\n"), &["one/s/Plain"]);
    each("s/Two/local.h", Some("#define X\n"), &TWO);
    each("s/Two/local.h", None, &TWO);
    each("core/cores/scale/Arduino.h", Some("#pragma once\nvoid setup();\nvoid loop();\n#define X\n"), &ALL);
    each("README.md", Some("two"), &[]);
    each(".github/workflows/x.yml", Some("on: push"), &[]);
    each("docs/notes.txt", Some("notes"), &[]);
    each("libs/Lib/keywords.txt", Some("x"), &[]);
    // A name that a file looks for in vain.
    each("core/cores/scale/extra.h", Some(""), &ALL);
    // No record knows these.
    let said = each("libs/Lib/src/new.h", Some(""), &LIBRARY);
    assert!(said.contains("no record knows libs/Lib/src/new.h; it counts as read by 4 cells"), "{said}");
    each("s/Two/data/page.html", Some(""), &TWO);
    let said = each("libs/Unused/src/Unused.h", Some("x"), &ALL);
    assert!(
        said.contains("no record knows libs/Unused/src/Unused.h; it counts as read by 6 cells"),
        "{said}"
    );
    // The matrix, and the descriptions of boards and libraries.
    each(
        "matrix.yml",
        Some(&MATRIX.replace("two: scale:avr:two", "two: scale:avr:four")),
        &["two/s/One", "two/s/Two"],
    );
    each("matrix.yml", Some(&format!("{MATRIX}# a comment\n")), &[]);
    each("libs/Lib/library.properties", Some("name=Lib\nversion=1.0.1\n"), &LIBRARY);
    let boards = fs::read_to_string(checkout.directory.join("core/boards.txt")).unwrap();
    each("core/boards.txt", Some(&boards.replace("-DBOARD=1", "-DBOARD=11")), &["two/s/One", "two/s/Two"]);
    // Both names of what is renamed count.
    checkout.git(&["mv", "libs/Lib/src/Common.h", "libs/Lib/src/Other.h"]);
    checkout.selects("HEAD", &LIBRARY, None);
    checkout.git(&["reset", "--quiet", "--hard"]);
    // `--all` overrides the selection, and the reasons are shown.
    let (cells, _) = checkout.plan(&["--changed-since", "HEAD", "--all"]);
    assert_eq!(cells.keys().map(String::as_str).collect::<Vec<_>>(), ALL);
    assert_eq!((&*cells["one/s/One"].0, &*cells[SMOKE].0), ("--all", "tag smoke"));
}

#[test]
fn a_run_builds_the_affected_cells_and_reports_the_others_as_skipped() {
    let checkout = Checkout::new();
    checkout.write("s/Two/Two.ino", "#include <Two.h>\nvoid setup() { int x; }\nvoid loop() {}\n");
    let run = checkout.run(&["--changed-since", "HEAD"]).assert_exit(0);
    let reports = crate::support::Reports::new(checkout.directory.join(".fbuild-matrix/reports"));
    let junit = reports.text("junit.xml");
    assert!(junit.contains("no change since HEAD can affect it"), "{junit}");
    assert_eq!(junit.matches("<skipped").count(), 3, "{junit}\n{}", run.stderr);
    let outcomes = |wanted: &str| {
        let events = reports.events();
        let cells = events
            .into_iter()
            .filter(|event| event["event"] == "job_finished" && event["outcome"]["outcome"] == wanted);
        cells
            .filter_map(|event| Some(event["job"]["cell"]["sketch"].as_str()?.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(outcomes("built"), ["s/Two", "s/Two"]);
    assert_eq!(outcomes("up_to_date"), ["s/Smoke"]);
    // Nothing is affected, and nothing is tagged: that is no error.
    checkout.git(&["stash", "--quiet"]);
    checkout.run(&["--changed-since", "HEAD", "--board", "one"]).assert_exit(0);
    // The firmware of skipped cells stays.
    assert!(checkout.directory.join(".fbuild-matrix/cells/one/s/Plain/Plain.ino.hex").is_file());
    // What was built before the revision, with other contents, is no proof.
    checkout.git(&["stash", "pop", "--quiet"]);
    checkout.write("s/Two/Two.ino", "void setup() {}\nvoid loop() {}\n");
    checkout.commit();
    checkout.selects("HEAD", &TWO, Some("s/Two/Two.ino"));
}

#[test]
fn records_are_those_of_every_checkout() {
    let checkout = Checkout::new();
    let origin = checkout.directory.display().to_string();
    let directory = checkout.workspace.path("elsewhere/clone");
    git(&checkout.workspace.path(""), &["clone", "--quiet", &origin, &directory.display().to_string()]);
    let clone = Checkout { workspace: checkout.workspace.clone(), directory };
    fs::create_dir_all(clone.directory.join("tools/bin")).unwrap();
    fs::copy(checkout.directory.join("tools/bin/fake-gcc"), clone.directory.join("tools/bin/fake-gcc"))
        .unwrap();
    clone.selects("HEAD", &[], None);
    clone.write("libs/Lib/src/Two.h", "#define X\n");
    clone.selects("origin/main", &TWO, Some("libs/Lib/src/Two.h"));
    // Without records everything is affected, and says so.
    fs::remove_file(checkout.workspace.cache().join("inputs")).unwrap();
    let (cells, _) = clone.plan(&["--changed-since", "HEAD"]);
    assert_eq!(cells.keys().map(String::as_str).collect::<Vec<_>>(), ALL);
    assert!(cells.values().all(|(reason, _)| reason.contains("no build of it is recorded")), "{cells:#?}");
    // Although nothing has changed since, the next run records again.
    checkout.run(&[]).assert_exit(0);
    clone.git(&["checkout", "--quiet", "."]);
    clone.selects("HEAD", &[], None);
}

#[test]
fn a_missing_revision_is_refused_with_the_command_that_fetches_it() {
    let checkout = Checkout::new();
    checkout.commit();
    let origin = format!("file://{}", checkout.directory.display());
    let directory = checkout.workspace.path("shallow");
    let clone = ["clone", "--quiet", "--depth=1", &origin, &directory.display().to_string()];
    git(&checkout.workspace.path(""), &clone);
    let old = checkout.git(&["rev-parse", "HEAD~1"]).trim().to_owned();
    let shallow = Checkout { workspace: checkout.workspace.clone(), directory };
    for (revision, fetch) in [
        (old.as_str(), format!("git fetch --depth=1 origin {old}")),
        ("HEAD~1", "git fetch --unshallow origin".to_owned()),
        ("origin/next", "git fetch --depth=1 origin next:refs/remotes/origin/next".to_owned()),
    ] {
        let refused = shallow.command("run", &["--changed-since", revision]).assert_exit(2);
        let refused = refused.assert_stderr("the shallow clone").assert_stderr(&fetch);
        assert!(refused.stderr.contains(&format!("no revision `{revision}`")), "{}", refused.stderr);
    }
    assert!(!shallow.directory.join(".fbuild-matrix/cells").exists());
    // The command makes it work.
    shallow.git(&["fetch", "--quiet", "--depth=1", "origin", &old]);
    fs::create_dir_all(shallow.directory.join("tools/bin")).unwrap();
    fs::copy(checkout.directory.join("tools/bin/fake-gcc"), shallow.directory.join("tools/bin/fake-gcc"))
        .unwrap();
    shallow.selects(&old, &[], None);
    for revision in ["", "--all=x", "no such revision"] {
        checkout.command("plan", &[&format!("--changed-since={revision}")]).assert_exit(2);
    }
}

#[test]
fn changes_within_a_submodule_are_seen() {
    let checkout = Checkout::new();
    let library = checkout.workspace.path("library");
    fs::create_dir_all(library.join("src")).unwrap();
    fs::write(library.join("src/Lib.h"), "").unwrap();
    fs::write(library.join("src/Sub.h"), "").unwrap();
    fs::write(library.join("library.properties"), "name=Sub\nversion=1.0.0\n").unwrap();
    git(&library, &["init", "--quiet"]);
    git(&library, &["add", "."]);
    git(&library, &["commit", "--quiet", "--message=one"]);
    checkout.git(&["submodule", "--quiet", "add", &library.display().to_string(), "libs/Sub"]);
    checkout.write("s/Plain/Plain.ino", "#include <Sub.h>\nvoid setup() {}\nvoid loop() {}\n");
    checkout.commit();
    checkout.run(&[]).assert_exit(0);
    checkout.selects("HEAD", &[], None);
    checkout.write("libs/Sub/src/Sub.h", "#define X\n");
    checkout.selects("HEAD", &["one/s/Plain"], Some("libs/Sub/src/Sub.h"));
    git(&checkout.directory.join("libs/Sub"), &["commit", "--quiet", "--all", "--message=two"]);
    checkout.selects("HEAD", &["one/s/Plain"], Some("libs/Sub/src/Sub.h"));
    checkout.commit();
    checkout.selects("HEAD~1", &["one/s/Plain"], Some("libs/Sub/src/Sub.h"));
}

#[test]
fn rerun_builds_again_what_has_no_firmware() {
    let checkout = Checkout::new();
    let rerun = |more: &[&str]| {
        let mut program = checkout.workspace.command(["rerun"]);
        let output = program.args(more).current_dir(&checkout.directory).output().unwrap();
        Finished::new(checkout.workspace.clone(), &output)
    };
    rerun(&[]).assert_exit(0).assert_stdout("nothing to build again");
    let core = fs::read(checkout.directory.join("core/platform.txt")).unwrap();
    // The link of one board fails.
    let text = String::from_utf8(core.clone()).unwrap();
    let broken = text.replace(
        "-o \"{build.path}/{build.project_name}.elf\"",
        "{build.link} -o \"{build.path}/{build.project_name}.elf\"",
    );
    checkout.write("core/platform.txt", &(broken + "build.link=\n"));
    let boards = fs::read_to_string(checkout.directory.join("core/boards.txt")).unwrap();
    checkout.write("core/boards.txt", &format!("{boards}two.build.link=missing.o\n"));
    checkout.run(&[]).assert_exit(1);
    let cells = |directory: &Path| {
        let events = crate::support::Reports::new(directory.to_owned()).events();
        let planned = events.into_iter().find(|event| event["event"] == "planned").unwrap();
        let cells = planned["cells"].as_array().unwrap().clone();
        let name = |cell: &Value| {
            format!("{}/{}", cell["id"]["board"].as_str().unwrap(), cell["id"]["sketch"].as_str().unwrap())
        };
        cells.iter().map(name).collect::<Vec<_>>()
    };
    let reports = checkout.directory.join(".fbuild-matrix/reports");
    // Of a downloaded directory, from another directory.
    let downloaded = checkout.workspace.path("downloaded");
    fs::create_dir(&downloaded).unwrap();
    fs::copy(reports.join("events.jsonl"), downloaded.join("events.jsonl")).unwrap();
    rerun(&["-q"]).assert_exit(1);
    assert_eq!(cells(&reports), ["two/s/One", "two/s/Two"]);
    checkout.write("core/boards.txt", &boards);
    rerun(&["-q", "--sketch", "One"]).assert_exit(0);
    assert_eq!(cells(&reports), ["two/s/One"]);
    let dry = rerun(&[downloaded.to_str().unwrap(), "matrix.yml", "--dry-run"]).assert_exit(0);
    assert!(dry.stdout.contains("s/Two") && !dry.stdout.contains("s/Plain"), "{}", dry.stdout);
    rerun(&["-q", downloaded.to_str().unwrap()]).assert_exit(0);
    assert_eq!(cells(&reports), ["two/s/One", "two/s/Two"]);
    // A run that was killed: what its events do not say is not built.
    let events = fs::read_to_string(downloaded.join("events.jsonl")).unwrap();
    let end = events.lines().position(|line| line.contains("job_finished")).unwrap();
    let killed: Vec<&str> = events.lines().take(end).collect();
    fs::write(downloaded.join("events.jsonl"), killed.join("\n") + "\n{\"at_us\":1,\"ev").unwrap();
    rerun(&["-q", downloaded.to_str().unwrap()]).assert_exit(0);
    assert_eq!(cells(&reports).len(), 6);
    for wrong in
        [&["nowhere.yml"][..], &[".", "matrix.yml"], &["matrix.yml", "core/boards.txt"], &["core", "libs"]]
    {
        rerun(wrong).assert_exit(2);
    }
}
