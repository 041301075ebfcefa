//! `init` in directories as they are found: the matrix that it writes is valid and has what their files say.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use fbuild_matrix::matrix::{Expansion, Hardware, Matrix, SketchRoots, expand_installed};

use crate::failures_core::EMPTY;
use crate::support::{Finished, Workspace};

/// A project on a machine with `apt-get`, or without.
fn machine(has_apt: bool) -> Workspace {
    let mut workspace = Workspace::new();
    if has_apt {
        workspace = workspace.file("../home/bin/apt-get", "#!/bin/sh\n");
        let path = workspace.home().join("bin/apt-get");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = workspace.home().join("bin").display().to_string();
    workspace.env("PATH", &path)
}

/// A library with two examples.
fn library(properties: &str) -> Workspace {
    machine(true)
        .file("library.properties", format!("name=Own\nversion=1.0.0\n{properties}"))
        .file("src/Own.h", "")
        .sketch("examples/One", EMPTY)
        .sketch("examples/deep/Two", EMPTY)
}

/// A workflow with steps that use compile-sketches. `job` is what stands in the job beside its steps, `with` are the inputs.
fn workflow(job: &str, with: &str) -> String {
    let indented = |text: &str, blanks: usize| {
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(blanks))).collect::<Vec<_>>().concat()
    };
    format!(
        "on: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n{}    steps:\n      - uses: actions/checkout@v4\n      \
         - name: Compile\n        uses: arduino/compile-sketches@v1\n        with:\n{}",
        indented(job, 4),
        indented(with, 10)
    )
}

/// The matrix that `init` wrote to this file, with its cells.
#[track_caller]
fn written(workspace: &Workspace, file: &str) -> (String, Matrix, Expansion) {
    let path = workspace.path(file);
    let text = fs::read_to_string(&path).unwrap();
    let matrix = Matrix::read(&path).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let hardware = matrix.boards.keys().map(|board| (board.clone(), Hardware::default())).collect();
    let cells = expand_installed(&matrix, &SketchRoots::default(), &hardware);
    let cells = cells.unwrap_or_else(|error| panic!("{error}\n{text}"));
    (text, matrix, cells)
}

/// Runs `init`, which succeeds, and returns the run, the text without the comment at the top, and the cells as
/// `BOARD SKETCH`.
#[track_caller]
fn init(workspace: &Workspace) -> (Finished, String, BTreeSet<String>) {
    let run =
        workspace.run(["init"]).assert_exit(0).assert_stdout("next: fbuild-matrix run fbuild-matrix.yml");
    let (text, _, expansion) = written(workspace, "fbuild-matrix.yml");
    let cells = expansion.cells.iter().map(|cell| format!("{} {}", cell.board, cell.sketch.name));
    let body = text[text.find("version: 1").unwrap()..].to_owned();
    (run, body, cells.collect())
}

