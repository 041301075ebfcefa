//! Conversions and sizes in process: the same bytes as binutils', whatever the program, and a tool that writes others
//! is noticed and does its work itself.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use fbuild_matrix::pipeline::convert_in_process;

use crate::differential::Dice;
use crate::failures_core::{EMPTY, matrix, script, tools, workspace};
use crate::support::{Finished, Workspace, packages};

/// What cores ask `objcopy` for, and what else is understood.
const COPIES: [&str; 10] = [
    "-O ihex -R .eeprom",
    "-O ihex -j .eeprom --set-section-flags=.eeprom=alloc,load --no-change-warnings --change-section-lma .eeprom=0",
    "-O ihex",
    "-O binary",
    "-O binary -j .text -j .data",
    "-O binary -R .eeprom -R .fuse --gap-fill 0xff",
    "-O ihex --gap-fill=0 --strip-debug",
    "-Obinary --strip-all",
    "-g --output-target=ihex --only-section=.rodata --only-section .fuse",
    "-S -O ihex --remove-section=.text",
];
const SIZES: [&str; 4] = ["-A", "-B", "--format=sysv", "--format=berkeley"];

/// The programs of one processor's binutils.
struct Binutils {
    prefix: &'static str,
    /// The directory of its programs.
    bin: PathBuf,
    libraries: Option<PathBuf>,
    assembler: &'static [&'static str],
    linker: &'static [&'static str],
}

impl Binutils {
    fn of(package: &str, prefix: &'static str) -> Self {
        let packages = packages(&[package]);
        let (bin, libraries) = (packages.path("usr/bin"), packages.library_path());
        Self { prefix, bin, libraries, assembler: &[], linker: &[] }
    }

    fn path(&self, name: &str) -> String {
        self.bin.join(format!("{}-{name}", self.prefix)).display().to_string()
    }

    /// Runs a command of these programs. What it printed, if it went well.
    fn run(&self, argv: &[String]) -> Option<Vec<u8>> {
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]).env_clear();
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        let output = command.output().unwrap();
        output.status.success().then_some(output.stdout)
    }

    /// Assembles and links a program of random sections.
    fn program(&self, directory: &Path, seed: u64) -> PathBuf {
        let [source, object, layout, elf] =
            ["a.s", "a.o", "a.ld", "a.elf"].map(|name| directory.join(format!("{seed}-{name}")));
        let (assembly, script) = random(&mut Dice::new(seed));
        fs::write(&source, assembly).unwrap();
        fs::write(&layout, script).unwrap();
        let text = |path: &Path| path.display().to_string();
        let words = |tool: &str, options: &[&str], rest: &[String]| -> Vec<String> {
            [self.path(tool)]
                .into_iter()
                .chain(options.iter().map(|it| (*it).to_owned()))
                .chain(rest.to_vec())
                .collect()
        };
        let assemble = words("as", self.assembler, &["-o".to_owned(), text(&object), text(&source)]);
        assert!(self.run(&assemble).is_some(), "{assemble:?}");
        let options = ["--no-check-sections".to_owned(), "-T".to_owned(), text(&layout)];
        let link =
            words("ld", self.linker, &[&options[..], &["-o".to_owned(), text(&elf), text(&object)]].concat());
        assert!(self.run(&link).is_some(), "{link:?}");
        elf
    }
}

