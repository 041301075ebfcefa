//! Directories that are full, read-only or gone: told as that, nothing corrupt, and the next run is right.
//!
//! A full disk is a small file system of memory that is mounted for the test alone, in name spaces of its
//! own (`unshare`, of util-linux, which is in every base system). Where the machine forbids that, these
//! tests fail and say so: in a container it takes `--privileged`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failures_core::{EMPTY, core, matrix, script, tools, workspace};
use crate::processes::{finish, start, wait_for};
use crate::support::{Finished, Reports, Verdict, Workspace, files_below};

/// Ten sketches for the small core.
fn ten_cells() -> Workspace {
    (0..10).fold(workspace().file("m.yml", matrix("sketches: [\"s/*\"]\n")), |workspace, number| {
        // Each its own object, so that each takes room.
        let text = format!(
            "volatile char x[{}];\nvoid setup() {{ x[{number}] = 1; }}\nvoid loop() {{}}\n",
            64 + number
        );
        workspace.sketch(&format!("s/S{number}"), &text)
    })
}

/// What runs on a small disk have left: the first while it was as small as told, the second with room.
struct OnSmallDisk {
    workspace: Workspace,
    first: Finished,
    second: Finished,
}

impl OnSmallDisk {
    /// Runs `m.yml` twice with `directory` of the workspace on a disk mounted with `options`; before the
    /// second run it is made large and writable. What is on it then is copied to `first` and `second`.
    fn run(workspace: Workspace, directory: &Path, options: &str, arguments: &[&str]) -> Self {
        const SCRIPT: &str = r#"
            disk=$1 options=$2 copies=$3
            shift 3
            mount -t tmpfs -o "$options" tmpfs "$disk" || exit 77
            test -d "$copies/apt" && ln -s "$(readlink -f "$copies/apt")" "$disk/apt"
            for run in first second; do
                "$@" > "$copies/$run.out" 2> "$copies/$run.err"
                echo $? > "$copies/$run.code"
                cp -r "$disk" "$copies/$run"
                mount -o remount,size=200m,rw "$disk" || exit 77
            done
        "#;
        let copies = workspace.path("../copies");
        fs::create_dir_all(&copies).unwrap();
        if directory == workspace.cache() {
            // What is installed lies below the cache directory, which the disk hides.
            std::os::unix::fs::symlink(directory.join("apt").canonicalize().unwrap(), copies.join("apt"))
                .unwrap();
        }
        fs::create_dir_all(directory).unwrap();
        let program = workspace.command(["run", "m.yml"]);
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"]);
        command.arg(directory).arg(options).arg(&copies).arg(program.get_program()).args(program.get_args());
        command.args(arguments).current_dir(workspace.path("")).env_clear().stdin(Stdio::null());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "a disk can't be mounted for this test; a container has to be `--privileged`: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let [first, second] = ["first", "second"].map(|run| {
            let text =
                |extension: &str| fs::read_to_string(copies.join(format!("{run}.{extension}"))).unwrap();
            Finished {
                workspace: workspace.clone(),
                code: Some(text("code").trim().parse().unwrap()),
                stdout: text("out"),
                stderr: text("err"),
            }
        });
        Self { workspace, first, second }
    }

    /// A directory of the disk as it was after a run.
    fn copy(&self, path: &str) -> PathBuf {
        self.workspace.path("../copies").join(path)
    }
}

type Firmware = BTreeMap<PathBuf, Vec<u8>>;

fn right(workspace: &Workspace) -> Firmware {
    let run = workspace.run(["run", "m.yml", "--no-cache", "--work-dir", "right"]).assert_exit(0);
    run.firmware_in("right")
}

/// The cells that a report says were built have the firmware that they should have.
fn assert_built_is_right(reports: &Reports, work: &Path, right: &Firmware) -> usize {
    let made = files_below(&work.join("cells"), "hex");
    let junit = reports.junit();
    let mut built = 0;
    for case in junit.cases().filter(|case| case.verdict == Verdict::Passed) {
        let name = case.name.rsplit('/').next().unwrap();
        let path = Path::new(&case.classname).join(&case.name).join(format!("{name}.ino.hex"));
        assert!(
            made.contains_key(&path) && made[&path] == right[&path],
            "{} is not what it should be",
            path.display()
        );
        built += 1;
    }
    built
}

