use super::super::fixture::{Hardware, env};
use super::*;

const PLATFORM: &str = "
name=Platform
compiler.c.elf.flags={compiler.warning_flags} -Os -Wl,--gc-sections
compiler.warning_flags=-w
compiler.warning_flags.none=-w
compiler.warning_flags.all=-Wall -Wextra
compiler.optimization_flags=-O1
compiler.optimization_flags.release=-Os
compiler.optimization_flags.debug=-Og
runtime.tools.gcc.path={runtime.platform.path}/tools/gcc
recipe.c.o.pattern=cc
build.extra_flags=
where=platform
";

const BOARDS: &str = "
menu.cpu=Processor
menu.opt=Optimize
mega.name=Mega
mega.where=board
mega.build.core=main
mega.build.variant=std
mega.build.board=AVR_MEGA
mega.menu.opt.small=Small
mega.menu.opt.small.flags=-Os
mega.menu.opt.fast=Fast
mega.menu.opt.fast.flags=-O3
mega.menu.opt.fast.where=opt
mega.menu.cpu.m2560=ATmega2560
mega.menu.cpu.m2560.build.mcu=atmega2560
mega.menu.cpu.m2560.upload.maximum_size=253952
mega.menu.cpu.m2560.where=cpu
mega.menu.cpu.m1280=ATmega1280
mega.menu.cpu.m1280.build.mcu=atmega1280
mega.menu.cpu.m1280.build.variant=none
tiny-1.build.core=main
nocore.name=No core
lost.build.core=gone
";

fn hardware() -> Hardware {
    Hardware::new().platform(
        "v:avr",
        &[
            ("platform.txt", PLATFORM),
            ("platform.local.txt", "local=yes"),
            ("boards.txt", BOARDS),
            ("cores/main/main.c", ""),
            ("variants/std/pins.h", ""),
            ("libraries/L/L.h", ""),
        ],
    )
}

fn get(config: &BoardConfig, key: &str) -> String {
    config.expanded(key).unwrap()
}

#[test]
fn merges_in_order() {
    let hardware = hardware();
    let value =
        |fqbn: &str, set: &[(&str, &str)]| get(&hardware.try_resolve(fqbn, &env(), set).unwrap(), "where");
    assert_eq!(value("v:avr:tiny-1", &[]), "platform");
    assert_eq!(value("v:avr:mega:cpu=m1280", &[]), "board");
    assert_eq!(value("v:avr:mega", &[]), "cpu");
    // `cpu` is declared before `opt`, whatever the order in the FQBN.
    assert_eq!(value("v:avr:mega:opt=fast,cpu=m2560", &[]), "opt");
    assert_eq!(value("v:avr:mega:opt=fast", &[("where", "{local} matrix")]), "yes matrix");
}

#[test]
fn the_first_option_is_the_default_and_the_full_fqbn_says_so() {
    let hardware = hardware();
    let config = hardware.resolve("v:avr:mega:opt=fast");
    assert_eq!(config.fqbn.to_string(), "v:avr:mega:cpu=m2560,opt=fast");
    assert_eq!(get(&config, "build.fqbn"), "v:avr:mega:opt=fast");
    assert_eq!((get(&config, "build.mcu"), get(&config, "flags")), ("atmega2560".into(), "-O3".into()));
    assert_eq!(config.limit("upload.maximum_size").unwrap(), Some(253_952));
    assert_eq!(config.limit("upload.maximum_data_size").unwrap(), None);
    assert_eq!(get(&config, "menu.opt.fast.flags"), "-O3", "what menus offer are properties, too");
    assert_eq!(hardware.resolve("v:avr:tiny-1").fqbn.to_string(), "v:avr:tiny-1");
}