/// Assembly with sections of random sizes and contents, and a linker script that puts them at random places.
fn random(dice: &mut Dice) -> (String, String) {
    const BASES: [usize; 7] = [0, 0x100, 0xfff1, 0x1_fff8, 0xf_fff0, 0x0800_0000, 0x4200_0020];
    const GAPS: [usize; 8] = [0, 0, 0, 1, 3, 500, 0x9000, 0x10_0000];
    const SIZES: [usize; 8] = [1, 15, 16, 17, 33, 300, 5_000, 70_000];
    let mut names = vec![".text", ".data", ".rodata", ".eeprom", ".fuse", ".zeros", ".more", ".again"];
    let mut at = *dice.pick(&BASES).unwrap();
    let mut assembly = Vec::new();
    let mut places = Vec::new();
    for _ in 0..=dice.below(names.len()) {
        let name = names.remove(dice.below(names.len()));
        let size = *dice.pick(&SIZES).unwrap();
        let (flags, kind) = match name {
            ".zeros" => ("aw", "nobits"),
            ".text" => ("ax", "progbits"),
            ".rodata" => ("a", "progbits"),
            _ => ("aw", "progbits"),
        };
        assembly.push(format!(".section {name},\"{flags}\",%{kind}\n"));
        if kind == "nobits" {
            assembly.push(format!(".zero {size}\n"));
        } else {
            let told = size.min(40);
            assembly.extend((0..told).map(|_| format!(".byte {}\n", dice.below(256))));
            assembly.push(format!(".fill {},1,{}\n", size - told, dice.below(256)));
        }
        let address = if dice.one_in(3) { at + 0x0080_0000 } else { at };
        places.push(format!("  {name} {address:#x} : AT({at:#x}) SUBALIGN(1) {{ KEEP(*({name})) }}\n"));
        at += size + dice.pick(&GAPS).unwrap();
    }
    // Headers are not in the order of addresses.
    let turn = dice.below(places.len());
    places.rotate_left(turn);
    let start = *dice.pick(&[0, 0x100, 0x1_2345, 0xf_ffff, 0x10_0000, 0x0800_01c1]).unwrap();
    (assembly.concat(), format!("ENTRY(start)\nstart = {start:#x};\nSECTIONS {{\n{}}}\n", places.concat()))
}

/// Compares what is written in process with what the tools write.
fn compare(binutils: &Binutils) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (mut done, mut all) = (0, 0);
    for seed in 0..24 {
        let elf = binutils.program(directory.path(), seed);
        let [ours, theirs] = ["ours", "theirs"].map(|name| directory.path().join(format!("{seed}-{name}")));
        let command = |tool: &str, options: &str, output: &[&Path]| -> Vec<String> {
            let files = std::iter::once(elf.as_path()).chain(output.iter().copied());
            let words = options.split(' ').map(str::to_owned).chain(files.map(|it| it.display().to_string()));
            [binutils.path(tool)].into_iter().chain(words).collect()
        };
        for options in COPIES {
            all += 1;
            let Some(printed) = convert_in_process(&command("objcopy", options, &[&ours]), directory.path())
            else {
                continue;
            };
            done += 1;
            let expected = binutils.run(&command("objcopy", options, &[&theirs]));
            assert_eq!(Some(printed), expected, "{} {options}, seed {seed}", binutils.prefix);
            let same = fs::read(&ours).unwrap() == fs::read(&theirs).unwrap();
            assert!(same, "{} {options}, seed {seed}: other bytes", binutils.prefix);
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&ours), mode(&theirs), "{options}");
            for path in [&ours, &theirs] {
                fs::remove_file(path).unwrap();
            }
        }
        for options in SIZES {
            let command = command("size", options, &[]);
            let printed =
                convert_in_process(&command, directory.path()).map(|it| String::from_utf8(it).unwrap());
            let expected = binutils.run(&command).map(|it| String::from_utf8(it).unwrap());
            assert_eq!(printed, expected, "{} {options}, seed {seed}", binutils.prefix);
        }
    }
    assert!(done * 10 > all * 9, "{}: only {done} of {all} were done", binutils.prefix);
}

#[test]
fn the_same_as_binutils_for_avr() {
    let bin = tools().join("bin");
    compare(&Binutils { prefix: "avr", bin, libraries: None, assembler: &[], linker: &[] });
}

#[test]
fn the_same_as_binutils_for_arm() {
    compare(&Binutils::of("binutils-arm-none-eabi", "arm-none-eabi"));
}

#[test]
fn the_same_as_binutils_for_riscv() {
    let binutils = Binutils::of("binutils-riscv64-unknown-elf", "riscv64-unknown-elf");
    let (assembler, linker) = (&["-march=rv32imac", "-mabi=ilp32"][..], &["-m", "elf32lriscv"][..]);
    compare(&Binutils { assembler, linker, ..binutils });
}

