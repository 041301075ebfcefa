//! The format of `sizes.json`. Unknown values are the text `N/A`. Knows nothing of the numbers' origin.

use serde::{Serialize, Serializer};

use crate::event::Section;

/// The whole file.
#[derive(Debug, Serialize)]
pub(super) struct SizesFile<'a> {
    pub(super) commit_hash: &'a str,
    pub(super) commit_url: &'a str,
    /// At least one.
    pub(super) boards: Vec<BoardSizes>,
}

/// A board.
#[derive(Debug, Serialize)]
pub(super) struct BoardSizes {
    /// Its FQBN.
    pub(super) board: String,
    pub(super) sketches: Vec<SketchSizes>,
    /// Both memories: the range of the differences over all sketches.
    pub(super) sizes: Vec<BoardMemory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings: Option<WarningsRange>,
}

/// A sketch on a board.
#[derive(Debug, Serialize)]
pub(super) struct SketchSizes {
    pub(super) name: String,
    pub(super) compilation_success: bool,
    /// Both memories.
    pub(super) sizes: Vec<SketchMemory>,
    pub(super) warnings: SketchWarnings,
    /// Sections of the ELF. The other tools ignore this field.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) sections: Vec<Section>,
}

/// A memory of a sketch's firmware.
#[derive(Debug, Serialize)]
pub(super) struct SketchMemory {
    pub(super) name: &'static str,
    pub(super) maximum: Known<u64>,
    pub(super) current: SizePair<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<SizePair<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<SizePair<i64>>,
}

/// Bytes, and the same as a percentage of the maximum.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct SizePair<T> {
    pub(super) absolute: Known<T>,
    pub(super) relative: Known<Hundredths>,
}

/// Numbers of warnings.
#[derive(Debug, Serialize)]
pub(super) struct SketchWarnings {
    pub(super) current: WarningCount<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<WarningCount<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<WarningCount<i64>>,
}

/// A number of warnings.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct WarningCount<T> {
    pub(super) absolute: Known<T>,
}

/// A memory of a board.
#[derive(Debug, Serialize)]
pub(super) struct BoardMemory {
    pub(super) name: &'static str,
    pub(super) maximum: Known<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<MemoryRange>,
}

/// Ranges of the differences of a memory.
#[derive(Debug, Serialize)]
pub(super) struct MemoryRange {
    pub(super) absolute: Range<i64>,
    pub(super) relative: Range<Hundredths>,
}

/// Range of the differences of the warnings.
#[derive(Debug, Serialize)]
pub(super) struct WarningsRange {
    pub(super) delta: WarningsDelta,
}

/// Range of the differences of the warnings.
#[derive(Debug, Serialize)]
pub(super) struct WarningsDelta {
    pub(super) absolute: Range<i64>,
}

/// The smallest and the largest value.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Range<T> {
    pub(super) minimum: Known<T>,
    pub(super) maximum: Known<T>,
}

/// A value, or `N/A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known<T>(pub(super) Option<T>);

impl<T: Serialize> Serialize for Known<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_str("N/A"),
        }
    }
}

/// A percentage in hundredths; in JSON a number with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hundredths(i64);

impl Hundredths {
    /// Returns `part` as a percentage of `whole`, rounded to two decimals; `None` without a whole.
    pub(super) fn of(part: i64, whole: u64) -> Option<Self> {
        let whole = i128::from(whole);
        if whole == 0 {
            return None;
        }
        let doubled = i128::from(part) * 20_000;
        let half_up = if doubled < 0 { doubled - whole } else { doubled + whole };
        i64::try_from(half_up / (2 * whole)).ok().map(Self)
    }
}

impl Serialize for Hundredths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact up to percentages that no memory reaches.
        #[allow(clippy::cast_precision_loss)]
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_two_decimals() {
        let shown = |part, whole| serde_json::to_string(&Known(Hundredths::of(part, whole))).unwrap();
        assert_eq!(shown(924, 32_256), "2.86");
        assert_eq!(shown(32_256, 32_256), "100.0");
        assert_eq!(shown(-12, 32_256), "-0.04");
        assert_eq!(shown(1, 3), "33.33");
        assert_eq!(shown(2, 3), "66.67");
        assert_eq!(shown(5, 0), "\"N/A\"");
    }
}
