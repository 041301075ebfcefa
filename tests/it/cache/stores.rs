//! What the stores of the cache directory do for a new work directory, and what harm to them does.

use std::fs;
use std::path::Path;

use super::{ALL, assert_built, cells, project, run};
use crate::support::Finished;

/// Hits and misses of the compiler cache.
fn asked(run: &Finished) -> (u64, u64) {
    let timing = run.reports().timing();
    let sum = |key: &str| -> u64 {
        timing["jobs"].as_array().unwrap().iter().map(|job| job["cache"][key].as_u64().unwrap()).sum()
    };
    (sum("hits"), sum("misses"))
}

#[test]
fn the_compiler_cache_serves_a_new_work_directory() {
    let workspace = project();
    let text = fs::read_to_string(workspace.path("m.yml")).unwrap().replace("mini:avr:uno", "mini:mcu:uno");
    let workspace = workspace.file("m.yml", text);
    let first = run(&workspace);
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    fs::remove_dir_all(workspace.cache().join("artifacts")).unwrap();
    let again = run(&workspace);
    assert_eq!(again.firmware(), first.firmware());
    let (hits, misses) = asked(&again);
    assert!(hits > 0 && misses == 0, "{hits} hits, {misses} misses");
}

/// Light units need no compiler cache: none is started for them.
#[test]
fn the_artifact_store_serves_single_objects_of_light_units() {
    let workspace = project();
    let text = fs::read_to_string(workspace.path("m.yml")).unwrap().replace("mini:mcu:uno", "mini:avr:uno");
    let workspace = workspace.file("m.yml", text);
    run(&workspace);
    assert!(!workspace.cache().join("zccache").exists());
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    // Core and firmware are others then, the objects of library and sketches are not.
    let platform = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let packed = platform.replace("rcs \"", "rcsD \"");
    assert_ne!(packed, platform);
    let again = run(&workspace.file("core/platform.txt", packed));
    let steps = again.steps();
    assert!(!steps.iter().any(|step| step.contains(": compile ")), "{steps:?}");
    assert!(steps.iter().any(|step| step.contains(": archive ")), "{steps:?}");
}

#[test]
fn the_artifact_store_serves_a_new_work_directory_without_a_process() {
    let workspace = project();
    let first = run(&workspace);
    let log = workspace.path(".fbuild-matrix/cells/uno/s/A/build.log");
    let made = fs::read_to_string(&log).unwrap();
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(again.steps(), Vec::<String>::new());
    assert_eq!(again.firmware(), first.firmware());
    assert_built(&again, ALL);
    let log = fs::read_to_string(&log).unwrap();
    let [made, log] = [&made, &log].map(|log| log.split_once("\n\n").unwrap());
    assert!(log.0.starts_with("libraries of this build:") && log.0 == made.0, "{}", log.0);
    let (first, rest) = log.1.split_once('\n').unwrap();
    assert!(first.contains("artifact store"), "{first}");
    assert_eq!(rest, made.1, "how it was made");
    let third = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(cells(&third).0.len(), 0, "it is recorded");
}

/// Where in the artifact store, and what is done to a file there.
type Harm = (&'static str, fn(&Path));

#[test]
fn harm_in_the_artifact_store_is_noticed() {
    let workspace = project();
    let first = run(&workspace);
    let files = |part: &str| {
        let walk = walkdir::WalkDir::new(workspace.cache().join("artifacts").join(part)).sort_by_file_name();
        let files = walk.into_iter().map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file());
        files.collect::<Vec<_>>()
    };
    let harms: [Harm; 4] = [
        ("blobs", |path| fs::write(path, "harmed").unwrap()),
        ("blobs", |path| fs::remove_file(path).unwrap()),
        ("entries", |path| fs::write(path, "{").unwrap()),
        ("entries", |path| fs::write(path, "").unwrap()),
    ];
    for (part, harm) in harms {
        let files = files(part);
        assert!(files.len() > 5, "{part}");
        files.iter().step_by(2).for_each(|path| harm(path));
        fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
        let again = workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(again.firmware(), first.firmware());
    }
}
