//! `ci.yml` of arduino-esp32 changes the builds of single sketches: menu options, boards and libraries.

use std::collections::BTreeSet;

use serde_json::Value;

use super::stub::{self, sketch};
use crate::support::Workspace;

/// Boards of an ESP32 core whose partition schemes have sizes.
const BOARDS: &str = "\
menu.PartitionScheme=Partition Scheme
menu.PSRAM=PSRAM
esp32.name=ESP32
esp32.build.core=stub
esp32.build.mcu=esp32
esp32.upload.maximum_size=1000
esp32.upload.maximum_data_size=100
esp32.menu.PartitionScheme.default=Default
esp32.menu.PartitionScheme.huge_app=Huge
esp32.menu.PartitionScheme.huge_app.upload.maximum_size=3000
s3.name=S3
s3.build.core=stub
s3.build.mcu=esp32s3
s3.upload.maximum_size=1000
s3.upload.maximum_data_size=100
s3.menu.PSRAM.disabled=Disabled
s3.menu.PSRAM.opi=OPI
s3.menu.PartitionScheme.default=Default
s3.menu.PartitionScheme.huge_app=Huge
s3.menu.PartitionScheme.huge_app.upload.maximum_size=3000
uno.name=Uno
uno.build.core=stub
uno.upload.maximum_size=3000
uno.upload.maximum_data_size=100
";

/// A workspace with the boards `esp32`, `s3` and `uno`, and what `rest` adds to the matrix.
pub(crate) fn workspace(rest: &str) -> Workspace {
    let core = |name: &str| format!("  {name}: {{provider: path, path: core, tools: {{stub: tools}}}}\n");
    let boards = "boards:\n  esp32: stub:esp32:esp32\n  s3: {fqbn: \"stub:esp32:s3\", tags: [chip-esp32s3]}\n  uno: stub:sim:uno\n";
    let matrix = format!("version: 1\ncores:\n{}{}{boards}{rest}", core("stub:esp32"), core("stub:sim"));
    stub::workspace("").file("core/boards.txt", BOARDS).file("matrix.yml", matrix)
}

pub(crate) const FILTERED: &str = "sketches: [{path: 's/*', filters: [esp32-ci]}]\n";

pub(crate) fn plan(workspace: &Workspace, arguments: &[&str]) -> Value {
    let arguments = ["plan", "matrix.yml", "--format", "json"].iter().chain(arguments);
    serde_json::from_str(&workspace.run(arguments).assert_exit(0).stdout).unwrap()
}

/// Returns the cells of a plan as `BOARD SKETCH`.
pub(crate) fn cells(plan: &Value) -> BTreeSet<String> {
    let name = |cell: &Value| {
        let (board, sketch) = (cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap());
        format!("{board} {}", sketch.trim_start_matches("s/"))
    };
    plan["cells"].as_array().unwrap().iter().map(name).collect()
}

pub(crate) fn set(cells: &[&str]) -> BTreeSet<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[test]
fn appended_options_are_built_and_share_what_they_can() {
    // It fits only with the larger partition.
    let workspace = workspace(FILTERED)
        .sketch("s/Small", &sketch("flash=900 ram=9"))
        .sketch("s/Large", &sketch("flash=2000 ram=9"))
        .file("s/Large/ci.yml", "fqbn_append: PartitionScheme=huge_app\n")
        .sketch("s/Also", &sketch("flash=2500 ram=9"))
        .file("s/Also/ci.yml", "fqbn_append:\n  default: PartitionScheme=huge_app\n  esp32s3: PSRAM=opi,PartitionScheme=huge_app\n");
    let whole = plan(&workspace, &[]);
    let expected = [
        "esp32 Small",
        "s3 Small",
        "uno Small",
        "uno Large",
        "uno Also",
        "esp32+PartitionScheme_huge_app Also",
        "esp32+PartitionScheme_huge_app Large",
        "s3+PartitionScheme_huge_app Large",
        "s3+PSRAM_opi+PartitionScheme_huge_app Also",
    ];
    assert_eq!(cells(&whole), set(&expected));
    let huge = "esp32+PartitionScheme_huge_app";
    let large = whole["cells"].as_array().unwrap().iter().find(|cell| cell["board"] == huge).unwrap();
    assert_eq!(large["fqbn"], "stub:esp32:esp32:PartitionScheme=huge_app");
    let cores = whole["cores"].as_array().unwrap();
    assert_eq!(
        cores.iter().filter(|core| core["boards"] == serde_json::json!([huge])).count(),
        1,
        "{cores:?}"
    );

    // The board's own name selects its variants, a variant's name that alone.
    assert_eq!(
        cells(&plan(&workspace, &["-b", "esp32"])),
        set(&["esp32 Small", "esp32+PartitionScheme_huge_app Also", "esp32+PartitionScheme_huge_app Large"])
    );
    assert_eq!(
        cells(&plan(&workspace, &["-b", "*opi*"])),
        set(&["s3+PSRAM_opi+PartitionScheme_huge_app Also"])
    );
    let filter = "board = 's3' and flash > 2000";
    assert_eq!(cells(&plan(&workspace, &["--filter", filter])).len(), 2);
    workspace.run(["run", "matrix.yml", "-b", "esp32", "-b", "s3"]).assert_exit(0);
    workspace.run(["run", "matrix.yml", "-b", "esp32+*"]).assert_exit(0);
}