#[test]
fn sets_what_arduino_sets() {
    let hardware = hardware();
    let mut env = env();
    env.tools.insert("gcc-7.3.0".into(), "/opt/gcc 7".into());
    env.unix_time = 1_700_000_000;
    let config = hardware.try_resolve("v:avr:mega", &env, &[]).unwrap();
    let names = [
        "_id",
        "name",
        "build.arch",
        "build.board",
        "build.core",
        "build.core.path",
        "build.core.platform.path",
        "build.board.platform.path",
        "build.system.path",
        "build.variant.path",
        "build.library_discovery_phase",
        "runtime.platform.path",
        "runtime.hardware.path",
        "runtime.ide.path",
        "runtime.ide.version",
        "ide_version",
        "runtime.os",
        "runtime.tools.gcc.path",
        "runtime.tools.gcc-7.3.0.path",
        "software",
        "extra.time.utc",
        "extra.time.local",
        "extra.time.zone",
        "extra.time.dst",
        "tools.avrdude.path",
    ];
    let text: String = names.iter().map(|name| format!("{name}={}\n", get(&config, name))).collect();
    insta::assert_snapshot!(hardware.show(&text), @r"
    _id=mega
    name=Mega
    build.arch=AVR
    build.board=AVR_MEGA
    build.core=main
    build.core.path=HW/v/avr/cores/main
    build.core.platform.path=HW/v/avr
    build.board.platform.path=HW/v/avr
    build.system.path=HW/v/avr/system
    build.variant.path=HW/v/avr/variants/std
    build.library_discovery_phase=0
    runtime.platform.path=HW/v/avr
    runtime.hardware.path=HW/v
    runtime.ide.path=HW/v/avr
    runtime.ide.version=10607
    ide_version=10607
    runtime.os=linux
    runtime.tools.gcc.path=HW/v/avr/tools/gcc
    runtime.tools.gcc-7.3.0.path=/opt/gcc 7
    software=ARDUINO
    extra.time.utc=1700000000
    extra.time.local=1700000000
    extra.time.zone=0
    extra.time.dst=0
    tools.avrdude.path={runtime.tools.avrdude.path}
    ");
    assert_eq!(config.name, "Mega");
    assert_eq!(config.core_dir, hardware.root("v:avr").join("cores/main"));
    assert_eq!(config.variant_dir, Some(hardware.root("v:avr").join("variants/std")));
    assert_eq!(config.library_dirs, [hardware.root("v:avr").join("libraries")]);
    assert_eq!(config.architecture(), "avr");
}

#[test]
fn a_board_without_build_board_gets_one() {
    assert_eq!(get(&hardware().resolve("v:avr:tiny-1"), "build.board"), "AVR_TINY-1");
}

#[test]
fn tools_override_platform_txt_and_the_matrix_overrides_tools() {
    let hardware = hardware();
    let mut env = env();
    let gcc = |env: &RuntimeEnv, set: &[(&str, &str)]| {
        hardware.show(&get(&hardware.try_resolve("v:avr:mega", env, set).unwrap(), "runtime.tools.gcc.path"))
    };
    assert_eq!(gcc(&env, &[]), "HW/v/avr/tools/gcc");
    env.tools.insert("gcc".into(), "/usr".into());
    assert_eq!(gcc(&env, &[]), "/usr");
    assert_eq!(gcc(&env, &[("runtime.tools.gcc.path", "/mine")]), "/mine");
}

#[test]
fn what_is_required_stands_behind_every_override() {
    let hardware = hardware();
    let required = vec![("extra.flags".to_owned(), "-DNEEDED=1".to_owned())];
    let env = RuntimeEnv { required, ..env() };
    let flags =
        |set: &[(&str, &str)]| get(&hardware.try_resolve("v:avr:mega", &env, set).unwrap(), "extra.flags");
    assert_eq!(flags(&[]), "-DNEEDED=1");
    assert_eq!(flags(&[("extra.flags", "-DMINE")]), "-DMINE -DNEEDED=1");
    assert_eq!(flags(&[("extra.flags", "-DMINE -DNEEDED=1")]), "-DMINE -DNEEDED=1");
    assert_eq!(flags(&[("extra.flags+", "-DA"), ("extra.flags", "{extra.flags} -DB")]), "-DA -DB -DNEEDED=1");
}

#[test]
fn the_warning_level_chooses_the_flags() {
    let hardware = hardware();
    let flags = |warnings, set: &[(&str, &str)]| {
        let env = RuntimeEnv { warnings, ..env() };
        let config = hardware.try_resolve("v:avr:mega", &env, set).unwrap();
        assert_eq!(config.command("cc {compiler.warning_flags}", &[]).unwrap()[1..], ["-w"], "in hooks");
        config.command_with_warnings("cc {compiler.warning_flags}", &[]).unwrap()[1..].join(" ")
    };
    assert_eq!(flags(WarningLevel::None, &[]), "-w");
    assert_eq!(flags(WarningLevel::All, &[]), "-Wall -Wextra");
    // A level that the platform does not define: no flags, as in arduino-cli.
    assert_eq!(flags(WarningLevel::More, &[]), "");
    assert_eq!(flags(WarningLevel::Default, &[("compiler.warning_flags.default", "-Wx")]), "-Wx");
}

#[test]
fn optimization_flags_are_those_of_a_release() {
    let hardware = hardware();
    assert_eq!(get(&hardware.resolve("v:avr:mega"), "compiler.optimization_flags"), "-Os");
    let set = [("compiler.optimization_flags", "-O2")];
    assert_eq!(
        get(&hardware.try_resolve("v:avr:mega", &env(), &set).unwrap(), "compiler.optimization_flags"),
        "-O2"
    );
}

#[test]
fn the_link_flags_of_the_platform_are_left_alone() {
    let flags = get(&hardware().resolve("v:avr:mega"), "compiler.c.elf.flags");
    assert_eq!(flags, "-w -Os -Wl,--gc-sections", "no `--relax` for the ATmega2560");
}

#[test]
fn a_variant_may_be_missing() {
    let hardware = hardware();
    let config = hardware.resolve("v:avr:mega:cpu=m1280");
    assert_eq!(config.variant_dir, None);
    assert_eq!(hardware.show(&get(&config, "build.variant.path")), "HW/v/avr/variants/none");
    let config = hardware.resolve("v:avr:tiny-1");
    assert_eq!((config.variant_dir.as_ref(), get(&config, "build.variant.path")), (None, String::new()));
}

#[test]
fn overrides_of_core_and_variant_move_the_directories() {
    let hardware = hardware();
    let set = [("build.variant", "std"), ("build.core", "main")];
    let config = hardware.try_resolve("v:avr:tiny-1", &env(), &set).unwrap();
    assert_eq!(config.variant_dir, Some(hardware.root("v:avr").join("variants/std")));
    let set = [("build.core.path", "{runtime.platform.path}/other"), ("build.variant.path", "/")];
    let config = hardware.try_resolve("v:avr:mega", &env(), &set).unwrap();
    assert_eq!(config.core_dir, hardware.root("v:avr").join("other"));
    assert_eq!(config.variant_dir, Some("/".into()));
}

fn borrowing() -> Hardware {
    hardware().platform("third:avr", &[
        ("boards.txt", "b.build.core={from}:main\nb.build.variant=v:std\nb.from=v\nb.where=third board\n\
                        own.build.core=v:main\nown.build.variant=mine\nown.runtime.use_core_platform_path_for_runtime_platform_path=true\n\
                        bad.build.core=nobody:main\nbare.build.core=x"),
        ("variants/mine/pins.h", ""),
        ("cores/x/x.c", ""),
        ("libraries/M/M.h", ""),
    ])
}

#[test]
fn a_board_can_borrow_core_and_variant() {
    let hardware = borrowing();
    let config = hardware.resolve("third:avr:b");
    assert_eq!(config.core_dir, hardware.root("v:avr").join("cores/main"));
    assert_eq!(config.variant_dir, Some(hardware.root("v:avr").join("variants/std")));
    assert_eq!(
        (config.platform_dir.clone(), config.core_platform_dir.clone()),
        (hardware.root("third:avr"), hardware.root("v:avr"))
    );
    assert_eq!(
        config.library_dirs,
        [hardware.root("third:avr").join("libraries"), hardware.root("v:avr").join("libraries")]
    );
    assert_eq!(config.recipe("recipe.c.o.pattern"), Some("cc"));
    assert_eq!((get(&config, "where"), get(&config, "local")), ("third board".into(), "yes".into()));
    assert_eq!(hardware.show(&get(&config, "runtime.platform.path")), "HW/third/avr");
    assert_eq!(hardware.show(&get(&config, "build.system.path")), "HW/v/avr/system");

    let config = hardware.resolve("third:avr:own");
    assert_eq!(config.variant_dir, Some(hardware.root("third:avr").join("variants/mine")));
    assert_eq!(hardware.show(&get(&config, "runtime.platform.path")), "HW/v/avr");
}

#[test]
fn the_own_platform_overrides_the_borrowed_one() {
    let hardware = borrowing();
    std::fs::write(hardware.root("third:avr").join("platform.txt"), "recipe.c.o.pattern=mine\nwhere=x")
        .unwrap();
    let config = hardware.resolve("third:avr:own");
    assert_eq!(config.recipe("recipe.c.o.pattern"), Some("mine"));
    assert_eq!((get(&config, "where"), get(&config, "local")), ("x".into(), "yes".into()));
}

#[test]
fn errors_say_where_and_what_to_do() {
    let hardware = borrowing();
    let message = |fqbn: &str| hardware.show(&hardware.try_resolve(fqbn, &env(), &[]).unwrap_err());
    insta::assert_snapshot!(message("v:arv:mega"), @"there is no platform `v:arv` (did you mean `v:avr`?); installed: v:avr, third:avr");
    insta::assert_snapshot!(message("v:avr:mgea"), @"HW/v/avr/boards.txt has no board `mgea` (did you mean `mega`?)");
    insta::assert_snapshot!(message("v:avr:mega:cup=m2560"), @"the board `mega` has no menu `cup` (did you mean `cpu`?); it has: cpu, opt");
    insta::assert_snapshot!(message("v:avr:mega:cpu=m2650"), @"the menu `cpu` of the board `mega` has no option `m2650` (did you mean `m2560`?); it has: m2560, m1280");
    insta::assert_snapshot!(message("v:avr:nocore"), @"HW/v/avr/boards.txt: the board `nocore` has no `build.core`: add `nocore.build.core=…` to boards.local.txt beside it, or set the property in the matrix");
    insta::assert_snapshot!(message("v:avr:lost"), @"the core of the board `lost` should be in HW/v/avr/cores/gone, which is no directory; cores there: main");
    insta::assert_snapshot!(message("third:avr:bad"), @"the board `bad` takes `build.core=nobody:main` from the platform `nobody:avr`, which is not installed: add `nobody:avr` to the matrix's `cores`; installed: v:avr, third:avr");
    insta::assert_snapshot!(message("third:avr:bare"), @"HW/third/avr/platform.txt is missing, and with it the recipes for the board `bare`: reinstall the platform, or, if the board is meant to use another platform's core, set its `build.core` to `vendor:core`");
}

#[test]
fn suggestions_are_data() {
    let hardware = hardware();
    let error = hardware.try_resolve("v:avr:mega:cpu=m1281", &env(), &[]).unwrap_err();
    let BoardError::UnknownOption { nearest, known, menu, .. } = error else { panic!("{error}") };
    assert_eq!((menu.as_str(), nearest[0].as_str()), ("cpu", "m1280"));
    assert_eq!(known, ["m2560", "m1280"]);
}

#[test]
fn cycles_are_checked() {
    let hardware = hardware();
    let message =
        |set: &[(&str, &str)]| hardware.try_resolve("v:avr:mega", &env(), set).unwrap_err().to_string();
    insta::assert_snapshot!(message(&[("build.core", "{a}"), ("a", "{build.core}")]), @"the board `mega`, property `build.core`: the property `a` needs itself: a → build.core → a");
    // A value that names its own key contains the previous value.
    let itself = [("upload.maximum_data_size", "{upload.maximum_data_size}")];
    let ours = hardware.try_resolve("v:avr:mega", &env(), &itself).unwrap();
    assert_eq!(ours.limit("upload.maximum_data_size").unwrap(), None);
}

#[test]
fn names_of_core_and_variant_are_paths() {
    let boards =
        "b.build.core=./main\nb.build.variant=./std/.\nup.build.core=main\nup.build.variant=../std\n";
    let hardware = Hardware::new().platform(
        "v:avr",
        &[
            ("platform.txt", "build.variant=std"),
            ("boards.txt", &format!("{boards}none.build.core=main\n")),
            ("cores/main/main.c", ""),
            ("variants/std/pins.h", ""),
            ("std/", ""),
        ],
    );
    let shown = |board: &str| {
        let config = hardware.resolve(board);
        (config.variant_dir.is_some(), hardware.show(&get(&config, "build.variant.path")))
    };
    assert_eq!(shown("v:avr:b"), (true, "HW/v/avr/variants/std".to_owned()));
    assert_eq!(shown("v:avr:up"), (true, "HW/v/avr/std".to_owned()));
    assert_eq!(shown("v:avr:none"), (false, String::new()), "only the board's own lines count");
}

#[test]
fn a_core_without_a_name_is_the_directory_of_cores() {
    let files = [("platform.txt", ""), ("boards.txt", "b.name=B"), ("cores/Arduino.h", "")];
    let hardware = Hardware::new().platform("v:avr", &files);
    assert_eq!(hardware.show(&get(&hardware.resolve("v:avr:b"), "build.core.path")), "HW/v/avr/cores");
}

#[test]
fn menus_and_options_need_names() {
    let boards = "menu.cpu=Processor\nb.build.core=c\nb.menu.cpu.a=A\nb.menu.cpu.b.mcu=x\n\
                  c.build.core=c\nc.menu.other.a=A\nc.menu.other.a.mcu=x\n";
    let files = [("platform.txt", ""), ("boards.txt", boards), ("cores/c/x.c", "")];
    let hardware = Hardware::new().platform("v:avr", &files);
    let message = |fqbn: &str| hardware.show(&hardware.try_resolve(fqbn, &env(), &[]).unwrap_err());
    assert!(hardware.try_resolve("v:avr:b", &env(), &[]).is_ok());
    insta::assert_snapshot!(message("v:avr:b:cpu=b"), @"HW/v/avr/boards.txt: the option `cpu=b` of the board `b` has no label, and without it arduino-cli refuses every FQBN of the board: add `b.menu.cpu.b=LABEL`");
    insta::assert_snapshot!(message("v:avr:c"), @"HW/v/avr/boards.txt: the menu `other` of the board `c` has no title, and without it arduino-cli refuses every FQBN of the board: add `menu.other=TITLE`");
}

#[test]
fn two_options_that_set_one_key_are_named() {
    let hardware = hardware();
    let clash = |fqbn: &str| hardware.resolve(fqbn).clashes;
    assert_eq!(clash("v:avr:mega"), []);
    let clash = clash("v:avr:mega:opt=fast");
    let names: Vec<_> =
        clash.iter().map(|it| (it.key.as_str(), it.overridden.as_str(), it.wins.as_str())).collect();
    assert_eq!(names, [("where", "cpu=m2560", "opt=fast")]);
}

#[test]
fn core_and_variant_of_two_other_platforms_are_refused() {
    let hardware = hardware()
        .platform("w:avr", &[("boards.txt", ""), ("variants/x/pins.h", "")])
        .platform("third:avr", &[("boards.txt", "b.build.core=v:main\nb.build.variant=w:x\n")]);
    let error = hardware.try_resolve("third:avr:b", &env(), &[]).unwrap_err();
    assert!(matches!(error, BoardError::TwoReferences { .. }), "{error}");
}
