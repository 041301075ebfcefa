//! Tests the filters on files of our own: a table of the boards for which each sketch is built.

use std::fs;
use std::path::Path;

use super::*;

/// A board's name, FQBN, `build.mcu` and RAM.
type Row = (&'static str, &'static str, &'static str, u64);

const BOARDS: [Row; 7] = [
    ("uno", "arduino:avr:uno", "atmega328p", 2048),
    ("tiny", "attiny:avr:ATtinyX5:chip=85", "attiny85", 512),
    ("mega", "arduino:avr:mega:cpu=atmega2560", "atmega2560", 8192),
    ("zero", "arduino:samd:arduino_zero_native", "cortex-m0plus", 32_768),
    ("esp32", "esp32:esp32:esp32", "esp32", 327_680),
    ("s3", "esp32:esp32:esp32s3", "esp32s3", 327_680),
    ("teensy41", "teensy:avr:teensy41", "imxrt1062", 524_288),
];

fn boards(sdk: &Path) -> Vec<FilteredBoard> {
    let board = |(name, fqbn, mcu, ram): Row| FilteredBoard {
        name: name.to_owned(),
        fqbn: fqbn.parse().unwrap(),
        tags: Vec::new(),
        mcu: Some(mcu.to_owned()),
        ram: Some(ram),
        sdk: mcu.starts_with("esp32").then(|| sdk.join(mcu)),
    };
    BOARDS.map(board).into()
}

const ALL: &str = "uno tiny mega zero esp32 s3 teensy41";

/// Returns the boards for which the sketch `S` is built. `files` are files with their texts, relative to the library.
fn built(filter: SketchFilter, files: &[(&str, &str)]) -> (String, Vec<String>, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let sdk = directory.path().join("sdk");
    let library = directory.path().join("lib");
    let chips = [("sdk/esp32/sdkconfig", "CONFIG_WIFI=y\nCONFIG_BT=y\n# CONFIG_USB is not set\n")];
    let chips = chips.into_iter().chain([("sdk/esp32s3/sdkconfig", "CONFIG_WIFI=y\nCONFIG_USB=y\n")]);
    let ino = [("lib/examples/S/S.ino", "void setup() {}\nvoid loop() {}\n"), ("lib/.git/HEAD", "")];
    let files: Vec<(String, &str)> =
        files.iter().map(|(name, text)| (format!("lib/{name}"), *text)).collect();
    let all = chips.chain(ino).map(|(name, text)| (name.to_owned(), text)).chain(files);
    for (name, text) in all {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let sketch = library.join("examples/S");
    let rules = SketchRules::read(&[filter], &sketch, &sketch.join("S.ino"), &library);
    let mut names = Vec::new();
    let mut reasons = Vec::new();
    for board in boards(&sdk) {
        match rules.skip(&board) {
            None => names.push(board.name),
            Some(reason) => reasons.push(reason),
        }
    }
    (names.join(" "), reasons, rules.warnings().to_vec())
}

/// Each row: the filter, a file with its text, and the boards for which the sketch is built.
#[test]
#[rustfmt::skip] // a table
fn each_rule_selects_its_boards() {
    use SketchFilter::{Adafruit, ArduinoCi, CompileSketches, Esp32Ci, Fastled, LibraryProperties, SketchYaml};
    const INO: &str = "examples/S/S.ino";
    const CI: &str = "examples/S/ci.yml";
    const FLOW: &str = ".github/workflows/ci.yml";
    let rows: &[(SketchFilter, &str, &str, &str)] = &[
        (Fastled, INO, "// no filter\n", ALL),
        (Fastled, INO, "// @filter (memory is large)\n", "zero esp32 s3 teensy41"),
        (Fastled, INO, "// @filter: (memory is huge)\n", "esp32 s3 teensy41"),
        (Fastled, INO, "// @filter (mem is low)\n", "uno mega zero esp32 s3 teensy41"),
        (Fastled, INO, "// @filter (mem=tiny)\n", ALL),
        (Fastled, INO, "// @filter (memory is not low)\n", "tiny zero esp32 s3 teensy41"),
        (Fastled, INO, "// @filter not (memory is low)\n", "tiny zero esp32 s3 teensy41"),
        (Fastled, INO, "// @filter (plat is esp32)\n", "esp32 s3"),
        (Fastled, INO, "// @filter (platform: avr) // small ones\n", "uno tiny mega"),
        (Fastled, INO, "// @filter (platform is teensy) or (platform is ESP32)\n", "esp32 s3 teensy41"),
        (Fastled, INO, "// @filter ((platform is teensy) and (memory is huge)) or (platform is avr)\n", "teensy41"),
        (Fastled, INO, "// @filter (platform is avr) and not (board is uno)\n", "tiny mega"),
        (Fastled, INO, "// @filter (target is esp32*)\n", "esp32 s3"),
        (Fastled, INO, "// @filter (tgt matches *s3)\n", "s3"),
        (Fastled, INO, "// @filter (target is -D__AVR__)\n", "uno tiny mega"),
        (Fastled, INO, "// @filter (board is uno or mega)\n", "uno mega"),
        (Fastled, INO, "// @filter (color is red) and (brd is mega)\n", "mega"),
        (Fastled, INO, "// @filter\n// require:\n//   - memory: large\n// exclude:\n//   - target: esp32s3\n// @end-filter\n", "zero esp32 teensy41"),
        (Fastled, INO, "// @filter:\n// require:\n//   - board: uno|mega,zero\n// @end-filter\n", "uno mega zero"),
        (Fastled, INO, "// @filter\n// exclude:\n//   - platform: avr, esp32\n// @end-filter\n", "zero teensy41"),
        (Fastled, INO, "// @filter maybe\n", ALL),
        (Esp32Ci, CI, "targets:\n  esp32: false\n", "uno tiny mega zero s3 teensy41"),
        (Esp32Ci, CI, "targets: {esp32: true, esp32s3: false}\n", "uno tiny mega zero esp32 teensy41"),
        (Esp32Ci, CI, "requires: [CONFIG_BT=y]\n", "uno tiny mega zero esp32 teensy41"),
        (Esp32Ci, CI, "requires: [CONFIG_WIFI=y, CONFIG_USB=y]\n", "uno tiny mega zero s3 teensy41"),
        (Esp32Ci, CI, "requires: [CONFIG_NONE=y]\n", "uno tiny mega zero teensy41"),
        (Esp32Ci, CI, "requires_any: [CONFIG_BT=y, CONFIG_NONE=y]\n", "uno tiny mega zero esp32 teensy41"),
        (Esp32Ci, CI, "requires: ['CONFIG_(BT|USB)=y']\n", ALL),
        (Esp32Ci, "examples/S/ci.json", "{\"targets\": {\"esp32s3\": false}}", "uno tiny mega zero esp32 teensy41"),
        (Esp32Ci, CI, "fqbn_append: PSRAM=opi\nlibs: [A]\n", ALL),
        (Esp32Ci, "examples/ci.yml", "multi_device: {device0: {sketch: S}}\ntargets: {esp32: false}\n", "uno tiny mega zero s3 teensy41"),
        (Esp32Ci, "examples/ci.yml", "multi_device: {device0: S}\ntargets: {esp32: false}\n", "uno tiny mega zero s3 teensy41"),
        (Esp32Ci, "examples/ci.yml", "targets: {esp32: false}\n", ALL),
        (Adafruit, "examples/S/.uno.test.skip", "", "tiny mega zero esp32 s3 teensy41"),
        (Adafruit, "examples/S/.esp32.test.only", "", "esp32 s3"),
        (Adafruit, "examples/S/.none.test.only", "", ""),
        (Adafruit, "examples/S/.skip.txt", "mega\n\nzero\n", "uno tiny esp32 s3 teensy41"),
        (Adafruit, "examples/S/.mega2560.test.only", "", "mega"),
        (Adafruit, "examples/S/.main_platforms.test.only", "", "uno mega zero esp32 s3"),
        (Adafruit, "examples/S/.main_platforms.test.skip", "", "tiny teensy41"),
        (Adafruit, "examples/S/.arcada_platforms.test.only", "", ""),
        (Adafruit, "examples/S/.skip.txt", "main_platforms\nteensy41\n", "tiny"),
        (ArduinoCi, ".arduino-ci.yml", "compile: {platforms: [uno, mega2560]}\n", "uno mega"),
        (ArduinoCi, "examples/S/.arduino-ci.yml", "compile: {platforms: [zero]}\n", "zero"),
        (ArduinoCi, ".arduino-ci.yml", "platforms: {mine: {board: 'esp32:esp32:esp32s3'}}\ncompile: {platforms: [mine]}\n", "s3"),
        (SketchYaml, "examples/S/sketch.yaml", "profiles:\n  a: {fqbn: 'arduino:avr:uno'}\n  b: {fqbn: 'esp32:esp32:esp32'}\n", "uno esp32"),
        (SketchYaml, "examples/S/sketch.yml", "default_fqbn: arduino:avr:mega\n", "mega"),
        (SketchYaml, "examples/S/sketch.yaml", "profiles:\n  a: {fqbn: 'arduino:avr:mega:cpu=atmega1280'}\n", ""),
        (SketchYaml, "examples/S/sketch.yaml", "default_port: /dev/x\n", ALL),
        (LibraryProperties, "library.properties", "name=L\nversion=1.0.0\narchitectures=avr,samd\n", "uno tiny mega zero teensy41"),
        (LibraryProperties, "library.properties", "name=L\nversion=1.0.0\narchitectures=*\n", ALL),
        (CompileSketches, FLOW, "on: push\njobs:\n  b:\n    runs-on: x\n    steps:\n      - uses: arduino/compile-sketches@v1\n        with: {fqbn: 'arduino:avr:uno'}\n", "uno"),
        (CompileSketches, FLOW, "on: push\njobs:\n  b:\n    runs-on: x\n    steps:\n      - uses: arduino/compile-sketches@v1\n        with: {fqbn: 'arduino:avr:uno', sketch-paths: '- other'}\n", ""),
        (CompileSketches, FLOW, "on: push\njobs: {}\n", ALL),
    ];
    for (filter, file, text, expected) in rows {
        let (built, reasons, _) = built(*filter, &[(*file, *text)]);
        assert_eq!(built, *expected, "{filter:?} {text} {reasons:#?}");
        let names_file = |reason: &String| reason.contains(": ");
        assert!(reasons.iter().all(names_file), "{reasons:?}");
    }
}

#[test]
fn the_reason_names_the_file_and_the_rule() {
    let first = |filter, file, text| built(filter, &[(file, text)]).1.swap_remove(0);
    assert_eq!(
        first(SketchFilter::Fastled, "examples/S/S.ino", "// @filter (memory is large)\n"),
        "examples/S/S.ino: @filter requires memory is large; the board has low"
    );
    assert_eq!(
        first(SketchFilter::Esp32Ci, "examples/S/ci.yml", "targets: {esp32: false}\n"),
        "examples/S/ci.yml: targets: esp32: false"
    );
    assert_eq!(first(SketchFilter::Adafruit, "examples/S/.uno.test.skip", ""), "examples/S: .uno.test.skip");
    assert_eq!(
        first(SketchFilter::Adafruit, "examples/S/.skip.txt", "uno\n"),
        "examples/S: .skip.txt has `uno`"
    );
    assert_eq!(
        first(
            SketchFilter::LibraryProperties,
            "library.properties",
            "name=L\nversion=1.0.0\narchitectures=samd\n"
        ),
        "library.properties: architectures=samd does not have `avr`"
    );
}

#[test]
fn what_is_not_understood_or_not_applied_is_a_warning() {
    let warnings = |filter, file, text| built(filter, &[(file, text)]).2.join("\n");
    let fastled = |text| warnings(SketchFilter::Fastled, "examples/S/S.ino", text);
    assert!(
        fastled("// @filter (memory is low) or (platform is esp32)\n")
            .contains("`or` between different keys")
    );
    assert_eq!(fastled("// @filter (platform is avr) or (platform is esp32)\n"), "");
    assert!(fastled("// @filter (colour red)\n").contains("no condition"));
    let esp = |text| warnings(SketchFilter::Esp32Ci, "examples/S/ci.yml", text);
    assert_eq!(esp("libs: [WiFiManager]\nfqbn_append: PSRAM=opi\n"), "", "these are applied");
    assert!(esp("targets: [\n").contains("not valid YAML"));
    assert!(
        warnings(SketchFilter::SketchYaml, "examples/S/sketch.yaml", "default_fqbn: x\n").contains("wrong")
    );
    assert!(
        warnings(SketchFilter::ArduinoCi, ".arduino-ci.yml", "compile: {platforms: [nuo]}\n")
            .contains("`nuo`")
    );
}

#[test]
fn a_tag_gives_a_board_its_memory_tier() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("S.ino");
    fs::write(&file, "// @filter (memory is huge)\n").unwrap();
    let rules = SketchRules::read(&[SketchFilter::Fastled], directory.path(), &file, directory.path());
    let mut uno = boards(directory.path()).swap_remove(0);
    assert!(rules.skip(&uno).is_some());
    uno.tags = vec!["memory-huge".to_owned()];
    assert!(rules.skip(&uno).is_none());
}
