//! The chip of a board of an ESP32 core.

use std::sync::LazyLock;

use regex::Regex;

use crate::platform::Fqbn;

/// The architecture of an ESP32 core, and the beginning of the names of its chips.
pub(super) const ESP32: &str = "esp32";

/// Beginning of a board's tag that names its chip.
pub(super) const CHIP_TAG: &str = "chip-";

/// Returns the chip as far as the matrix says it: that of a tag, else the part of the board's name in its core that names one
/// (`esp32s3` of `adafruit_feather_esp32s3`).
pub(super) fn early_chip(fqbn: &Fqbn, tags: &[String]) -> Option<String> {
    let of_tag = tags.iter().find_map(|tag| tag.strip_prefix(CHIP_TAG)).map(str::to_owned);
    of_tag.or_else(|| named_chip(&fqbn.board))
}

/// Returns `build.mcu` if it is the name of a chip.
pub fn chip_of_mcu(mcu: Option<&str>) -> Option<&str> {
    mcu.filter(|mcu| mcu.starts_with(ESP32))
}

/// Returns the chip that a name contains.
fn named_chip(board: &str) -> Option<String> {
    #[allow(clippy::expect_used)] // the pattern is constant, and tests use it
    static FAMILY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("esp32[_-]?([schp][0-9]{1,2})").expect("a valid pattern"));
    let board = board.to_lowercase();
    match FAMILY.captures(&board) {
        Some(found) => Some(format!("{ESP32}{}", &found[1])),
        None => board.contains(ESP32).then(|| ESP32.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_are_parts_of_names() {
        for (board, chip) in [
            ("esp32", Some("esp32")),
            ("featheresp32", Some("esp32")),
            ("adafruit_feather_esp32_v2", Some("esp32")),
            ("adafruit_qtpy_esp32_pico", Some("esp32")),
            ("XIAO_ESP32C3", Some("esp32c3")),
            ("esp32s3_4mb", Some("esp32s3")),
            ("ESP32-S2-Kaluga", Some("esp32s2")),
            ("esp32c61", Some("esp32c61")),
            ("um_tinys3", None),
        ] {
            assert_eq!(named_chip(board).as_deref(), chip, "{board}");
        }
    }
}
