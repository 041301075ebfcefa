//! The kinds of descriptions that can filter sketches, with their names in a matrix.

use schemars::JsonSchema;
use serde::Deserialize;

/// A description that says for which boards a sketch is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Filter")]
pub enum SketchFilter {
    /// `FastLED`'s comment `@filter` in the main file.
    Fastled,
    /// `ci.yml` or `ci.json` of arduino-esp32, beside the sketch.
    Esp32Ci,
    /// Adafruit's files `.PLATFORM.test.only`, `.PLATFORM.test.skip` and `.skip.txt`, beside the sketch.
    Adafruit,
    /// `.arduino-ci.yml`, beside the sketch or above it.
    ArduinoCi,
    /// The profiles of `sketch.yaml`, beside the sketch.
    SketchYaml,
    /// `architectures` of the `library.properties` above the sketch.
    LibraryProperties,
    /// The GitHub workflows with `arduino/compile-sketches` of the repository.
    CompileSketches,
}

impl SketchFilter {
    /// Returns its name in a matrix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fastled => "fastled",
            Self::Esp32Ci => "esp32-ci",
            Self::Adafruit => "adafruit",
            Self::ArduinoCi => "arduino-ci",
            Self::SketchYaml => "sketch-yaml",
            Self::LibraryProperties => "library-properties",
            Self::CompileSketches => "compile-sketches",
        }
    }

    /// Returns whether it depends on what only an installed core knows.
    pub const fn needs_hardware(self) -> bool {
        matches!(self, Self::Fastled | Self::Esp32Ci)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_a_matrix() {
        for name in [
            "fastled",
            "esp32-ci",
            "adafruit",
            "arduino-ci",
            "sketch-yaml",
            "library-properties",
            "compile-sketches",
        ] {
            let filter: SketchFilter = serde_json::from_value(name.into()).unwrap();
            assert_eq!(filter.name(), name);
        }
    }
}
