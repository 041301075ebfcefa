//! What is read, what is dropped, and that nothing panics.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{LINUX, package, platform, system, tool, whole, with_faults};
use crate::provide::package_index::{IndexError, parse};

/// Returns an index with two platforms and two tools.
fn sample() -> Value {
    let platforms = [platform("avr", "1.0.0", &["v:gcc@1"]), platform("avr", "1.1.0", &["v:gcc@2"])];
    let tools = [tool("gcc", "1", &[LINUX, "i686-mingw32"]), tool("gcc", "2", &[LINUX])];
    json!({"packages": [package("v", &platforms, &tools), package("w", &[], &[])]})
}

/// Returns the versions of the first package's platforms and tools.
fn versions(document: &[u8]) -> Vec<String> {
    let file = parse(document).unwrap();
    let package = &file.packages[0];
    let platforms = package.platforms.iter().map(|it| it.version.to_string());
    platforms.chain(package.tools.iter().map(|it| it.version.to_string())).collect()
}

#[test]
fn a_document_may_be_as_lenient_as_published_ones() {
    let text = sample().to_string();
    let expected = ["1.0.0", "1.1.0", "1", "2"];
    let variants: [(&str, Vec<u8>); 7] = [
        ("strict", text.clone().into_bytes()),
        ("byte order mark", format!("\u{feff}{text}").into_bytes()),
        (
            "invalid UTF-8",
            text.replace("Maintainer", "\u{1}")
                .into_bytes()
                .iter()
                .map(|b| if *b == 1 { 0xe9 } else { *b })
                .collect(),
        ),
        ("control characters", text.replace("Maintainer", "a\tb\nc\u{0}").into_bytes()),
        (
            "lone surrogates",
            text.replace("Maintainer", r"\ud83d \ude00 \ud83d\ude00 \ud83d\u0041").into_bytes(),
        ),
        (
            "trailing commas",
            text.replace(']', " , ]").replace('}', ",\n}").replace("[ , ]", "[]").into_bytes(),
        ),
        ("trailing white space", format!("{text}\r\n \t").into_bytes()),
    ];
    for (what, document) in variants {
        assert_eq!(versions(&document), expected, "{what}");
    }
    let emoji = parse(text.replace("Maintainer", r"\ud83d\ude00 \ud83d\u0041").as_bytes()).unwrap();
    assert_eq!(emoji.packages[0].info.maintainer, "😀 \u{fffd}A");
}

