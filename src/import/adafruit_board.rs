//! What Adafruit's CI calls a board: its platforms and their groups. Knows no sketch.

use super::adafruit_platforms::{GROUPS, PLATFORMS};
use crate::platform::Fqbn;

/// The word for no platform.
const NONE: &str = "none";

/// The names of a board in Adafruit's CI.
#[derive(Debug)]
pub(super) struct AdafruitBoard<'b> {
    /// Its name in the matrix, and that in its core.
    own: [&'b str; 2],
    /// Its platforms.
    platforms: Vec<&'static str>,
    /// Its architecture, if it has no platform.
    family: Option<&'b str>,
}

impl<'b> AdafruitBoard<'b> {
    /// Returns the names of a board.
    pub(super) fn new(name: &'b str, fqbn: &'b Fqbn) -> Self {
        let platforms = platforms(fqbn);
        let family = platforms.is_empty().then_some(fqbn.architecture.as_str());
        Self { own: [name, &fqbn.board], platforms, family }
    }

    /// Returns whether a platform or a group of platforms has the board. A board without a platform has those that its
    /// architecture is the name of.
    pub(super) fn is_of(&self, platform: &str) -> bool {
        let mut names = self.own.iter().copied().chain(self.platforms.iter().copied()).chain(self.family);
        names.any(|name| name.eq_ignore_ascii_case(platform))
            || members(platform).iter().any(|member| self.is_of(member))
    }

    /// Returns the same for a platform that a sketch is only for. A board without a platform has those that its architecture is
    /// a part of: `pico_rp2040` for any board of `rp2040`.
    pub(super) fn is_of_family(&self, platform: &str) -> bool {
        let has_part = |family: &str| platform.split('_').any(|part| part.eq_ignore_ascii_case(family));
        self.is_of(platform)
            || self.family.is_some_and(has_part)
            || members(platform).iter().any(|member| self.is_of_family(member))
    }
}

/// Returns whether Adafruit's CI has a platform or a group with this name.
pub(super) fn is_platform(name: &str) -> bool {
    name == NONE || names().any(|known| known == name)
}

/// Returns the names of all platforms and groups.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PLATFORMS.iter().map(|(name, _)| *name).chain(GROUPS.iter().map(|(name, _)| *name))
}

fn members(group: &str) -> &'static [&'static str] {
    GROUPS.iter().find(|(name, _)| *name == group).map_or(&[], |(_, members)| members)
}

/// Returns the platforms with a board: of those without an option that contradicts, the ones with most options in common, and of
/// these the ones with fewest others. The vendor does not count: the CI has a core of its own for some.
fn platforms(board: &Fqbn) -> Vec<&'static str> {
    let mut best = None;
    let mut found = Vec::new();
    for (name, fqbn) in PLATFORMS {
        let Ok(fqbn) = fqbn.parse::<Fqbn>() else { continue };
        if (&fqbn.architecture, &fqbn.board) != (&board.architecture, &board.board) {
            continue;
        }
        let own =
            |menu: &str| board.options.iter().find(|(known, _)| known == menu).map(|(_, option)| option);
        let (same, other): (Vec<_>, Vec<_>) =
            fqbn.options.iter().partition(|(menu, option)| own(menu) == Some(option));
        if other.iter().any(|(menu, _)| own(menu).is_some()) {
            continue;
        }
        let score = (same.len(), usize::MAX - other.len());
        if best.is_none_or(|best| score > best) {
            best = Some(score);
            found.clear();
        }
        if best == Some(score) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_consistent() {
        for (name, fqbn) in PLATFORMS {
            assert!(fqbn.parse::<Fqbn>().is_ok(), "{name}: {fqbn}");
            assert_eq!(names().filter(|known| *known == name).count(), 1, "{name}");
        }
        for (group, members) in GROUPS {
            for member in members {
                assert!(PLATFORMS.iter().any(|(name, _)| name == member), "{group}: {member}");
            }
        }
    }

    #[test]
    fn a_board_has_the_platforms_with_its_options() {
        for (fqbn, expected) in [
            ("arduino:avr:uno", "uno"),
            ("arduino:avr:mega", "mega2560"),
            ("arduino:avr:mega:cpu=atmega1280", ""),
            ("esp32:esp32:featheresp32", "esp32 feather_esp32"),
            ("espressif:esp32:featheresp32:PartitionScheme=min_spiffs", "wippersnapper_feather_esp32"),
            ("esp32:esp32:featheresp32:PartitionScheme=huge_app", "esp32 feather_esp32"),
            ("adafruit:samd:adafruit_qtpy_m0", "qtpy_m0"),
            ("adafruit:samd:adafruit_qtpy_m0:usbstack=tinyusb", "qtpy_m0_tinyusb"),
            ("adafruit:samd:adafruit_feather_m4:speed=180", "feather_m4_express"),
            ("x:y:z", ""),
        ] {
            assert_eq!(platforms(&fqbn.parse().unwrap()).join(" "), expected, "{fqbn}");
        }
    }

    #[test]
    fn a_board_without_a_platform_has_its_family() {
        let is_of = |fqbn: &str, platform: &str| {
            let fqbn = fqbn.parse().unwrap();
            let board = AdafruitBoard::new("mine", &fqbn);
            (board.is_of(platform), board.is_of_family(platform))
        };
        assert_eq!(is_of("rp2040:rp2040:generic", "pico_rp2040"), (false, true));
        assert_eq!(is_of("rp2040:rp2040:rpipico", "pico_rp2040"), (true, true));
        assert_eq!(is_of("rp2040:rp2040:rpipico", "feather_rp2040"), (false, false));
        assert_eq!(is_of("rp2040:rp2040:rpipico", "rp2040_platforms"), (true, true));
        assert_eq!(is_of("rp2040:rp2040:generic", "rp2040_platforms"), (false, true));
        assert_eq!(is_of("esp32:esp32:esp32s3", "esp32"), (true, true));
        assert_eq!(is_of("esp32:esp32:esp32s3", "main_platforms"), (true, true));
        assert_eq!(is_of("arduino:avr:uno", "MINE"), (true, true));
        assert_eq!(is_of("arduino:avr:uno", "none"), (false, false));
    }
}
