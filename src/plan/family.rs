//! The families of cores, by their architecture's name.

use std::fmt;

/// A family of cores. What a family's `platform.txt` can't say, its orchestrator knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Family {
    /// 8-bit AVR: Arduino's own core and those in its image (`MiniCore`, `ATTinyCore`, …).
    Avr,
    /// Any other core in Arduino's format; holds the architecture's name.
    Other(String),
}

impl Family {
    /// The family of an architecture (`vendor:ARCHITECTURE:board`).
    pub fn of(architecture: &str) -> Self {
        match architecture {
            "avr" => Self::Avr,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The section that constant data goes to which no compiler places: to the other constants, but out of the RAM
    /// where a family's linker scripts put the constants of C there.
    pub fn section_of_constants(&self) -> &'static str {
        match self {
            Self::Avr => ".progmem.data.embedded",
            Self::Other(name) if name == "esp8266" => ".irom.text.embedded",
            Self::Other(_) => ".rodata.embedded",
        }
    }

    /// Whether its units compile in so little time (8-bit AVR: 10 to 30 ms) that what the embedded compiler
    /// cache does for a miss would take as long again. Their objects are kept in the artifact store as they
    /// are. (Measured: `docs/performance.md`.)
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
