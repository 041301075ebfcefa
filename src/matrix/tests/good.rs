//! Tests the meaning of a valid matrix, its cells, and their selection.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::limits::{Budgets, MemoryBudget};
use crate::nearest::suggestion;
use crate::platform::Override;

const WHOLE: &str = include_str!("../../../tests/it/matrix/whole.yml");

fn packed(names: &[&str], suite: Option<&str>) -> Tool {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Tool::Apt(Packages { names, suite: suite.map(str::to_owned) })
}

/// `key=value`, or `key+=value` where it appends.
fn shown(property: &Override) -> String {
    format!("{}{}={}", property.key, if property.appends { "+" } else { "" }, property.value)
}

#[test]
fn every_key_is_understood() {
    let matrix = parse(WHOLE).unwrap();
    assert_eq!(matrix.name, "everything");
    let avr = &matrix.cores["arduino:avr"];
    assert_eq!(avr.provider, Provider::Apt);
    let properties: Vec<String> = avr.properties.iter().map(shown).collect();
    assert_eq!(properties, ["compiler.cpp.extra_flags=-DX=1", "build.f_cpu=16000000", "a=0x10", "b=true"]);
    let Provider::Path { dir, tools } = &matrix.cores["me:mine"].provider else { panic!() };
    assert_eq!(dir.value, Path::new("/core"));
    assert_eq!(tools["avr-gcc"], Tool::Directory("/usr".into()));
    assert_eq!(tools["other"], Tool::Directory("/m/tools/other".into()));
    assert_eq!(tools["packed"], packed(&["gcc-x", "libc-x"], Some("trixie")));
    assert_eq!(tools["plain"], packed(&["gcc-y"], None));
    let packages = ["esptool==5.1.0", "six==1.0"].map(str::to_owned).to_vec();
    assert_eq!(tools["python"], Tool::Pypi { packages, lock: Some("/m/lock.txt".into()), path: None });
    let gcc = Tool::Pypi { packages: vec!["gcc==1.0".to_owned()], lock: None, path: Some("gcc/x".into()) };
    assert_eq!(tools["gcc"], gcc);
    assert_eq!(matrix.cores["other:one"].provider, Provider::Installed);
    let mega = &matrix.boards["mega"];
    assert_eq!(mega.fqbn.to_string(), "arduino:avr:mega:cpu=atmega2560");
    assert_eq!((mega.tags.as_slice(), mega.optional), (["large".to_owned()].as_slice(), false));
    assert!(matrix.boards["mine"].optional);
    assert_eq!(matrix.core_names().into_iter().collect::<Vec<_>>(), ["arduino:avr", "me:mine"]);
    let Provider::Index(indexed) = &matrix.cores["indexed:one"].provider else { panic!() };
    assert_eq!(indexed.version.as_ref().unwrap().value.as_str(), "1.8.*");
    let urls: Vec<&str> = indexed.urls.iter().map(|url| url.value.as_str()).collect();
    assert_eq!(urls, ["https://x.example/package_x_index.json", "/local.json"]);
    assert_eq!(indexed.key.as_ref().unwrap().value, Path::new("/m/x.asc"));
    let Provider::DataDir { dir, version } = &matrix.cores["there:one"].provider else { panic!() };
    assert_eq!(
        (dir.as_ref().unwrap().value.as_path(), version.as_ref().unwrap().value.as_str()),
        (Path::new("/data"), "1.2")
    );
    assert_eq!(matrix.settings.mirrors["https://a.example/"], "https://b.example/");
    assert!(!matrix.libraries.dependencies);
    libraries(&matrix.libraries.entries);
    assert!(matrix.needs_builtin_examples());
    assert_eq!(matrix.needed_roots().collect::<Vec<_>>(), ["builtin", "arduino:avr"]);
    assert_eq!(matrix.sketches[1].limits.timeout, Some(Duration::from_mins(90)));
    let embedded: Vec<_> = matrix.sketches[1].embed.iter().map(|it| it.value.clone()).collect();
    let logo = Embed { path: "/m/logo.png".into(), text: false };
    assert_eq!(embedded, [logo, Embed { path: "/web/index.html".into(), text: true }]);
    assert_eq!(embedded[1].symbol(), "index_html");
    let run = &matrix.sketches[1].runs[&1];
    assert_eq!((run.expect.as_str(), run.timeout), ("done", Duration::from_millis(500)));
    let qemu = Emulation { emulator: Emulator::Qemu, machine: Some("lm3s6965evb".to_owned()) };
    assert_eq!(run.emulation, qemu, "as the board says");
    let run = &matrix.include[0].runs[&0];
    assert_eq!((run.expect.as_str(), run.timeout), ("1\n2", Duration::from_secs(10)));
    assert_eq!(
        run.emulation,
        Emulation { emulator: Emulator::Simavr, machine: Some("atmega328".to_owned()) }
    );
    assert_eq!(matrix.exclude[0].reason, "needs WiFi".into());
    assert_eq!(matrix.exclude[1].reason, "excluded by {sketch: Fade, board: mega}".into());
    let defaults = Defaults {
        timeout: Duration::from_mins(20),
        retries: 2,
        warnings: Warnings::All,
        output_limit: Some(100_000_000),
        budgets: budgets_of("flash: {max: 90%, growth: 64}, ram: 90%, warnings: 0"),
    };
    assert_eq!(matrix.defaults, defaults);
}

