use super::super::fixture::{Hardware, env};
use super::*;

const PLATFORM: &str = r#"
compiler.path=/usr/bin/
compiler.cpp.flags=-c -Os {compiler.warning_flags} -MMD
compiler.warning_flags.none=-w
build.extra_flags={build.usb_flags}
build.usb_flags=-DUSB_VID={build.vid} '-DUSB_PRODUCT={build.usb_product}'
recipe.c.o.pattern="{compiler.path}cc" -c "{source_file}"
recipe.S.o.pattern=as
recipe.cpp.o.pattern="{compiler.path}c++" {compiler.cpp.flags} -DPHASE={build.library_discovery_phase} {build.extra_flags} {includes} "{source_file}" -o "{object_file}"
recipe.ar.pattern=ar rcs "{archive_file_path}" "{object_file}"
recipe.c.combine.pattern=ld -o "{build.path}/{build.project_name}.elf" {object_files} "{build.path}/{archive_file}" "-L{build.path}"
recipe.objcopy.hex.pattern=hex
recipe.objcopy.eep.pattern=eep
recipe.objcopy.bin.1.pattern=bin1
recipe.objcopy.zip.pattern=
recipe.objcopy.nothing=x
recipe.hooks.prebuild.2.pattern=two
recipe.hooks.prebuild.1.pattern=one
recipe.hooks.prebuild.3.pattern=three
recipe.hooks.prebuild.3.pattern.linux=
recipe.hooks.prebuild.4.pattern.windows=four
recipe.hooks.prebuilder.1.pattern=other
recipe.hooks.sketch.prebuild.1.pattern=sketch
recipe.hooks.core.postbuild.pattern=only
recipe.output.tmp_file={build.project_name}.hex
recipe.size.pattern=size "{build.path}/{build.project_name}.elf"
recipe.size.regex=^\.text\s+([0-9]{1,8})
recipe.size.regex.data=^\.data\s+([0-9]+)
recipe.advanced_size.pattern=advanced
"#;

const BOARDS: &str = r#"
b.build.core=c
b.build.vid=0x2341
b.build.usb_product="My Board"
"#;

fn hardware() -> Hardware {
    Hardware::new()
        .platform("v:a", &[("platform.txt", PLATFORM), ("boards.txt", BOARDS), ("cores/c/x.c", "")])
}

fn board(set: &[(&str, &str)]) -> BoardConfig {
    hardware().try_resolve("v:a:b", &env(), set).unwrap()
}

fn patterns<'a>(recipes: &[Recipe<'a>]) -> Vec<&'a str> {
    recipes.iter().map(|recipe| recipe.pattern).collect()
}

#[test]
fn recipes_are_found_by_key_and_empty_ones_are_off() {
    let board = board(&[]);
    assert_eq!(board.recipe("recipe.advanced_size.pattern"), Some("advanced"));
    assert_eq!(board.recipe("recipe.objcopy.zip.pattern"), None);
    assert_eq!(board.recipe("recipe.none.pattern"), None);
}

#[test]
fn each_extension_has_its_recipe() {
    let plain = board(&[]);
    let key = |board: &BoardConfig, extension: &str| {
        board.compile_recipe(extension).map(|recipe| recipe.key.to_owned())
    };
    assert_eq!(key(&plain, "c").as_deref(), Some("recipe.c.o.pattern"));
    assert_eq!(key(&plain, "cc").as_deref(), Some("recipe.cpp.o.pattern"));
    assert_eq!(key(&plain, "cxx").as_deref(), Some("recipe.cpp.o.pattern"));
    assert_eq!(key(&plain, "S").as_deref(), Some("recipe.S.o.pattern"));
    assert_eq!(key(&plain, "h"), None);
    assert_eq!(key(&board(&[("recipe.cxx.o.pattern", "x")]), "cxx").as_deref(), Some("recipe.cxx.o.pattern"));
    // A key with an empty value counts: arduino-cli reports that the pattern is missing.
    assert_eq!(key(&board(&[("recipe.cxx.o.pattern", "")]), "cxx"), None);
}

