//! The sketches of `tests/platform/`: what they build to is what their boards' processors run.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use object::{FileFlags, Object, ObjectSection};

use crate::support::{Finished, Verdict, Workspace, packages, repository};

/// Boards, their sketches, and the family of cores that avr-ld writes into an ELF for their processor
/// (`EF_AVR_MACH` of binutils' `include/elf/avr.h`).
const CELLS: [(&str, &str, u32); 4] = [
    ("uno", "RtcLogger", 5),
    ("uno", "SerialReport", 5),
    ("mega", "SerialBridge", 6),
    ("leonardo", "UsbPanel", 5),
];

/// What `SerialReport` says, line by line.
const REPORT: &str = "\
default argument: 15
default argument given: 35
template: 42
other tab: 103
function pointer: 42
assembler: 65535
assembler, no carry: 345
C in src: 8
C++ below src: 5
library: 63
library of a library: 166
EEPROM: 1234
done";

/// Builds sketches of the quickstart.
fn build(sketches: &str) -> Finished {
    let matrix = repository("matrices/quickstart.yml");
    Workspace::new().run(["run", matrix.to_str().unwrap(), "--sketch", sketches]).assert_exit(0)
}

fn elf(run: &Finished, board: &str, sketch: &str) -> PathBuf {
    run.workspace
        .path(format!(".fbuild-matrix/cells/{board}/tests/platform/{board}/{sketch}/{sketch}.ino.elf"))
}

/// Debian's `arduino-mighty-1284p` has boards and pins; core, recipes, libraries and compiler are Arduino's.
#[test]
fn boards_without_a_core_of_their_own_are_built_with_the_one_that_they_name() {
    packages(&["simavr"]);
    let sketch = "#include <SPI.h>\nvoid setup() {\n  SPI.begin();\n  Serial.begin(115200);\n  Serial.print(F(\"A7 is                   \"));\n  Serial.println(A7);\n}\nvoid loop() {}\n";
    let matrix = "version: 1\ncores:\n  mighty-1284p:avr: {provider: apt}\nboards:\n  mighty: {fqbn:                   \"mighty-1284p:avr:mighty_opt\", run: {emulator: simavr}}\nsketches:\n  - {path: Pins, run: {expect: \"A7 is                   31\\n\", timeout: 1m}}\n";
    let workspace = Workspace::new().sketch("Pins", sketch).file("m.yml", matrix);
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(run.reports().junit().case("mighty", "Pins").verdict, Verdict::Passed);
    let bytes = fs::read(run.workspace.path(".fbuild-matrix/cells/mighty/Pins/Pins.ino.elf")).unwrap();
    let FileFlags::Elf { e_flags, .. } = object::File::parse(&*bytes).unwrap().flags() else {
        panic!("no ELF")
    };
    assert_eq!(e_flags.0 & 0x7f, 51, "EF_AVR_MACH of the ATmega1284P");
    // What the matrix says of the core that they name is for them too: its recipes have it.
    let matrix = matrix.replace(
        "boards:",
        "  arduino:avr: {provider: apt, properties: {build.extra_flags: -DSERIAL_RX_BUFFER_SIZE=99999999}}\nboards:",
    );
    let run = workspace.file("m.yml", matrix).run(["run", "m.yml"]).assert_exit(1);
    let verdict = run.reports().junit().case("mighty", "Pins").verdict.clone();
    assert!(!matches!(verdict, Verdict::Passed), "{verdict:?}");
}

#[test]
fn the_uno_says_what_its_parts_computed() {
    let run = build("SerialReport");
    let simavr = packages(&["simavr"]);
    let mut command = simavr.program("simavr");
    command.args(["-m", "atmega328p", "-f", "16000000"]).arg(elf(&run, "uno", "SerialReport"));
    let printed = run_to_its_end(command);
    let printed = console::strip_ansi_codes(&printed);
    // It shows each character of a line's end as a dot; what it says itself has none.
    let lines: Vec<&str> = printed.lines().filter_map(|line| line.strip_suffix("..")).collect();
    assert_eq!(lines.join("\n"), REPORT, "in\n{printed}");
}

#[test]
fn elf_files_are_for_their_processors_and_as_large_as_reported() {
    let run = build("../tests/platform/**");
    let (junit, events) = (run.reports().junit(), run.reports().events());
    assert_eq!(junit.cases().count(), CELLS.len(), "{junit:#?}");
    let boards: Vec<&str> = junit.suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(boards, ["uno", "mega", "leonardo"], "one suite a board, as in the matrix");
    for (board, sketch, family) in CELLS {
        let name = format!("../tests/platform/{board}/{sketch}");
        let case = junit.case(board, &name);
        assert_eq!(case.verdict, Verdict::Passed);
        let main = repository(&format!("tests/platform/{board}/{sketch}/{sketch}.ino"));
        assert_eq!(Path::new(&case.file).canonicalize().unwrap(), main.canonicalize().unwrap());
        let path = elf(&run, board, sketch);
        let (machine, flash, ram) = measure(&path);
        assert_eq!(machine, family, "{board}/{sketch}");
        let finished = events.iter().find(|event| {
            event["event"] == "job_finished" && event["job"]["cell"]["sketch"] == name.as_str()
        });
        let sizes = &finished.expect("it ended")["sizes"];
        assert_eq!((&sizes["flash"]["used"], &sizes["ram"]["used"]), (&flash.into(), &ram.into()), "{name}");
    }
}

/// The processor family, and the bytes that an AVR's ELF takes of flash and of RAM. Data lies in both.
fn measure(path: &Path) -> (u32, u64, u64) {
    let bytes = fs::read(path).unwrap();
    let elf = object::File::parse(&*bytes).unwrap();
    assert_eq!(elf.architecture(), object::Architecture::Avr, "{}", path.display());
    let FileFlags::Elf { e_flags, .. } = elf.flags() else { panic!("{} is no ELF", path.display()) };
    let size = |name: &str| elf.section_by_name(name).map_or(0, |section| section.size());
    let ram = size(".data") + size(".bss") + size(".noinit");
    (e_flags.0 & 0x7f, size(".text") + size(".data"), ram)
}

/// Runs a command that ends by itself, and fails if it does not. Returns what it printed.
fn run_to_its_end(mut command: Command) -> String {
    /// It takes milliseconds; this only keeps a broken firmware from running forever.
    const PATIENCE: Duration = Duration::from_mins(2);
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = directory.path().join("printed");
    // A file, not a pipe: nobody has to read it while the command runs.
    let file = fs::File::create(&path).unwrap();
    command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut printed = String::new();
    // Of a firmware that ran wild, its beginning is enough.
    fs::File::open(path).unwrap().take(1 << 20).read_to_string(&mut printed).unwrap();
    assert!(status.is_some_and(|status| status.success()), "{status:?}\n{printed}");
    printed
}