#[test]
fn the_same_as_binutils_for_xtensa() {
    compare(&Binutils::of("binutils-xtensa-lx106", "xtensa-lx106-elf"));
}

/// Two sketches for a core whose `objcopy` is the program `core/tool/avr-objcopy`.
fn project() -> Workspace {
    let workspace = workspace();
    let platform = fs::read_to_string(workspace.path("core/platform.txt")).unwrap();
    let platform = platform.replace("{compiler.path}avr-objcopy", "{runtime.platform.path}/tool/avr-objcopy");
    fs::create_dir(workspace.path("core/tool")).unwrap();
    workspace
        .file("core/platform.txt", platform)
        .sketch("s/A", EMPTY)
        .sketch("s/B", EMPTY)
        .file("m.yml", matrix("sketches: [\"s/*\"]\n"))
}

const TOOL: &str = "core/tool/avr-objcopy";

fn real() -> PathBuf {
    tools().join("bin/avr-objcopy").canonicalize().unwrap()
}

/// The processes that a run started to convert and to measure, as `objcopy hex`, in order of the alphabet.
fn started(run: &Finished) -> Vec<String> {
    let events = run.reports().events();
    let steps = events.iter().filter(|event| {
        event["event"] == "step_finished"
            && ["objcopy", "size"].contains(&event["step"].as_str().unwrap())
            && !event["process"].is_null()
    });
    let mut started: Vec<String> = steps
        .map(|step| format!("{} {}", step["step"].as_str().unwrap(), step["label"].as_str().unwrap()))
        .collect();
    started.sort();
    started
}

/// Fails unless every `.hex` is what the tool makes of the `.elf` beside it.
#[track_caller]
fn assert_own_output(run: &Finished) {
    let cells = run.workspace.path(".fbuild-matrix/cells");
    let tool = run.workspace.path(TOOL);
    let firmware = run.firmware();
    assert_eq!(firmware.len(), 2);
    for (path, bytes) in firmware {
        let output = run.workspace.path("expected.hex");
        let elf = cells.join(&path).with_extension("elf");
        let status = Command::new(&tool).args(["-O", "ihex"]).args([&elf, &output]).status().unwrap();
        assert!(status.success());
        assert!(fs::read(output).unwrap() == bytes, "{} is not what the tool makes", path.display());
    }
}

/// Makes the firmware of both sketches another one.
fn edit(workspace: &Workspace, value: u8) {
    for name in ["A", "B"] {
        let text = format!("volatile int x;\nvoid setup() {{ x = {value}; }}\nvoid loop() {{}}\n");
        fs::write(workspace.path(format!("s/{name}/{name}.ino")), text).unwrap();
    }
}

const TRIALS: [&str; 5] = [
    "objcopy hex",
    "objcopy hex: what the tool writes",
    "objcopy hex: what the tool writes",
    "size size",
    "size size: what the tool writes",
];

#[test]
fn each_tool_is_tried_once() {
    let workspace = project();
    symlink(real(), workspace.path(TOOL)).unwrap();
    let run = || workspace.run(["run", "m.yml"]).assert_exit(0);
    let first = run();
    assert_eq!(started(&first), TRIALS);
    assert_own_output(&first);
    let before = first.firmware();
    let log = |name| {
        fs::read_to_string(workspace.path(format!(".fbuild-matrix/cells/uno/s/{name}/build.log"))).unwrap()
    };
    let logs = [log("A"), log("B")];
    assert!(
        logs.iter().all(|log| log.contains("avr-objcopy -O ihex") && log.contains("avr-size -A")),
        "{logs:?}"
    );
    assert_eq!(logs.iter().map(|log| log.matches("done in process").count()).sum::<usize>(), 2, "{logs:?}");

    edit(&workspace, 1);
    let second = run();
    assert_eq!(started(&second), Vec::<String>::new());
    assert_own_output(&second);
    assert!(second.firmware() != before, "the edit shows nothing");

    // Another work directory, and nothing to remember by.
    fs::remove_file(workspace.cache().join("tools")).unwrap();
    let alone =
        workspace.run(["run", "m.yml", "--no-cache", "--work-dir", "alone", "--report-dir", "alone/r"]);
    assert!(alone.assert_exit(0).firmware_in("alone") == second.firmware(), "other firmware");
    let events = fs::read_to_string(workspace.path("alone/r/events.jsonl")).unwrap();
    assert_eq!(events.matches("what the tool writes").count(), 3, "{events}");
}

