//! Cores, tools and libraries by name and version: a vendor on loopback, an empty cache directory, real builds.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Finished, INDEX, LIBRARIES, Vendor, Workspace, packed, sha256};

/// A sketch without includes.
const PLAIN: &str = "void setup() {}\nvoid loop() {}\n";

/// A workspace whose matrix builds `Plain` with `mini:avr` of the vendor. `more` follows the entry of the core.
fn workspace(vendor: &Vendor, version: &str, more: &str) -> Workspace {
    Workspace::new().sketch("Plain", PLAIN).file("m.yml", matrix(vendor, version, more))
}

fn matrix(vendor: &Vendor, version: &str, more: &str) -> String {
    format!(
        "version: 1\ncores:\n  mini:avr: {{provider: index, version: \"{version}\", url: \"{}\"}}\n\
         boards: {{small: \"mini:avr:small\"}}\nsketches: [\"*\"]\n{}{more}",
        vendor.index(),
        vendor.mirrors()
    )
}

fn hex(workspace: &Workspace) -> Vec<u8> {
    fs::read(workspace.path(".fbuild-matrix/cells/small/Plain/Plain.ino.hex")).unwrap()
}

/// The version of the core whose text is in the firmware.
fn built_version(workspace: &Workspace) -> String {
    let elf = fs::read(workspace.path(".fbuild-matrix/cells/small/Plain/Plain.ino.elf")).unwrap();
    let versions = ["1.0.0", "1.1.0", "1.2.0", "2.0.0-rc1", "2.0.0"];
    let found = versions.iter().find(|version| {
        let text = format!("mini core {version}\0");
        elf.windows(text.len()).any(|window| window == text.as_bytes())
    });
    (*found.expect("a version in the firmware")).to_owned()
}

fn lock(workspace: &Workspace) -> String {
    fs::read_to_string(workspace.path("m.lock")).unwrap()
}

/// The directories that are installed or half installed below `CACHE/arduino`, without archives.
fn installed(workspace: &Workspace) -> Vec<PathBuf> {
    let root = workspace.cache().join("arduino");
    let below = |dir: &str, depth: usize| {
        let walk = walkdir::WalkDir::new(root.join(dir)).min_depth(depth).max_depth(depth).into_iter();
        walk.flatten()
            .filter(|entry| entry.file_type().is_dir())
            .map(|entry| entry.path().to_owned())
            .collect::<Vec<_>>()
    };
    let mut all = below("packages", 4);
    all.extend(below("tmp", 1));
    all.extend(below("libraries", 2));
    all
}

#[test]
fn an_empty_cache_directory_is_filled_once_and_then_needs_no_network() {
    let vendor = Vendor::with_cores(&["1.0.0", "1.1.0", "2.0.0-rc1"]);
    let workspace = workspace(&vendor, "1.*", "");
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0);
    let text = lock(&workspace);
    for part in
        ["name = \"mini:avr\"\nversion = \"1.1.0\"", "riscv64-linux-gnu", "mini:avr-gcc@5.4.0", "SHA-256:"]
    {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    assert_eq!(built_version(&workspace), "1.1.0");
    let first = hex(&workspace);
    let requests = vendor.server.requests().len();

    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    workspace.run(["run", "m.yml", "--locked", "--offline"]).assert_exit(0);
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    workspace.run(["run", "m.yml", "--offline"]).assert_exit(0);
    assert_eq!(vendor.server.requests().len(), requests, "the second run needs no network");
    assert_eq!(hex(&workspace), first);

    // The same core by its directory gives the same firmware.
    let cache = workspace.cache().join("arduino/packages/mini");
    let by_path = Workspace::new().sketch("Plain", PLAIN).file(
        "m.yml",
        format!(
            "version: 1\ncores:\n  mini:avr:\n    provider: path\n    path: {}\n    tools: {{avr-gcc: {}}}\n\
             boards: {{small: \"mini:avr:small\"}}\nsketches: [Plain]\n",
            cache.join("hardware/avr/1.1.0").display(),
            cache.join("tools/avr-gcc/5.4.0").display()
        ),
    );
    by_path.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(hex(&by_path), first);

    // The same data directory, as the other provider reads it.
    let by_data_dir = Workspace::new().sketch("Plain", PLAIN).file(
        "m.yml",
        format!(
            "version: 1\ncores: {{\"mini:avr\": {{provider: data-dir, path: {}}}}}\n\
             boards: {{small: \"mini:avr:small\"}}\nsketches: [Plain]\n",
            workspace.cache().join("arduino").display()
        ),
    );
    by_data_dir.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(hex(&by_data_dir), first);
}

