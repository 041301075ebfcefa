//! Tests the language: values for cells, and errors with their places.

use proptest::prelude::*;

use super::parse::parse;
use super::*;

fn board() -> BoardFacts {
    BoardFacts {
        bases: Vec::new(),
        name: "mega".into(),
        fqbn: "arduino:avr:mega:cpu=atmega2560".to_owned(),
        core: "arduino:avr".to_owned(),
        arch: "avr".to_owned(),
        tags: vec!["large".to_owned(), "5v".to_owned()],
        hardware: Some(Hardware {
            mcu: Some("atmega2560".to_owned()),
            flash: Some(253_952),
            ram: None,
            sdk: None,
        }),
    }
}

fn value(text: &str) -> Option<bool> {
    let tags = ["smoke".to_owned()];
    let sketch = SketchFacts { name: "../examples/01.Basics/Blink", tags: &tags };
    let predicate = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    predicate.holds(&Facts { board: &board(), sketch: Some(sketch) })
}

#[test]
fn comparisons_and_their_operators() {
    for (text, expected) in [
        ("board = 'mega'", true),
        ("board = \"me*\"", true),
        ("board != 'mega'", false),
        ("board ~ '^m.g'", true),
        ("board ~ 'eg'", true),
        ("board ~ '^eg'", false),
        ("sketch = 'Blink'", true),
        ("sketch = '**/Bl*'", true),
        ("sketch = '../examples/*'", false),
        ("sketch = '../examples/**'", true),
        ("sketch ~ 'Basics/'", true),
        ("tag = 'large'", true),
        ("tag='smoke'", true),
        ("tag != 'small'", true),
        ("tag != 'large'", false),
        ("tag = '*v'", true),
        ("core = 'arduino:avr'", true),
        ("core = 'arduino:*'", true),
        ("arch = 'avr'", true),
        ("arch = 'AVR'", false),
        ("mcu = 'atmega*'", true),
        ("fqbn = 'arduino:avr:mega:cpu=atmega2560'", true),
        ("fqbn = 'arduino:avr:mega*'", true),
        ("fqbn ~ ':mega$'", false),
        ("flash = 253952", true),
        ("flash = 248K", true),
        ("flash != 248KB", false),
        ("flash < 64K", false),
        ("flash <= 248KiB", true),
        ("flash > 247K", true),
        ("flash >= 1M", false),
        ("flash<1G", true),
    ] {
        assert_eq!(value(text), Some(expected), "{text}");
    }
}

#[test]
fn not_binds_closer_than_and_and_and_closer_than_or() {
    for (text, expected) in [
        ("arch = 'avr' or arch = 'x' and arch = 'y'", true),
        ("(arch = 'avr' or arch = 'x') and arch = 'y'", false),
        ("not arch = 'x' and arch = 'avr'", true),
        ("not (arch = 'x' and arch = 'avr')", true),
        ("not not arch = 'avr'", true),
        ("not arch = 'avr' or arch = 'avr'", true),
        ("flash > 64K and sketch = '**/Bl*'", true),
        (" ( ( tag = 'smoke' ) ) ", true),
    ] {
        assert_eq!(value(text), Some(expected), "{text}");
    }
}

#[test]
fn what_is_unknown_is_neither_true_nor_false() {
    for (text, expected) in [
        ("ram < 8K", None),
        ("not ram < 8K", None),
        ("ram != 8K", None),
        ("ram < 8K or arch = 'avr'", Some(true)),
        ("ram < 8K or arch = 'x'", None),
        ("ram < 8K and arch = 'x'", Some(false)),
        ("ram < 8K and arch = 'avr'", None),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    let alone = BoardFacts { hardware: None, ..board() };
    let facts = Facts { board: &alone, sketch: None };
    let holds = |text: &str| parse(text).unwrap().holds(&facts);
    assert_eq!(holds("flash < 1K"), None);
    assert_eq!(holds("sketch = 'x'"), None);
    assert_eq!(holds("tag = 'large'"), Some(true));
    assert_eq!(holds("tag = 'smoke'"), None);
    assert_eq!(parse("arch = 'avr' and mcu = 'x'").unwrap().unknown(&facts), Some("mcu"));
}

#[test]
fn what_it_depends_on_is_known_beforehand() {
    let needs = |text: &str| {
        let predicate = parse(text).unwrap();
        (predicate.needs_hardware(), predicate.needs_sketch())
    };
    assert_eq!(needs("board = 'x' and not tag = 'y'"), (false, false));
    assert_eq!(needs("board = 'x' or (ram < 1K)"), (true, false));
    assert_eq!(needs("not mcu ~ 'x' and sketch = 'y'"), (true, true));
}

#[test]
fn errors_mark_their_place_and_name_what_is_near() {
    let shown: Vec<String> = [
        "",
        "bord = 'uno'",
        "board",
        "board 'uno'",
        "board < 'uno'",
        "board = uno",
        "board = 64K",
        "board = 'uno",
        "board = '[a'",
        "board ~ '(a'",
        "flash ~ '64'",
        "flash < '64K'",
        "flash < 64Q",
        "flash < 1.5M",
        "flash < -1",
        "flash < 99999999999999999999",
        "board == 'uno'",
        "arch = 'a' && arch = 'b'",
        "!board = 'uno'",
        "arch = 'a' adn arch = 'b'",
        "arch = 'a' and",
        "(arch = 'a'",
        "arch = 'a')",
        "arch = 'a' arch = 'b'",
        "tag in ('a', 'b')",
        "not",
        "arch = 'ü' § x",
    ]
    .iter()
    .map(|text| format!("{}\n", text.parse::<Filter>().unwrap_err()))
    .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn depth_and_length_have_limits() {
    for text in ["(".repeat(100_000), "not ".repeat(4_000), format!("tag = '{}'", "x".repeat(30_000))] {
        assert!(text.parse::<Filter>().is_err());
    }
    assert!(format!("{}tag = 'x'", "not ".repeat(90)).parse::<Filter>().is_ok());
}

#[test]
fn an_expression_is_no_name_and_no_glob() {
    for text in ["flash >= 64K", "arch='avr'", "(tag ~ 'x')", "not tag"] {
        assert!(is_expression(text), "{text}");
    }
    for text in ["uno", "!uno", "un*", "{uno,mega}", "[um]*", "a-b_c.d+"] {
        assert!(!is_expression(text), "{text}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in "[a-z =!<>~()'\"0-9K*\\[]{0,40}|\\PC*") {
        if let Err(error) = text.parse::<Filter>() {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn a_predicate_or_its_negation_holds(parts in proptest::collection::vec(0usize..6, 1..12)) {
        let words = ["arch = 'avr'", "tag = 'none'", "flash < 64K", "sketch = 'Blink'", "board ~ 'x'", "flash > 1"];
        let joined = |join: &str| parts.iter().map(|part| words[*part]).collect::<Vec<_>>().join(join);
        let values: Vec<bool> = parts.iter().map(|part| value(words[*part]).unwrap()).collect();
        prop_assert_eq!(value(&joined(" and ")), Some(values.iter().all(|it| *it)));
        prop_assert_eq!(value(&joined(" or ")), Some(values.iter().any(|it| *it)));
        prop_assert_eq!(value(&format!("not ({})", joined(" or "))), Some(!values.iter().any(|it| *it)));
    }
}
