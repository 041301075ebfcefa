//! ESP32: images by the real esptool, what is merged into one, files in the firmware; and that a run in which nothing
//! has changed starts nothing, though the platform has hooks, while whatever does change is built again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Finished, Vendor, Workspace, esptool, packed, packed_directory, repository, tool};

const MATRIX: &str = "
version: 1
cores:
  mini:esp32:
    provider: path
    path: core
    tools:
      riscv64-unknown-elf-gcc: {apt: gcc-riscv64-unknown-elf}
      python3: {apt: python3-minimal}
      images: TOOLS
      esptool_py: {pypi: esptool==5.1.0, lock: TOOLS/esptool.txt}
boards:
  c3: mini:esp32:esp32c3
  c3-qio: mini:esp32:esp32c3:FlashMode=qio,FlashFreq=40,FlashSize=8M
sketches:
  - path: Page
    embed_files: [data/logo.raw]
    embed_txtfiles: [data/index.html]
";

const PAGE: &str = r#"
extern const char page_begin[] asm("_binary_index_html_start");
extern const char page_end[] asm("_binary_index_html_end");
extern const uint8_t logo_size[] asm("_binary_logo_raw_size");
#ifndef GREETING
#define GREETING "no flags"
#endif
void setup() {
  Serial.println(page_begin);
  Serial.println(GREETING);
  Serial.println(static_cast<int>(page_end - page_begin) + reinterpret_cast<int>(logo_size));
}
void loop() {}
"#;