fn set(cells: &[&str]) -> BTreeSet<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn a_library_for_one_architecture() {
    let workspace = library("architectures=avr\ndepends=OneWire (>=2.3), ArduinoJson\n");
    let (run, text, cells) = init(&workspace);
    let expected = "\
version: 1
name: Own

cores:
  # Debian's core and compiler, without root. Arduino's own: {provider: index, version: \"1.8.6\"}
  arduino:avr: {provider: apt}

boards:
  # library.properties: architectures=avr
  uno: arduino:avr:uno

libraries:
  # The library itself. What its `depends` names (OneWire (>=2.3), ArduinoJson) is installed from Arduino's
  # library index; `dependencies: false` switches that off.
  - .

sketches:
  # Every sketch below.
  - examples/**
";
    assert_eq!(text, expected);
    assert_eq!(cells, set(&["uno examples/One", "uno examples/deep/Two"]));
    assert_eq!(
        run.stdout,
        "wrote fbuild-matrix.yml: 2 sketches for 1 board, 2 cells\nnext: fbuild-matrix run fbuild-matrix.yml\n"
    );
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn a_library_for_several_architectures() {
    let (_, text, cells) = init(&library("architectures=avr, esp32,samd,unheard,mbed,mbed_nano\n"));
    assert_has(
        &text,
        &[
            "esp32: esp32:esp32:esp32\n",
            "  esp32:esp32:\n    provider: index\n    url: https://espressif.github.io/arduino-esp32/package_esp32_index.json\n",
            "  arduino:samd: {provider: index}\n",
            "# The newest version.",
        ],
    );
    assert_eq!(cells.len(), 8, "four boards: {cells:?}");
}

#[test]
fn without_apt_arduinos_own_core_is_used() {
    let workspace = machine(false)
        .file("library.properties", "name=Own\narchitectures=avr\n")
        .file("src/Own.h", "")
        .sketch("examples/One", EMPTY);
    let (_, text, _) = init(&workspace);
    assert_has(&text, &["  arduino:avr: {provider: index}\n"]);
}

#[test]
fn a_library_for_any_architecture_has_more_boards_as_comments() {
    for properties in ["architectures=*\n", "", "architectures=\n"] {
        let (_, text, cells) = init(&library(properties));
        assert_has(
            &text,
            &["  # esp32: esp32:esp32:esp32\n", "  # esp32:esp32: {provider: index, url: \"https://"],
        );
        assert_eq!(cells.len(), 2);
        // They are valid as they are.
        let all = text.replace("  # esp", "  esp").replace("  # nodemcu", "  nodemcu");
        let workspace = library("").file("all.yml", all);
        let (_, matrix, _) = written(&workspace, "all.yml");
        assert_eq!((matrix.boards.len(), matrix.cores.len()), (3, 3));
    }
}

#[test]
fn boards_can_be_named() {
    let workspace = library("architectures=unheard\n");
    workspace.run(["init"]).assert_exit(2).assert_stderr("`unheard`").assert_stderr("--board FQBN");
    workspace.run(["init", "--board", "esp32:esp32"]).assert_exit(2).assert_stderr("at least three parts");
    assert!(!workspace.path("fbuild-matrix.yml").exists());
    workspace.run(["init", "-b", "a:unheard:x", "--board", "esp32:esp32:esp32c3"]).assert_exit(0);
    let (text, matrix, cells) = written(&workspace, "fbuild-matrix.yml");
    assert_eq!((matrix.boards.len(), cells.cells.len()), (2, 4));
    assert_has(
        &text,
        &["x: a:unheard:x\n", "# If Arduino's package index lacks it", "esp32c3: esp32:esp32:esp32c3\n"],
    );
}

/// As most of Arduino's own libraries have it.
#[test]
fn a_workflow_with_a_matrix_of_boards() {
    let job = "\
env:
  ALL: |
    - examples/One
strategy:
  fail-fast: false
  matrix:
    board:
      - fqbn: arduino:avr:nano
        platforms: |
          - name: arduino:avr
        libraries: \"\"
      - fqbn: arduino:samd:mkrzero
        platforms: |
          - name: arduino:samd
        libraries: |
          - name: WiFi101
          - name: Adafruit GFX Library
            version: 1.11.9
      - fqbn: esp32:esp32:esp32
        platforms: |
          # Install from Espressif's index.
          - name: esp32:esp32
            version: 2.0.14
            source-url: https://raw.githubusercontent.com/espressif/arduino-esp32/gh-pages/package_esp32_index.json
    include:
      - board:
          fqbn: arduino:samd:mkrzero
        more-paths: |
          - examples/deep";
    let with = "\
github-token: ${{ secrets.GITHUB_TOKEN }}
fqbn: ${{ matrix.board.fqbn }}
platforms: ${{ matrix.board.platforms }}
libraries: |
  # Install the library from the local path.
  - source-path: ./
  ${{ matrix.board.libraries }}
sketch-paths: |
  ${{ env.ALL }}
  ${{ matrix.more-paths }}
enable-deltas-report: true";
    let workspace = library("architectures=*\n").file(".github/workflows/ci.yml", workflow(job, with));
    let (run, text, cells) = init(&workspace);
    let expected = "\
version: 1
name: Own

cores:
  # Debian's core and compiler, without root. Arduino's own: {provider: index, version: \"1.8.6\"}
  arduino:avr: {provider: apt}
  # The newest version. A key `version: \"1.8.*\"` limits it, `core lock` pins it.
  arduino:samd: {provider: index}
  esp32:esp32:
    provider: index
    version: \"2.0.14\"
    url: https://raw.githubusercontent.com/espressif/arduino-esp32/gh-pages/package_esp32_index.json

boards:
  # .github/workflows/ci.yml, job build
  nano: arduino:avr:nano
  mkrzero: arduino:samd:mkrzero
  esp32: esp32:esp32:esp32

libraries:
  # The library itself. Others by name: {name: ArduinoJson, version: \"7.*\"}
  - .
  - {name: WiFi101, boards: mkrzero}
  - {name: \"Adafruit GFX Library\", version: \"1.11.9\", boards: mkrzero}

sketches:
  - examples/One
  - {path: examples/deep/**, boards: mkrzero}

defaults:
  # Compiler warnings, as in the workflow.
  warnings: all
";
    assert_eq!(text, expected);
    let all =
        ["nano examples/One", "mkrzero examples/One", "esp32 examples/One", "mkrzero examples/deep/Two"];
    assert_eq!(cells, set(&all));
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn a_workflow_with_words_flags_and_an_index_beside_the_board() {
    let with = "\
fqbn: '\"esp8266:esp8266:huzzah\" https://arduino.esp8266.com/stable/package_esp8266com_index.json'
libraries: 'Servo \"Adafruit GFX Library\"'
sketch-paths: 'examples/One ./examples/deep/Two/'
cli-compile-flags: |
  - --build-property
  - build.extra_flags=-DTEST=\"1\"
  - --warnings=none
  - --frobnicate";
    let workspace = library("").file(".github/workflows/a.yaml", workflow("", with));
    let (run, text, cells) = init(&workspace);
    assert_has(
        &text,
        &[
            "    url: https://arduino.esp8266.com/stable/package_esp8266com_index.json\n",
            "  huzzah:\n    fqbn: esp8266:esp8266:huzzah\n    properties:\n      build.extra_flags: \"-DTEST=\\\"1\\\"\"\n",
            "  - .\n  - {name: Servo}\n  - {name: \"Adafruit GFX Library\"}\n",
            "warnings: none\n",
        ],
    );
    assert_eq!(cells, set(&["huzzah examples/One", "huzzah examples/deep/Two"]));
    run.assert_stderr("warning: .github/workflows/a.yaml, job build: its flag `--frobnicate` is left out");
}

#[test]
fn sources_of_libraries_and_cores() {
    let with = "\
fqbn: my:avr:one
platforms: |
  - name: arduino:avr
    version: 1.8.3
  - name: my:avr
    source-path: hardware/avr
libraries: |
  - source-path: ./
  - source-path: extras/Helper
  - source-path: extras/Missing
  - source-url: https://github.com/me/Thing.git
    version: v1.0
  - source-url: https://example.org/Archive.zip";
    let workspace = library("")
        .file("extras/Helper/Helper.h", "")
        .file("hardware/avr/boards.txt", "")
        .file(".github/workflows/a.yml", workflow("", with));
    let (run, text, _) = init(&workspace);
    assert_has(
        &text,
        &[
            "  arduino:avr: {provider: index, version: \"1.8.3\"}\n",
            "  my:avr:\n    provider: path\n    path: hardware/avr\n",
            "  - .\n  - extras/Helper\n  - {git: \"https://github.com/me/Thing.git\", rev: v1.0}\n",
        ],
    );
    run.assert_stderr("there is no library in `extras/Missing`")
        .assert_stderr(
            "the library at `https://example.org/Archive.zip` is left out: add it with `url` and `checksum`",
        )
        .assert_stderr("needs the key `tools`");
}

#[test]
fn lists_in_a_matrix_are_combined_and_conditions_count() {
    let job = "\
strategy:
  matrix:
    fqbn: ['arduino:avr:uno', 'arduino:avr:mega:cpu=atmega2560', 'arduino:avr:mega']
    example: [One, deep]
    exclude:
      - {fqbn: 'arduino:avr:uno', example: deep}
if: github.event_name == 'push'";
    let text = workflow(job, "fqbn: ${{ matrix.fqbn }}\nsketch-paths: '- examples/${{ matrix.example }}'")
        .replace("      - name: Compile\n", "      - if: matrix.fqbn != 'arduino:avr:mega'\n");
    let (_, text, cells) = init(&library("").file(".github/workflows/a.yml", text));
    assert_has(
        &text,
        &[
            "  mega: arduino:avr:mega:cpu=atmega2560\n",
            "  - examples/One\n  - {path: examples/deep/**, boards: mega}\n",
        ],
    );
    assert_eq!(cells, set(&["uno examples/One", "mega examples/One", "mega examples/deep/Two"]));
}

#[test]
fn workflows_call_others() {
    let called = "\
on:
  workflow_call:
    inputs:
      fqbn: {type: string, required: true}
      paths: {type: string, default: examples/One}
jobs:
  build:
    steps:
      - uses: arduino/compile-sketches@v1
        with: {fqbn: '${{ inputs.fqbn }}', sketch-paths: '- ${{ inputs.paths }}'}
";
    let caller = "\
on: push
jobs:
  all:
    strategy: {matrix: {board: [uno, leonardo]}}
    uses: ./.github/workflows/called.yml
    with: {fqbn: 'arduino:avr:${{ matrix.board }}'}
  lint: {uses: other/repository/.github/workflows/lint.yml@v1}
";
    let workspace =
        library("").file(".github/workflows/called.yml", called).file(".github/workflows/main.yml", caller);
    let (run, _, cells) = init(&workspace);
    assert_eq!(cells, set(&["uno examples/One", "leonardo examples/One"]));
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn what_only_github_knows_is_a_warning() {
    let job = "strategy: {matrix: {fqbn: \"${{ fromJSON(needs.list.outputs.boards) }}\"}}";
    let workspace = library("architectures=avr\n")
        .file(".github/workflows/a.yml", workflow(job, "fqbn: ${{ matrix.fqbn }}"))
        .file(".github/workflows/b.yml", workflow("", "fqbn: ${{ vars.FQBN }}"))
        .file(".github/workflows/c.yml", workflow("", "fqbn: arduino:avr:nano\nlibraries: ${{ needs.x }}"));
    let (run, text, _) = init(&workspace);
    assert_has(&text, &["# library.properties: architectures=avr\n", "uno: arduino:avr:uno\n"]);
    run.assert_stderr(
        "warning: .github/workflows/a.yml, job build: its `strategy.matrix` can't be read: `needs.list` is",
    )
    .assert_stderr("b.yml, job build: its input `fqbn` can't be read: `vars.FQBN` is known only on GitHub")
    .assert_stderr("c.yml, job build: its input `libraries` can't be read");
    let whole = fs::read_to_string(workspace.path("fbuild-matrix.yml")).unwrap();
    assert_has(&whole, &["# Not taken over:\n#   .github/workflows/a.yml, job build:"]);
}

#[test]
fn a_broken_file_is_a_warning() {
    let workspace = library("architectures=avr\n")
        .file(".github/workflows/a.yml", "jobs:\n\tbuild: {")
        .file(".github/workflows/b.yml", b"\xff\xfe")
        .file(".github/workflows/c.yml", "- 1\n")
        .file(".github/workflows/d.yml", "")
        .file(".github/workflows/e.yml", "jobs: {build: [steps], other: {steps: {uses: 1}, if: 3}}")
        .file(".arduino-ci.yml", "compile: [");
    let (run, text, _) = init(&workspace);
    assert_has(&text, &["uno: arduino:avr:uno\n"]);
    run.assert_stderr("warning: .github/workflows/a.yml: it is not valid YAML")
        .assert_stderr("warning: .arduino-ci.yml: it is not valid YAML");
}

#[test]
fn arduino_ci_with_platforms_packages_and_an_example_of_its_own() {
    let file = "\
packages:
  my:avr: {url: https://example.org/package_my_index.json}
platforms:
  mine: {board: my:avr:one, package: my:avr, gcc: {defines: [X]}}
  due: ~
compile:
  libraries: [OneWire, Adafruit_BusIO]
  platforms: [uno, mega2560, mine, due, unno]
unittest: {platforms: [zero]}
";
    let workspace = library("architectures=avr\n")
        .file(".arduino-ci.yml", file)
        .file("examples/One/.arduino-ci.yml", "compile: {platforms: [uno, leonardo], libraries: [Servo]}\n");
    let (run, text, cells) = init(&workspace);
    assert_has(
        &text,
        &[
            "  my:avr:\n    provider: index\n    url: https://example.org/package_my_index.json\n",
            "  mega2560: arduino:avr:mega:cpu=atmega2560\n  mine: my:avr:one\n",
            "# examples/One/.arduino-ci.yml\n  leonardo: arduino:avr:leonardo\n",
            "  - {name: OneWire, boards: [uno, mega2560, mine]}\n",
            "  - {name: Servo, boards: [uno, leonardo]}\n",
        ],
    );
    let deep = ["uno examples/deep/Two", "mega2560 examples/deep/Two", "mine examples/deep/Two"];
    assert_eq!(cells, &set(&["uno examples/One", "leonardo examples/One"]) | &set(&deep));
    run.assert_stderr("warning: .arduino-ci.yml: the platform `due` is unknown")
        .assert_stderr("the platform `unno` is unknown; did you mean `uno`?");
}

#[test]
fn arduino_ci_without_platforms_has_its_own() {
    let workspace = library("").file(".arduino-ci.yaml", "unittest:\n  platforms: [uno]\n");
    let (_, matrix, _) = {
        init(&workspace);
        written(&workspace, "fbuild-matrix.yml")
    };
    assert_eq!(matrix.boards.len(), 9);
    assert!(matrix.cores.contains_key("esp8266:esp8266") && matrix.cores.contains_key("adafruit:samd"));
}

#[test]
fn marks_of_adafruits_ci_leave_out_sketches() {
    let workspace = library("architectures=avr,esp32\n")
        .sketch("examples/Ble", EMPTY)
        .file("examples/Ble/.none.test.only", "")
        .file("examples/One/.feather_esp32.test.only", "")
        .file("examples/deep/Two/.esp32.test.skip", "")
        .sketch("extras/Other", EMPTY)
        .file("extras/Other/.uno.test.skip", "");
    let (_, text, cells) = init(&workspace);
    assert_has(&text, &["  - {path: examples/**, filters: [adafruit]}\n", "  # `adafruit`: files like"]);
    assert_eq!(cells, set(&["esp32 examples/One", "uno examples/deep/Two"]));
}

#[test]
fn sketches_say_themselves_for_which_boards_they_are() {
    let filter = |condition: &str| format!("// @filter ({condition})\n{EMPTY}");
    let workspace = library("architectures=avr,esp32\n")
        .sketch("examples/Large", &filter("memory is large"))
        .sketch("examples/Wifi", EMPTY)
        .file("examples/Wifi/ci.yml", "requires: [CONFIG_SOC_WIFI_SUPPORTED=y]\n")
        .sketch("examples/Nano", EMPTY)
        .file("examples/Nano/sketch.yaml", "profiles:\n  nano: {fqbn: \"arduino:avr:nano\"}\n")
        .sketch("extras/Plain", EMPTY);
    let (_, text, cells) = init(&workspace);
    assert_has(
        &text,
        &[
            "  # examples/Nano/sketch.yaml: nano\n  nano: arduino:avr:nano\n",
            "  # `fastled`: the comment",
            "  # `esp32-ci`: `ci.yml`",
            "  # `sketch-yaml`: `sketch.yaml`",
            "  - {path: examples/**, filters: [fastled, esp32-ci, sketch-yaml]}\n",
        ],
    );
    for cell in ["esp32 examples/Large", "nano examples/Nano", "uno examples/One", "esp32 examples/Wifi"] {
        assert!(cells.contains(cell), "{cell} is not in {cells:?}");
    }
    for cell in ["uno examples/Nano", "nano extras/Plain"] {
        assert!(!cells.contains(cell), "{cells:?}");
    }
    // A workflow names the boards itself; it does not read project files.
    let ci = workflow("", "fqbn: arduino:avr:mega");
    let workspace = workspace.file(".github/workflows/ci.yml", ci);
    workspace.run(["init", "--force"]).assert_exit(0);
    let (text, matrix, _) = written(&workspace, "fbuild-matrix.yml");
    assert_has(&text, &["  - {path: examples/**, filters: [fastled, esp32-ci]}\n"]);
    assert_eq!(matrix.boards.len(), 1);
}

#[test]
fn sketches_with_boards_of_their_own_need_no_other() {
    let project = |name: &str, fqbn: &str| {
        let workspace = machine(true).sketch(name, EMPTY);
        workspace.file(&format!("{name}/sketch.yaml"), format!("default_fqbn: {fqbn}\n"))
    };
    let (_, text, cells) = init(&project("Blink", "arduino:avr:mega"));
    assert_eq!(cells, set(&["mega Blink"]));
    assert_has(&text, &["filters: [sketch-yaml]"]);
    let workspace = machine(true).sketch("Scan", EMPTY).file("Scan/ci.yml", "targets: {esp32h2: false}\n");
    let (_, text, cells) = init(&workspace);
    assert_eq!(cells, set(&["esp32 Scan"]));
    assert_has(&text, &["filters: [esp32-ci]", "esp32: esp32:esp32:esp32\n"]);
    // A matrix without cells is written, and says what to do.
    let workspace = machine(true).sketch("Big", &format!("// @filter (platform is teensy)\n{EMPTY}"));
    let (run, ..) = init(&workspace);
    run.assert_stderr("add one of theirs to `boards`");
}

#[test]
fn a_workflow_is_preferred_to_arduino_ci() {
    let workspace = library("")
        .file(".arduino-ci.yml", "compile: {platforms: [mega2560]}\n")
        .file(".github/workflows/a.yml", workflow("", "fqbn: arduino:avr:nano"));
    let (run, _, cells) = init(&workspace);
    assert_eq!(cells, set(&["nano examples/One", "nano examples/deep/Two"]));
    run.assert_stderr(".arduino-ci.yml is not used: the workflows say what is built");
}

#[test]
fn a_directory_of_sketches() {
    let workspace = machine(true)
        .sketch("Blink", EMPTY)
        .file("Blink/config.h", "")
        .sketch("more/Fade", EMPTY)
        .file("more/other.ino", "");
    let (_, text, cells) = init(&workspace);
    assert!(!text.contains("libraries:"), "{text}");
    assert_eq!(cells, set(&["uno Blink", "uno more/Fade"]));
    // A workflow's default is the library in the repository, which is none.
    let ci = workflow("", "sketch-paths: '- Blink'\nfqbn: arduino:avr:nano");
    let workspace = workspace.file(".github/workflows/ci.yml", ci);
    workspace.run(["init", "--force"]).assert_exit(0);
    let (text, _, expansion) = written(&workspace, "fbuild-matrix.yml");
    assert!(expansion.cells.len() == 1 && !text.contains("libraries:"), "{text}");
}

#[test]
fn a_sketch_alone() {
    let workspace = machine(true).sketch("Blink", EMPTY).file("Blink/config.h", "");
    workspace
        .run(["init", "Blink"])
        .assert_exit(0)
        .assert_stdout("next: fbuild-matrix run Blink/fbuild-matrix.yml");
    let (_, _, expansion) = written(&workspace, "Blink/fbuild-matrix.yml");
    assert_eq!(expansion.cells.len(), 1);
}

#[test]
fn a_sketchbook_with_libraries() {
    let workspace = machine(true)
        .sketch("Blink", EMPTY)
        .file("libraries/Thing/src/Thing.h", "")
        .file("libraries/Thing/library.properties", "name=Thing\n");
    let (_, text, cells) = init(&workspace);
    assert_has(&text, &["libraries:\n  - libraries\n", "  - \"**\"\n"]);
    assert_eq!(cells, set(&["uno Blink"]));
    let workspace = workspace.sketch("libraries/Thing/examples/Show", EMPTY);
    workspace.run(["init", "--force"]).assert_exit(0);
    let (text, _, expansion) = written(&workspace, "fbuild-matrix.yml");
    assert_has(&text, &["  - \"**\"\n", "  - \"!libraries\"\n"]);
    assert_eq!(expansion.cells.len(), 1);
}

#[test]
fn sketches_that_a_workflow_makes_are_not_there() {
    let ci = workflow("", "sketch-paths: '- generated'\nfqbn: arduino:avr:nano");
    let (run, _, cells) = init(&library("architectures=avr\n").file(".github/workflows/ci.yml", ci));
    assert_eq!(cells, set(&["uno examples/One", "uno examples/deep/Two"]));
    run.assert_stderr("job build: there is no sketch in `generated`");
}

#[test]
fn odd_names_are_quoted() {
    let workspace = machine(true)
        .file("library.properties", "name=Own: # 1\narchitectures=avr\n")
        .file("src/Own.h", "")
        .sketch("examples/A [1]/Ünï", EMPTY)
        .sketch("examples/{b}", EMPTY)
        .file(
            ".github/workflows/a b.yml",
            workflow("", "sketch-paths: |\n  - \"examples/A [1]\"\n  - examples/{b}"),
        );
    let (_, text, cells) = init(&workspace);
    assert_has(&text, &["name: \"Own: # 1\"\n"]);
    assert_eq!(cells, set(&["uno examples/A [1]/Ünï", "uno examples/{b}"]));
}

#[test]
fn another_file_is_written_with_paths_from_its_directory() {
    let workspace = library("architectures=avr\n").file("ci/keep", "");
    let run = workspace.run(["init", ".", "--output", "ci/avr matrix.yml"]).assert_exit(0);
    run.assert_stdout("next: fbuild-matrix run 'ci/avr matrix.yml'\n");
    let (text, _, expansion) = written(&workspace, "ci/avr matrix.yml");
    assert_has(&text, &["  - ..\n", "  - ../examples/**\n"]);
    assert_eq!(expansion.cells.len(), 2);
    assert!(!workspace.path("fbuild-matrix.yml").exists());
    workspace
        .run(["init", "--output", "none/m.yml"])
        .assert_exit(2)
        .assert_stderr("the directory none can't be read");
    workspace.run(["init", "--output", "ci"]).assert_exit(2).assert_stderr("is a directory");
}

#[test]
fn a_file_is_overwritten_only_by_force() {
    let workspace = library("architectures=avr\n").file("fbuild-matrix.yml", "mine\n");
    let run =
        workspace.run(["init"]).assert_exit(2).assert_stderr("fbuild-matrix.yml exists already: --force");
    assert!(run.stdout.is_empty());
    assert_eq!(fs::read_to_string(workspace.path("fbuild-matrix.yml")).unwrap(), "mine\n");
    workspace.run(["init", "--force"]).assert_exit(0);
    written(&workspace, "fbuild-matrix.yml");
}

#[test]
fn nothing_to_build_is_4_and_says_what_was_looked_for() {
    let empty = machine(true).file("README.md", "");
    let run = empty.run(["init"]).assert_exit(4);
    run.assert_stderr("looked for library.properties")
        .assert_stderr(".github/workflows/*.yml")
        .assert_stderr(".arduino-ci.yml");
    let library = machine(true).file("library.properties", "name=Own\n").file("src/Own.h", "");
    library
        .run(["init"])
        .assert_exit(4)
        .assert_stderr("the library `Own`")
        .assert_stderr("no sketch to build");
    // What is below `libraries` belongs to others.
    let others = machine(true)
        .file("libraries/Thing/library.properties", "name=Thing\n")
        .file("libraries/Thing/Thing.h", "")
        .sketch("libraries/Thing/examples/Show", EMPTY);
    others.run(["init"]).assert_exit(4);
    for workspace in [&empty, &library, &others] {
        assert!(!workspace.path("fbuild-matrix.yml").exists());
    }
    empty.run(["init", "none"]).assert_exit(2).assert_stderr("none can't be read");
    empty.run(["init", "README.md"]).assert_exit(2).assert_stderr("is not a directory");
}