#[test]
fn listed_boards_replace_those_of_their_chip() {
    let workspace =
        workspace(&format!("{FILTERED}exclude: [{{board: s3, sketch: Other, reason: not here}}]\n"))
            .sketch("s/Plain", &sketch("flash=9 ram=9"))
            .sketch("s/Listed", &sketch("flash=9 ram=9"))
            .file(
                "s/Listed/ci.json",
                "{\"fqbn\": {\"esp32s3\": [\"espressif:esp32:s3:PSRAM=opi\", \"espressif:esp32:s3\"]}, \
              \"fqbn_append\": \"PartitionScheme=huge_app\", \"targets\": {\"esp32\": false}}",
            )
            .sketch("s/Other", &sketch("flash=9 ram=9"))
            .file("s/Other/ci.yml", "fqbn: {esp32s3: ['espressif:esp32:s3:PSRAM=opi']}\n");
    let whole = plan(&workspace, &[]);
    let expected = set(&[
        "esp32 Plain",
        "esp32 Other",
        "s3 Plain",
        "s3 Listed",
        "s3+PSRAM_opi Listed",
        "uno Plain",
        "uno Listed",
        "uno Other",
    ]);
    assert_eq!(cells(&whole), expected);
    let reasons: Vec<&str> =
        whole["skipped"].as_array().unwrap().iter().map(|cell| cell["reason"].as_str().unwrap()).collect();
    assert!(reasons.contains(&"s/Listed/ci.json: targets: esp32: false"), "{reasons:?}");
    assert!(reasons.contains(&"not here"), "a rule about the board is about its variants: {reasons:?}");
}

#[test]
fn errors_have_their_place_in_the_file() {
    for (ci, line, message, help) in [
        (
            "tags: [x]\nfqbn_append: PartitionScheme=huge_ap\n",
            "s/S/ci.yml:2:30",
            "no option `huge_ap`",
            "`huge_app`",
        ),
        (
            "fqbn_append: PartitionSchem=huge_app\n",
            "s/S/ci.yml:1:14",
            "no menu `PartitionSchem`",
            "`PartitionScheme`",
        ),
        ("fqbn: {esp32: ['x:esp32:esp32s9']}\n", "s/S/ci.yml:1:25", "no board `esp32s9`", ""),
        ("fqbn_append: huge_app\n", "s/S/ci.yml:1:14", "`huge_app` is no menu option", ""),
        ("fqbn: esp32\n", "s/S/ci.yml:1:1", "`fqbn` has a list", "fqbn: {esp32s3"),
        ("libs: Thing\n", "s/S/ci.yml:1:1", "`libs` is a list", "libs: ["),
    ] {
        let workspace = workspace("sketches: [{path: 's/*', boards: [esp32], filters: [esp32-ci]}, {path: t/T, boards: [s3, uno]}]\n")
            .sketch("s/S", &sketch("flash=9 ram=9"))
            .sketch("t/T", &sketch("flash=9 ram=9"))
            .file("s/S/ci.yml", ci);
        let run = workspace.run(["run", "matrix.yml"]).assert_exit(2);
        run.assert_stderr(line).assert_stderr(message).assert_stderr(help);
    }
    // A sketch that is not built for a chip needs no options of it.
    let workspace = workspace(FILTERED)
        .sketch("s/S", &sketch("flash=9 ram=9"))
        .file("s/S/ci.yml", "fqbn_append: PSRAM=opi\ntargets: {esp32: false}\n");
    assert_eq!(cells(&plan(&workspace, &[])), set(&["s3+PSRAM_opi S", "uno S"]));
}

#[test]
fn a_chip_that_the_matrix_does_not_name_is_an_error() {
    let ci = "fqbn_append: {esp32s3: PSRAM=opi}\n";
    let boards = |tags: &str| {
        let workspace = workspace(FILTERED).sketch("s/S", &sketch("flash=9 ram=9")).file("s/S/ci.yml", ci);
        let text = std::fs::read_to_string(workspace.path("matrix.yml")).unwrap();
        workspace.file("matrix.yml", text.replace("[chip-esp32s3]", tags))
    };
    let run = boards("[]").run(["plan", "matrix.yml"]).assert_exit(2);
    run.assert_stderr("s/S/ci.yml:1:1").assert_stderr("depends on the chip").assert_stderr("tags: [chip-");
    // A wrong tag would build other options than those of the chip.
    let other = boards("[chip-esp32s2]")
        .file("s/S/ci.yml", "fqbn_append: {default: PSRAM=opi, esp32s2: PSRAM=disabled}\n");
    let matrix = std::fs::read_to_string(other.path("matrix.yml")).unwrap();
    let other = other.file(
        "matrix.yml",
        matrix
            .replace("'s/*', ", "'s/*', boards: [s3, uno], optional: true, ")
            .replace("esp32: stub:esp32:esp32", "esp32: {fqbn: \"stub:esp32:esp32\", optional: true}"),
    );
    other.run(["plan", "matrix.yml"]).assert_exit(2).assert_stderr("tags: [chip-esp32s3]");
}

#[test]
fn unknown_platforms_of_adafruits_ci_are_errors() {
    let workspace = workspace("sketches: [{path: 's/*', filters: [adafruit]}]\n")
        .sketch("s/S", &sketch("flash=9 ram=9"))
        .file("s/S/.main_platforms.test.only", "")
        .sketch("s/T", &sketch("flash=9 ram=9"))
        .file("s/T/.s3.test.only", "")
        .file("s/T/.esp23.test.skip", "");
    let run = workspace.run(["plan", "matrix.yml"]).assert_exit(0);
    run.assert_stderr("s/T/.esp23.test.skip: `esp23` is no platform of Adafruit's CI");
    assert_eq!(cells(&plan(&workspace, &[])), set(&["esp32 S", "s3 S", "uno S", "s3 T"]));
    let wrong = workspace.file("s/T/.uno_.test.only", "");
    let run = wrong.run(["run", "matrix.yml"]).assert_exit(2);
    run.assert_stderr("s/T/.uno_.test.only: `uno_` is no platform").assert_stderr("did you mean `uno`?");
}
