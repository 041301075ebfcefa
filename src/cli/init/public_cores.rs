//! Public cores with their package indexes, and a popular board for each architecture, as data.
//!
//! Sources: the addresses are those of the cores' own instructions, and of the list
//! <https://github.com/tetov/arduino-indexes> (August 2026); the boards are those of the cores' `boards.txt`.

/// A core of a public package index.
#[derive(Debug)]
pub(super) struct PublicCore {
    /// `vendor:arch`.
    pub(super) name: &'static str,
    /// Address of its package index; empty for Arduino's own.
    pub(super) index: &'static str,
    /// A popular board: its name in a matrix, and its FQBN.
    pub(super) board: Option<(&'static str, &'static str)>,
    /// Architectures of `library.properties` that mean this core.
    pub(super) architectures: &'static [&'static str],
}

/// Arduino's own package index.
pub(super) const ARDUINO_INDEX: &str = "https://downloads.arduino.cc/packages/package_index.json";

const ADAFRUIT: &str = "https://adafruit.github.io/arduino-board-index/package_adafruit_index.json";
const DRAZZY: &str = "http://drazzy.com/package_drazzy.com_index.json";
const ESP32: &str = "https://espressif.github.io/arduino-esp32/package_esp32_index.json";
const ESP8266: &str = "https://arduino.esp8266.com/stable/package_esp8266com_index.json";
const RP2040: &str =
    "https://github.com/earlephilhower/arduino-pico/releases/download/global/package_rp2040_index.json";
const SEEED: &str = "https://files.seeedstudio.com/arduino/package_seeeduino_boards_index.json";
const SPARKFUN: &str = "https://raw.githubusercontent.com/sparkfun/Arduino_Boards/main/IDE_Board_Manager/package_sparkfun_index.json";
const SPARKFUN_APOLLO3: &str =
    "https://raw.githubusercontent.com/sparkfun/Arduino_Apollo3/main/package_sparkfun_apollo3_index.json";
const SPRESENSE: &str = "https://github.com/sonydevworld/spresense-arduino-compatible/releases/download/generic/package_spresense_index.json";
const STM32: &str =
    "https://github.com/stm32duino/BoardManagerFiles/raw/main/package_stmicroelectronics_index.json";
const STM32F1: &str = "http://dan.drown.org/stm32duino/package_STM32duino_index.json";
const TEENSY: &str = "https://www.pjrc.com/teensy/package_teensy_index.json";
const WCH: &str = "https://github.com/openwch/board_manager_files/raw/main/package_ch32v_index.json";

/// Returns a core with a popular board.
const fn popular(
    name: &'static str,
    index: &'static str,
    board: (&'static str, &'static str),
    architectures: &'static [&'static str],
) -> PublicCore {
    PublicCore { name, index, board: Some(board), architectures }
}

/// Returns a core that only an FQBN names.
const fn other(name: &'static str, index: &'static str) -> PublicCore {
    PublicCore { name, index, board: None, architectures: &[] }
}