/// The budgets of a matrix that has only these.
fn budgets_of(text: &str) -> Budgets {
    let text = format!("version: 1\nboards: {{uno: a:b:uno}}\nsketches: [A]\nbudgets: {{{text}}}\n");
    parse(&text).unwrap_or_else(|error| panic!("{}", error.render(false))).defaults.budgets
}

#[test]
fn budgets_of_cell_board_and_matrix_are_one() {
    let matrix = parse(WHOLE).unwrap();
    let mega = matrix.boards["mega"].budgets;
    assert_eq!(mega, budgets_of("flash: {max: 28672, soft: true}, warnings: {max: 3, growth: 1}"));
    let entry = matrix.sketches[1].limits.budgets;
    assert_eq!(entry, budgets_of("ram: {max: 50.50 %, growth: 1%}, soft: true"));
    assert_eq!(
        entry.within(mega).within(matrix.defaults.budgets),
        Budgets {
            flash: MemoryBudget { max: mega.flash.max, growth: matrix.defaults.budgets.flash.growth },
            ram: entry.ram,
            warnings: mega.warnings,
        }
    );
    assert_eq!(matrix.include[0].limits.budgets, budgets_of("flash: {growth: 32B}"));
    assert!(!budgets_of("flash: 2K").has_growth());
    for (wrong, message) in [
        ("flash: 90 percent", "`90 percent` is no amount of memory: an amount is bytes or a percentage"),
        ("flash: -1", "expected a number 0 or more"),
        ("warnings: 1%", "expected a whole number"),
        ("rom: 1", "unknown key `rom`"),
        ("ram: {maximum: 1}", "unknown key `maximum`"),
        ("ram: {growth: 1.5}", "a number of bytes is whole"),
    ] {
        let text = format!("version: 1\nboards: {{uno: a:b:uno}}\nsketches: [A]\nbudgets: {{{wrong}}}\n");
        let told = parse(&text).unwrap_err().render(false);
        assert!(told.contains(message), "{wrong}: {told}");
    }
}

/// The entries of `libraries` in `WHOLE`.
fn libraries(entries: &[LibraryEntry]) {
    let dependencies: Vec<bool> = entries.iter().map(|entry| entry.dependencies).collect();
    assert_eq!(dependencies, [false, false, true, false, false]);
    let boards: Vec<Option<Vec<usize>>> = entries
        .iter()
        .map(|entry| entry.boards.as_ref().map(|boards| boards.iter().copied().collect()))
        .collect();
    assert_eq!(boards, [None, None, Some(vec![0]), None, None]);
    let shown = |entry: &LibraryEntry| match &entry.source {
        LibrarySource::Path(path) => path.value.display().to_string(),
        LibrarySource::Index { name, version } => {
            format!("{} {}", name.value, version.as_ref().unwrap().value)
        }
        LibrarySource::Git { url, revision } => format!("{} {}", url.value, revision.as_ref().unwrap().value),
        LibrarySource::Archive { url, checksum } => format!("{} {}", url.value, checksum.value),
    };
    let shown: Vec<String> = entries.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "/",
            "/third-party",
            "ArduinoJson ^7.0",
            "https://x.example/Thing.git v1",
            "https://x.example/Other.zip SHA-256:00"
        ]
    );
}

