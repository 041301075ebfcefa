use super::super::fixture::Hardware;
use super::*;

const BOARDS: &str = "
menu.cpu=Processor
menu.speed=Speed
solo.name=Solo
stray=1
mega.name=Mega
mega.menu.speed.fast=Fast
mega.menu.speed.fast.build.f_cpu=16
mega.menu.cpu.big=Big one
mega.menu.cpu.big.build.mcu=m2560
mega.menu.cpu.small.build.mcu=m1280
mega.menu.other.x.a=1
mega.build.core=c
old.hide=
";

fn ids(platform: &Platform) -> Vec<String> {
    platform.boards().map(|board| board.id).collect()
}

#[test]
fn boards_come_in_file_order_with_their_menus() {
    let hardware = Hardware::new().platform("v:a", &[("boards.txt", BOARDS)]);
    let platform = hardware.try_load("v:a").unwrap();
    assert_eq!(ids(&platform), ["solo", "mega", "old"]);
    let mega = platform.board("mega").unwrap();
    assert_eq!(mega.name, "Mega");
    let menus: Vec<_> = mega
        .menus
        .iter()
        .map(|menu| {
            let options: Vec<_> = menu.options.iter().map(|o| (o.id.as_str(), o.label.as_str())).collect();
            (menu.id.as_str(), menu.title.as_str(), options)
        })
        .collect();
    // The menus in the order of their titles, the untitled one last; options in the board's order.
    assert_eq!(
        menus,
        [
            ("cpu", "Processor", vec![("big", "Big one"), ("small", "small")]),
            ("speed", "Speed", vec![("fast", "Fast")]),
            ("other", "other", vec![("x", "x")]),
        ]
    );
    let old = platform.board("old").unwrap();
    assert!(old.hidden && !mega.hidden);
    assert_eq!((old.name.as_str(), old.menus.len()), ("old", 0));
    assert_eq!(platform.board("menu"), None);
}

#[test]
fn local_files_override() {
    let hardware = Hardware::new().platform(
        "v:a",
        &[
            ("boards.txt", "x.name=X\nx.build.core=c\ny.name=Y"),
            ("boards.local.txt", "x.name=My X\nz.name=Z"),
            ("platform.txt", "a=1\nb=2\nname=P\nversion=1.2"),
            ("platform.local.txt", "b=3\nc=4"),
        ],
    );
    let platform = hardware.try_load("v:a").unwrap();
    assert_eq!(ids(&platform), ["x", "y", "z"]);
    assert_eq!(platform.board("x").unwrap().name, "My X");
    assert_eq!(platform.boards["x"].get("build.core"), Some("c"));
    let properties: Vec<_> = platform.properties.iter().filter(|(key, _)| key.len() == 1).collect();
    assert_eq!(properties, [("a", "1"), ("b", "3"), ("c", "4")]);
    let name_and_version = ["name", "version"].map(|key| platform.properties.get_nonempty(key));
    assert_eq!(name_and_version, [Some("P"), Some("1.2")]);
}

#[test]
fn cores_are_listed_through_links() {
    let files = [("boards.txt", ""), ("cores/one/main.c", ""), ("cores/readme.txt", ""), ("elsewhere/", "")];
    let hardware = Hardware::new().platform("v:a", &files);
    std::os::unix::fs::symlink("../elsewhere", hardware.root("v:a").join("cores/linked")).unwrap();
    let platform = hardware.try_load("v:a").unwrap();
    assert_eq!(platform.cores(), ["linked", "one"]);
    assert!(!platform.has_libraries);
}

#[test]
fn what_is_missing_or_broken_is_named() {
    let hardware = Hardware::new()
        .platform("v:a", &[("platform.txt", "")])
        .platform("v:b", &[("boards.txt", "ok=1\nbroken\n")])
        .platform("v:c", &[("boards.txt", ""), ("platform.txt/", "")]);
    let message = |id: &str| hardware.show(&hardware.try_load(id).unwrap_err());
    insta::assert_snapshot!(message("v:a"), @"HW/v/a/boards.txt is missing: the directory of the platform v:a is the one that holds boards.txt");
    insta::assert_snapshot!(message("v:b"), @"HW/v/b/boards.txt: line 2: `broken` is not `key=value`");
    assert!(message("v:c").starts_with("can't read HW/v/c/platform.txt: "), "{}", message("v:c"));
}

#[test]
fn many_boards_are_kept_apart() {
    let text: String =
        (0..40_000).map(|i| format!("b{}.menu.m{}.o{}.key{i}=value\n", i / 400, i % 20, i % 7)).collect();
    let hardware = Hardware::new().platform("v:a", &[("boards.txt", &text)]);
    let platform = hardware.try_load("v:a").unwrap();
    assert_eq!((platform.boards.len(), platform.boards["b99"].len()), (100, 400));
    assert_eq!(platform.board("b0").unwrap().menus.len(), 20);
}