/// A copy of the mini core, which a test may change, and a sketch that has files embedded.
fn workspace() -> Workspace {
    for package in ["gcc-riscv64-unknown-elf", "python3-minimal"] {
        tool(package);
    }
    esptool();
    let tools = repository("tests/platform/shared/tools");
    let workspace = Workspace::new()
        .sketch("Page", PAGE)
        .file("Page/build_opt.h", "-DGREETING=\\\"first_flags\\\"\n")
        .file("data/index.html", "<p>first</p>")
        .file("data/logo.raw", [0, 1, 2, 0xFF])
        .file("matrix.yml", MATRIX.replace("TOOLS", tools.to_str().unwrap()));
    let core = repository("tests/platform/esp32c3/core");
    for entry in walkdir::WalkDir::new(&core).follow_links(true) {
        let entry = entry.unwrap();
        let to = workspace.path("core").join(entry.path().strip_prefix(&core).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    workspace
}

fn run(workspace: &Workspace) -> Finished {
    workspace.run(["run", "matrix.yml"]).assert_exit(0)
}

fn file(workspace: &Workspace, board: &str, extension: &str) -> PathBuf {
    workspace.path(format!(".fbuild-matrix/cells/{board}/Page/Page.ino.{extension}"))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What esptool says of an image.
fn image_info(image: &Path) -> String {
    let output = Command::new(esptool()).arg("image-info").arg(image).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}: {said}", image.display());
    said
}

#[test]
fn images_are_as_the_menus_say_and_merged_into_one() {
    let workspace = workspace();
    run(&workspace);
    // Second byte of the header: QIO 0, DIO 2; third: size (4MB 2, 8MB 3) and frequency (80 MHz 15, 40 MHz 0).
    for (board, header, size, said) in [
        ("c3", [0x02, 0x2F], 4 << 20, ["Flash mode: DIO", "Flash freq: 80m", "Flash size: 4MB"]),
        ("c3-qio", [0x00, 0x30], 8 << 20, ["Flash mode: QIO", "Flash freq: 40m", "Flash size: 8MB"]),
    ] {
        let application = fs::read(file(&workspace, board, "bin")).unwrap();
        assert_eq!((application[0], &application[2..4]), (0xE9, &header[..]), "{board}");
        let info = image_info(&file(&workspace, board, "bin"));
        for part in said.into_iter().chain(["Detected image type: ESP32-C3", "Project name: ESP32C3_DEV"]) {
            assert!(info.contains(part), "{board}: no {part} in {info}");
        }
        assert_eq!(info.matches("(valid)").count(), 2, "checksum and hash of {board}: {info}");

        let flash = fs::read(file(&workspace, board, "merged.bin")).unwrap();
        assert_eq!(flash.len(), size, "{board}");
        assert_eq!((flash[0], &flash[2..4]), (0xE9, &header[..]), "the bootloader of {board}");
        assert_eq!(flash[0x10000..0x10000 + application.len()], application, "{board}");
        let table = fs::read(file(&workspace, board, "partitions.bin")).unwrap();
        assert_eq!(flash[0x8000..0x8000 + table.len()], table, "{board}");
        // Five partitions, then their MD5 (by md5sum over the 160 bytes), then nothing.
        let sum =
            [0xA9, 0xF9, 0xAB, 0x40, 0x99, 0x93, 0x54, 0xCD, 0x7B, 0xD3, 0x06, 0x16, 0x53, 0x23, 0xB3, 0x5A];
        assert_eq!(table[160..176], [&[0xEB, 0xEB][..], &[0xFF; 14]].concat());
        assert_eq!(table[176..192], sum);
        assert!(table[192..].iter().all(|byte| *byte == 0xFF));
        for text in ["<p>first</p>\0", "first_flags"] {
            assert!(holds(&application, text), "no {text} for {board}");
        }
    }
}

#[test]
fn nothing_is_started_again_and_whatever_changes_is_in_effect() {
    let workspace = workspace();
    let first = run(&workspace);
    let steps = first.steps();
    for step in [": objcopy embed index.html", ": objcopy embed logo.raw"] {
        assert_eq!(steps.iter().filter(|it| it.ends_with(step)).count(), 2, "{steps:?}");
    }
    let start = fs::read(file(&workspace, "c3", "merged.bin")).unwrap();
    assert_eq!(run(&workspace).steps(), [""; 0], "nothing has changed");

    let application = |board: &str| fs::read(file(&workspace, board, "bin")).unwrap();
    let change = |path: &str, from: &str, to: &str| {
        let path = workspace.path(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "no {from} in {text}");
        fs::write(path, text.replace(from, to)).unwrap();
        run(&workspace)
    };
    // A file that is embedded, flags of the sketch, the SDK's configuration for one of the flash modes.
    change("data/index.html", "first", "other");
    assert!(holds(&application("c3"), "<p>other</p>\0") && !holds(&application("c3"), "<p>first</p>"));
    change("Page/build_opt.h", "first_flags", "other_flags");
    assert!(holds(&application("c3"), "other_flags") && !holds(&application("c3"), "first_flags"));
    let sdk = "core/tools/esp32-arduino-libs/esp32c3";
    change(&format!("{sdk}/qio_qspi/include/sdkconfig.h"), "\"qio\"", "\"quad\"");
    assert!(holds(&application("c3-qio"), "quad\0") && holds(&application("c3"), "dio\0"));
    // The flags that the core's own hook writes.
    let made =
        change("core/platform.txt", "echo -DARDUINO_CORE_BUILD >", "echo -DARDUINO_CORE_BUILD -DMORE >");
    let compiled = |step: &&String| step.contains(": compile core/");
    assert!(made.steps().iter().filter(compiled).count() >= 2, "{:?}", made.steps());
    // What only hooks read: the partitions, also where a sketch brings its own; the bootloader.
    let table = || fs::read(file(&workspace, "c3", "partitions.bin")).unwrap();
    change("core/tools/partitions/default.csv", "spiffs,   data, spiffs,", "storage,  data, spiffs,");
    assert!(holds(&table(), "storage\0"));
    let own = workspace.clone().file("Page/partitions.csv", "only, app, factory, , 1M\n");
    run(&own);
    assert_eq!(table()[..12], [0xAA, 0x50, 0, 0, 0, 0, 1, 0, 0, 0, 0x10, 0]);
    fs::remove_file(workspace.path("Page/partitions.csv")).unwrap();
    run(&workspace);
    assert!(holds(&table(), "storage\0"));
    let bootloader = workspace.path(format!("{sdk}/bin/bootloader_dio_80m.elf"));
    fs::copy(workspace.path(format!("{sdk}/bin/bootloader_qio_80m.elf")), bootloader).unwrap();
    run(&workspace);
    let end = fs::read(file(&workspace, "c3", "merged.bin")).unwrap();
    assert_eq!((start[0x20..0x2C] == end[0x20..0x2C], start[..8] == end[..8]), (false, true));
    assert_eq!(run(&workspace).steps(), [""; 0], "nothing has changed");
    // What hooks leave is there again, although they are not started.
    let made = workspace.path(".fbuild-matrix/cells/c3/Page/build_opt.h");
    fs::remove_file(&made).unwrap();
    assert_eq!(run(&workspace).steps(), [""; 0]);
    assert!(fs::read_to_string(made).unwrap().contains("other_flags"));
}

/// The core as Espressif publishes theirs: the SDK's libraries, the compiler and the programs that make images are tools of
/// their own, so the platform does not say where they are.
#[test]
fn the_core_of_an_index_makes_the_same_firmware() {
    let by_path = workspace();
    run(&by_path);
    let expected: Vec<Vec<u8>> =
        ["bin", "merged.bin"].map(|end| fs::read(file(&by_path, "c3", end)).unwrap()).to_vec();

    let mut vendor = Vendor::new();
    let platform_txt = by_path.path("core/platform.txt");
    let text = fs::read_to_string(&platform_txt).unwrap();
    let is_kept = |line: &&str| !line.starts_with("runtime.tools.esp32-arduino-libs.path=");
    let lines: Vec<&str> = text.lines().filter(is_kept).collect();
    fs::write(&platform_txt, lines.join("\n") + "\n").unwrap();
    vendor.tool(
        "esp32-arduino-libs",
        "idf-release_v5.5-1",
        packed_directory(&by_path.path("core/tools/esp32-arduino-libs")),
    );
    fs::remove_dir_all(by_path.path("core/tools/esp32-arduino-libs")).unwrap();
    vendor.tool("images", "1.0.0", packed_directory(&repository("tests/platform/shared/tools")));
    vendor.tool("mkspiffs", "0.2.3", packed("mkspiffs", &[("mkspiffs", "")]));
    // What Debian and PyPI install works in its place only, so these archives start it there.
    let start = |program: &Path, libraries: Option<PathBuf>| {
        let libraries =
            libraries.map(|path| format!("LD_LIBRARY_PATH={} ", path.display())).unwrap_or_default();
        format!("#!/bin/sh\n{libraries}exec {} \"$@\"\n", program.display())
    };
    let programs = |package: &str, directory: &str, prefix: &str| {
        let package = tool(package);
        let bin = package.path("usr/bin");
        let names =
            fs::read_dir(&bin).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let script = |name: String| (format!("bin/{name}"), start(&bin.join(&name), package.library_path()));
        let entries: Vec<(String, String)> =
            names.filter(|name| name.starts_with(prefix)).map(script).collect();
        let entries: Vec<(&str, &str)> =
            entries.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        packed(directory, &entries)
    };
    vendor.tool(
        "riscv64-unknown-elf-gcc",
        "esp-13.2.0_20240530",
        programs("gcc-riscv64-unknown-elf", "riscv32-esp-elf", "riscv64-unknown-elf-"),
    );
    vendor.tool("python3", "3.11.0", programs("python3-minimal", "python", "python3"));
    vendor.tool("esptool_py", "5.1.0", packed("esptool", &[("esptool", &start(&esptool(), None))]));
    vendor.packed_platform(
        "mini:esp32",
        "3.0.0",
        packed_directory(&by_path.path("core")),
        &[
            ("riscv64-unknown-elf-gcc", "esp-13.2.0_20240530"),
            ("esp32-arduino-libs", "idf-release_v5.5-1"),
            ("esptool_py", "5.1.0"),
            ("mkspiffs", "0.2.3"),
            ("python3", "3.11.0"),
            ("images", "1.0.0"),
        ],
    );
    let head = MATRIX.find("boards:").unwrap();
    let matrix = format!(
        "version: 1\ncores:\n  mini:esp32: {{provider: index, version: 3.0.0, url: \"{}\"}}\n{}{}",
        vendor.index(),
        MATRIX[head..].replace("  c3-qio: mini:esp32:esp32c3:FlashMode=qio,FlashFreq=40,FlashSize=8M\n", ""),
        vendor.mirrors()
    );
    let by_name = workspace().file("matrix.yml", matrix);
    fs::remove_dir_all(by_name.path("core")).unwrap();
    by_name.run(["core", "lock", "matrix.yml"]).assert_exit(0);
    by_name.run(["run", "matrix.yml", "--locked"]).assert_exit(0);
    let made: Vec<Vec<u8>> =
        ["bin", "merged.bin"].map(|end| fs::read(file(&by_name, "c3", end)).unwrap()).to_vec();
    assert!(made == expected, "the firmware differs");
}
