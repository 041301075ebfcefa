use proptest::prelude::*;

use super::*;

fn properties(pairs: &[(&str, &str)]) -> Properties {
    pairs.iter().copied().collect()
}

fn expand(pairs: &[(&str, &str)], text: &str) -> String {
    properties(pairs).expand(text).unwrap()
}

#[test]
fn expands_values_of_values() {
    let pairs = [("a", "<{b}>"), ("b", "{c}{c}"), ("c", "x")];
    assert_eq!(expand(&pairs, "{a} {b} {c} a"), "<xx> xx x a");
}

#[test]
fn names_nest() {
    let pairs = [
        ("runtime.tools.pqt-gcc.path", "/t"),
        ("build.toolchainpkg", "pqt-{kind}"),
        ("kind", "gcc"),
        ("build.tarch", "xtensa"),
        ("build.target", "esp32"),
    ];
    assert_eq!(expand(&pairs, "{runtime.tools.{build.toolchainpkg}.path}/bin"), "/t/bin");
    assert_eq!(expand(&pairs, "{build.tarch}-{build.target}-elf"), "xtensa-esp32-elf");
    assert_eq!(expand(&[("a", "b"), ("b", "c")], "{{a}}"), "c");
}

#[test]
fn what_is_unset_stays() {
    assert_eq!(expand(&[], "a {compiler.cpp.extra_flags} b{x-y}"), "a {compiler.cpp.extra_flags} b{x-y}");
    assert_eq!(expand(&[("a", "")], "[{a}]"), "[]");
    assert_eq!(expand(&[("a", "b")], "{tools.{a}.path}{tools.{c}.path}"), "{tools.b.path}{tools.{c}.path}");
}

#[test]
fn what_is_unset_can_be_deleted() {
    let text = "a{b}c {print $1} {} d} {e";
    assert_eq!(without_references(text), "ac   {e");
    assert_eq!(without_references("{\n} {a\n} {b}"), "{\n} {a\n} ");
    assert_eq!(without_references("{{a}}"), "}");
}

#[test]
fn braces_that_are_no_references_stay() {
    for text in
        ["{", "}", "}{", "{{", "a{b", "{}", "{\"a\":1}", "awk '{print $1}'", "${HOME}", "{a,b}", "\\{2,3\\}"]
    {
        assert_eq!(expand(&[], text), text);
    }
    let pairs = [("mcu", "m328"), ("HOME", "h")];
    assert_eq!(expand(&pairs, r#"{"mcu":"{mcu}","x":{}}"#), r#"{"mcu":"m328","x":{}}"#);
    assert_eq!(expand(&pairs, "{ {mcu} } } { {mcu}"), "{ m328 } } { m328");
    assert_eq!(expand(&pairs, "${HOME}"), "$h");
}

#[test]
fn what_is_put_in_can_complete_a_name() {
    assert_eq!(expand(&[("open", "{"), ("b", "x")], "{open}b}"), "x");
    assert_eq!(expand(&[("open", "{b"), ("b", "x")], "{open}}"), "x");
}

#[test]
fn keys_with_any_characters_can_be_named() {
    assert_eq!(expand(&[("a b", "x"), ("é", "y")], "{a b}{é}"), "xy");
}

#[test]
fn a_cycle_names_its_chain() {
    let pairs = [("a", "1{b}"), ("b", "{c}"), ("c", "-{b}-")];
    let error = properties(&pairs).expand("{a}").unwrap_err();
    assert_eq!(error, ExpandError::Cycle { chain: vec!["b".into(), "c".into(), "b".into()] });
    insta::assert_snapshot!(error, @"the property `b` needs itself: b → c → b");
    // A property that names itself is replaced ten times, as in arduino-cli.
    assert_eq!(expand(&[("a", "{a}")], "{a}"), "{a}");
    assert_eq!(expand(&[("a", "x{a}")], "{a}"), format!("{}{{a}}", "x".repeat(10)));
    // A cycle that the text does not reference is no error.
    assert_eq!(expand(&pairs, "{d}"), "{d}");
    // Nor is the repeated use of a property.
    assert_eq!(expand(&[("a", "{c}"), ("b", "{c}"), ("c", "{d}"), ("d", "x")], "{a}{b}{c}"), "xxx");
}

#[test]
fn depth_is_bounded() {
    let chain =
        |n: usize| -> Properties { (0..n).map(|i| (format!("k{i}"), format!("{{k{}}}", i + 1))).collect() };
    assert_eq!(chain(MAX_DEPTH).expand("{k0}").unwrap(), format!("{{k{MAX_DEPTH}}}"));
    assert_eq!(
        chain(MAX_DEPTH + 1).expand("{k0}"),
        Err(ExpandError::TooDeep { key: format!("k{MAX_DEPTH}") })
    );
    assert_eq!(expand(&[], &"{".repeat(100_000)), "{".repeat(100_000));
}

#[test]
fn doubling_forty_times_is_an_error_and_not_a_wait() {
    let mut doubling: Properties =
        (0..40).map(|i| (format!("k{i}"), format!("{{k{0}}}{{k{0}}}", i + 1))).collect();
    doubling.set("k40", "");
    // Every property is empty: no output, and each is expanded once.
    assert_eq!(doubling.expand("{k0}").unwrap(), "");
    doubling.set("k40", "x");
    assert!(matches!(doubling.expand("{k0}"), Err(ExpandError::TooLarge { key: Some(_) })));
}

#[test]
fn nested_braces_take_linear_time() {
    let text = format!("{}{}", "{a\"".repeat(200_000), "}".repeat(200_000));
    assert_eq!(expand(&[], &text), text);
}

#[test]
fn nul_is_dropped() {
    assert_eq!(expand(&[("a", "x\0y{b}"), ("b", "\0")], "\0{a}\0"), "xy");
}

proptest! {
    #[test]
    fn nothing_panics(
        pairs in proptest::collection::vec(("[a-c]", "[a-c{}$ \0]{0,12}"), 0..4),
        text in "[a-c{}$ \0é]{0,24}",
    ) {
        let properties: Properties = pairs.into_iter().collect();
        if let Ok(result) = properties.expand(&text) {
            prop_assert!(!result.contains('\0'));
        }
    }

    #[test]
    fn text_without_braces_is_itself(text in "[^{}\0]{0,60}") {
        prop_assert_eq!(expand(&[("a", "b")], &text), text);
    }

    /// Compares with the plain definition: replace innermost names until there are none.
    #[test]
    fn equals_textual_replacement(
        values in proptest::collection::vec("[xy ]{0,4}", 4),
        picks in proptest::collection::vec((0usize..4, "[-/]{0,2}"), 0..12),
    ) {
        // k0 is plain, k1 names k0, k2 names k1 twice, k3 all of them.
        let texts = [
            values[0].clone(),
            format!("{}{{k0}}", values[1]),
            format!("{{k1}}{}{{k1}}", values[2]),
            format!("{{k2}}{{k{{one}}}}{}{{k0}}", values[3]),
        ];
        let mut properties: Properties = texts.iter().enumerate().map(|(i, text)| (format!("k{i}"), text.as_str())).collect();
        properties.set("one", "1");
        let text: String = picks.iter().map(|(key, glue)| format!("{{k{key}}}{glue}")).collect();
        let mut expected = text.clone();
        for _ in 0..8 {
            for (key, value) in properties.iter() {
                expected = expected.replace(&format!("{{{key}}}"), value);
            }
        }
        prop_assert_eq!(properties.expand(&text).unwrap(), expected);
    }
}
