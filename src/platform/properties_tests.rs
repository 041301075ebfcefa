use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Properties {
    Properties::parse(text, HostOs::Linux).unwrap()
}

fn pairs(properties: &Properties) -> Vec<(&str, &str)> {
    properties.iter().collect()
}

#[test]
fn the_last_value_counts_and_takes_the_last_place() {
    let properties = parse("b=1\na=2\n\nb = 3 \nc.d==x=y\n");
    assert_eq!(pairs(&properties), [("a", "2"), ("b", "3"), ("c.d", "=x=y")]);
}

#[test]
fn a_hash_is_a_comment_only_at_the_start_of_a_line() {
    let properties = parse("# a=1\n  # b=2\nc=3 # not a comment\nd#=4");
    assert_eq!(pairs(&properties), [("c", "3 # not a comment"), ("d#", "4")]);
}

#[test]
fn knows_every_line_ending() {
    assert_eq!(
        pairs(&parse("# c\r\na=1\r\nb=2\rc=3\n\rd=")),
        [("a", "1"), ("b", "2"), ("c", "3"), ("d", "")]
    );
}

#[test]
fn a_byte_order_mark_is_text() {
    assert_eq!(pairs(&parse("\u{feff}a=1\nb=2")), [("\u{feff}a", "1"), ("b", "2")]);
    assert!(Properties::parse("\u{feff}# comment\na=1", HostOs::Linux).is_err());
}

#[test]
fn bytes_that_are_not_utf8_are_latin_1() {
    let properties = Properties::from_bytes(b"n=Ard\xfcino", HostOs::Linux).unwrap();
    assert_eq!(properties.get("n"), Some("Ardüino"));
    assert_eq!(Properties::from_bytes("n=Yún".as_bytes(), HostOs::Linux).unwrap().get("n"), Some("Yún"));
}

#[test]
fn a_line_without_an_equals_sign_is_told_with_its_number() {
    let error = Properties::parse("a=1\r\n\r\n  oops \r\n", HostOs::Linux).unwrap_err();
    assert_eq!(error, ParseError { line: 3, text: "oops".into() });
    insta::assert_snapshot!(error, @"line 3: `oops` is not `key=value`");
}

#[test]
fn overrides_of_this_system_apply_where_they_stand() {
    let text = "cmd=a\ncmd.linux=l\ncmd.windows=w\ncmd.macosx=m\n";
    let get = |os| {
        let properties = Properties::parse(text, os).unwrap();
        (properties.get("cmd").unwrap().to_owned(), properties.len())
    };
    assert_eq!(get(HostOs::Linux), ("l".into(), 3));
    assert_eq!(get(HostOs::Windows), ("w".into(), 3));
    assert_eq!(get(HostOs::MacOs), ("m".into(), 3));
    assert_eq!(parse("cmd.linux=l\ncmd=later").get("cmd"), Some("later"));
}

#[test]
fn an_empty_override_switches_off() {
    let properties = parse("recipe.hooks.prebuild.1.pattern=x\nrecipe.hooks.prebuild.1.pattern.linux=\n");
    assert_eq!(properties.get("recipe.hooks.prebuild.1.pattern"), Some(""));
    assert_eq!(properties.get_nonempty("recipe.hooks.prebuild.1.pattern"), None);
}

#[test]
fn a_system_is_taken_out_once_wherever_it_stands() {
    let keys = |text: &str| parse(text).iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
    assert_eq!(keys("tools.x.linux.path=1"), ["tools.x.path"]);
    assert_eq!(keys("tools.linux_arm=1\nlinux.a=2\nxlinux=3"), ["tools_arm", "linux.a", "xlinux"]);
    assert_eq!(keys("a.linux_x.linux=1"), ["a_x.linux"]);
    assert_eq!(keys("a.linux.b.linux=1"), ["a.b.linux"]);
}

#[test]
fn subtree_takes_the_prefix_off() {
    let properties = parse("menu.cpu.a=A\nmenu.cpu.a.mcu=x\nmenus=no\nmenu.=empty");
    assert_eq!(pairs(&properties.subtree("menu.cpu.")), [("a", "A"), ("a.mcu", "x")]);
    assert_eq!(properties.subtree("menu.").len(), 2);
}

#[test]
fn merge_overrides_and_appends() {
    let mut base = parse("a=1\nb=2");
    base.merge(&parse("c=3\na=4"));
    assert_eq!(pairs(&base), [("b", "2"), ("c", "3"), ("a", "4")]);
    assert_eq!(base.remove("a").as_deref(), Some("4"));
    assert_eq!(pairs(&base), [("b", "2"), ("c", "3")]);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Properties::from_bytes(&bytes, HostOs::Linux);
    }

    #[test]
    fn what_is_written_is_read(
        lines in proptest::collection::vec(("[a-z][a-z.]{0,8}[a-z]", "[ -~]{0,20}"), 0..20),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        // `windows` can't be made of so few letters by chance often enough to matter, but be exact.
        let text: String = lines.iter().map(|(key, value)| format!("{key} = {value}{end}")).collect();
        let read = Properties::parse(&text, HostOs::Windows).unwrap();
        let expected: Properties = lines
            .iter()
            .filter(|(key, _)| !key.contains(".windows"))
            .map(|(key, value)| (key.as_str(), value.trim()))
            .collect();
        for (key, value) in expected.iter() {
            prop_assert_eq!(read.get(key), Some(value));
        }
        prop_assert!(read.len() >= expected.len());
    }
}
