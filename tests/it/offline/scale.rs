//! Some thousand cells, with a tool chain that does nothing: nothing is lost, nothing is done twice, and memory
//! grows with the cells and no faster. How long it takes is for `examples/scale` to show.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::support::{Reports, Workspace};

#[path = "../../../examples/scale/project.rs"]
pub(super) mod project;

/// Sketches of the project, and of the part of it that a run with `FEW` selects.
const SKETCHES: usize = 500;
const SOME: usize = 100;
const FEW: [&str; 2] = ["--sketch", "sketches/Sketch000*"];
const BOARDS: usize = project::BOARDS.len();

/// What a debug build takes for itself, and for each cell: bounds, not measurements.
const BASE_KIB: usize = 64 * 1024;
const CELL_KIB: usize = 16;

#[test]
fn thousands_of_cells_are_told_once_each_and_memory_grows_with_them() {
    let workspace = Workspace::new();
    project::write(&workspace.path(""), SKETCHES).unwrap();
    let starts = workspace.path("tools/bin/fake-gcc.starts");
    fs::write(&starts, "").unwrap();
    // Each start of a tool is one byte.
    let started = || usize::try_from(fs::metadata(&starts).unwrap().len()).unwrap();

    let few = run(&workspace, "few", &FEW);
    assert_told_once(&workspace, "few", "built", SOME);
    // A compile, a link, a conversion and a size for each cell; a compile and an archive for each core. Beside
    // that the compiler is asked twelve times what it is, and once which directories it searches: the boards differ
    // in a macro only.
    let all = |sketches| BOARDS * (4 * sketches + 2);
    assert_eq!(started(), all(SOME) + 12 + 1);

    let many = run(&workspace, "many", &[]);
    assert_told_once(&workspace, "many", "built", SKETCHES);
    // What the compiler is stays known, without a cache too; the directories that it searches depend on where it runs.
    let asked = 12 + 2;
    assert_eq!(started(), all(SOME) + all(SKETCHES) + asked);

    let again = run(&workspace, "many", &[]);
    assert_told_once(&workspace, "many", "up-to-date", SKETCHES);
    assert_eq!(started(), all(SOME) + all(SKETCHES) + asked, "nothing is started again");

    for (cells, peak) in [(SOME, few), (SKETCHES, many), (SKETCHES, again)] {
        let cells = cells * BOARDS;
        assert!(peak < BASE_KIB + cells * CELL_KIB, "{peak} KiB for {cells} cells");
    }
    let more = (SKETCHES - SOME) * BOARDS;
    assert!(many < few + more * CELL_KIB, "{few} KiB, and {many} KiB for {more} cells more");
}

/// Runs the matrix to its end. The most memory that the program had at once, in KiB, all reports written.
#[track_caller]
fn run(workspace: &Workspace, work: &str, more: &[&str]) -> usize {
    // The program ends when it has printed its closing lines; as long as these don't fit into the pipe it can be
    // looked at.
    let (mut reader, writer) = full_pipe();
    let mut command = workspace.command(["run", "-q", "matrix.yml", "--no-cache", "--work-dir", work]);
    let summary = workspace.path(work).join("reports/summary.md");
    let _ = fs::remove_file(&summary);
    let mut child = command.args(more).stdout(writer).spawn().unwrap();
    // It holds the pipe's other end, which would stay open.
    drop(command);
    while !summary.exists() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended without reports");
        std::thread::sleep(Duration::from_millis(10));
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB"));
    let peak = peak.unwrap().trim().parse().unwrap();
    reader.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    peak
}

/// A pipe that takes nothing until somebody reads.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    let full = loop {
        if let Err(error) = writer.write(&[0]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    fcntl_setfl(&writer, flags).unwrap();
    (reader, writer)
}

/// Fails unless each report has each cell of the first `sketches` sketches once, with this outcome.
#[track_caller]
fn assert_told_once(workspace: &Workspace, work: &str, outcome: &str, sketches: usize) {
    let reports = Reports::new(workspace.path(work).join("reports"));
    let mut cells = BTreeMap::new();
    for board in project::BOARDS {
        for number in 0..sketches {
            cells.insert(format!("{board}/sketches/Sketch{number:05}"), 1);
        }
    }
    let counted = |told: &mut dyn Iterator<Item = String>| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        told.for_each(|cell| *counts.entry(cell).or_default() += 1);
        counts
    };
    let junit = reports.junit();
    assert_eq!(counted(&mut junit.cases().map(|case| format!("{}/{}", case.classname, case.name))), cells);

    let timing = reports.timing();
    let jobs = timing["jobs"].as_array().unwrap().iter();
    let jobs = jobs.filter(|job| job["kind"] == "cell" && job["outcome"] == outcome);
    assert_eq!(counted(&mut jobs.map(|job| job["id"].as_str().unwrap().to_owned())), cells);

    let events = reports.events();
    for kind in ["job_started", "job_finished"] {
        let jobs = events.iter().filter(|event| event["event"] == kind).map(|event| &event["job"]["cell"]);
        let jobs = jobs.filter(|cell| !cell.is_null());
        let name = |cell: &serde_json::Value| {
            format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap())
        };
        assert_eq!(counted(&mut jobs.map(name)), cells, "{kind}");
    }
    let traced = reports.trace();
    let traced = traced["traceEvents"].as_array().unwrap().iter();
    let traced = traced.filter(|event| event["cat"] == "cell").map(|event| &event["name"]);
    assert_eq!(counted(&mut traced.map(|name| name.as_str().unwrap().to_owned())), cells, "the trace");
}
