//! Places, limits and the corners of YAML.

use std::path::PathBuf;

use proptest::prelude::*;

use super::super::limits::LIMITS;
use super::super::node::Value;
use super::*;

fn source(text: &str) -> Source {
    Source { path: PathBuf::from("m.yml"), text: text.to_owned() }
}

fn tree(text: &str) -> Node {
    parse(&source(text), LIMITS).unwrap()
}

fn error(text: &str, limits: Limits) -> String {
    parse(&source(text), limits).unwrap_err().remove(0).message
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn scalars_lose_none_of_their_text() {
    let root = tree(concat!(
        "[true, false, 7, -7, ~, null, 'true', \"7\", yes, True, 007, 0x10, 1.10, 1e3, +1, ",
        "99999999999999999999, -0]"
    ));
    let values: Vec<Value> = root.items().iter().map(|node| node.value.clone()).collect();
    let mut expected = vec![Value::Bool(true), Value::Bool(false), Value::Int(7), Value::Int(-7)];
    expected.extend([Value::Null, Value::Null]);
    let texts =
        ["true", "7", "yes", "True", "007", "0x10", "1.10", "1e3", "+1", "99999999999999999999", "-0"];
    expected.extend(texts.map(text));
    assert_eq!(values, expected);
}

#[test]
fn places_are_bytes_also_behind_other_scripts_and_a_byte_order_mark() {
    let file = "\u{feff}ü: [ä, 'ß']\nx: >\n  folded\n  text\ny:\n- a: b\n  c: d\n\n# end\n";
    let root = tree(file);
    let at = |span: Span| &file[span.start..span.end];
    assert_eq!(at(root.entry("ü").unwrap().key), "ü");
    let list = root.get("ü").unwrap();
    assert_eq!(at(list.items()[0].span), "ä");
    assert_eq!(at(list.items()[1].span), "'ß'");
    let item = &root.get("y").unwrap().items()[0];
    assert_eq!(at(item.span), "a: b\n  c: d");
    assert_eq!(at(item.entry("c").unwrap().key), "c");
    assert_eq!(root.get("x").unwrap().value, text("folded text\n"));
}

#[test]
fn aliases_stand_where_they_are_used() {
    let file = "a: &x {k: 1}\nb: *x\n";
    let root = tree(file);
    let alias = root.get("b").unwrap();
    assert_eq!(alias.value, root.get("a").unwrap().value);
    assert_eq!(&file[alias.span.start..alias.span.end], "*x");
}

#[test]
fn merge_keys_fill_in_what_is_not_there() {
    let root =
        tree("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {first: 0, <<: [*a, *b], x: 3}\nd: {<<: *b}\n");
    let Value::Map(merged) = &root.get("c").unwrap().value else { panic!() };
    let pairs: Vec<(&str, &Value)> =
        merged.iter().map(|(key, entry)| (key.as_str(), &entry.node.value)).collect();
    let expected = [("first", 0), ("y", 1), ("z", 2), ("x", 3)].map(|(key, value)| (key, Value::Int(value)));
    assert_eq!(pairs, expected.iter().map(|(key, value)| (*key, value)).collect::<Vec<_>>());
    assert_eq!(root.get("d").unwrap().get("z").unwrap().value, Value::Int(2));
    assert_eq!(error("a: {<<: {x: 1}, <<: {y: 1}}", LIMITS), "the key `<<` is given twice");
}

#[test]
fn all_duplicate_keys_are_told() {
    let problems = parse(&source("a: 1\nb: {c: 1, c: 2}\na: 2\n"), LIMITS).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["the key `c` is given twice", "the key `a` is given twice"]);
}

#[test]
fn depth_is_limited_also_through_aliases() {
    let limits = Limits { depth: 4, ..LIMITS };
    assert!(parse(&source("[[[[x]]]]"), limits).is_ok());
    assert_eq!(error("[[[[[x]]]]]", limits), "lists and mappings are nested more than 4 deep");
    assert_eq!(error("- &a [[x]]\n- [[*a]]", limits), "lists and mappings are nested more than 4 deep");
    assert!(parse(&source("- &a [[x]]\n- [*a]"), limits).is_ok());
}

#[test]
fn nodes_are_counted_with_their_aliases() {
    let limits = Limits { nodes: 20, ..LIMITS };
    // The list, four items, and the copies of the anchor: 1 + (1 + 4) * 3.
    assert!(parse(&source("- &a [1, 2, 3, 4]\n- *a"), limits).is_ok());
    assert_eq!(error("- &a [1, 2, 3, 4]\n- *a\n- *a", limits), "the matrix has more than 20 values");
}

#[test]
fn bytes_are_counted_with_their_aliases() {
    let long = format!("- &a {}\n", "x".repeat(1000));
    let limits = Limits { bytes: 3000, ..LIMITS };
    assert!(parse(&source(&format!("{long}- *a\n")), limits).is_ok());
    assert_eq!(
        error(&format!("{long}- *a\n- *a\n"), limits),
        "the values of the matrix have more than 3000 bytes"
    );
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_with_a_place(text in "[\\PC\n\t]{0,80}|[-\\[\\]{}:?,&*!|>'\"%@`#\\\\ a\n\t<~0]{0,60}") {
        if let Err(problems) = parse(&source(&text), LIMITS) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                let (start, end) = (problem.span.start, problem.span.end);
                prop_assert!(start <= end && text.get(start..end).is_some(), "{:?}", problem);
            }
        }
    }

    #[test]
    fn a_plain_scalar_is_where_its_span_says(words in prop::collection::vec("[a-zä€𝄞]{1,6}", 1..8)) {
        let file = words.iter().fold(String::new(), |file, word| file + "- " + word + "  # ü\n");
        for (node, word) in tree(&file).items().iter().zip(&words) {
            prop_assert_eq!(&file[node.span.start..node.span.end], word);
        }
    }
}
