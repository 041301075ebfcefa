//! Ten of Arduino's own examples: those of `matrices/quickstart.yml`, with the core's own libraries.

use std::path::Path;

use super::{Edit, Library, Result, SKETCHES, Set, Sketch, write_failing, write_matrix};
use crate::tools::{Tools, copy, empty};

/// Directories of the built-in examples.
const BUILTIN: [&str; 6] = [
    "01.Basics/AnalogReadSerial",
    "01.Basics/Blink",
    "01.Basics/Fade",
    "02.Digital/toneMelody",
    "04.Communication/ASCIITable",
    "08.Strings/StringAdditionOperator",
];

/// The core's libraries, and an example of each.
const OF_CORE: [(&str, &str); 4] = [
    ("EEPROM", "eeprom_write"),
    ("SPI", "DigitalPotControl"),
    ("SoftwareSerial", "SoftwareSerialExample"),
    ("Wire", "master_reader"),
];

/// Copies the set below `directory`.
pub(crate) fn set(tools: &Tools, directory: &Path) -> Result<Set> {
    empty(directory)?;
    let mut sketches = Vec::new();
    let mut sketch = |from: &Path, libraries: Vec<Library>| -> Result<()> {
        let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = directory.join("sketches").join(&name);
        copy(from, &place)?;
        sketches.push(Sketch { name, directory: place, libraries });
        Ok(())
    };
    for path in BUILTIN {
        sketch(&tools.examples.join(path), Vec::new())?;
    }
    for (library, example) in OF_CORE {
        let from = tools.core.platform_dir.join("libraries").join(library);
        let to = directory.join("libraries").join(library);
        copy(&from.join("src"), &to.join("src"))?;
        std::fs::copy(from.join("library.properties"), to.join("library.properties"))?;
        let needed = Library { name: library.to_owned(), directory: to.join("src") };
        sketch(&from.join("examples").join(example), vec![needed])?;
    }
    Ok(Set {
        name: "examples",
        title: "10 of Arduino's examples × 3 boards".to_owned(),
        matrix: write_matrix(directory, "examples", SKETCHES)?,
        failing: write_failing(directory, "examples", "", sketches.len())?,
        sketches,
        in_sketch: Edit::new(directory.join("sketches/Fade/Fade.ino"), "delay(30)", |round| {
            format!("delay({})", 31 + round)
        })?,
        in_header: Edit::new(
            directory.join("libraries/Wire/src/Wire.h"),
            "#define BUFFER_LENGTH 32",
            |round| format!("#define BUFFER_LENGTH {}", 33 + round),
        )?,
    })
}