/// The cores. The first one with an architecture counts.
const CORES: &[PublicCore] = &[
    popular("arduino:avr", "", ("uno", "arduino:avr:uno"), &["avr"]),
    popular("arduino:megaavr", "", ("nano_every", "arduino:megaavr:nona4809"), &["megaavr"]),
    popular("arduino:sam", "", ("due", "arduino:sam:arduino_due_x_dbg"), &["sam"]),
    popular("arduino:samd", "", ("mkrzero", "arduino:samd:mkrzero"), &["samd"]),
    popular("esp32:esp32", ESP32, ("esp32", "esp32:esp32:esp32"), &["esp32"]),
    popular("esp8266:esp8266", ESP8266, ("nodemcuv2", "esp8266:esp8266:nodemcuv2"), &["esp8266"]),
    popular("rp2040:rp2040", RP2040, ("rpipico", "rp2040:rp2040:rpipico"), &["rp2040"]),
    popular(
        "STMicroelectronics:stm32",
        STM32,
        ("nucleo_f401re", "STMicroelectronics:stm32:Nucleo_64:pnum=NUCLEO_F401RE"),
        &["stm32"],
    ),
    popular("teensy:avr", TEENSY, ("teensy41", "teensy:avr:teensy41"), &["teensy"]),
    popular("adafruit:nrf52", ADAFRUIT, ("feather52840", "adafruit:nrf52:feather52840"), &["nrf52"]),
    popular(
        "arduino:renesas_uno",
        "",
        ("unor4wifi", "arduino:renesas_uno:unor4wifi"),
        &["renesas_uno", "renesas"],
    ),
    popular(
        "arduino:renesas_portenta",
        "",
        ("portenta_c33", "arduino:renesas_portenta:portenta_c33"),
        &["renesas_portenta"],
    ),
    popular("arduino:mbed_nano", "", ("nano33ble", "arduino:mbed_nano:nano33ble"), &["mbed_nano", "mbed"]),
    popular("arduino:mbed_rp2040", "", ("pico", "arduino:mbed_rp2040:pico"), &["mbed_rp2040"]),
    popular("arduino:mbed_portenta", "", ("envie_m7", "arduino:mbed_portenta:envie_m7"), &["mbed_portenta"]),
    popular("arduino:mbed_giga", "", ("giga", "arduino:mbed_giga:giga"), &["mbed_giga"]),
    popular("arduino:mbed_opta", "", ("opta", "arduino:mbed_opta:opta"), &["mbed_opta"]),
    popular("arduino:mbed_nicla", "", ("nicla_vision", "arduino:mbed_nicla:nicla_vision"), &["mbed_nicla"]),
    popular("arduino:mbed_edge", "", ("edge_control", "arduino:mbed_edge:edge_control"), &["mbed_edge"]),
    popular("arduino:zephyr", "", ("unoq", "arduino:zephyr:unoq"), &["zephyr"]),
    popular("arduino:zephyr_main", "", ("zephyr_giga", "arduino:zephyr_main:giga"), &["zephyr_main"]),
    popular("Intel:arc32", "", ("arduino_101", "Intel:arc32:arduino_101"), &["arc32"]),
    popular("SiliconLabs:silabs", "", ("nano_matter", "SiliconLabs:silabs:nano_matter"), &["silabs"]),
    popular("SparkFun:apollo3", SPARKFUN_APOLLO3, ("artemis", "SparkFun:apollo3:sfe_artemis"), &["apollo3"]),
    popular("WCH:ch32v", WCH, ("ch32v20x", "WCH:ch32v:CH32V20x_EVT"), &["ch32v"]),
    popular("SPRESENSE:spresense", SPRESENSE, ("spresense", "SPRESENSE:spresense:spresense"), &["spresense"]),
    popular(
        "stm32duino:STM32F1",
        STM32F1,
        ("bluepill", "stm32duino:STM32F1:genericSTM32F103C"),
        &["STM32F1"],
    ),
    popular(
        "sandeepmistry:nRF5",
        "https://sandeepmistry.github.io/arduino-nRF5/package_nRF5_boards_index.json",
        ("nrf52832", "sandeepmistry:nRF5:Generic_nRF52832"),
        &["nRF5"],
    ),
    other("arduino:esp32", ""),
    other("arduino:nrf52", ""),
    other("arduino:mbed", ""),
    other("adafruit:avr", ADAFRUIT),
    other("adafruit:samd", ADAFRUIT),
    other("ATTinyCore:avr", DRAZZY),
    other("DxCore:megaavr", DRAZZY),
    other("megaTinyCore:megaavr", DRAZZY),
    other("MegaCore:avr", "https://mcudude.github.io/MegaCore/package_MCUdude_MegaCore_index.json"),
    other("MegaCoreX:megaavr", "https://mcudude.github.io/MegaCoreX/package_MCUdude_MegaCoreX_index.json"),
    other("MicroCore:avr", "https://mcudude.github.io/MicroCore/package_MCUdude_MicroCore_index.json"),
    other("MightyCore:avr", "https://mcudude.github.io/MightyCore/package_MCUdude_MightyCore_index.json"),
    other("MiniCore:avr", "https://mcudude.github.io/MiniCore/package_MCUdude_MiniCore_index.json"),
    other("Seeeduino:samd", SEEED),
    other("Seeeduino:nrf52", SEEED),
    other("Seeeduino:mbed", SEEED),
    other("Seeeduino:renesas_uno", SEEED),
    other("SparkFun:avr", SPARKFUN),
    other("SparkFun:samd", SPARKFUN),
    other("SparkFun:esp32", SPARKFUN),
    other("m5stack:esp32", "https://static-cdn.m5stack.com/resource/arduino/package_m5stack_index.json"),
    other("Heltec-esp32:esp32", "https://resource.heltec.cn/download/package_heltec_esp32_index.json"),
    other(
        "attiny:avr",
        "https://raw.githubusercontent.com/damellis/attiny/ide-1.6.x-boards-manager/package_damellis_attiny_index.json",
    ),
    other(
        "digistump:avr",
        "https://raw.githubusercontent.com/digistump/arduino-boards-index/master/package_digistump_index.json",
    ),
    other("chipKIT:pic32", "https://github.com/chipKIT32/chipKIT-core/raw/master/package_chipkit_index.json"),
    other(
        "realtek:AmebaD",
        "https://raw.githubusercontent.com/ambiot/ambd_arduino/master/Arduino_package/package_realtek.com_amebad_index.json",
    ),
    other("lgt8fx:avr", "https://raw.githubusercontent.com/dbuezas/lgt8fx/master/package_lgt8fx_index.json"),
];

/// Returns a core by its name.
pub(super) fn public_core(name: &str) -> Option<&'static PublicCore> {
    CORES.iter().find(|core| core.name == name)
}

/// Returns the popular board of an architecture of `library.properties`: its name and its FQBN.
pub(super) fn popular_board(architecture: &str) -> Option<(&'static str, &'static str)> {
    let is_for =
        |core: &&PublicCore| core.architectures.iter().any(|it| it.eq_ignore_ascii_case(architecture));
    CORES.iter().find(is_for).and_then(|core| core.board)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Fqbn;

    #[test]
    fn every_entry_is_consistent() {
        for (index, core) in CORES.iter().enumerate() {
            let name = core.name;
            assert!(CORES[..index].iter().all(|other| other.name != name), "{name} is twice in the table");
            let file = core.index.rsplit('/').next().unwrap();
            let is_index = core.index.starts_with("http")
                && file.strip_prefix("package_").is_some_and(|rest| rest.rsplit('.').next() == Some("json"));
            assert!(core.index.is_empty() || is_index, "{name}: {}", core.index);
            if let Some((_, fqbn)) = core.board {
                assert_eq!(fqbn.parse::<Fqbn>().unwrap().core_name(), name);
                assert!(!core.architectures.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn an_architecture_has_a_board() {
        assert_eq!(popular_board("avr"), Some(("uno", "arduino:avr:uno")));
        assert_eq!(popular_board("ESP32"), Some(("esp32", "esp32:esp32:esp32")));
        assert_eq!(popular_board("*"), None);
    }
}