#[test]
fn sets_of_recipes_are_sorted() {
    let plain = board(&[]);
    assert_eq!(patterns(&plain.objcopy_recipes()), ["bin1", "eep", "hex"]);
    assert_eq!(patterns(&plain.hooks(Hook::Prebuild)), ["one", "two", "other"]);
    assert_eq!(patterns(&plain.hooks(Hook::SketchPrebuild)), ["sketch"]);
    assert_eq!(patterns(&plain.hooks(Hook::CorePostbuild)), ["only"]);
    assert!(plain.hooks(Hook::Postbuild).is_empty());
    // As text, like Arduino's tools; the specification asks for leading zeros. Numbers are not needed.
    let more =
        board(&[("recipe.hooks.prebuild.10.pattern", "ten"), ("recipe.hooks.prebuild.x.y.pattern", "x")]);
    assert_eq!(patterns(&more.hooks(Hook::Prebuild)), ["one", "ten", "two", "x", "other"]);
}

#[test]
fn numbered_links_replace_the_single_one() {
    assert_eq!(board(&[]).link_recipes()[0].key, "recipe.c.combine.pattern");
    let stepped = board(&[("recipe.c.combine.2.pattern", "b"), ("recipe.c.combine.1.pattern", "a")]);
    assert_eq!(patterns(&stepped.link_recipes()), ["a", "b"]);
}

#[test]
fn commands_take_their_own_values() {
    let board = board(&[]);
    let objects = ["/b/a b.o".to_owned(), "/b/c.o".to_owned()];
    let values = [
        ("build.path", Value::Word("/b")),
        ("build.project_name", Value::Word("My Blink.ino")),
        ("object_files", Value::Words(&objects)),
        ("archive_file", Value::Word(CORE_ARCHIVE)),
    ];
    let link = board.command(board.link_recipes()[0].pattern, &values).unwrap();
    assert_eq!(link, ["ld", "-o", "/b/My Blink.ino.elf", "/b/a b.o", "/b/c.o", "/b/core/core.a", "-L/b"]);
    let archive = board.archive_recipe().unwrap();
    let values = [("archive_file_path", Value::Word("/c/core.a")), ("object_file", Value::Word("/c/x.o"))];
    assert_eq!(board.command(archive.pattern, &values).unwrap(), ["ar", "rcs", "/c/core.a", "/c/x.o"]);
}

fn preprocess(board: &BoardConfig) -> Vec<String> {
    let includes = ["-I/core dir".to_owned()];
    let values = [
        ("includes", Value::Words(&includes)),
        ("source_file", Value::Word("/s/x.cpp")),
        ("preprocessed_file_path", Value::Word("/dev/null")),
    ];
    board.preprocess_command(&values).unwrap().unwrap()
}

#[test]
fn the_preprocessor_comes_out_of_the_cpp_recipe() {
    assert_eq!(
        preprocess(&board(&[])),
        [
            "/usr/bin/c++",
            "-c",
            "-Os",
            "-w",
            "-x",
            "c++",
            "-E",
            "-CC",
            "-DPHASE=1",
            "-DUSB_VID=0x2341",
            "-DUSB_PRODUCT=\"My Board\"",
            "-I/core dir",
            "/s/x.cpp",
            "-o",
            "/dev/null",
        ]
    );
    // Without {compiler.cpp.flags} the command does not only preprocess, as in arduino-cli.
    let literal = board(&[("recipe.cpp.o.pattern", "c++ -c {none} {source_file} -o {object_file}")]);
    assert_eq!(preprocess(&literal), ["c++", "-c", "/s/x.cpp", "-o", "/dev/null"]);
}