#[test]
fn the_lock_file_decides_until_it_is_updated() {
    let mut vendor = Vendor::with_cores(&["1.0.0"]);
    let workspace = workspace(&vendor, "^1.0", "");
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(3).assert_stderr("is not in the lock file");
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0).assert_stdout("added: core mini:avr 1.0.0");
    vendor.core("1.1.0");
    workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(built_version(&workspace), "1.0.0");
    workspace
        .run(["core", "lock", "m.yml", "--update", "mini:avr"])
        .assert_exit(0)
        .assert_stdout("changed: core mini:avr 1.0.0 to 1.1.0");
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    assert_eq!(built_version(&workspace), "1.1.0");
    // Unchanged, the file is not written again; equal resolutions are equal files.
    let text = lock(&workspace);
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0).assert_stdout("unchanged");
    assert_eq!(lock(&workspace), text);
    // A matrix that asks for something else is refused, and the difference is named.
    let workspace = workspace.file("m.yml", matrix(&vendor, "1.0.0", ""));
    let finished = workspace.run(["run", "m.yml", "--locked"]);
    let _ =
        finished.assert_exit(3).assert_stderr("core mini:avr 1.0.0 is asked for, the lock file has 1.1.0");
    workspace
        .run(["core", "lock", "m.yml", "--update", "mini:arv"])
        .assert_exit(2)
        .assert_stderr("`mini:arv` is not in the lock file");
}

#[test]
fn versions_and_their_errors() {
    let vendor = Vendor::with_cores(&["1.0.0", "1.1.0", "2.0.0-rc1"]);
    for (version, built) in
        [("1.0.0", "1.0.0"), ("1.0", "1.0.0"), ("<1.1", "1.0.0"), ("2.0.0-rc1", "2.0.0-rc1")]
    {
        let workspace = workspace(&vendor, version, "");
        workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(built_version(&workspace), built, "{version}");
    }
    let fails = |version: &str, exit: i32, message: &str| {
        workspace(&vendor, version, "").run(["run", "m.yml"]).assert_exit(exit).assert_stderr(message);
    };
    fails("3.0.0", 3, "its newest versions: 2.0.0-rc1, 1.1.0, 1.0.0");
    fails("^3", 3, "no version in the range");
    fails("nonsense^", 2, "is not a version or a range of versions");
}

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let mut vendor = Vendor::with_cores(&["1.0.0"]);
    vendor.server.file("/avr-1.0.0.tar.gz", packed("platform", &[("boards.txt", "evil.name=Evil\n")]));
    let workspace = workspace(&vendor, "1.0.0", "");
    let finished = workspace.run(["run", "m.yml"]).assert_exit(3);
    let other = sha256(&packed("platform", &[("boards.txt", "evil.name=Evil\n")]));
    for part in [&vendor.server.url("/avr-1.0.0.tar.gz"), &other, "SHA-256"] {
        assert!(finished.stderr.contains(part), "`{part}` is not in {}", finished.stderr);
    }
    assert!(!installed(&workspace).iter().any(|dir| dir.ends_with("hardware/avr/1.0.0")));
    // The right archive installs after it.
    vendor = Vendor::with_cores(&["1.0.0"]);
    workspace.file("m.yml", matrix(&vendor, "1.0.0", "")).run(["run", "m.yml"]).assert_exit(0);
}

#[test]
fn a_broken_download_continues_where_it_was() {
    let vendor = Vendor::with_cores(&["1.0.0"]);
    let archive = "/avr-gcc-5.4.0-own.tar.gz";
    let bytes = {
        let workspace = workspace(&vendor, "1.0.0", "");
        workspace.run(["run", "m.yml"]).assert_exit(0);
        fs::read(workspace.cache().join("arduino/staging/packages/avr-gcc-5.4.0-own.tar.gz")).unwrap()
    };
    let half = bytes.len() / 2;
    vendor.server.file(archive, bytes).resets_at(half).times(1);
    let before = vendor.server.requests_of(archive).len();
    workspace(&vendor, "1.0.0", "").run(["run", "m.yml"]).assert_exit(0);
    let requests = vendor.server.requests_of(archive).split_off(before);
    let range = requests.last().unwrap().header("range").unwrap_or_default().to_owned();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(range.starts_with("bytes=") && range != "bytes=0-", "{range}");
}