#[test]
fn a_tool_that_writes_something_else_does_so() {
    let workspace = project();
    // The digits of binutils' hexadecimal numbers.
    let mut bytes = fs::read(real()).unwrap();
    let digits = b"0123456789ABCDEF";
    let places: Vec<usize> = (0..bytes.len() - 16).filter(|at| bytes[*at..].starts_with(digits)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 16].make_ascii_lowercase();
    }
    let workspace = workspace.file("core/tool/draft", bytes);
    // As a copy by another process: nobody has it open for writing when it is started.
    let (draft, tool) = (workspace.path("core/tool/draft"), workspace.path(TOOL));
    assert!(Command::new("cp").args([&draft, &tool]).status().unwrap().success());
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();

    let run = || workspace.run(["run", "m.yml"]).assert_exit(0);
    let first = run();
    assert_own_output(&first);
    assert!(first.firmware().values().all(|hex| hex.contains(&b'f')), "the fake is none");
    let expected = [
        "objcopy hex",
        "objcopy hex",
        "objcopy hex: what the tool writes",
        "size size",
        "size size: what the tool writes",
    ];
    assert_eq!(started(&first), expected);
    edit(&workspace, 1);
    let second = run();
    assert_own_output(&second);
    assert_eq!(started(&second), ["objcopy hex", "objcopy hex"]);
}

/// Whether a script writes what it wrote last time is decided by files that nobody knows: it is tried in each run.
#[test]
fn another_tool_in_the_same_place_is_another() {
    let workspace = project();
    let run = || workspace.run(["run", "m.yml"]).assert_exit(0);
    let objcopy = real().display().to_string();
    let write = |text: &str| {
        let _ = fs::remove_file(workspace.path(TOOL));
        script(workspace.clone(), TOOL, &text.replace("REAL", &objcopy));
    };
    symlink(real(), workspace.path(TOOL)).unwrap();
    assert_eq!(started(&run()), TRIALS);

    write("REAL \"$@\" || exit\nfor last; do :; done\nsed -i y/ABCDEF/abcdef/ \"$last\"\n");
    let other = run();
    assert_own_output(&other);
    assert!(other.firmware().values().all(|hex| hex.contains(&b'f')));
    assert_eq!(started(&other), ["objcopy hex", "objcopy hex", "objcopy hex: what the tool writes"]);

    write("exec REAL \"$@\"\n");
    for value in [1, 2] {
        edit(&workspace, value);
        let same = run();
        assert_own_output(&same);
        assert_eq!(started(&same), TRIALS[..3], "round {value}");
    }

    // One that says something.
    write("echo a word >&2\nexec REAL \"$@\"\n");
    let chatty = run();
    assert_own_output(&chatty);
    assert_eq!(started(&chatty), ["objcopy hex", "objcopy hex", "objcopy hex: what the tool writes"]);
}

/// A tool that fails is heard, whether it was tried or not.
#[test]
fn the_failure_of_a_tool_is_its_own() {
    let workspace = project();
    let workspace = script(workspace, TOOL, "echo 'error: no disk' >&2\nexit 3\n");
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert!(run.reports().text("junit.xml").contains("no disk"));
    // One that passes the trial, and fails over what is real.
    let text = format!(
        "case $* in *cells*) echo 'error: no paper' >&2; exit 3;; esac\nexec {} \"$@\"\n",
        real().display()
    );
    fs::remove_file(workspace.path(TOOL)).unwrap();
    let workspace = script(workspace, TOOL, &text);
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    assert!(run.reports().text("junit.xml").contains("no paper"));
}
