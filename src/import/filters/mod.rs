//! Files and comments beside sketches that say for which boards other tools build them, read as rules: whether a sketch
//! is built for a board, and if not, which file and rule says so. Knows no matrix.

mod board;
mod builds;
mod esp32_builds;
mod esp32_chip;
mod esp32_ci;
mod fastled;
mod find;
mod kind;
mod places;
mod rules;
mod sketch_yaml;
#[cfg(test)]
mod tests;

pub use board::FilteredBoard;
pub use esp32_builds::{Esp32Build, Esp32Builds, Esp32Problem};
pub use esp32_chip::chip_of_mcu;
pub use find::DescribedSketch;
pub(super) use find::described_sketches;
pub use kind::SketchFilter;
pub use rules::SketchRules;
