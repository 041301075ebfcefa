//! Every cell of `matrices/platforms.yml`, built by arduino-cli with the same tools: the same verdict, the same final
//! files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fbuild_matrix::matrix::{Matrix, Provider};

use super::outcome::loaded;
use super::peer::arduino_cli;
use super::properties::given;
use crate::support::{Verdict, Workspace, avr_core, repository, tool};

/// Sketches with what arduino-cli does not have: `embed_files`.
const OURS_ALONE: [&str; 1] = ["esp32c3/Page"];

/// Sketches whose firmware holds the path of the build directory: only the names of files are compared.
const WITH_BUILD_PATH: [&str; 1] = ["minima/Unique"];

/// The final files of a cell, `NAME.ino.*`, by name: their bytes, or of linked programs what is loaded. Maps hold
/// paths.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let is_final = |name: &str| {
        name.contains(".ino.") && !name.contains(".ino.map") && !name.contains("with_bootloader")
    };
    let files = entries.filter(|path| path.is_file() && is_final(&name(path)));
    let hashed = |path: PathBuf| {
        let bytes = fs::read(&path).unwrap();
        let hash = if bytes.starts_with(b"\x7fELF") {
            loaded(&bytes)
        } else {
            blake3::hash(&bytes).to_hex()[..16].to_owned()
        };
        (name(&path), hash)
    };
    files.map(hashed).collect()
}

#[test]
#[ignore = "minutes: `just arduino-platforms`; cargo test compares the cases of platform_cases"]
fn are_the_same() {
    let cli = arduino_cli().expect("this needs an arduino-cli");
    let path = repository("matrices/platforms.yml");
    let matrix = Matrix::read(&path).unwrap();
    let platforms: Vec<(String, PathBuf)> = matrix
        .cores
        .iter()
        .filter_map(|(name, core)| match &core.provider {
            Provider::Path { dir, .. } => Some((name.clone(), dir.value.clone())),
            _ => None,
        })
        .collect();
    let tools = ["gcc-arm-none-eabi", "gcc-riscv64-unknown-elf", "gcc-xtensa-lx106", "python3-minimal"];
    let mut library_path: Vec<PathBuf> = tools.iter().filter_map(|name| tool(name).library_path()).collect();
    library_path.extend(avr_core().library_path);
    let workspace = Workspace::new();
    let matrix_path = path.to_str().unwrap();
    let run = workspace.run(["run", matrix_path]);
    let peer = cli.with(&platforms, &workspace.path(""));
    let (mut compared, mut differences) = (0, Vec::new());
    for case in run.reports().junit().cases() {
        let fqbn = matrix.boards[case.classname.as_str()].fqbn.value.to_string();
        let sketch = fs::canonicalize(&case.file).unwrap().parent().unwrap().to_owned();
        if OURS_ALONE.iter().any(|name| sketch.ends_with(name))
            || matches!(case.verdict, Verdict::Skipped { .. })
        {
            continue;
        }
        let lines = workspace.run(["boards", matrix_path, &fqbn, "--properties"]).assert_exit(0).stdout;
        let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
        let build = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let output = peer
            .compile(&fqbn, &given(&lines), &library_path)
            .arg("--build-path")
            .arg(build.path())
            .arg(&sketch)
            .output()
            .unwrap();
        let (ours, theirs) = (case.verdict == Verdict::Passed, output.status.success());
        let cell = workspace.path(".fbuild-matrix/cells").join(&case.classname);
        let cell = cell.join(case.name.trim_start_matches("../"));
        compared += 1;
        let (our_files, their_files) = (files(&cell), files(build.path()));
        let same_files = if WITH_BUILD_PATH.iter().any(|name| sketch.ends_with(name)) {
            our_files.keys().eq(their_files.keys())
        } else {
            our_files == their_files
        };
        let same = ours == theirs && (!ours || same_files);
        if !same {
            differences.push(format!(
                "{} {}: ours {ours} {:?}\n    theirs {theirs} {:?}\n{}",
                case.classname,
                case.name,
                our_files,
                their_files,
                String::from_utf8_lossy(&output.stderr).chars().take(800).collect::<String>()
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {compared} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(compared >= 35, "{compared}");
}