fn full_work_directory(size: &str, arguments: &[&str]) {
    let workspace = ten_cells();
    let right = right(&workspace);
    let work = workspace.path(".fbuild-matrix");
    let runs = OnSmallDisk::run(workspace, &work, &format!("size={size}"), arguments);
    let first = &runs.first;
    assert_eq!(first.code, Some(3), "{size}: {}", first.stderr);
    let message = first.stderr.lines().last().unwrap();
    assert!(message.starts_with(&format!("error: {} is full: ", work.display())), "{message}");
    assert!(
        message.contains(" free; ") && message.contains("need"),
        "how much there was, and more: {message}"
    );
    assert!(message.contains("--work-dir"), "{message}");

    // The reports are where they belong, or elsewhere: then it is told where.
    let shown = first.stdout.lines().last().unwrap().strip_prefix("reports: ").unwrap();
    let told = runs.workspace.path(shown);
    let reports = if told.starts_with(&work) {
        Reports::new(runs.copy("first/reports"))
    } else {
        assert!(first.stderr.contains(&format!("they are in {shown}\n")), "{}", first.stderr);
        assert!(!runs.copy("first/reports/junit.xml").exists());
        Reports::new(told)
    };
    assert_eq!(reports.junit().cases().count(), 10, "every cell is told");
    for case in reports.junit().cases() {
        match &case.verdict {
            Verdict::Passed | Verdict::Error { .. } => {}
            other => panic!("{}: not the fault of its code: {other:?}", case.name),
        }
    }
    assert_eq!(reports.events().last().unwrap()["exit"], 3);
    let built = assert_built_is_right(&reports, &runs.copy("first"), &right);
    assert!(built < 10);

    assert_eq!(runs.second.code, Some(0), "{}", runs.second.stderr);
    assert_eq!(files_below(&runs.copy("second/cells"), "hex"), right);
}

#[test]
fn a_work_directory_that_is_full_at_once_is_told_as_that() {
    full_work_directory("96k", &[]);
}

#[test]
fn a_work_directory_that_fills_up_is_told_as_that() {
    full_work_directory("240k", &["--no-cache"]);
}

#[test]
fn without_room_in_the_cache_directory_a_run_goes_on_without_the_cache() {
    for size in ["8k", "64k", "200k"] {
        let workspace = ten_cells();
        let right = right(&workspace);
        let cache = workspace.cache();
        let runs = OnSmallDisk::run(workspace, &cache, &format!("size={size}"), &[]);
        assert_eq!(runs.first.code, Some(0), "{size}: {}", runs.first.stderr);
        assert!(
            runs.first.stderr.contains("the compiler cache in "),
            "{size}: nothing is told: {}",
            runs.first.stderr
        );
        assert_eq!(runs.first.firmware(), right, "{size}");
        // What is left in the cache is no danger to the next run.
        fs::remove_dir_all(runs.workspace.path(".fbuild-matrix")).unwrap();
        assert_eq!(runs.second.code, Some(0), "{}", runs.second.stderr);
        let next = runs.workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(next.firmware(), right);
    }
}

#[test]
fn a_work_directory_that_can_only_be_read_is_named() {
    let workspace = ten_cells();
    let work = workspace.path(".fbuild-matrix");
    let runs = OnSmallDisk::run(workspace, &work, "ro", &[]);
    assert_eq!(runs.first.code, Some(3), "{}", runs.first.stderr);
    assert_eq!(runs.first.stderr.lines().count(), 1, "{}", runs.first.stderr);
    let named = format!("{}", work.display());
    assert!(
        runs.first.stderr.contains(&named) && runs.first.stderr.contains("Read-only"),
        "{}",
        runs.first.stderr
    );
    assert_eq!(runs.second.code, Some(0), "{}", runs.second.stderr);
}

