//! Same inputs, same bytes: what Arduino's own builder makes of the cells of `matrices/quickstart.yml`,
//! we make, however many processes build it and whatever is in the cache.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rayon::prelude::*;

use crate::support::{Finished, Packages, Workspace, avr_core, builtin_examples, packages, repository};

const BOARDS: [(&str, &str); 3] = [
    ("uno", "arduino:avr:uno"),
    ("mega", "arduino:avr:mega:cpu=atmega2560"),
    ("leonardo", "arduino:avr:leonardo"),
];

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

/// Firmware by the path of its `.hex` below `cells/`.
type Firmware = BTreeMap<PathBuf, Vec<u8>>;

/// What Arduino's builder makes of all cells. It takes a second for each, so all tests share it.
static ARDUINO: LazyLock<Firmware> = LazyLock::new(|| {
    let builder = Builder::new();
    let (core, examples) = (avr_core().platform_dir, builtin_examples());
    let mut cells = Vec::new();
    for (board, fqbn) in BOARDS {
        let builtin = BUILTIN.map(|it| (format!("builtin/{it}"), examples.join(it)));
        let core = CORE.map(|it| (format!("arduino_avr/{it}"), core.join(it)));
        let own = OWN.into_iter().filter(|it| it.split('/').next() == Some(board));
        let own = own.map(|it| format!("tests/platform/{it}")).map(|it| (it.clone(), repository(&it)));
        let sketches = builtin.into_iter().chain(core).chain(own);
        cells.extend(sketches.map(|(name, sketch)| (Path::new(board).join(name), fqbn, sketch)));
    }
    // It works on one file at a time.
    let threads = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    threads.install(|| {
        cells
            .par_iter()
            .map(|(cell, fqbn, sketch)| {
                let name = sketch.file_name().unwrap().to_str().unwrap();
                let hex = format!("{name}.ino.hex");
                (cell.join(&hex), builder.build(fqbn, &sketch.join(format!("{name}.ino")), &hex))
            })
            .collect()
    })
});

/// Debian's `arduino-builder`, on the core and the compiler that our program installs.
struct Builder {
    packages: Packages,
    core: PathBuf,
    compiler: PathBuf,
    folder: tempfile::TempDir,
}

impl Builder {
    fn new() -> Self {
        let core = avr_core();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for name in ["tools", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self {
            packages: packages(&["arduino-builder", "arduino-ctags"]),
            compiler: core.tools["avr-gcc"].join("bin"),
            core: core.platform_dir,
            folder,
        }
    }

    /// Builds a sketch in a folder of its own, without a cache; returns the file `hex` of it.
    fn build(&self, fqbn: &str, sketch: &Path, hex: &str) -> Vec<u8> {
        let out = tempfile::tempdir_in(self.folder.path()).unwrap();
        let hardware = self.core.parent().and_then(Path::parent).unwrap();
        let ctags = self.packages.path("usr/bin");
        let output = self
            .packages
            .program("arduino-builder")
            .env("HOME", self.folder.path().join("home"))
            .args(["-compile", "-core-api-version", "10819", "-warnings", "none", "-fqbn", fqbn])
            // Its own folder has the recipes that Arduino's IDE adds to every platform.
            .arg("-hardware")
            .arg(self.packages.path("usr/share/arduino-builder"))
            .arg("-hardware")
            .arg(hardware)
            .arg("-tools")
            .arg(self.folder.path().join("tools"))
            .arg("-built-in-libraries")
            .arg(self.core.join("libraries"))
            .arg("-libraries")
            .arg(repository("tests/platform/libraries"))
            .arg("-build-path")
            .arg(out.path())
            .args(["-prefs", "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__"])
            .args(["-prefs", &format!("compiler.path={}/", self.compiler.display())])
            .args(["-prefs", &format!("tools.ctags.path={}", ctags.display())])
            .arg(sketch)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "arduino-builder on {} for {fqbn}:\n{said}", sketch.display());
        fs::read(out.path().join(hex)).unwrap()
    }
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
    let differ: Vec<&PathBuf> = ours.keys().filter(|cell| ours[*cell] != theirs[*cell]).collect();
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
    let different: std::collections::BTreeSet<&Vec<u8>> = ARDUINO.values().collect();
    assert_eq!(different.len(), ARDUINO.len(), "two cells with the same firmware would hide a mix-up");
}

#[test]
fn a_cold_run_then_a_warm_one_then_new_work_folders() {
    let workspace = Workspace::new();
    let cold = quickstart(&workspace, &[]);
    assert_same(&cold.firmware(), &ARDUINO);
    assert_eq!(cached_and_compiled(&cold).0, 0, "the cache was empty");

    let warm = quickstart(&workspace, &[]);
    assert_same(&warm.firmware(), &ARDUINO);
    assert_eq!(cached_and_compiled(&warm), (0, 0), "nothing is built again");

    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let again = quickstart(&workspace, &[]);
    assert_same(&again.firmware(), &ARDUINO);
    assert_eq!(cached_and_compiled(&again).1, 0, "the cache has everything");
    let started = again.reports().events().iter().filter(|event| event["event"] == "step_finished").count();
    assert_eq!(started, 0, "no compiler, no linker, nothing");

    let elsewhere =
        quickstart(&workspace, &["--work-dir", "else/where", "--report-dir", ".fbuild-matrix/reports"]);
    assert_same(&elsewhere.firmware_in("else/where"), &ARDUINO);
    assert!(cached_and_compiled(&elsewhere).0 > 0, "a core is the same wherever it is built");
}

#[test]
fn one_process_at_a_time() {
    let run = quickstart(&Workspace::new(), &["-j1"]);
    assert_eq!(run.reports().timing()["run"]["jobs"], 1);
    assert_same(&run.firmware(), &ARDUINO);
}

#[test]
fn more_processes_than_processors() {
    let run = quickstart(&Workspace::new(), &["-j8"]);
    assert_eq!(run.reports().timing()["run"]["jobs"], 8);
    assert_same(&run.firmware(), &ARDUINO);
}

#[test]
fn without_a_cache() {
    let workspace = Workspace::new();
    let run = quickstart(&workspace, &["--no-cache"]);
    assert_eq!(run.reports().timing()["run"]["backend"], "direct");
    assert!(!workspace.cache().join("zccache").exists());
    assert_same(&run.firmware(), &ARDUINO);
}
