//! How a firmware is run: which emulator, with which words, and what is expected. Follows from the matrix and
//! from the properties of the board; nothing is started, and nobody asks whether the emulator is there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::matrix::{Emulation, Emulator, Run as Wanted};
use crate::platform::BoardConfig;

/// The run of a cell's firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What runs it.
    pub program: EmulatorProgram,
    /// Its arguments; the ELF comes behind them.
    pub arguments: Vec<String>,
    /// What the firmware must print.
    pub expect: String,
    /// How long it may take for that.
    pub timeout: Duration,
}

/// An emulator by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmulatorProgram {
    /// Its kind, which says how it shows what a firmware prints.
    pub emulator: Emulator,
    /// What it is called: `simavr`, `qemu-system-arm`, …
    pub name: &'static str,
    /// The package of Debian and Ubuntu that has it.
    pub package: &'static str,
}

/// An emulator that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledEmulator {
    /// The program.
    pub program: PathBuf,
    /// For `LD_LIBRARY_PATH`, where it needs that.
    pub library_path: Option<PathBuf>,
}

/// The emulator of AVR.
const SIMAVR: EmulatorProgram =
    EmulatorProgram { emulator: Emulator::Simavr, name: "simavr", package: "simavr" };

/// The QEMU for what compilers with such a prefix build for.
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
    /// All that a matrix can ask for.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(SIMAVR).chain(QEMU.map(|(_, program)| program))
    }
}

impl Run {
    /// What the matrix wants, on this board.
    ///
    /// # Errors
    /// Where the emulator can't run what the board's tools make, or a property is missing that it has to know; in
    /// one line.
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

/// The file name of the program that links.
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
    // `16000000L`, as C takes it.
    let hertz = frequency.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    Ok(["-m", &mcu, "-f", hertz].map(str::to_owned).into())
}

fn qemu_words(machine: &str, prefix: &str) -> Vec<String> {
    let mut words =
        vec!["-M", machine, "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot"];
    words.extend(match prefix {
        // Else it begins with a firmware of QEMU's own.
        "riscv" => ["-bios", "none", "-kernel"].as_slice(),
        // Its machines know no kernel.
        "avr-" => &["-bios"],
        _ => &["-kernel"],
    });
    words.into_iter().map(str::to_owned).collect()
}
