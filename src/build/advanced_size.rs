//! `recipe.advanced_size`: a program of the platform's measures the firmware, and answers in JSON
//! (platform specification, "Recipes to compute binary sketch size"). It also says whether that is too
//! much: the limits of `boards.txt` are not asked.

use serde::Deserialize;

use super::BuildError;
use crate::event::{Sizes, Step, Usage};

/// What it prints.
#[derive(Debug, Deserialize)]
struct Answer {
    /// For the user.
    #[serde(default)]
    output: String,
    severity: Severity,
    #[serde(default)]
    sections: Vec<Section>,
}

/// What becomes of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
    Warning,
    Info,
}

/// A part of the board's memory.
#[derive(Debug, Deserialize)]
struct Section {
    /// `text` is flash, `data` is RAM; a platform may have others.
    name: String,
    /// Bytes that are used.
    size: u64,
    /// Bytes that there are; 0 where nobody knows.
    #[serde(default)]
    max_size: u64,
}

/// Reads the answer: what the firmware takes, and what is to be said to the user.
///
/// # Errors
/// Where it is none, or says that the firmware does not fit.
pub(super) fn read(printed: &[u8]) -> Result<(Sizes, String), BuildError> {
    let answer: Answer = serde_json::from_slice(printed).map_err(|error| {
        BuildError::code(
            Step::Size,
            format!("recipe.advanced_size.pattern printed something other than it should: {error}"),
        )
    })?;
    let usage = |name: &str| {
        let section = answer.sections.iter().find(|section| section.name == name)?;
        Some(Usage { used: section.size, max: Some(section.max_size).filter(|max| *max > 0) })
    };
    let sizes = Sizes { flash: usage("text"), ram: usage("data"), eeprom: usage("eeprom") };
    match answer.severity {
        Severity::Error => Err(BuildError::code(Step::Size, answer.output)),
        Severity::Warning => Ok((sizes, format!("warning: {}\n", answer.output.trim_end()))),
        Severity::Info => Ok((sizes, String::new())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_flash_and_ram() {
        let printed = br#"{"output": "fits", "severity": "info", "sections":
            [{"name": "text", "size": 10, "max_size": 20}, {"name": "psram", "size": 1}, {"name": "data", "size": 3}]}"#;
        let (sizes, said) = read(printed).unwrap();
        assert_eq!(sizes.flash, Some(Usage { used: 10, max: Some(20) }));
        assert_eq!(sizes.ram, Some(Usage { used: 3, max: None }));
        assert_eq!(sizes.eeprom, None);
        assert_eq!(said, "");
    }

    #[test]
    fn the_program_decides_what_fits() {
        let (_, said) =
            read(br#"{"output": "nearly full\n", "severity": "warning", "sections": []}"#).unwrap();
        assert_eq!(said, "warning: nearly full\n");
        let error = read(br#"{"output": "too big", "severity": "error"}"#).unwrap_err();
        assert!(format!("{error:?}").contains("too big"), "{error:?}");
        for nonsense in [&b"Sketch uses 3 bytes"[..], br#"{"severity": "fatal"}"#, b"{}"] {
            assert!(read(nonsense).is_err());
        }
    }
}
