//! Firmware that is larger than the board's memory, in numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The memories that are too small for a firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// The memories, at least one.
    pub memories: Vec<FullMemory>,
}

/// A memory that is too small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullMemory {
    /// Its name: `flash`, `RAM`, or the linker's name of a region.
    pub memory: String,
    /// Bytes that the firmware needs, where known.
    pub used: Option<u64>,
    /// Bytes available on the board, where known.
    pub max: Option<u64>,
    /// Bytes that do not fit, where known.
    pub excess: Option<u64>,
    /// The largest functions and variables in it, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub largest: Vec<LargeObject>,
}

/// A function or variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeObject {
    /// Its name, as the source spells it.
    pub name: String,
    /// Its owner: `sketch`, `library NAME`, `core`, … as in `symbols.json`.
    pub owner: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Overflow {
    /// Returns the names of the memories: `flash and RAM`.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.memories.iter().map(|memory| memory.memory.as_str()).collect();
        names.join(" and ")
    }
}

impl fmt::Display for Overflow {
    /// Writes `RAM: 2,370 of 2,048 bytes, 322 too many`, memory by memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, memory) in self.memories.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{memory}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FullMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excess = self.excess.map(grouped);
        match (self.used, self.max, excess) {
            (Some(used), Some(max), Some(excess)) => {
                write!(f, "{}: {} of {} bytes, {excess} too many", self.memory, grouped(used), grouped(max))
            }
            (_, _, Some(excess)) => write!(f, "{}: {excess} bytes too many", self.memory),
            _ => write!(f, "{}: the firmware does not fit", self.memory),
        }
    }
}

/// Returns a number with a comma between thousands: `2,370`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words() {
        let memory = |memory: &str, used, max, excess| FullMemory {
            memory: memory.to_owned(),
            used,
            max,
            excess,
            largest: Vec::new(),
        };
        let both = Overflow {
            memories: vec![
                memory("flash", Some(1_032_256), Some(32_256), Some(1_000_000)),
                memory("RAM", Some(2_370), Some(2_048), Some(322)),
            ],
        };
        assert_eq!(
            both.to_string(),
            "flash: 1,032,256 of 32,256 bytes, 1,000,000 too many; RAM: 2,370 of 2,048 bytes, 322 too many"
        );
        assert_eq!(both.names(), "flash and RAM");
        assert_eq!(memory("iram1_0_seg", None, None, Some(12)).to_string(), "iram1_0_seg: 12 bytes too many");
        assert_eq!(memory("RAM", None, None, None).to_string(), "RAM: the firmware does not fit");
        assert_eq!([0, 999, 1000].map(grouped), ["0", "999", "1,000"]);
    }
}
