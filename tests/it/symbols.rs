//! `symbols` and `compare`: what a firmware is made of, whose it is, and what grew.

use std::fs;

use serde_json::Value;

use crate::failures_core::{matrix, workspace};
use crate::support::{Finished, Workspace, repository};

/// `symbols.json` after the command `symbols`.
#[track_caller]
fn symbols(workspace: &Workspace) -> Value {
    workspace.run(["symbols"]).assert_exit(0);
    let text = fs::read_to_string(workspace.path(".fbuild-matrix/reports/symbols.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The owners of all symbols of this name in the first cell.
fn owners(symbols: &Value, name: &str) -> Vec<String> {
    let all = symbols["cells"][0]["symbols"].as_array().unwrap().iter();
    let named = all.filter(|symbol| symbol["name"].as_str().unwrap().starts_with(name));
    named.map(|symbol| symbol["owner"].as_str().unwrap().to_owned()).collect()
}

/// The core with a library and a sketch whose names clash, and a table of so many bytes in the library.
fn clashing(table: usize) -> Workspace {
    let sketch = "#include <Lib.h>\n#include <avr/pgmspace.h>\nstatic volatile int count;\n\
                  __attribute__((noinline)) static int twice(int x) { return x * (count + 2); }\n\
                  void setup() {\n  static const char text[] PROGMEM = \"text\"; count = pgm_read_byte(text + lib(twice(1))); }\n\
                  void loop() { count = times<int>(count) / 7; }\n";
    let header = "#pragma once\nint lib(int x);\ntemplate <typename T> \
                  __attribute__((noinline, noclone)) T times(T x) { return x * lib(x); }\n";
    let source = format!(
        "#include \"Lib.h\"\nstatic volatile int count;\nstatic volatile char table[{table}] = {{1}};\n\
         __attribute__((noinline)) static int twice(int x) {{ return x + count + table[x]; }}\n\
         int lib(int x) {{ return twice(x) + times<int>(x); }}\n"
    );
    workspace()
        .sketch("Clash", sketch)
        .file("libraries/Lib/Lib.h", header)
        .file("libraries/Lib/Lib.cpp", source)
        .file("m.yml", matrix("libraries: [libraries]\nsketches: [Clash]\n"))
}

fn build(workspace: &Workspace) -> Finished {
    workspace.run(["run", "m.yml"]).assert_exit(0)
}

#[test]
fn each_symbol_has_its_owner() {
    let workspace = clashing(40);
    build(&workspace);
    let symbols = symbols(&workspace);
    assert_eq!(owners(&symbols, "lib(int)"), ["library Lib"]);
    // In both by the same name.
    for name in ["count", "twice(int)"] {
        let mut owners = owners(&symbols, name);
        owners.sort();
        assert_eq!(owners, ["library Lib", "sketch"], "{name}");
    }
    assert_eq!(owners(&symbols, "table"), ["library Lib"]);
    // In both objects; the linker takes the sketch's, which comes first.
    assert_eq!(owners(&symbols, "int times<int>(int)"), ["sketch"]);
    assert_eq!(owners(&symbols, "setup()::text"), ["sketch"]);
    assert_eq!(owners(&symbols, "main"), ["core"]);
    assert_eq!(owners(&symbols, "__divmodhi4"), ["other"]);
    let table = workspace.run(["symbols", "--top", "3"]).assert_exit(0);
    assert!(table.stdout.contains("uno/Clash") && table.stdout.contains("library Lib"), "{}", table.stdout);
}

/// Arduino's own core is linked with optimisation at link time, which leaves no names of sources.
#[test]
fn owners_are_known_after_optimisation_at_link_time() {
    let quickstart = repository("matrices/quickstart.yml").display().to_string();
    let workspace = Workspace::new();
    let run = workspace.run(["run", &quickstart, "--sketch", "*SerialReport"]).assert_exit(0);
    let symbols = symbols(&workspace);
    for (name, owner) in [
        ("say(__FlashStringHelper const*, long)", "sketch"),
        ("library()::__c", "sketch"),
        ("add_saturated", "sketch"),
        ("HardwareSerial::write(unsigned char)", "core"),
        ("Print::write(char const*) [clone", "core"),
        ("__vector_18", "core"),
        ("Serial", "core"),
        ("__udivmodsi4", "other"),
    ] {
        assert_eq!(owners(&symbols, name).first().map(String::as_str), Some(owner), "{name}");
    }
    // All that the size recipe counts is there, named or not.
    let events = run.reports().events();
    let ended =
        events.iter().find(|event| event["event"] == "job_finished" && event["job"]["cell"].is_object());
    let sizes = &ended.unwrap()["sizes"];
    let bytes = |area: &str, what: &str| symbols["cells"][0]["areas"][area][what].as_u64().unwrap();
    assert_eq!(bytes("text", "bytes") + bytes("data", "bytes"), sizes["flash"]["used"].as_u64().unwrap());
    assert_eq!(bytes("data", "bytes") + bytes("bss", "bytes"), sizes["ram"]["used"].as_u64().unwrap());
    for area in ["text", "rodata", "data", "bss"] {
        let named = symbols["cells"][0]["symbols"].as_array().unwrap().iter();
        let named: u64 = named
            .filter(|symbol| symbol["area"] == area)
            .map(|symbol| symbol["size"].as_u64().unwrap())
            .sum();
        assert_eq!(named, bytes(area, "named"), "{area}");
        assert!(named <= bytes(area, "bytes"), "{area}");
    }
}

#[test]
fn symbols_stay_with_their_firmware() {
    let workspace = clashing(40);
    build(&workspace);
    let first = symbols(&workspace);
    // Nothing is made, and the file is of an earlier run now.
    build(&workspace);
    assert!(!workspace.path(".fbuild-matrix/reports/symbols.json").exists());
    assert_eq!(symbols(&workspace), first);
    // Taken from the artifact store: no object is there that could say whose a symbol is.
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    build(&workspace);
    assert!(!workspace.path(".fbuild-matrix/cells/uno/Clash/sketch").exists());
    assert_eq!(symbols(&workspace), first);
    // Whoever changes the firmware is not told what it was before.
    let elf = workspace.path(".fbuild-matrix/cells/uno/Clash/Clash.ino.elf");
    let mut bytes = fs::read(&elf).unwrap();
    bytes.push(0);
    fs::write(&elf, bytes).unwrap();
    workspace.run(["symbols"]).assert_exit(4).assert_stderr("was changed after it was built");
    // A sketch that does not compile has none.
    let workspace = workspace.sketch("Clash", "void setup() { missing(); }\nvoid loop() {}\n");
    workspace.run(["run", "m.yml"]).assert_exit(1);
    workspace.run(["symbols"]).assert_exit(4).assert_stderr("uno/Clash: it has no firmware (failed)");
}

#[test]
fn what_grew_is_named() {
    let workspace = clashing(40);
    build(&workspace);
    symbols(&workspace);
    fs::rename(workspace.path(".fbuild-matrix/reports"), workspace.path("base")).unwrap();
    let source = workspace.path("libraries/Lib/Lib.cpp");
    fs::write(&source, fs::read_to_string(&source).unwrap().replace("table[40]", "table[100]")).unwrap();
    build(&workspace);
    let arguments = ["compare", "base", ".fbuild-matrix/reports"];
    workspace.run(arguments).assert_exit(0).assert_stdout("+60").assert_stdout("fbuild-matrix symbols");
    symbols(&workspace);
    let table = workspace.run(arguments).assert_exit(0);
    let grew = table.stdout.lines().find(|line| line.contains("table")).unwrap_or_default();
    let words: Vec<&str> = grew.split_whitespace().collect();
    assert_eq!(words, ["+60", "100", "data", "library", "Lib", "table", "uno/Clash"], "{}", table.stdout);

    let json = workspace.run(arguments.iter().chain(&["--format", "json"])).assert_exit(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["results"].as_array().unwrap().len(), 0, "built and up to date are the same");
    let size = &json["sizes"][0];
    assert_eq!(size["flash"]["head"].as_u64().unwrap() - size["flash"]["base"].as_u64().unwrap(), 60);
    let symbols = json["symbols"].as_array().unwrap();
    assert_eq!(symbols.len(), 1, "{symbols:#?}");
    let expected = (&"table".into(), &"library Lib".into(), &40.into(), &100.into());
    assert_eq!(
        (&symbols[0]["name"], &symbols[0]["owner"], &symbols[0]["base"], &symbols[0]["head"]),
        expected
    );
    workspace.run(["compare", "base", "nowhere"]).assert_exit(2).assert_stderr("nowhere/events.jsonl");
}

#[test]
fn other_results_are_named() {
    let workspace = clashing(40);
    build(&workspace);
    fs::rename(workspace.path(".fbuild-matrix/reports"), workspace.path("base")).unwrap();
    let compare = ["compare", "base", ".fbuild-matrix/reports"];
    let workspace = workspace.sketch("Clash", "#warning careful\nvoid setup() {}\nvoid loop() {}\n");
    build(&workspace);
    workspace.run(compare).assert_exit(0).assert_stdout("uno/Clash: 1 warning (+1)\n");
    let workspace = workspace.sketch("Clash", "void setup() { missing(); }\nvoid loop() {}\n");
    workspace.run(["run", "m.yml"]).assert_exit(1);
    workspace
        .run(compare)
        .assert_exit(0)
        .assert_stdout("uno/Clash: built before, failed now: 'missing' was not declared");
}
