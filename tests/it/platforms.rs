//! `matrices/platforms.yml`: a board of each family, built offline with compilers that were brought in without
//! root. What comes out is for the board's processor, and in the form that the board takes.

mod attributes;

use std::fs;
use std::path::{Path, PathBuf};

use object::{FileFlags, Object, ObjectSymbol};

use crate::support::{Finished, Verdict, Workspace, avr_core, esptool, packages, repository, tool};
use attributes::{Attributes, Value};

/// What a linked program says of the processor that it is for.
#[derive(Debug, Clone, Copy)]
enum Processor {
    /// `EF_AVR_MACH`.
    Avr(u32),
    /// `Tag_CPU_arch`, and whether floating point values are passed in registers.
    Arm { architecture: u64, hard_float: bool },
    /// The instruction set that `Tag_RISCV_arch` spells out, and which of `EF_RISCV_RVC` and `EF_RISCV_RVE` are set.
    Riscv { extensions: &'static str, flags: u32 },
    /// The Tensilica of the ESP8266.
    Xtensa,
}

// "Addenda to, and Errata in, the ABI for the Arm Architecture", `Tag_CPU_arch`.
const M0_PLUS: Processor = Processor::Arm { architecture: 12, hard_float: false };
const M3: Processor = Processor::Arm { architecture: 10, hard_float: false };
const M4: Processor = Processor::Arm { architecture: 13, hard_float: false };
const M4F: Processor = Processor::Arm { architecture: 13, hard_float: true };
/// The same value: both are ARMv7E-M.
const M7: Processor = M4F;
const M33: Processor = Processor::Arm { architecture: 17, hard_float: true };

/// A board: its name in the matrix, its family, its processor, what `Hello` is linked to, and the other files
/// that its recipes make.
type Board = (&'static str, &'static str, Processor, &'static str, &'static [&'static str]);

const BOARDS: &[Board] = &[
    ("uno", "avr", Processor::Avr(5), "elf", &["hex", "eep"]),
    ("lpc845", "nxplpc", M0_PLUS, "elf", &["bin", "hex"]),
    ("due", "sam", M3, "elf", &["bin"]),
    ("due-qemu", "sam", M3, "elf", &["bin"]),
    ("nucleo-f446re", "stm32", M4F, "elf", &["bin", "hex"]),
    ("nucleo-f767zi", "stm32", M7, "elf", &["bin", "hex"]),
    // Theirs have a floating point unit too, but pass no values in its registers.
    ("giga", "mbed", M4, "elf", &["bin", "hex"]),
    ("giga-m4", "mbed", M4, "elf", &["bin", "hex"]),
    ("nano33ble", "mbed", M4, "elf", &["bin", "hex"]),
    ("teensy40", "teensy", M7, "elf", &["hex", "eep"]),
    ("teensy40-qemu", "teensy", M7, "elf", &["hex", "eep"]),
    ("pca10056", "nrf52", M4F, "elf", &["bin", "hex", "uf2"]),
    ("pca10056-alone", "nrf52", M4F, "elf", &["bin", "hex", "uf2"]),
    ("rpipico", "rp2040", M0_PLUS, "elf", &["bin", "uf2"]),
    ("minima", "renesas_uno", M4F, "elf", &["bin", "hex"]),
    ("artemis", "apollo3", M4F, "axf", &["bin"]),
    ("nano_matter", "silabs", M33, "elf", &["bin", "hex", "gbl"]),
    ("nano_matter-qemu", "silabs", M33, "elf", &["bin", "hex", "gbl"]),
    ("ch32v003", "ch32v", Processor::Riscv { extensions: "rv32ec", flags: 9 }, "elf", &["bin", "hex"]),
    ("ch32v203", "ch32v", Processor::Riscv { extensions: "rv32imac", flags: 1 }, "elf", &["bin", "hex"]),
    ("ch32v-qemu", "ch32v", Processor::Riscv { extensions: "rv32imac", flags: 1 }, "elf", &["bin", "hex"]),
    (
        "esp32c3",
        "esp32",
        Processor::Riscv { extensions: "rv32imc", flags: 1 },
        "elf",
        &["bin", "partitions.bin", "merged.bin"],
    ),
    ("nodemcu", "esp8266", Processor::Xtensa, "elf", &["bin"]),
];

/// The families that the project promises.
const FAMILIES: [&str; 13] = [
    "avr",
    "sam",
    "stm32",
    "teensy",
    "nrf52",
    "rp2040",
    "renesas_uno",
    "apollo3",
    "silabs",
    "nxplpc",
    "ch32v",
    "esp8266",
    "esp32",
];

/// The boards that run in emulators, and what they say they are.
const EMULATED: [(&str, &str); 6] = [
    ("uno", "an Arduino"),
    ("due-qemu", "due lm3s6965evb"),
    ("nucleo-f446re", "NUCLEO_F446RE"),
    ("teensy40-qemu", "teensy40 USB_SERIAL"),
    ("nano_matter-qemu", "nano_matter mps2"),
    ("ch32v-qemu", "VIRT"),
];

/// Sketches of single boards: each shows what is peculiar to its platform, and does not compile without it.
const PECULIAR: &[(&str, &str)] = &[
    ("due", "due/Strings"),
    ("due-qemu", "due/Strings"),
    ("nucleo-f446re", "nucleo/Flags"),
    ("nucleo-f767zi", "nucleo/Flags"),
    ("giga", "giga/Regions"),
    ("giga-m4", "giga/Regions"),
    ("nano33ble", "giga/Regions"),
    ("pca10056", "pca10056/UsbDisk"),
    ("pca10056-alone", "pca10056/UsbDisk"),
    ("minima", "minima/Unique"),
    ("nano_matter", "nano_matter/Light"),
    ("nano_matter-qemu", "nano_matter/Light"),
    ("esp32c3", "esp32c3/Options"),
    ("esp32c3", "esp32c3/Page"),
    ("oddity", "oddity/Strange"),
];

/// Where a cell's files are, without their extension.
fn cell(run: &Finished, board: &str, sketch: &str) -> PathBuf {
    let name = sketch.rsplit('/').next().unwrap();
    run.workspace.path(format!(".fbuild-matrix/cells/{board}/tests/platform/{sketch}/{name}.ino"))
}

fn with(cell: &Path, extension: &str) -> PathBuf {
    let mut name = cell.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

#[test]
fn a_board_of_each_family_builds_offline() {
    // Brought in now if that was never done here; the run itself may not.
    avr_core();
    for package in ["gcc-arm-none-eabi", "gcc-riscv64-unknown-elf", "gcc-xtensa-lx106", "python3-minimal"] {
        tool(package);
    }
    for emulator in ["simavr", "qemu-system-arm", "qemu-system-misc"] {
        packages(&[emulator]);
    }
    esptool();
    let workspace = Workspace::new();
    let matrix = repository("matrices/platforms.yml");
    let run = || workspace.run(["run", matrix.to_str().unwrap(), "--offline"]).assert_exit(0);
    let first = run();

    let junit = first.reports().junit();
    let hello = BOARDS.iter().map(|board| (board.0, "Hello"));
    let expected: Vec<(&str, &str)> = hello.chain(PECULIAR.iter().copied()).collect();
    assert_eq!(junit.cases().count(), expected.len() + 1, "{junit:#?}");
    for (board, sketch) in expected {
        assert_eq!(junit.case(board, &format!("../tests/platform/{sketch}")).verdict, Verdict::Passed);
    }
    let left_out = &junit.case("oddity", "../tests/platform/Hello").verdict;
    assert!(matches!(left_out, Verdict::Skipped { .. }), "{left_out:?}");
    for &(board, family, processor, program, others) in BOARDS {
        let cell = cell(&first, board, "Hello");
        check(board, &with(&cell, program), processor);
        for other in others {
            let path = with(&cell, other);
            assert!(fs::metadata(&path).is_ok_and(|it| it.len() > 0), "{} is not there", path.display());
            check_image(board, &path);
        }
        assert!(FAMILIES.contains(&family) || family == "mbed");
    }
    for family in FAMILIES {
        assert!(BOARDS.iter().any(|board| board.1 == family), "no board of {family}");
        let jobs = first.reports().timing()["jobs"].as_array().unwrap().clone();
        assert!(jobs.iter().any(|job| job["platform"] == family), "no job of {family} in timing.json");
    }
    odd(&first);
    peculiarities(&first);
    printed(&first);

    let firmware = first.firmware();
    let again = run();
    let events = again.reports().events();
    let outcomes: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "job_finished")
        .map(|event| event["outcome"]["outcome"].as_str().unwrap())
        .collect();
    assert!(outcomes.len() > BOARDS.len() && outcomes.iter().all(|it| *it == "up_to_date"), "{outcomes:?}");
    assert_eq!(again.processes(), Vec::<String>::new());

    // With the cache alone nothing is started either.
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let gone = run();
    assert_eq!(gone.processes(), Vec::<String>::new());
    assert_eq!(gone.firmware(), firmware);
}

#[test]
fn a_memory_region_is_as_large_as_the_menu_says() {
    tool("gcc-arm-none-eabi");
    let core = repository("tests/platform/giga/core");
    let matrix = format!(
        "version: 1\ncores: {{\"mini:mbed\": {{provider: path, path: {}, tools: {{arm-none-eabi-gcc: {{apt: \
         gcc-arm-none-eabi}}}}}}}}\nboards:\n  half: mini:mbed:giga:target_core=cm4,split=50_50\n  quarter: \
         mini:mbed:giga:target_core=cm4,split=75_25\nsketches: [Table]\n",
        core.display()
    );
    let sketch = "extern const uint8_t table[600000] = {1};\nvoid setup() { Serial.begin(table[millis()]); }\nvoid \
                  loop() {}\n";
    let workspace = Workspace::new().sketch("Table", sketch).file("m.yml", matrix);
    let run = workspace.run(["run", "m.yml", "--offline"]).assert_exit(1);
    let junit = run.reports().junit();
    assert_eq!(junit.case("half", "Table").verdict, Verdict::Passed);
    let quarter = &junit.case("quarter", "Table").verdict;
    let Verdict::Failure { message, .. } = quarter else { panic!("{quarter:?}") };
    assert!(message.starts_with("Table/Table.ino:1: flash: ") && message.ends_with(" too many"), "{message}");
}

/// What a linked program is for.
fn check(board: &str, path: &Path, processor: Processor) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let elf = object::File::parse(&*bytes).unwrap();
    let FileFlags::Elf { e_flags, .. } = elf.flags() else { panic!("{} is no ELF", path.display()) };
    let (machine, flags) = (elf.architecture(), e_flags.0);
    let attributes = |section| Attributes::read(&elf, section);
    match processor {
        Processor::Avr(family) => {
            assert_eq!((machine, flags & 0x7f), (object::Architecture::Avr, family), "{board}");
        }
        Processor::Arm { architecture, hard_float } => {
            assert_eq!(machine, object::Architecture::Arm, "{board}");
            let found = attributes(".ARM.attributes");
            assert_eq!(
                found.get(6),
                Some(&Value::Number(architecture)),
                "Tag_CPU_arch of {board}: {found:?}"
            );
            assert_eq!(
                found.get(7),
                Some(&Value::Number(u64::from(b'M'))),
                "Tag_CPU_arch_profile of {board}"
            );
            let passed = found.get(28) == Some(&Value::Number(1));
            assert_eq!(passed, hard_float, "Tag_ABI_VFP_args of {board}: {found:?}");
            // EABI version 5, EF_ARM_ABI_FLOAT_HARD or EF_ARM_ABI_FLOAT_SOFT.
            assert_eq!(flags, 0x0500_0000 | if hard_float { 0x400 } else { 0x200 }, "e_flags of {board}");
        }
        Processor::Riscv { extensions, flags: expected } => {
            assert_eq!((machine, flags), (object::Architecture::Riscv32, expected), "{board}");
            let found = attributes(".riscv.attributes");
            let Some(Value::Text(text)) = found.get(5) else {
                panic!("Tag_RISCV_arch of {board}: {found:?}")
            };
            assert_eq!(instruction_set(text), extensions, "Tag_RISCV_arch of {board}: {text}");
        }
        Processor::Xtensa => {
            // It has no attributes; bits 8 and 9 say that its instruction and literal tables are there.
            assert_eq!((machine, flags), (object::Architecture::Xtensa, 0x300), "{board}");
        }
    }
}

/// `rv32imac` for `rv32i2p1_m2p0_a2p1_c2p0_zmmul1p0`: which of the extensions with more than a letter are
/// spelled out, and in which version, differs between releases of binutils.
fn instruction_set(text: &str) -> String {
    let (base, extensions) = text.split_at(4);
    let letters = extensions.split('_').filter_map(|extension| {
        let name = extension.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('p');
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
        (name.len() == 1).then_some(name)
    });
    base.chars().map(String::from).chain(letters.map(str::to_owned)).collect()
}

/// What a file for flashing begins with, by its extension and board.
fn check_image(board: &str, path: &Path) {
    let bytes = fs::read(path).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let name = path.display();
    let extension = path.extension().unwrap().to_str().unwrap();
    match (extension, board) {
        ("hex" | "eep", _) => {
            let text = std::str::from_utf8(&bytes).unwrap();
            assert!(text.lines().all(|line| line.starts_with(':')), "{name}");
            assert!(text.trim_end().ends_with("01FF"), "{name}");
        }
        ("uf2", _) => {
            let (family, begin) = match board {
                "rpipico" => (0xE48B_FF56, 0x1000_0000),
                "pca10056-alone" => (0xADA5_2840, 0x1000),
                _ => (0xADA5_2840, 0x26000),
            };
            let blocks = u32::try_from(bytes.len() / 512).unwrap();
            assert_eq!(bytes.len() % 512, 0, "{name}");
            let head = [word(0), word(4), word(12), word(24), word(28)];
            assert_eq!(head, [0x0A32_4655, 0x9E5D_5157, begin, blocks, family], "{name}");
        }
        ("bin", "lpc845") => {
            let sum = (0..8).fold(0_u32, |sum, at| sum.wrapping_add(word(4 * at)));
            assert_eq!(sum, 0, "the boot ROM's checksum of {name}");
        }
        ("bin", "esp32c3" | "nodemcu") if path.with_extension("").extension().unwrap() == "ino" => {
            assert_eq!(bytes[0], 0xE9, "{name}");
            assert_eq!(bytes.len() % 16, 0, "{name}");
        }
        ("bin", "esp32c3") if path.with_extension("").extension().unwrap() == "merged" => {
            // All of the flash: bootloader, partition table, application.
            assert_eq!(bytes.len(), 4 << 20, "{name}");
            assert_eq!((bytes[0], &bytes[0x8000..0x8002], bytes[0x10000]), (0xE9, &[0xAA, 0x50][..], 0xE9));
        }
        ("bin", "esp32c3") => assert_eq!(bytes[..2], [0xAA, 0x50], "{name}"),
        ("gbl", _) => assert_eq!(word(0), 0x03A6_17EB, "{name}"),
        // A copy of the memory, whatever the processor begins with.
        _ => assert!(bytes.len() > 256, "{name}"),
    }
}

/// The platform that nobody makes: two links, its own names, its objcopy recipes in the order of their numbers.
fn odd(run: &Finished) {
    let cell = cell(run, "oddity", "oddity/Strange");
    let bytes = fs::read(with(&cell, "program")).unwrap();
    let elf = object::File::parse(&*bytes).unwrap();
    assert_eq!(elf.architecture(), object::Architecture::Riscv64);
    let Some(Value::Text(text)) = Attributes::read(&elf, ".riscv.attributes").get(5).cloned() else {
        panic!("it does not say its instruction set")
    };
    assert_eq!(instruction_set(&text), "rv64imac", "{text}");
    let image = fs::read(with(&cell, "image")).unwrap();
    let greeting = b"Oddity 64 of odd:strange:rv64imac:dialect=safe\0";
    assert!(image.windows(greeting.len()).any(|window| window == greeting), "the name with its spaces");
    assert!(fs::read_to_string(with(&cell, "v")).unwrap().starts_with("@80000000"), "the listing");
    let log = fs::read_to_string(cell.with_file_name("build.log")).unwrap();
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("no {text} in\n{log}"));
    assert!(at("strip") < at("binary") && at("binary") < at("verilog"), "{log}");
}

/// What `Hello` printed in emulators, from copied, cleared and constructed data.
fn printed(run: &Finished) {
    for (board, name) in EMULATED {
        let log = cell(run, board, "Hello").with_file_name("build.log");
        let log = fs::read_to_string(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let text = format!("hello from {name}\n42\n2A\ndone");
        assert!(log.contains(&text), "{board} did not print {text:?}:\n{log}");
    }
    let events = run.reports().events();
    let ran = events.iter().filter(|event| event["event"] == "step_finished" && event["step"] == "run");
    assert_eq!(ran.count(), EMULATED.len());
}

/// What the sketches of single boards can't see themselves.
fn peculiarities(run: &Finished) {
    let holds = |board: &str, sketch: &str, extension: &str, text: &str| {
        let bytes = fs::read(with(&cell(run, board, sketch), extension)).unwrap();
        let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(found, "no {text:?} in {sketch} for {board}");
    };
    holds("due", "due/Strings", "bin", "Mini Arduino LLC");
    holds("rpipico", "Hello", "elf", "__wrap_millis");
    holds("minima", "minima/Unique", "bin", "mini fsp");
    holds("giga", "giga/Regions", "bin", "mini mbed");
    holds("giga", "giga/Regions", "bin", "main core");
    holds("giga-m4", "giga/Regions", "bin", "co-processor");
    let symbol = |board: &str, sketch: &str, name: &str| {
        let bytes = fs::read(with(&cell(run, board, sketch), "elf")).unwrap();
        let elf = object::File::parse(&*bytes).unwrap();
        elf.symbol_by_name(name).map(|symbol| symbol.address())
    };
    let radio = symbol("pca10056", "pca10056/UsbDisk", "radio_version");
    assert_eq!(radio, Some(0x7002), "the archive for the floating point unit");
    // `Hello` does not name it: the archive is linked whole. Where its program begins the menu says.
    assert!(symbol("nano33ble", "Hello", "mbed_crashes").is_some());
    let begin = |board| symbol(board, "Hello", "core_vectors");
    assert_eq!((begin("giga"), begin("giga-m4")), (Some(0x0804_0000), Some(0x0810_0000)));
    holds("esp32c3", "esp32c3/Options", "bin", "hello");
    // The sketch's own partition table, not the platform's: one application, at its place.
    let table = fs::read(with(&cell(run, "esp32c3", "esp32c3/Options"), "partitions.bin")).unwrap();
    assert_eq!(table[32..40], [0xAA, 0x50, 0x00, 0x10, 0, 0, 1, 0]);
    // What the platform switches off.
    for (board, extension) in [("artemis", "hex"), ("artemis", "s37")] {
        assert!(
            !with(&cell(run, board, "Hello"), extension).exists(),
            "{board} has no recipe for {extension}"
        );
    }
    // Flags of a sketch are the core's too: it has one of its own.
    let cores = |board: &str| {
        let cores = fs::read_dir(run.workspace.path(".fbuild-matrix/cores")).unwrap();
        cores.filter(|core| core.as_ref().unwrap().file_name().to_str().unwrap().starts_with(board)).count()
    };
    assert_eq!((cores("nucleo-f446re"), cores("esp32c3"), cores("due-qemu")), (2, 2, 1));
    // What a program of the platform says that it takes.
    let events = run.reports().events();
    let artemis = events
        .iter()
        .find(|event| event["event"] == "job_finished" && event["job"]["cell"]["board"] == "artemis");
    let sizes = &artemis.expect("it ended")["sizes"];
    assert_eq!((&sizes["flash"]["max"], &sizes["ram"]["max"]), (&960_000.into(), &393_216.into()));
    assert!(sizes["flash"]["used"].as_u64().unwrap() > 500, "{sizes}");
}
