//! Platforms that `arduino_ci` knows by name, as data. A `.arduino-ci.yml` can change and extend them.
//!
//! Source: `misc/default.yml` of <https://github.com/Arduino-CI/arduino_ci>, of June 2023.

/// Platforms by name, with their FQBNs.
pub(super) const PLATFORMS: [(&str, &str); 13] = [
    ("uno", "arduino:avr:uno"),
    ("due", "arduino:sam:arduino_due_x"),
    ("zero", "arduino:samd:arduino_zero_native"),
    ("nano_every", "arduino:megaavr:nona4809"),
    ("esp32", "esp32:esp32:featheresp32:FlashFreq=80"),
    ("esp8266", "esp8266:esp8266:huzzah:eesz=4M3M,xtal=80"),
    ("leonardo", "arduino:avr:leonardo"),
    ("trinket", "adafruit:avr:trinket5"),
    ("gemma", "arduino:avr:gemma"),
    ("m4", "adafruit:samd:adafruit_metro_m4"),
    ("mega2560", "arduino:avr:mega:cpu=atmega2560"),
    ("cplayClassic", "arduino:avr:circuitplay32u4cat"),
    ("cplayExpress", "arduino:samd:adafruit_circuitplayground_m0"),
];

/// Platforms for which examples are compiled where `.arduino-ci.yml` names none.
pub(super) const COMPILED: [&str; 9] =
    ["uno", "due", "zero", "leonardo", "m4", "esp32", "esp8266", "mega2560", "nano_every"];
