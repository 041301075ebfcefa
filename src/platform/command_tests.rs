use proptest::prelude::*;

use super::*;

fn words(line: &str) -> Vec<String> {
    split(line)
}

#[test]
fn splits_on_single_spaces_and_drops_what_is_empty() {
    assert_eq!(words("a  b   c "), ["a", "b", "c"]);
    assert_eq!(words("a\tb \t c"), ["a\tb", "c"]);
    assert!(words("  ").is_empty());
    assert_eq!(words(r#"a "" '' "  " b"#), ["a", "b"]);
}

#[test]
fn quotes_hold_spaces_as_they_are() {
    assert_eq!(words(r#""/opt/my tools/gcc" -c 'it  is'"#), ["/opt/my tools/gcc", "-c", "it  is"]);
    assert_eq!(words(r#""that's it" 'say "hi"'"#), ["that's it", r#"say "hi""#]);
    assert_eq!(words(r#"a " b " c"#), ["a", " b ", "c"]);
}

#[test]
fn quotes_count_only_around_a_word() {
    assert_eq!(words(r#"-DX="a b""#), [r#"-DX="a"#, r#"b""#]);
    assert_eq!(words(r#"a"b' c"d"#), [r#"a"b'"#, r#"c"d"#]);
    // The first quote's partner is at the end of a piece, not the next quote.
    assert_eq!(words(r#""-DX="y"""#), [r#"-DX="y""#]);
    assert_eq!(words(r#""-DPROJECT_NAME="/b uild/x"""#), [r#"-DPROJECT_NAME="/b uild/x""#]);
    assert_eq!(
        words(r#"'-DUSB_PRODUCT="Arduino Leonardo"' x"#),
        [r#"-DUSB_PRODUCT="Arduino Leonardo""#, "x"]
    );
    assert_eq!(words(r#""a"b "c""#), [r#"a"b "c"#]);
}

#[test]
fn a_shell_line_of_esp32_is_three_words() {
    let line = r#"/usr/bin/env bash -c "[ ! -f "/s/k"/p.csv ] || cp -f "/s/k"/p.csv "/b"/p.csv""#;
    assert_eq!(words(line)[3..], [r#"[ ! -f "/s/k"/p.csv ] || cp -f "/s/k"/p.csv "/b"/p.csv"#]);
}

#[test]
fn there_are_no_escapes() {
    assert_eq!(words(r#"a\ b "c\" d"#), [r"a\", "b", r"c\", "d"]);
}

#[test]
fn an_open_quote_ends_the_command() {
    assert_eq!(words(r#"gcc -c "-DX=a b"#), ["gcc", "-c"]);
    assert!(words("'").is_empty());
    assert!(words(r#""a' b"#).is_empty());
}

fn properties() -> Properties {
    [
        ("cmd", "avr-gcc"),
        ("path", "/opt/my tools/"),
        ("flags", "-Os {warnings} -g"),
        ("product", r#""Arduino Leonardo""#),
        ("usb", "'-DUSB_PRODUCT={product}'"),
        ("opt", "@{build.path}/build_opt.h"),
    ]
    .into_iter()
    .collect()
}

fn command(pattern: &str, extra: &[(&str, Value<'_>)]) -> Vec<String> {
    build(&properties(), pattern, extra, Unset::Stays).unwrap()
}

#[test]
fn expansion_comes_before_splitting() {
    assert_eq!(
        command(r#""{path}{cmd}" {flags} {usb}"#, &[]),
        ["/opt/my tools/avr-gcc", "-Os", "{warnings}", "-g", r#"-DUSB_PRODUCT="Arduino Leonardo""#,]
    );
    // Unquoted, a property with a space is two words, as in Arduino's tools.
    assert_eq!(command("{path}{cmd}", &[]), ["/opt/my", "tools/avr-gcc"]);
}

#[test]
fn text_is_expanded_and_split_like_a_property() {
    let extra = [("warnings", Value::Text("-Wall {more}")), ("more", Value::Text("-Wextra"))];
    assert_eq!(command("{cmd} {flags}", &extra), ["avr-gcc", "-Os", "-Wall", "-Wextra", "-g"]);
}

#[test]
fn a_word_stays_one_word() {
    for path in ["/a b/x.c", r#"/we"ird' q" /x"#, "/{cmd}/{", " lead", "/ü"] {
        let extra = [("f", Value::Word(path)), ("build.path", Value::Word(path))];
        assert_eq!(
            command(r#"x "{f}" {f} -o{f} "-D="{f}"" {opt}"#, &extra),
            [
                "x".to_owned(),
                path.to_owned(),
                path.to_owned(),
                format!("-o{path}"),
                format!("-D=\"{path}\""),
                format!("@{path}/build_opt.h"),
            ]
        );
    }
    assert_eq!(command(r#"x "{f}" y"#, &[("f", Value::Word(""))]), ["x", "y"]);
}

#[test]
fn a_word_can_be_part_of_a_name() {
    let extra = [("which", Value::Word("cmd"))];
    assert_eq!(command("{{which}}", &extra), ["avr-gcc"]);
}

#[test]
fn words_are_spliced() {
    let objects = ["/b d/a.o".to_owned(), String::new(), r#"/b"/'b.o"#.to_owned()];
    let none: [String; 0] = [];
    let extra = [("object_files", Value::Words(&objects)), ("none", Value::Words(&none))];
    let expected = ["ld", "/b d/a.o", r#"/b"/'b.o"#, "-lm"];
    assert_eq!(command("ld {object_files} -lm", &extra), expected);
    assert_eq!(command(r#"ld "{object_files}" {none} -lm"#, &extra), expected);
    assert_eq!(command("ld -x={none}", &extra), ["ld", "-x="]);
    assert_eq!(command("x={object_files}", &[("object_files", Value::Words(&objects[..1]))]), ["x=/b d/a.o"]);
}

#[test]
fn the_last_value_of_a_name_wins() {
    assert_eq!(command("{cmd}", &[("cmd", Value::Word("a")), ("cmd", Value::Text("b c"))]), ["b", "c"]);
}

#[test]
fn nothing_is_no_command() {
    let build = |pattern, unset| build(&properties(), pattern, &[("f", Value::Word("/s rc"))], unset);
    assert_eq!(build(" {none} ", Unset::Stays), Ok(vec!["{none}".to_owned()]));
    assert_eq!(build(" {none} ", Unset::Deleted), Err(CommandError::Empty));
    assert_eq!(build("'a {f}", Unset::Stays), Err(CommandError::Empty));
    assert_eq!(
        build("{f} -D{none}X {}y} z", Unset::Deleted),
        Ok(["/s rc", "-DX", "z"].map(str::to_owned).into())
    );
}

#[test]
fn text_keeps_spaces() {
    let extra = [("n", Value::Word("My Sketch.ino"))];
    assert_eq!(text(&properties(), "{n}.{cmd}.hex", &extra).unwrap(), "My Sketch.ino.avr-gcc.hex");
}

proptest! {
    #[test]
    fn nothing_panics(line in "[ab'\" \t\0\u{e9}]{0,40}") {
        let _ = split(&line);
    }

    #[test]
    fn quoted_words_come_back(list in proptest::collection::vec("[a-z\"][a-z ]{0,6}[a-z]", 1..8)) {
        let line = list.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        prop_assert_eq!(words(&line), list);
    }

    #[test]
    fn plain_words_are_split_white_space(line in "[a-z\\-=]{0,5}( {1,3}[a-z\\-=\\\\]{0,5}){0,8}") {
        prop_assert_eq!(words(&line), line.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn any_word_survives(word in "[^\0]{1,30}") {
        prop_assume!(!word.trim().is_empty());
        prop_assert_eq!(command("c \"{f}\" -x", &[("f", Value::Word(&word))]), ["c", word.as_str(), "-x"]);
    }

    /// Where paths are harmless, marks change nothing: the result is Arduino's expand-then-split.
    #[test]
    fn equals_arduino_on_plain_paths(path in "/[a-z/._]{1,12}", quoted in any::<bool>()) {
        let pattern = if quoted { r#"{cmd} "-I{p}" {opt} '-D="{p}"'"# } else { "{cmd} -I{p} {opt} {flags}" };
        let marked = command(pattern, &[("p", Value::Word(&path)), ("build.path", Value::Word(&path))]);
        let mut all = properties();
        all.set("p", path.as_str());
        all.set("build.path", path.as_str());
        prop_assert_eq!(marked, words(&all.expand(pattern).unwrap()));
    }
}