#[test]
fn a_document_that_is_no_index_is_refused_with_its_reason() {
    let message = |document: &str| parse(document.as_bytes()).unwrap_err().to_string();
    assert!(matches!(parse(b" \n"), Err(IndexError::Empty)));
    assert!(matches!(parse(b"\n<!DOCTYPE html><html>404</html>"), Err(IndexError::WebPage)));
    assert_eq!(message("[]"), "it is not a package index: expected an object, found a list");
    assert_eq!(
        message(r#"{"packages": {}}"#),
        "it is not a package index: `packages`: expected a list, found an object"
    );
    for broken in [
        "{",
        r#"{"packages": ["#,
        r#"{"packages": [] }}"#,
        "404: Not Found",
        r#"{"a": "\x"}"#,
        r#"{"a" "b"}"#,
    ] {
        let text = message(broken);
        assert!(text.starts_with("it is not JSON: ") && text.contains("line 1"), "{broken}: {text}");
    }
    for empty in ["{}", "null", r#"{"packages": null}"#, r#"{"libraries": []}"#] {
        assert!(parse(empty.as_bytes()).unwrap().packages.is_empty(), "{empty}");
    }
}

#[test]
fn keys_are_compared_without_case_and_unknown_ones_ignored() {
    let text = sample().to_string();
    let text = text
        .replace("\"archiveFileName\"", "\"ARCHIVEFILENAME\"")
        .replace("\"toolsDependencies\"", "\"ToolsDependencies\"");
    let text = text
        .replace("\"packages\"", "\"Packages\"")
        .replace("\"size\"", "\"extra\": {\"size\": [1]}, \"Size\"");
    let file = parse(text.as_bytes()).unwrap();
    assert_eq!(file.dropped, []);
    let release = &file.packages[0].platforms[0];
    assert_eq!(release.archive.file_name, "avr-1.0.0.zip");
    assert_eq!(release.archive.size, Some(12));
    assert_eq!(release.tools[0].to_string(), "v:gcc@1");
    assert_eq!(file.packages[0].info.website_url, "https://example.org/");
    // Of two spellings the last one counts.
    let two = parse(br#"{"packages": [{"Name": "a", "name": "b"}, {"name": "a", "NAME": "b"}]}"#).unwrap();
    assert!(two.packages.iter().all(|package| package.info.name == "b"));
}

#[test]
fn a_size_is_a_number_or_a_text_and_null_is_missing() {
    let sizes = [
        (json!(5), Some(5)),
        (json!("5"), Some(5)),
        (json!("574000000000"), Some(574_000_000_000)),
        (json!(null), None),
        (json!("n/a"), None),
        (json!(""), None),
        (json!(-1), None),
        (json!(1.5), None),
    ];
    for (size, expected) in sizes {
        let mut release = platform("avr", "1.0.0", &[]);
        release["size"] = size.clone();
        let file = whole(&[package("v", &[release], &[])]);
        assert_eq!(file.packages[0].platforms[0].archive.size, expected, "{size}");
    }
    let mut release = platform("avr", "1.0.0", &[]);
    for field in
        ["name", "deprecated", "category", "help", "boards", "toolsDependencies", "discoveryDependencies"]
    {
        release[field] = Value::Null;
    }
    let file = whole(&[package("v", &[release], &[json!({"name": "t", "version": "1", "systems": null})])]);
    assert!(!file.packages[0].platforms[0].deprecated);
    assert!(file.packages[0].tools[0].systems.is_empty());
}

/// Breaks a package.
type Break = fn(&mut Value);

/// A fault, its message, and how many platforms and tools stay of three each.
const FAULTS: [(Break, &str, (usize, usize)); 17] = [
    (|p| p["platforms"][1] = json!("x"), "package `v`, platform 2: expected an object, found a text", (2, 3)),
    (|p| p["platforms"][1] = Value::Null, "package `v`, platform 2: expected an object, found null", (2, 3)),
    (
        |p| p["platforms"][1]["version"] = json!(1),
        "package `v`, platform `avr`: `version`: expected a text, found a number",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["version"] = json!("2021.06.17"),
        "package `v`, platform `avr` 2021.06.17: the version `2021.06.17` is not a semantic version",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["architecture"] = Value::Null,
        "package `v`, platform 2: `architecture` is missing",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["deprecated"] = json!("yes"),
        "package `v`, platform `avr` 2.0.0: `deprecated`: expected true or false, found a text",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["url"] = json!([]),
        "package `v`, platform `avr` 2.0.0: `url`: expected a text, found a list",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["size"] = json!({}),
        "package `v`, platform `avr` 2.0.0: `size`: expected a number, found an object",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["toolsDependencies"] = json!([{"name": "gcc"}, 7]),
        "package `v`, platform `avr` 2.0.0: `toolsdependencies`, entry 2: expected an object, found a number",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["archiveFileName"] = json!("../../x.zip"),
        "package `v`, platform `avr` 2.0.0: `archivefilename`: `../../x.zip` is not a file name",
        (2, 3),
    ),
    (
        |p| p["platforms"][1]["architecture"] = json!(".."),
        "package `v`, platform 2: `architecture`: `..` is not a file name",
        (2, 3),
    ),
    (|p| p["platforms"] = json!({}), "package `v`: `platforms`: expected a list, found an object", (0, 3)),
    (|p| p["tools"] = json!(1), "package `v`: `tools`: expected a list, found a number", (3, 0)),
    (
        |p| p["tools"][1]["name"] = json!("a/b"),
        "package `v`, tool 2: `name`: `a/b` is not a file name",
        (3, 2),
    ),
    (
        |p| p["tools"][1]["version"] = json!("a\\b"),
        "package `v`, tool `gcc`: `version`: `a\\b` is not a file name",
        (3, 2),
    ),
    (
        |p| p["platforms"][1]["boards"] = json!({}),
        "package `v`, platform `avr` 2.0.0: `boards`: expected a list, found an object",
        (3, 3),
    ),
    (|p| p["help"] = json!("x"), "package `v`, help: expected an object, found a text", (3, 3)),
];

#[test]
fn a_broken_entry_is_dropped_and_the_others_stay() {
    for (break_it, noted, (platforms, tools)) in FAULTS {
        let versions = ["1.0.0", "2.0.0", "3.0.0"];
        let mut broken = package(
            "v",
            &versions.map(|version| platform("avr", version, &["v:gcc@2.0.0"])),
            &versions.map(|version| tool("gcc", version, &[LINUX])),
        );
        break_it(&mut broken);
        let file = with_faults(&[package("before", &[], &[]), broken, package("after", &[], &[])]);
        let dropped: Vec<String> = file.dropped.iter().map(ToString::to_string).collect();
        assert_eq!(dropped, [noted]);
        assert_eq!(file.packages.len(), 3, "{noted}");
        let package = &file.packages[1];
        assert_eq!((package.platforms.len(), package.tools.len()), (platforms, tools), "{noted}");
    }
}

#[test]
fn a_broken_system_costs_only_its_host() {
    let mut gcc = tool("gcc", "1", &[]);
    gcc["systems"] = json!([system(LINUX, "a.zip"), {"host": 1}, system("i686-mingw32", "b.zip")]);
    let file = with_faults(&[package("v", &[], &[gcc])]);
    let hosts: Vec<&str> = file.packages[0].tools[0].systems.iter().map(|it| it.host.as_str()).collect();
    assert_eq!(hosts, [LINUX, "i686-mingw32"]);
    assert_eq!(
        file.dropped[0].to_string(),
        "package `v`, tool `gcc` 1, system 2: `host`: expected a text, found a number"
    );
}

#[test]
fn a_package_without_a_usable_name_is_dropped() {
    for name in [json!(null), json!(""), json!(".."), json!("a/b"), json!(3), json!("a\u{0}")] {
        let mut nameless = package("v", &[platform("avr", "1.0.0", &[])], &[]);
        nameless["name"] = name.clone();
        let file = with_faults(&[nameless, package("w", &[], &[])]);
        assert_eq!(file.packages.len(), 1, "{name}");
        assert_eq!(file.dropped.len(), 1, "{name}");
        assert!(file.dropped[0].place.starts_with("package 1"), "{}", file.dropped[0]);
    }
}

proptest! {
    #[test]
    fn lenient_reading_keeps_every_strict_document(text in r#"[a-z"\\/ ,{}\[\]\n\u{1f600}é]{0,20}"#, number in any::<i64>()) {
        // A byte that is no UTF-8 in another field forces the lenient way.
        let mut sample = sample();
        sample["packages"][0]["maintainer"] = json!(text);
        sample["packages"][0]["unknown"] = json!([number, {"a": text}]);
        let strict = sample.to_string();
        let mut lenient = strict.clone().into_bytes();
        let end = lenient.len() - 1;
        lenient.splice(end.., b",\"z\": \"\xff\"}".iter().copied());
        let (strict, lenient) = (parse(strict.as_bytes()).unwrap(), parse(&lenient).unwrap());
        prop_assert_eq!(format!("{strict:?}"), format!("{lenient:?}"));
        prop_assert_eq!(&strict.packages[0].info.maintainer, &text);
    }

    #[test]
    fn no_mutated_index_panics(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..12)) {
        let mut document = sample().to_string().into_bytes();
        for (at, byte, kind) in edits {
            let at = at.index(document.len());
            match kind {
                0 => document[at] = byte,
                1 => document.insert(at, byte),
                _ => { document.remove(at); }
            }
        }
        let _ = parse(&document);
    }

    #[test]
    fn no_misplaced_value_panics(path in prop::collection::vec(0_usize..12, 1..7), kind in 0_usize..7) {
        let replacement = [json!(null), json!(true), json!(1e300), json!("x"), json!([]), json!({}), json!([null, 1])][kind].clone();
        let mut sample = sample();
        let mut value = &mut sample;
        for step in path {
            let size = match value {
                Value::Array(items) => items.len(),
                Value::Object(fields) => fields.len(),
                _ => 0,
            };
            if size == 0 {
                break;
            }
            value = match value {
                Value::Array(items) => &mut items[step % size],
                Value::Object(fields) => fields.values_mut().nth(step % size).unwrap(),
                _ => unreachable!("it has no elements"),
            };
        }
        *value = replacement;
        let _ = parse(sample.to_string().as_bytes());
    }
}