#[test]
fn what_goes_with_a_provider_or_a_library_is_checked() {
    let error = |core: &str, libraries: &str| {
        let text = format!(
            "version: 1\ncores: {{a:b: {core}}}\nboards: {{uno: a:b:c}}\nlibraries: [{libraries}]\nsketches: [S]\n"
        );
        parse(&text).unwrap_err().to_string()
    };
    for (core, message) in [
        (
            "{provider: apt, version: 1.0}",
            "the key `version` goes only with `provider: index` or `provider: data-dir`",
        ),
        ("{url: https://x/y.json}", "the key `url` goes only with `provider: index`"),
        (
            "{provider: index, path: x}",
            "the key `path` goes only with `provider: path` or `provider: data-dir`",
        ),
        ("{provider: index, version: \">=\"}", "is not a version or a range of versions"),
        ("{provider: index, url: ftp://x/y.json}", "is not the address of an index"),
        ("{provider: index, key: k.asc}", "the key `key` goes only with `url`"),
        ("{provider: path}", "`provider: path` needs the key `path`"),
    ] {
        let text = error(core, "");
        assert!(text.contains(message), "{core}: {text}");
    }
    for (library, message) in [
        ("{name: X, path: y}", "exactly one of `path`, `name`, `git` and `url`"),
        ("{version: 1.0}", "exactly one of `path`, `name`, `git` and `url`"),
        ("{path: x, version: 1.0}", "the key `version` goes only with `name`"),
        ("{name: X, rev: v1}", "the key `rev` goes only with `git`"),
        ("{url: https://x/y.zip}", "needs the key `checksum`"),
        ("{git: --upload-pack=x}", "begins with `-`"),
        ("{name: \"\"}", "this is empty"),
        ("{name: X, boards: nano}", "no board of this matrix matches `nano`"),
    ] {
        let text = error("{}", library);
        assert!(text.contains(message), "{library}: {text}");
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let matrix = parse("version: 1\nboards: {uno: arduino:avr:uno}\nsketches: [Blink]\n").unwrap();
    assert_eq!(matrix.name, "matrix");
    let defaults = Defaults {
        timeout: Duration::from_mins(10),
        retries: 0,
        warnings: Warnings::Default,
        output_limit: None,
        budgets: Budgets::default(),
    };
    assert_eq!(matrix.defaults, defaults);
    assert!(!matrix.needs_builtin_examples());
}

#[test]
fn a_sketch_says_how_it_is_run_before_its_board_does() {
    let text = "version: 1\nboards:\n  uno: {fqbn: \"arduino:avr:uno\", run: {emulator: simavr, machine: atmega328}}\n  \
                due: {fqbn: \"arduino:sam:due\", run: {emulator: qemu, machine: one}}\nsketches:\n  \
                - {path: A, run: {expect: x}}\n  - {path: B, run: {expect: x, emulator: qemu, machine: two}}\n  \
                - {path: C, run: {expect: x, emulator: simavr}, boards: [due]}\n  - D\n";
    let matrix = parse(text).unwrap();
    let runs = |sketch: usize| -> Vec<(usize, Emulator, Option<&str>)> {
        let runs = matrix.sketches[sketch].runs.iter();
        runs.map(|(board, run)| (*board, run.emulation.emulator, run.emulation.machine.as_deref())).collect()
    };
    let (simavr, qemu) = (Emulator::Simavr, Emulator::Qemu);
    assert_eq!(runs(0), [(0, simavr, Some("atmega328")), (1, qemu, Some("one"))]);
    assert_eq!(runs(1), [(0, qemu, Some("two")), (1, qemu, Some("two"))]);
    // QEMU's machine does not apply to simavr.
    assert_eq!(runs(2), [(1, simavr, None)]);
    assert_eq!(runs(3), []);
}

#[test]
fn boards_can_share_what_they_have_in_common() {
    let text = "version: 1\nboards:\n  uno: &base\n    fqbn: arduino:avr:uno\n    tags: [small]\n  \
                mega: {<<: *base, fqbn: \"arduino:avr:mega\"}\nsketches: []\n";
    let matrix = parse(text).unwrap();
    assert_eq!(matrix.boards["mega"].tags, ["small"]);
    assert_eq!(matrix.boards["mega"].fqbn.board, "mega");
}

#[test]
fn later_stages_can_point_into_an_fqbn() {
    let matrix = parse("version: 1\nboards:\n  mega: arduino:avr:mega:cpu=atmega9\nsketches: []\n").unwrap();
    let board = &matrix.boards["mega"];
    let help = suggestion("atmega9", ["atmega2560", "atmega1280"]);
    let message = "the menu `cpu` has no choice `atmega9`".to_owned();
    let error = matrix.fqbn_error(board, "atmega9", message, help);
    insta::assert_snapshot!(error, @r"
    error: the menu `cpu` has no choice `atmega9`
     --> matrix.yml:3:30
      |
    3 |   mega: arduino:avr:mega:cpu=atmega9
      |                              ^^^^^^^
      |
      = help: known here: `atmega2560`, `atmega1280`
    ");
}

/// Returns the cells as lines, then the skipped ones.
fn listing(expansion: &Expansion) -> String {
    let cells = expansion.cells.iter().map(|cell| {
        let flags: Vec<String> = cell.properties.iter().map(shown).collect();
        format!("{} {} {:?} {}\n", cell.board, cell.sketch.name, cell.timeout, flags.join(" "))
    });
    let skipped = &expansion.skipped;
    let skipped =
        skipped.iter().map(|cell| format!("- {} {}: {}\n", cell.board, cell.sketch.name, cell.reason));
    cells.chain(skipped).map(|line| line.replace(" \n", "\n")).collect()
}

fn matrix_in(directory: &Path, text: &str) -> Matrix {
    let text = format!("version: 1\nboards: {{uno: arduino:avr:uno, mega: arduino:avr:mega}}\n{text}");
    Matrix::parse(Path::new("matrix.yml"), directory.join("matrices"), text.as_bytes()).unwrap()
}

fn expanded(directory: &Path, text: &str) -> Expansion {
    expand(&matrix_in(directory, text), &SketchRoots::new()).unwrap()
}

#[test]
fn cells_are_boards_times_sketches_minus_excluded_plus_included() {
    let directory = sketches(&[
        "examples/b/Fade/Fade.ino",
        "examples/a/Blink/Blink.ino",
        "examples/a/EspBlink/EspBlink.ino",
        "examples/a/notes/notes.txt",
        "tests/Big/Big.ino",
        "root/01.Basics/Bare/Bare.ino",
    ]);
    let text = r#"
sketches:
  - ../examples/**
  - path: ../tests/Big
    boards: [mega]
    properties: {build.extra_flags: -DBIG}
    timeout: 20m
  - {from: builtin, path: "01.Basics/*"}
exclude:
  - {sketch: "**/Esp*", reason: needs WiFi}
  - {sketch: Fade, board: uno, reason: too slow}
  - {sketch: Fade}
include:
  - {sketch: ../examples/b/Fade, board: uno, properties: {x: 1}, timeout: 1s}
"#;
    let roots = SketchRoots::from([(BUILTIN.to_owned(), directory.path().join("root"))]);
    let expansion = expand(&matrix_in(directory.path(), text), &roots).unwrap();
    insta::assert_snapshot!(listing(&expansion), @r"
    uno ../examples/a/Blink 600s
    uno ../examples/b/Fade 1s x=1
    uno builtin/01.Basics/Bare 600s
    mega ../examples/a/Blink 600s
    mega ../tests/Big 1200s build.extra_flags=-DBIG
    mega builtin/01.Basics/Bare 600s
    - uno ../examples/a/EspBlink: needs WiFi
    - mega ../examples/a/EspBlink: needs WiFi
    - mega ../examples/b/Fade: excluded by {sketch: Fade}
    ");
    let blink = &expansion.cells[0].sketch;
    assert_eq!(blink.dir, directory.path().join("examples/a/Blink"));
    assert_eq!(blink.main_file, directory.path().join("examples/a/Blink/Blink.ino"));
    let shared = expansion.cells.iter().filter(|cell| Arc::ptr_eq(&cell.sketch, blink)).count();
    assert_eq!(shared, 2);
}

#[test]
fn the_same_cell_twice_is_one_cell() {
    let directory = sketches(&["s/Blink/Blink.ino", "s/Fade/Fade.ino"]);
    let expansion =
        expanded(directory.path(), "sketches: [../s/**, ../s/Blink, ../s/Blink/Blink.ino, ../s/B*]\n");
    insta::assert_snapshot!(listing(&expansion), @r"
    uno ../s/Blink 600s
    uno ../s/Fade 600s
    mega ../s/Blink 600s
    mega ../s/Fade 600s
    ");
}

#[test]
fn an_exclamation_mark_leaves_out_what_the_entries_before_have_found() {
    let directory =
        sketches(&["s/Blink/Blink.ino", "s/Fade/Fade.ino", "s/more/A/A.ino", "s/more/B/B.ino", "s/one.ino"]);
    let cells = |text: &str| {
        let expansion = expanded(directory.path(), text);
        expansion.cells.iter().map(|cell| format!("{} {}", cell.board, cell.sketch.name)).collect::<Vec<_>>()
    };
    let both = |names: &[&str]| {
        let of = |board: &str| names.iter().map(|name| format!("{board} ../s/{name}")).collect::<Vec<_>>();
        [of("uno"), of("mega")].concat()
    };
    assert_eq!(cells("sketches: [../s/**, \"!../s/more\"]\n"), both(&["Blink", "Fade"]));
    assert_eq!(
        cells("sketches: [../s/**, \"!../s/more/**\", ../s/more/B]\n"),
        both(&["Blink", "Fade", "more/B"])
    );
    assert_eq!(cells("sketches:\n  - path: [../s/**, \"!../s/*/[AB]\"]\n"), both(&["Blink", "Fade"]));
    assert_eq!(
        cells("sketches: [\"../s/**/*.ino\", \"!../s/**/[AF]*.ino\"]\n"),
        both(&["Blink", "more/B", "one.ino"])
    );
    // Only for some boards.
    assert_eq!(
        cells("sketches: [../s/*, {path: \"!../s/Fade\", boards: uno}]\n"),
        ["uno ../s/Blink", "mega ../s/Blink", "mega ../s/Fade"]
    );
    assert_eq!(cells("sketches: [../s/*]\ninclude: [{sketch: [../s/more/A], board: [uno]}]\n").len(), 5);
}

#[test]
fn lists_stand_wherever_one_name_stands() {
    let directory = sketches(&["s/Blink/Blink.ino", "s/Fade/Fade.ino", "s/Tone/Tone.ino"]);
    let text = "sketches: [{path: [../s/Blink, ../s/Fade], boards: [\"!mega\"]}]\n\
                exclude: [{sketch: [Blink, Tone], board: [uno, mega]}]\n\
                include: [{sketch: [../s/Tone, ../s/Fade], board: [uno, mega]}]\n";
    let problem = expand(&matrix_in(directory.path(), text), &SketchRoots::new()).unwrap_err().to_string();
    assert!(problem.contains("no sketch of this matrix matches `Tone`"), "{problem}");
    let expansion = expanded(directory.path(), &text.replace("[Blink, Tone]", "[Blink, \"!Fade\"]"));
    insta::assert_snapshot!(listing(&expansion), @r"
    uno ../s/Fade 600s
    uno ../s/Tone 600s
    mega ../s/Fade 600s
    mega ../s/Tone 600s
    - uno ../s/Blink: excluded by {sketch: Blink, !Fade, board: uno, mega}
    ");
}

#[test]
fn the_lines_of_a_block_are_words_of_one_value() {
    let text = "version: 1\nboards:\n  uno:\n    fqbn: arduino:avr:uno\n    properties:\n      \
                build.extra_flags: |\n        -DA\n        -DB=\"c d\"\n\n      x+: >\n        -DE\n        -DF\nsketches: []\n";
    let flags: Vec<String> = parse(text).unwrap().boards["uno"].properties.iter().map(shown).collect();
    assert_eq!(flags, ["build.extra_flags=-DA -DB=\"c d\"", "x+=-DE -DF"]);
}

#[test]
fn single_files_are_sketches_when_they_are_named() {
    let directory =
        sketches(&["t/one.cpp", "t/two.c", "t/three.ino", "t/Blink/Blink.ino", "t/Blink/other.ino"]);
    let names = |text: &str| {
        let expansion = expanded(directory.path(), text);
        let names = expansion.cells.iter().map(|cell| cell.sketch.name.to_string());
        names.take(expansion.cells.len() / 2).collect::<Vec<String>>()
    };
    assert_eq!(names("sketches: [../t/**]\n"), ["../t/Blink"]);
    assert_eq!(names("sketches: [../t/one.cpp, ../t/two.c]\n"), ["../t/one.cpp", "../t/two.c"]);
    assert_eq!(names("sketches: [\"../t/*.cpp\"]\n"), ["../t/one.cpp"]);
    assert_eq!(names("sketches: [\"../t/**/*.ino\"]\n"), ["../t/Blink", "../t/three.ino"]);
    let one = &expanded(directory.path(), "sketches: [../t/one.cpp]\n").cells[0].sketch;
    assert_eq!((one.kind, &one.dir), (SketchKind::SingleFile, &directory.path().join("t")));
}

#[test]
fn links_and_hidden_directories() {
    let directory = sketches(&["s/Blink/Blink.ino", "s/.git/Hidden/Hidden.ino", "far/Fade/Fade.ino"]);
    let at = |path: &str| directory.path().join(path);
    symlink(at("s"), at("s/loop")).unwrap();
    symlink(at("s/itself"), at("s/itself")).unwrap();
    symlink(at("nowhere"), at("s/broken")).unwrap();
    symlink(at("far"), at("s/a-link")).unwrap();
    symlink(at("s"), at("far/back")).unwrap();
    let expansion = expanded(directory.path(), "sketches: [../s/**]\n");
    insta::assert_snapshot!(listing(&expansion), @r"
    uno ../s/Blink 600s
    uno ../s/a-link/Fade 600s
    mega ../s/Blink 600s
    mega ../s/a-link/Fade 600s
    ");
    // A hidden directory is found where it is named.
    let hidden = expanded(directory.path(), "sketches: [../s/.git/**]\n");
    assert_eq!(&*hidden.cells[0].sketch.name, "../s/.git/Hidden");
}

#[test]
fn the_sketch_that_the_matrix_stands_in_has_a_name() {
    let directory = sketches(&["matrices/matrices.ino"]);
    let expansion = expanded(directory.path(), "sketches: [.]\n");
    assert_eq!(&*expansion.cells[0].sketch.name, "../matrices");
    assert_eq!(expansion.cells[0].sketch.dir, directory.path().join("matrices"));
}

#[test]
fn optional_entries_may_find_nothing() {
    let directory = sketches(&["s/Blink/Blink.ino"]);
    let text = "sketches: [../s/Blink, {path: \"../esp/**\", optional: true}]\nexclude: [{sketch: Esp*}]\n";
    assert_eq!(expanded(directory.path(), text).cells.len(), 2);
    let nothing = expanded(directory.path(), "sketches: []\n");
    assert_eq!(nothing, Expansion::default());
}

#[test]
fn two_sketches_of_one_name_are_refused() {
    let directory = sketches(&["matrices/builtin/Blink/Blink.ino", "root/Blink/Blink.ino"]);
    let matrix = matrix_in(directory.path(), "sketches: [builtin/Blink, {from: builtin, path: Blink}]\n");
    let roots = SketchRoots::from([(BUILTIN.to_owned(), directory.path().join("root"))]);
    let error = expand(&matrix, &roots).unwrap_err();
    let (_, diagnostic) = error.located().next().unwrap();
    assert_eq!(diagnostic.message, "two sketches would be called `builtin/Blink`");
}

#[test]
fn selection_by_board_and_sketch() {
    let directory = sketches(&["s/Blink/Blink.ino", "s/Fade/Fade.ino", "t/Blink/Blink.ino"]);
    let expansion =
        expanded(directory.path(), "sketches: [../s/**, ../t/**]\nexclude: [{sketch: Fade, board: uno}]\n");
    let filtered = |boards: &[&str], names: &[&str], filters: &[&str]| {
        let globs =
            |texts: &[&str]| texts.iter().map(|text| NameGlob::new(text).unwrap()).collect::<Vec<_>>();
        let (boards, sketches) = (globs(boards), globs(names));
        let filters: Vec<Filter> = filters.iter().map(|text| text.parse().unwrap()).collect();
        let selection = Selection { boards: &boards, sketches: &sketches, filters: &filters };
        let mut boards = matrix_in(directory.path(), "sketches: []\n").board_facts();
        for board in boards.iter_mut().filter(|board| &*board.name == "mega") {
            board.tags = vec!["large".to_owned()];
        }
        select(expansion.clone(), selection, &boards).map(|expansion| listing(&expansion))
    };
    let selected = |boards: &[&str], names: &[&str]| filtered(boards, names, &[]);
    let megas = "mega ../s/Blink 600s\nmega ../s/Fade 600s\nmega ../t/Blink 600s\n";
    assert_eq!(filtered(&[], &[], &["tag = 'large'"]), Ok(megas.to_owned()));
    assert_eq!(filtered(&[], &[], &["tag = 'large'", "tag != 'large'"]), Ok(String::new()));
    assert_eq!(filtered(&[], &["Fade"], &["tag = 'large'"]), Ok("mega ../s/Fade 600s\n".to_owned()));
    let misspelt = filtered(&[], &[], &["tag = 'lrage'"]).unwrap_err().to_string();
    assert_eq!(misspelt, "no tag of the matrix matches `lrage`; did you mean `large`?");
    assert_eq!(selected(&[], &[]), Ok(listing(&expansion)));
    let both = "uno ../s/Blink 600s\nuno ../t/Blink 600s\n";
    assert_eq!(selected(&["u*"], &["Blink"]), Ok(both.to_owned()));
    assert_eq!(selected(&["uno"], &["../t/*"]), Ok("uno ../t/Blink 600s\n".to_owned()));
    let skipped = "- uno ../s/Fade: excluded by {sketch: Fade, board: uno}\n";
    assert_eq!(selected(&["uno"], &["Fade"]), Ok(skipped.to_owned()));
    let error = |boards: &[&str], names: &[&str]| selected(boards, names).unwrap_err().to_string();
    assert_eq!(error(&["uni"], &[]), "no board of the matrix matches `uni`; did you mean `uno`?");
    assert_eq!(
        error(&[], &["Blink", "Fdae"]),
        "no sketch of the matrix matches `Fdae`; did you mean `Fade`?"
    );
}

#[test]
fn every_matrix_of_the_repository_is_valid() {
    let files = yml_files("matrices");
    assert!(files.iter().any(|file| file.ends_with("quickstart.yml")));
    for file in files {
        if let Err(error) = Matrix::read(&file) {
            panic!("{error}");
        }
    }
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn undescribed(schema: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        let properties = schema.get("properties").and_then(serde_json::Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            if !property.get("description").is_some_and(serde_json::Value::is_string) {
                found.push(format!("{at}.{key}"));
            }
        }
        if let Some(definitions) = schema.get("$defs").and_then(serde_json::Value::as_object) {
            definitions.iter().for_each(|(name, definition)| undescribed(definition, name, found));
        }
    }
    let schema = json_schema();
    let mut found = Vec::new();
    undescribed(&schema, "", &mut found);
    assert_eq!(found, [""; 0]);
    assert!(!schema.to_string().contains("\"null\""));
    assert_eq!(schema["required"], serde_json::json!(["version"]));
}