#[test]
fn a_killed_installation_leaves_nothing_half_installed() {
    let vendor = Vendor::with_cores(&["1.0.0"]);
    let workspace = workspace(&vendor, "1.0.0", "");
    let temporary = workspace.cache().join("arduino/tmp");
    for step in 0..20_u64 {
        // Each time something else is there already: nothing, or archives, whole or in part.
        let _ = fs::remove_dir_all(workspace.cache().join("arduino/packages"));
        if step % 3 == 0 {
            let _ = fs::remove_dir_all(workspace.cache().join("arduino/staging"));
        }
        let mut child = workspace
            .command(["core", "install", "m.yml"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + step * 60));
        let _ = child.kill();
        let _ = child.wait();
        // What has its final name is whole: arduino-cli's file and ours are in it.
        for dir in installed(&workspace).iter().filter(|dir| !dir.starts_with(&temporary)) {
            assert!(dir.join(".fbuild-matrix-origin").is_file(), "{}", dir.display());
            let whole = if dir.ends_with("avr-gcc/5.4.0") { "bin/avr-gcc" } else { "installed.json" };
            assert!(dir.join(whole).is_file(), "{}", dir.display());
        }
    }
    workspace.run(["run", "m.yml"]).assert_exit(0);
    let left: Vec<PathBuf> = installed(&workspace);
    let left: Vec<_> = left.iter().filter(|dir| dir.starts_with(&temporary)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_processes_download_once() {
    let vendor = Vendor::with_cores(&["1.0.0"]);
    let workspace = workspace(&vendor, "1.0.0", "");
    let start = || {
        workspace
            .command(["core", "install", "m.yml"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [start(), start()];
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for archive in ["/avr-1.0.0.tar.gz", "/avr-gcc-5.4.0-own.tar.gz"] {
        assert_eq!(vendor.server.requests_of(archive).len(), 1, "{archive}");
    }
}

#[test]
fn libraries_come_with_what_they_depend_on() {
    let mut vendor = Vendor::with_cores(&["1.0.0"]);
    vendor.library("Bus", "1.0.0", &[]);
    vendor.library("Bus", "1.5.0", &[]);
    vendor.library("Bus", "2.0.0", &[]);
    vendor.library("Sensor", "3.0.0", &["Bus ^1.0.0"]);
    vendor.library("Local", "9.0.0", &[]);
    let sketch = "#include <Sensor.h>\n#include <Bus.h>\n#include <Own.h>\n#if __has_include(<Local.h>)\n#endif\n\
                  static_assert(Bus_VERSION[0] == '1' && Bus_VERSION[2] == '5', \"\");\n";
    let more = "libraries: [own, {name: sensor, version: \"3.*\"}]\n";
    let workspace = workspace(&vendor, "1.0.0", more)
        .sketch("Plain", &format!("{sketch}{PLAIN}"))
        .file("own/src/Own.h", "#include <Local.h>\n")
        .file("own/library.properties", "name=Own\nversion=1.0.0\ndepends=Local (>=1.0.0), Nowhere\n");
    let finished = workspace.run(["core", "lock", "m.yml"]);
    finished
        .assert_exit(0)
        .assert_stderr("library Own depends on library Nowhere, which the library index does not have");
    let text = lock(&workspace);
    for part in
        ["name = \"Sensor\"", "name = \"Bus\"\nversion = \"1.5.0\"", "name = \"Local\"", "\"Bus (^1.0.0)\""]
    {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    let requests = vendor.server.requests_of(LIBRARIES).len();
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    assert_eq!(vendor.server.requests_of(LIBRARIES).len(), requests);

    // Without dependencies the sketch lacks a header.
    let off = workspace.file("m.yml", matrix(&vendor, "1.0.0", &format!("{more}dependencies: false\n")));
    off.run(["run", "m.yml"]).assert_exit(1).assert_stderr("Bus.h");
}

#[test]
fn a_conflict_names_both_requirers() {
    let mut vendor = Vendor::with_cores(&["1.0.0"]);
    vendor.library("Bus", "1.0.0", &[]);
    vendor.library("Bus", "2.0.0", &[]);
    vendor.library("Old", "1.0.0", &["Bus <2.0.0"]);
    vendor.library("New", "1.0.0", &["Bus >=2.0.0"]);
    let more = "libraries: [{name: Old}, {name: New}]\n";
    let finished = workspace(&vendor, "1.0.0", more).run(["run", "m.yml"]).assert_exit(3);
    for part in ["Old", "New", "Bus", "<2.0.0", ">=2.0.0"] {
        assert!(finished.stderr.contains(part), "`{part}` is not in {}", finished.stderr);
    }
    let unknown = workspace(&vendor, "1.0.0", "libraries: [{name: Buss}]\n").run(["run", "m.yml"]);
    unknown.assert_exit(3).assert_stderr("did you mean `Bus`");
}

#[test]
fn two_boards_may_see_two_versions() {
    let mut vendor = Vendor::with_cores(&["1.0.0"]);
    vendor.library("Thing", "1.0.0", &[]);
    vendor.library("Thing", "2.0.0", &[]);
    let matrix = matrix(
        &vendor,
        "1.0.0",
        "libraries:\n  - {name: Thing, version: 1.0.0, boards: old}\n  - {name: Thing, boards: \"!old\"}\n",
    )
    .replace("{small: \"mini:avr:small\"}", "{old: \"mini:avr:small\", new: \"mini:avr:small\"}");
    let sketch =
        "#include <Thing.h>\nextern const char text[] __attribute__((used)) = \"thing \" Thing_VERSION;\n";
    let workspace = Workspace::new().sketch("Plain", &format!("{sketch}{PLAIN}")).file("m.yml", matrix);
    workspace.run(["run", "m.yml"]).assert_exit(0);
    for (board, version) in [("old", "thing 1.0.0"), ("new", "thing 2.0.0")] {
        let directory = workspace.path(format!(".fbuild-matrix/cells/{board}/Plain"));
        let objects = walkdir::WalkDir::new(directory).into_iter().flatten();
        let holds = |path: &std::path::Path| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(version.len()).any(|window| window == version.as_bytes())
        };
        let found =
            objects.filter(|entry| entry.path().extension().is_some_and(|it| it == "elf" || it == "o"));
        assert!(found.into_iter().any(|entry| holds(entry.path())), "{board}");
    }
}

#[test]
fn libraries_of_repositories_and_archives() {
    let vendor = Vendor::with_cores(&["1.0.0"]);
    let archive =
        packed("Zipped-1.0", &[("Zipped.h", "#pragma once\n"), ("library.properties", "name=Zipped\n")]);
    let sum = sha256(&archive);
    vendor.server.file("/Zipped-1.0.tar.gz", archive);
    let url = vendor.server.url("/Zipped-1.0.tar.gz");
    let workspace = Workspace::new();
    let repository = workspace.path("Cloned.git");
    let git = |words: &[&str]| {
        let mut command = std::process::Command::new("git");
        command
            .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"])
            .args(words);
        let output = command.current_dir(&repository).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let workspace = workspace
        .file("Cloned.git/Cloned.h", "#define CLONED 1\n")
        .file("Cloned.git/library.properties", "name=Cloned\n");
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    git(&["tag", "-a", "v1", "-m", "one"]);
    let commit = git(&["rev-parse", "HEAD"]);
    fs::write(repository.join("Cloned.h"), "#define CLONED 2\n").unwrap();
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    let sketch = "#include <Zipped.h>\n#include <Cloned.h>\nstatic_assert(CLONED == 1, \"the tag\");\n";
    let entry = |revision: &str| {
        format!(
            "libraries:\n  - {{git: \"file://{}\", rev: \"{revision}\"}}\n  - {{url: \"{url}\", checksum: \"SHA-256:{sum}\"}}\n",
            repository.display()
        )
    };
    let with = |revision: &str| matrix(&vendor, "1.0.0", &entry(revision)).replace("[\"*\"]", "[Plain]");
    let workspace = workspace.sketch("Plain", &format!("{sketch}{PLAIN}")).file("m.yml", with("v1"));
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0);
    assert!(lock(&workspace).contains(&commit), "{}", lock(&workspace));
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    // A tag that moves does not move what is locked.
    git(&["tag", "-f", "-a", "v1", "-m", "two"]);
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    workspace.run(["run", "m.yml", "--offline"]).assert_exit(0);
    let short = workspace.file("m.yml", with(&commit[..9]));
    short.run(["run", "m.yml"]).assert_exit(0);
    let unknown = short.file("m.yml", with("v9"));
    unknown.run(["run", "m.yml"]).assert_exit(3).assert_stderr("no such branch, tag or commit");
    let wrong = unknown.file("m.yml", with("v1").replace(&sum, &"0".repeat(64)));
    wrong.run(["run", "m.yml"]).assert_exit(3).assert_stderr(&sum);
}

#[test]
fn a_board_brings_the_core_that_it_borrows() {
    let mut vendor = Vendor::with_cores(&["1.0.0"]);
    let boards = "big.name=Big\nbig.build.mcu=atmega2560\nbig.build.f_cpu=16000000L\nbig.build.core=mini:mini\n\
                  big.build.variant=mini:mini\n";
    vendor.platform("guest:avr", "0.1.0", &[("boards.txt", boards)], &[]);
    let workspace = Workspace::new().sketch("Plain", PLAIN).file(
        "m.yml",
        format!(
            "version: 1\ncores:\n  guest:avr: {{provider: index, url: \"{}\"}}\nboards: {{small: \"guest:avr:big\"}}\n\
             sketches: [Plain]\n{}",
            vendor.index(),
            vendor.mirrors()
        ),
    );
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0);
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    assert!(lock(&workspace).contains("name = \"mini:avr\""));
    assert_eq!(built_version(&workspace), "1.0.0");
}

#[test]
fn installed_cores_are_listed_checked_and_removed() {
    let mut vendor = Vendor::with_cores(&["1.0.0", "1.1.0"]);
    vendor.library("Thing", "1.0.0", &[]);
    let workspace = workspace(&vendor, "1.0.0", "libraries: [{name: Thing}]\n");
    workspace.run(["core", "install", "--check", "m.yml"]).assert_exit(3).assert_stderr("core lock m.yml");
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0);
    let check = || -> Value {
        let finished = workspace.run(["core", "install", "--check", "--json", "m.yml"]).assert_exit(0);
        serde_json::from_str(&finished.stdout).unwrap()
    };
    let before = check();
    let missing: Vec<&str> =
        before["missing"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    // Locking needs the core's own files: they say which other cores its boards borrow from.
    assert_eq!(missing, ["tool", "library"]);
    workspace
        .run(["core", "install", "m.yml"])
        .assert_exit(0)
        .assert_stdout("core mini:avr 1.0.0 (mini:avr-gcc 5.4.0)");
    let after = check();
    assert_eq!(after["missing"].as_array().unwrap().len(), 0);
    assert_eq!(before["hash"], after["hash"]);
    assert_eq!(after["hash"].as_str().unwrap().len(), 64);

    workspace.run(["core", "install", "mini:avr@1.1.0", "--url", &vendor.index()]).assert_exit(0);
    let listed = workspace.run(["core", "list"]);
    for part in ["mini:avr@1.0.0", "mini:avr@1.1.0", "mini:avr-gcc@5.4.0", "Thing@1.0.0-", "used just now"] {
        assert!(listed.stdout.contains(part), "`{part}` is not in {}", listed.stdout);
    }
    // A tool that another core needs stays.
    workspace.run(["core", "remove", "mini:avr@1.0.0"]).assert_exit(0);
    assert!(workspace.run(["core", "list"]).stdout.contains("mini:avr-gcc@5.4.0"));
    workspace
        .run(["core", "remove", "mini:avr"])
        .assert_exit(0)
        .assert_stdout("removed tool mini:avr-gcc@5.4.0");
    workspace.run(["core", "remove", "Thing"]).assert_exit(0);
    workspace.run(["core", "list"]).assert_exit(0).assert_stdout("nothing is installed");
    workspace.run(["core", "remove", "Thing"]).assert_exit(2);
    assert_eq!(installed(&workspace).len(), 0);
}

#[test]
fn a_core_of_an_index_is_known_to_the_matrix_by_its_name_alone() {
    let vendor = Vendor::with_cores(&["1.0.0"]);
    let workspace = workspace(&vendor, "1.0.0", "");
    let named = "version: 1\nboards: {small: \"mini:avr:small\"}\nsketches: [Plain]\n";
    let alone = workspace.clone().file("alone.yml", named);
    alone.run(["run", "alone.yml"]).assert_exit(3).assert_stderr("provider: index");
    alone.run(["core", "install", "mini:avr", "--url", &vendor.index()]).assert_exit(0);
    alone.run(["run", "alone.yml"]).assert_exit(0);
    alone.run(["boards"]).assert_exit(0).assert_stdout("mini:avr:small");
}

#[test]
fn what_goes_wrong_with_an_index_is_named() {
    let vendor = Vendor::with_cores(&["1.0.0"]);
    let run = |vendor: &Vendor| -> Finished { workspace(vendor, "1.0.0", "").run(["run", "m.yml"]) };
    vendor.server.file(INDEX, "{\"packages\": 5}");
    run(&vendor).assert_exit(3).assert_stderr(&vendor.index());
    vendor.server.file(INDEX, "").status(404);
    run(&vendor).assert_exit(3).assert_stderr("404");
    let offline = workspace(&vendor, "1.0.0", "").run(["run", "m.yml", "--offline"]);
    offline.assert_exit(3).assert_stderr("--offline");
}

#[test]
fn profiles_are_boards_with_platforms_and_libraries_of_their_own() {
    let mut vendor = Vendor::with_cores(&["1.0.0", "1.1.0"]);
    vendor.library("Foo", "1.0.0", &["Bar"]);
    vendor.library("Foo", "2.0.0", &[]);
    vendor.library("Bar", "1.0.0", &[]);
    let profile = |name: &str, core: &str, foo: &str| {
        format!(
            "  {name}:\n    fqbn: mini:avr:small\n    platforms:\n      - platform: mini:avr ({core})\n        \
             platform_index_url: {}\n    libraries:\n      - Foo ({foo})\n",
            vendor.index()
        )
    };
    let source = "#include <Foo.h>\n#if __has_include(<Own.h>) || __has_include(<Bar.h>)\n#error not of the profile\n\
                  #endif\nconst char used[] = \"Foo \" Foo_VERSION;\nvolatile char sink;\n\
                  void setup() {\n  for (const char *next = used; *next; next++) sink = *next;\n}\nvoid loop() {}\n";
    let workspace = Workspace::new()
        .sketch("Plain", source)
        .file(
            "Plain/sketch.yaml",
            format!("profiles:\n{}{}", profile("old", "1.0.0", "1.0.0"), profile("new", "1.1.0", "2.0.0")),
        )
        .file("libs/Own/Own.h", "")
        .file(
            "m.yml",
            format!(
                "version: 1\nboards: from-profiles\nlibraries: [libs]\nsketches: [Plain]\n{}",
                vendor.mirrors()
            ),
        );
    workspace.run(["core", "lock", "m.yml"]).assert_exit(0);
    let text = lock(&workspace);
    for part in ["version = \"1.0.0\"", "version = \"1.1.0\"", "name = \"Foo\"\nversion = \"2.0.0\""] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    assert!(!text.contains("\"Bar\""), "a profile lists what its libraries depend on: {text}");
    workspace.run(["run", "m.yml", "--locked"]).assert_exit(0);
    for (board, core, foo) in [("old", "1.0.0", "1.0.0"), ("new", "1.1.0", "2.0.0")] {
        let elf =
            fs::read(workspace.path(format!(".fbuild-matrix/cells/{board}/Plain/Plain.ino.elf"))).unwrap();
        for text in [format!("mini core {core}\0"), format!("Foo {foo}\0")] {
            assert!(
                elf.windows(text.len()).any(|window| window == text.as_bytes()),
                "{board} lacks `{text}`"
            );
        }
    }
    workspace.run(["run", "m.yml", "--offline", "-b", "old"]).assert_exit(0).assert_stdout("");
}
