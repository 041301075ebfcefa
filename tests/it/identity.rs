//! Same inputs, same bytes: what arduino-cli makes of the cells of `matrices/quickstart.yml`, we make,
//! however many processes build it and whatever is in the cache.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::arduino::{Board, Case, LEONARDO, MEGA, Outcome, UNO, content, expected};
use crate::support::{Finished, Workspace, avr_core, builtin_examples, repository};

const BOARDS: [Board; 3] = [UNO, MEGA, LEONARDO];

/// Examples that come with Arduino's IDE.
const BUILTIN: [&str; 6] = [
    "01.Basics/AnalogReadSerial",
    "01.Basics/Blink",
    "01.Basics/Fade",
    "02.Digital/toneMelody",
    "04.Communication/ASCIITable",
    "08.Strings/StringAdditionOperator",
];

/// Examples that come with the core.
const CORE: [&str; 4] = [
    "libraries/EEPROM/examples/eeprom_write",
    "libraries/SPI/examples/DigitalPotControl",
    "libraries/SoftwareSerial/examples/SoftwareSerialExample",
    "libraries/Wire/examples/master_reader",
];

/// Our own, for one board each; below `tests/platform`.
const OWN: [&str; 4] = ["uno/RtcLogger", "uno/SerialReport", "mega/SerialBridge", "leonardo/UsbPanel"];

/// Firmware by board and sketch.
type Firmware = BTreeMap<(String, String), Outcome>;

/// What arduino-cli makes of all cells, asked once for all tests.
static ARDUINO: LazyLock<Firmware> = LazyLock::new(|| {
    let cases = cases();
    let outcomes = expected(Some("identity"), &cases);
    cases.iter().map(|case| (case.board.name.to_owned(), case.name.clone())).zip(outcomes).collect()
});

fn cases() -> Vec<Case> {
    let (core, examples) = (avr_core().platform_dir, builtin_examples());
    let libraries = repository("tests/platform/libraries");
    let mut cases = Vec::new();
    for board in BOARDS {
        let builtin = BUILTIN.map(|it| (format!("builtin/{it}"), examples.join(it)));
        let core = CORE.map(|it| (format!("arduino_avr/{it}"), core.join(it)));
        let own = OWN.into_iter().filter(|it| it.split('/').next() == Some(board.name));
        let own = own.map(|it| format!("tests/platform/{it}")).map(|it| (it.clone(), repository(&it)));
        cases.extend(builtin.into_iter().chain(core).chain(own).map(|(name, sketch)| Case {
            content: content(&[&sketch, &libraries]),
            name,
            board,
            sketch,
            libraries: vec![libraries.clone()],
        }));
    }
    cases
}

/// The firmware that a run left in this work directory.
fn firmware(run: &Finished, work: &str) -> Firmware {
    let cells = run.workspace.path(work).join("cells");
    let hex = run.firmware_in(work);
    let dirs: std::collections::BTreeSet<PathBuf> =
        hex.into_keys().map(|path| path.parent().unwrap().to_owned()).collect();
    dirs.into_iter()
        .map(|dir| {
            let (board, sketch) = dir.to_str().unwrap().split_once('/').unwrap();
            ((board.to_owned(), sketch.to_owned()), Outcome::built(&cells.join(&dir)).unwrap())
        })
        .collect()
}

/// Runs the quickstart with more options.
fn quickstart(workspace: &Workspace, options: &[&str]) -> Finished {
    let matrix = repository("matrices/quickstart.yml");
    workspace.run(["run", matrix.to_str().unwrap()].iter().chain(options)).assert_exit(0)
}

/// Fails, and names the cells, if not every firmware is the same and none is missing.
#[track_caller]
fn assert_same(ours: &Firmware, theirs: &Firmware) {
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "the cells");
    let differ: Vec<&(String, String)> = ours.keys().filter(|cell| ours[*cell] != theirs[*cell]).collect();
    assert!(differ.is_empty(), "{} of {} differ: {differ:#?}", differ.len(), ours.len());
}

/// How many compiles of a run the cache answered, and how many it did not.
fn cached_and_compiled(run: &Finished) -> (u64, u64) {
    let timing = run.reports().timing();
    let units = timing["jobs"].as_array().unwrap().iter().map(|job| &job["units"]);
    units.fold((0, 0), |(cached, compiled), units| {
        (cached + units["cached"].as_u64().unwrap(), compiled + units["compiled"].as_u64().unwrap())
    })
}

#[test]
fn the_peer_built_every_cell_to_something_of_its_own() {
    assert_eq!(ARDUINO.len(), 30 + OWN.len());
    assert!(ARDUINO.values().all(|outcome| matches!(outcome, Outcome::Builds { .. })), "{ARDUINO:#?}");
    let different: std::collections::HashSet<String> = ARDUINO.values().map(ToString::to_string).collect();
    assert_eq!(different.len(), ARDUINO.len(), "two cells with the same firmware would hide a mix-up");
}

#[test]
fn a_cold_run_then_a_warm_one_then_new_work_directories() {
    let workspace = Workspace::new();
    let cold = quickstart(&workspace, &[]);
    assert_same(&firmware(&cold, ".fbuild-matrix"), &ARDUINO);
    assert_eq!(cached_and_compiled(&cold).0, 0, "the cache was empty");

    let warm = quickstart(&workspace, &[]);
    assert_same(&firmware(&warm, ".fbuild-matrix"), &ARDUINO);
    assert_eq!(cached_and_compiled(&warm), (0, 0), "nothing is built again");

    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let again = quickstart(&workspace, &[]);
    assert_same(&firmware(&again, ".fbuild-matrix"), &ARDUINO);
    assert_eq!(cached_and_compiled(&again).1, 0, "the cache has everything");
    let started = again.reports().events().iter().filter(|event| event["event"] == "step_finished").count();
    assert_eq!(started, 0, "no compiler, no linker, nothing");

    let elsewhere =
        quickstart(&workspace, &["--work-dir", "else/where", "--report-dir", ".fbuild-matrix/reports"]);
    assert_same(&firmware(&elsewhere, "else/where"), &ARDUINO);
    assert!(cached_and_compiled(&elsewhere).0 > 0, "a core is the same wherever it is built");
}

#[test]
fn one_process_at_a_time() {
    let run = quickstart(&Workspace::new(), &["-j1"]);
    assert_eq!(run.reports().timing()["run"]["jobs"], 1);
    assert_same(&firmware(&run, ".fbuild-matrix"), &ARDUINO);
}

#[test]
fn more_processes_than_processors() {
    let run = quickstart(&Workspace::new(), &["-j8"]);
    assert_eq!(run.reports().timing()["run"]["jobs"], 8);
    assert_same(&firmware(&run, ".fbuild-matrix"), &ARDUINO);
}

#[test]
fn without_a_cache() {
    let workspace = Workspace::new();
    let run = quickstart(&workspace, &["--no-cache"]);
    assert_eq!(run.reports().timing()["run"]["backend"], "direct");
    assert!(!workspace.cache().join("zccache").exists());
    assert_same(&firmware(&run, ".fbuild-matrix"), &ARDUINO);
}
