//! The families of cores, by their architecture's name.

use std::fmt;

/// A family of cores, with the properties that its `platform.txt` can't express.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Family {
    /// 8-bit AVR: Arduino's own core and those derived from it (`MiniCore`, `ATTinyCore`, …).
    Avr,
    /// Any other core in Arduino's format, with the architecture's name.
    Other(String),
}

impl Family {
    /// Returns the family of an architecture (`vendor:ARCHITECTURE:board`).
    pub fn of(architecture: &str) -> Self {
        match architecture {
            "avr" => Self::Avr,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns the section for embedded files: beside the other constants, or outside of RAM where the family's linker
    /// scripts place the constants of C in RAM.
    pub fn section_of_constants(&self) -> &'static str {
        match self {
            Self::Avr => ".progmem.data.embedded",
            Self::Other(name) if name == "esp8266" => ".irom.text.embedded",
            Self::Other(_) => ".rodata.embedded",
        }
    }

    /// Returns whether a unit compiles so fast (8-bit AVR: 10 to 30 ms) that a miss of the embedded compiler cache
    /// would double its time. Objects of such units are stored in the artifact store instead. (Measured:
    /// `docs/performance.md`.)
    pub fn has_light_units(&self) -> bool {
        matches!(self, Self::Avr)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avr => "avr",
            Self::Other(name) => name,
        })
    }
}
