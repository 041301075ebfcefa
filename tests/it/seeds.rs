//! Stage 1 is nobody's to change: what cells get of it are hardlinks, and whatever they do with them,
//! its files stay what they were.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::{Workspace, files_below};

/// What a file is: its bytes, inode and time of change.
#[derive(PartialEq, Eq)]
struct State {
    bytes: Vec<u8>,
    inode: u64,
    modified: (i64, i64),
}

/// The objects and archives below a directory, by their paths relative to it.
fn states(directory: &Path) -> BTreeMap<PathBuf, State> {
    let files = files_below(directory, "o").into_iter().chain(files_below(directory, "a"));
    files
        .map(|(path, bytes)| {
            let about = fs::metadata(directory.join(&path)).unwrap();
            (path, State { bytes, inode: about.ino(), modified: (about.mtime(), about.mtime_nsec()) })
        })
        .collect()
}

#[track_caller]
fn assert_same(before: &BTreeMap<PathBuf, State>, after: &BTreeMap<PathBuf, State>, when: &str) {
    assert!(before.keys().eq(after.keys()), "{when}: {:?} became {:?}", before.keys(), after.keys());
    for (path, state) in before {
        let now = &after[path];
        assert!(state.bytes == now.bytes, "{when}: the content of {} changed", path.display());
        assert!(state.inode == now.inode, "{when}: {} was replaced", path.display());
        assert!(state.modified == now.modified, "{when}: {} was written", path.display());
    }
}

const AVR: &str = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\n\
                   boards: {uno: \"arduino:avr:uno\", mega: \"arduino:avr:mega\"}\nsketches: [\"s/*\"]\n";

fn blink(delay: u32) -> String {
    format!(
        "void setup() {{ pinMode(13, OUTPUT); Serial.begin(9600); }}\nvoid loop() {{ Serial.println({delay}); delay({delay}); }}\n"
    )
}

/// The real core, whose flags (`-flto -MMD`, `gcc-ar rcs`) are those that were seen to write through links.
#[test]
fn stage_1_is_never_written_again() {
    let workspace = Workspace::new().sketch("s/A", &blink(1)).sketch("s/B", &blink(2)).file("m.yml", AVR);
    workspace.run(["run", "m.yml"]).assert_exit(0);
    let cores = workspace.path(".fbuild-matrix/cores");
    let units = workspace.path(".fbuild-matrix/units");
    let (stage_1, objects) = (states(&cores), states(&units));
    let archives = stage_1.keys().filter(|path| path.ends_with("core.a")).count();
    assert!(archives == 2 && stage_1.len() > 40, "{} files, {archives} archives", stage_1.len());

    let mut workspace = workspace;
    for round in 3..6 {
        workspace = workspace.sketch("s/A", &blink(round));
        workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_same(&stage_1, &states(&cores), "after a change of a sketch");
    }
    fs::remove_dir_all(workspace.path(".fbuild-matrix/cells")).unwrap();
    workspace.run(["run", "m.yml", "-j", "8"]).assert_exit(0);
    assert_same(&stage_1, &states(&cores), "after the cells were made again");
    workspace
        .clone()
        .sketch("s/B", "void setup() { nothing(); }\nvoid loop() {}\n")
        .run(["run", "m.yml"])
        .assert_exit(1);
    assert_same(&stage_1, &states(&cores), "after a cell that fails");
    let mut left = states(&units);
    left.retain(|path, _| objects.contains_key(path));
    assert_same(&objects, &left, "objects of the first run");
}

#[test]
fn cells_share_the_inodes_of_stage_1() {
    let workspace = Workspace::new().sketch("s/A", &blink(1)).sketch("s/B", &blink(2)).file("m.yml", AVR);
    workspace.run(["run", "m.yml"]).assert_exit(0);
    let cores = states(&workspace.path(".fbuild-matrix/cores"));
    let mut shared = 0;
    for board in ["uno", "mega"] {
        let stage_1: BTreeMap<PathBuf, u64> = cores
            .iter()
            .filter(|(path, _)| path.to_str().unwrap().starts_with(&format!("{board}-")))
            .map(|(path, state)| (path.components().skip(1).collect(), state.inode))
            .collect();
        assert!(stage_1.contains_key(Path::new("core/core.a")), "{:?}", stage_1.keys());
        for sketch in ["A", "B"] {
            let cell = states(&workspace.path(format!(".fbuild-matrix/cells/{board}/s/{sketch}")));
            for (path, inode) in &stage_1 {
                assert_eq!(cell[path].inode, *inode, "{board}/{sketch}: {}", path.display());
                shared += 1;
            }
        }
    }
    assert!(shared > 80, "{shared}");
}

/// The cache and the packages on one file system, the work directory on another: hardlinks from the one to
/// the other can't be, inside of each they can.
#[test]
fn the_work_directory_may_be_on_another_file_system() {
    let workspace =
        workspace().sketch("s/A", EMPTY).sketch("s/B", EMPTY).file("m.yml", matrix("sketches: [\"s/*\"]\n"));
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    assert_ne!(
        device(other.path()),
        device(&workspace.cache()),
        "/dev/shm is to be a file system of its own"
    );
    let work = other.path().join("work");
    let arguments = ["run", "m.yml", "--work-dir", work.to_str().unwrap()];
    workspace.run(arguments).assert_exit(0);
    let hex = files_below(&work.join("cells"), "hex");
    assert_eq!(hex.len(), 2);
    let here = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(here.firmware(), hex, "where it is built changes nothing");

    let core = states(&work.join("cores"));
    let cell = states(&work.join("cells/uno/s/A"));
    let archive = core.iter().find(|(path, _)| path.ends_with("core.a")).unwrap().1;
    assert_eq!(cell[Path::new("core/core.a")].inode, archive.inode);
    workspace
        .clone()
        .sketch("s/A", "void setup() {}\nvoid loop() { __asm(\"nop\"); }\n")
        .run(arguments)
        .assert_exit(0);
    assert_same(&core, &states(&work.join("cores")), "after a second run");
}
