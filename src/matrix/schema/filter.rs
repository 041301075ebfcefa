//! The written key `filters`. Knows no file of another tool.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::import::SketchFilter;

/// A description that says for which boards a sketch is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Filter")]
pub(in crate::matrix) enum RawFilter {
    /// `FastLED`'s comment `@filter` in the sketch.
    Fastled,
    /// arduino-esp32's `ci.yml` or `ci.json` beside the sketch.
    Esp32Ci,
    /// Adafruit's `.PLATFORM.test.only`, `.PLATFORM.test.skip` and `.skip.txt` beside the sketch.
    Adafruit,
    /// `.arduino-ci.yml` beside the sketch or above it.
    ArduinoCi,
    /// The profiles of `sketch.yaml` beside the sketch.
    SketchYaml,
    /// `architectures` of the library of the sketch.
    LibraryProperties,
    /// GitHub workflows with arduino/compile-sketches.
    CompileSketches,
}

impl From<RawFilter> for SketchFilter {
    fn from(raw: RawFilter) -> Self {
        match raw {
            RawFilter::Fastled => Self::Fastled,
            RawFilter::Esp32Ci => Self::Esp32Ci,
            RawFilter::Adafruit => Self::Adafruit,
            RawFilter::ArduinoCi => Self::ArduinoCi,
            RawFilter::SketchYaml => Self::SketchYaml,
            RawFilter::LibraryProperties => Self::LibraryProperties,
            RawFilter::CompileSketches => Self::CompileSketches,
        }
    }
}
