//! The run of a firmware: emulator, arguments and expected output, from the matrix and the properties of the board.
//! Starts no process, and does not check that the emulator is installed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::matrix::{Emulation, Emulator, Run as Wanted};
use crate::platform::BoardConfig;

/// The run of a cell's firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The emulator.
    pub program: EmulatorProgram,
    /// Its arguments, before the ELF.
    pub arguments: Vec<String>,
    /// The text that the firmware must print.
    pub expect: String,
    /// Time limit for that.
    pub timeout: Duration,
}

/// An emulator and its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmulatorProgram {
    /// Its kind, which determines the form of a firmware's output.
    pub emulator: Emulator,
    /// Its program: `simavr`, `qemu-system-arm`, …
    pub name: &'static str,
    /// Its package in Debian and Ubuntu.
    pub package: &'static str,
}

/// An installed emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledEmulator {
    /// The program.
    pub program: PathBuf,
    /// Its `LD_LIBRARY_PATH`, if any.
    pub library_path: Option<PathBuf>,
}

/// The emulator for AVR.
const SIMAVR: EmulatorProgram =
    EmulatorProgram { emulator: Emulator::Simavr, name: "simavr", package: "simavr" };

/// The QEMU for each prefix of a linker's name.
const QEMU: [(&str, EmulatorProgram); 4] = [
    ("arm-", qemu("qemu-system-arm", "qemu-system-arm")),
    ("riscv", qemu("qemu-system-riscv32", "qemu-system-misc")),
    ("xtensa-", qemu("qemu-system-xtensa", "qemu-system-misc")),
    ("avr-", qemu("qemu-system-avr", "qemu-system-misc")),
];

const fn qemu(name: &'static str, package: &'static str) -> EmulatorProgram {
    EmulatorProgram { emulator: Emulator::Qemu, name, package }
}

impl EmulatorProgram {
    /// Returns all emulators that a matrix can request.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(SIMAVR).chain(QEMU.map(|(_, program)| program))
    }
}

impl Run {
    /// Returns the run that the matrix requests, on this board.
    ///
    /// # Errors
    /// One line: an emulator that does not match the board's tools, or a missing property.
    pub(super) fn of(wanted: &Wanted, config: &BoardConfig) -> Result<Self, String> {
        let Emulation { emulator, machine } = &wanted.emulation;
        let linker = linker(config)?;
        let (program, arguments) = match emulator {
            Emulator::Simavr if !linker.starts_with("avr-") => {
                return Err(format!(
                    "simavr runs 8-bit AVR only, and the board's firmware is linked by {linker}"
                ));
            }
            Emulator::Simavr => (SIMAVR, simavr_words(machine.as_deref(), config)?),
            Emulator::Qemu => {
                let known = QEMU.iter().find(|(prefix, _)| linker.starts_with(prefix));
                let (prefix, program) =
                    known.ok_or_else(|| format!("no QEMU is known for what {linker} links"))?;
                (*program, qemu_words(machine.as_deref().unwrap_or_default(), prefix))
            }
        };
        Ok(Self { program, arguments, expect: wanted.expect.clone(), timeout: wanted.timeout })
    }
}

/// Returns the file name of the linker.
fn linker(config: &BoardConfig) -> Result<String, String> {
    let recipe = config.link_recipes().into_iter().next();
    let pattern = recipe.map(|recipe| recipe.pattern).unwrap_or_default();
    let words = config.command(pattern, &[]).map_err(|error| error.to_string())?;
    let name = words.first().and_then(|word| Path::new(word).file_name());
    Ok(name.unwrap_or_default().to_string_lossy().into_owned())
}

fn simavr_words(machine: Option<&str>, config: &BoardConfig) -> Result<Vec<String>, String> {
    let property = |key: &str| {
        let value = config.expanded(key).map_err(|error| error.to_string())?;
        if value.is_empty() {
            Err(format!("the board has no property {key}, which simavr has to know"))
        } else {
            Ok(value)
        }
    };
    let mcu = machine.map_or_else(|| property("build.mcu"), |machine| Ok(machine.to_owned()))?;
    let frequency = property("build.f_cpu")?;
    // `16000000L`, a C constant.
    let hertz = frequency.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    Ok(["-m", &mcu, "-f", hertz].map(str::to_owned).into())
}

fn qemu_words(machine: &str, prefix: &str) -> Vec<String> {
    let mut words =
        vec!["-M", machine, "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot"];
    words.extend(match prefix {
        // Without these arguments, QEMU starts its built-in firmware.
        "riscv" => ["-bios", "none", "-kernel"].as_slice(),
        // The AVR machines have no `-kernel`.
        "avr-" => &["-bios"],
        _ => &["-kernel"],
    });
    words.into_iter().map(str::to_owned).collect()
}