#[test]
fn the_preprocessor_may_have_its_own_recipe() {
    let own = board(&[(
        "recipe.preproc.macros",
        "cpp -MMD -D{build.library_discovery_phase} {includes} {source_file}",
    )]);
    assert_eq!(preprocess(&own), ["cpp", "-D1", "-I/core dir", "/s/x.cpp"]);
    assert_eq!(board(&[("recipe.cpp.o.pattern", "")]).preprocess_command(&[]).unwrap(), None);
}

#[test]
fn sizes_are_measured_with_unexpanded_expressions() {
    let board = board(&[]);
    let size = board.size_recipe().unwrap();
    assert_eq!(size.recipe.key, "recipe.size.pattern");
    assert_eq!((size.flash, size.eeprom), (r"^\.text\s+([0-9]{1,8})", None));
    assert_eq!(size.ram, Some(r"^\.data\s+([0-9]+)"));
    assert_eq!(self::board(&[("recipe.size.regex", "")]).size_recipe(), None);
}

#[test]
fn the_output_file_is_known() {
    let name = |set: &[(&str, &str)]| board(set).output_file("A b.ino").unwrap();
    assert_eq!(name(&[]).as_deref(), Some("A b.ino.hex"));
    assert_eq!(
        name(&[("recipe.output.tmp_file", "{build.project_name}.uf2")]).as_deref(),
        Some("A b.ino.uf2")
    );
    let old = ("recipe.output.tmp_file", "");
    assert_eq!(name(&[old]).as_deref(), Some("A b.ino.hex"));
    assert_eq!(name(&[old, ("recipe.objcopy.hex.pattern", "")]), None);
    assert_eq!(
        name(&[old, ("recipe.objcopy.hex.pattern", ""), ("recipe.objcopy.bin.pattern", "b")]).as_deref(),
        Some("A b.ino.bin")
    );
}

#[test]
fn a_command_that_fails_names_board_and_recipe() {
    let board = board(&[("a", "{b}"), ("b", "{a}")]);
    let error = |pattern: &str| board.command(pattern, &[]).unwrap_err().to_string();
    insta::assert_snapshot!(error("gcc {a}"), @"the board `b`, recipe `gcc {a}`: the property `a` needs itself: a → b → a");
    insta::assert_snapshot!(error("'gcc x"), @"the board `b`, recipe `'gcc x`: it expands to an empty command");
}

#[test]
fn hooks_have_distinct_prefixes() {
    for hook in Hook::ALL {
        let key = format!("{}.1.pattern", hook.prefix());
        let board = board(&[(key.as_str(), "mark")]);
        let found: Vec<_> =
            Hook::ALL.into_iter().filter(|hook| patterns(&board.hooks(*hook)).contains(&"mark")).collect();
        assert_eq!(found, [hook]);
    }
}

#[test]
fn a_recipe_of_which_nothing_is_left_is_an_error() {
    let board = board(&[("hook", ""), ("a", "{b}"), ("b", "{a}")]);
    assert!(board.command("{hook} ", &[]).is_err());
    assert_eq!(board.command("run {hook}", &[]).unwrap(), ["run"]);
    assert!(board.command("{a}", &[]).is_err());
}

#[test]
fn limits_are_read_as_they_are_written() {
    let limit = |value| board(&[("upload.maximum_size", value), ("x", "1")]).limit("upload.maximum_size");
    assert_eq!(limit("32256").unwrap(), Some(32256));
    assert_eq!((limit("").unwrap(), limit("-1").unwrap()), (None, Some(-1)));
    insta::assert_snapshot!(limit("32k").unwrap_err(), @"the board `b` has `upload.maximum_size=32k`, which is not a whole number of bytes");
    assert!(limit("{x}").is_err());
}

#[test]
fn advanced_size_counts_even_when_it_is_empty() {
    assert_eq!(board(&[("recipe.advanced_size.pattern", "")]).advanced_size_recipe().unwrap().pattern, "");
}