/// A tool that waits for a file before it does its work, if its command has `pattern` in it.
fn waiting(property: &str, tool: &str, pattern: &str) -> Workspace {
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *{pattern}*) touch \"$0.waits\"; while [ ! -e \"$0.go\" ]; do sleep 0.02; done ;; esac\nexec \"{}\" \"$@\"\n",
        tools().join("bin").join(tool).display()
    );
    let workspace = script(workspace(), "slow", &text).sketch("A", EMPTY).sketch("Z", EMPTY);
    let slow = workspace.path("slow").display().to_string();
    let boards =
        format!("boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{{property}: \"{slow}\"}}}}\n");
    let matrix = format!("version: 1\ncores:\n{}{boards}sketches: [A, Z]\n", core());
    workspace.file("m.yml", matrix)
}

/// Runs it, does something while the tool waits, and lets it go on.
fn meanwhile(workspace: &Workspace, work: impl FnOnce()) -> Finished {
    let mut child = start(workspace, &["run", "m.yml", "-j", "1"]);
    let waits = workspace.path("slow.waits");
    wait_for("the tool", &mut child, || waits.exists());
    work();
    fs::write(workspace.path("slow.go"), "").unwrap();
    finish(child, workspace)
}

#[test]
fn a_work_directory_that_vanishes_is_told_and_made_again() {
    let workspace = waiting("compiler.link", "avr-gcc", "Z.ino");
    let right = right(&{
        fs::write(workspace.path("slow.go"), "").unwrap();
        workspace.clone()
    });
    for file in ["slow.go", "slow.waits"] {
        fs::remove_file(workspace.path(file)).unwrap();
    }
    let work = workspace.path(".fbuild-matrix");
    let run = meanwhile(&workspace, || fs::remove_dir_all(&work).unwrap()).assert_exit(3);
    let said = run.stderr.lines().last().unwrap();
    assert!(said.starts_with("error: ") && said.contains(&*work.to_string_lossy()), "{said}");
    assert!(said.contains("vanished") || said.contains("gone"), "{said}");
    assert_eq!(run.reports().junit().cases().count(), 2, "the reports are made again where they belong");
    assert_eq!(run.reports().events().last().unwrap()["exit"], 3);
    assert_eq!(workspace.run(["run", "m.yml"]).assert_exit(0).firmware(), right);
}

/// Message of an `<error>`.
#[track_caller]
fn error(run: &Finished, sketch: &str) -> String {
    match run.reports().junit().case("uno", sketch).verdict.clone() {
        Verdict::Error { message, .. } => message,
        other => panic!("{sketch} is no error but {other:?}"),
    }
}

#[test]
fn a_header_of_a_sketch_may_vanish_while_its_copy_is_compiled() {
    let workspace = waiting("compiler.cpp", "avr-g++", "A.ino.cpp")
        .sketch("A", "#include \"h.h\"\nvoid setup() {}\nvoid loop() {}\n")
        .file("A/h.h", "#pragma once\n");
    let header = workspace.path("A/h.h");
    meanwhile(&workspace, || fs::remove_file(&header).unwrap()).assert_exit(0);
    workspace.run(["run", "m.yml"]).assert_exit(1).assert_stderr("h.h: No such file or directory");
    fs::write(&header, "#pragma once\n").unwrap();
    workspace.run(["run", "m.yml"]).assert_exit(0);
}

#[test]
fn a_file_of_a_core_that_vanishes_blocks_its_cells_only_until_it_is_back() {
    let workspace = waiting("compiler.cpp", "avr-g++", "cores/mini/main.cpp");
    let main = workspace.path("core/cores/mini/main.cpp");
    let text = fs::read(&main).unwrap();
    let run = meanwhile(&workspace, || fs::remove_file(&main).unwrap()).assert_exit(1);
    for sketch in ["A", "Z"] {
        let message = error(&run, sketch);
        assert!(
            message.starts_with("blocked by core uno-") && message.contains("main.cpp vanished"),
            "{message}"
        );
    }
    fs::write(&main, text).unwrap();
    workspace.run(["run", "m.yml"]).assert_exit(0);
}
