//! Tests that no input makes the parser panic or run away, and that the types accept what the schema accepts.

use proptest::prelude::*;

use super::*;

/// A matrix with every key of the format.
const GOOD: &str = include_str!("../../../tests/it/matrix/whole.yml");

/// Parses, and renders the error if there is one: rendering could panic too.
fn survive(bytes: &[u8]) {
    if let Err(error) = Matrix::parse(Path::new("m.yml"), PathBuf::from("/m"), bytes) {
        assert!(!error.render(true).is_empty());
        for (position, diagnostic) in error.located() {
            assert!(position.line >= 1 && position.column >= 1, "{diagnostic:?}");
        }
    }
}

// A failure is a crash, excessive memory or an endless run.
#[test]
fn hostile_files_do_no_harm() {
    let many = 300_000;
    let hostile = [
        "[".repeat(many),
        "{".repeat(many),
        "[{".repeat(many),
        "{a: ".repeat(many),
        "? ".repeat(many),
        "- ".repeat(many),
        "a: ".repeat(many),
        "&a ".repeat(many),
        "!a ".repeat(many),
        "'".repeat(many),
        "\"\\".repeat(many),
        "*a ".repeat(many),
        "a\n".repeat(many),
        ": ".repeat(many),
        "[a, ".repeat(many),
        (0..3000).fold(String::new(), |text, indent| text + &" ".repeat(indent) + "a:\n"),
        (0..3000).fold(String::new(), |text, indent| text + &" ".repeat(indent) + "-\n"),
        format!("[{}]", "*".repeat(many)),
        "--- a\n".repeat(many),
        "%YAML 1.2\n".repeat(many),
        "%TAG !a! b\n".repeat(many),
        "|\n".to_owned() + &" \n".repeat(many),
        "x".repeat(4 << 20),
        format!("\"{}\"", "\\x41".repeat(1 << 20)),
        "<<: ".repeat(many),
    ];
    for text in hostile {
        survive(text.as_bytes());
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let error =
        Matrix::parse(Path::new("m.yml"), PathBuf::from("/m"), &vec![b'#'; (4 << 20) + 1]).unwrap_err();
    assert!(matches!(error, MatrixError::TooLarge { .. }));
}

#[test]
fn many_problems_are_shown_in_part() {
    let keys: String = (0..50).fold(String::new(), |keys, index| keys + &format!("key{index}: 1\n"));
    let text = parse(&keys).unwrap_err().render(false);
    assert_eq!(text.matches(" --> ").count(), 20);
    assert!(text.ends_with("error: 31 more problems are not shown"), "{text}");
}

/// An edit of a text.
#[derive(Debug, Clone)]
enum Edit {
    Delete(usize, usize),
    Insert(usize, Vec<u8>),
    CopyLine(usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..4),
        "[-:,{}\\[\\]&*?|>'\"#%!\n\t <~]{1,3}".prop_map(String::into_bytes),
    ];
    let edit = prop_oneof![
        (any::<usize>(), 1..20_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (any::<usize>(), bytes).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Edit::CopyLine(from, to)),
    ];
    prop::collection::vec(edit, 1..6)
}

fn edited(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let length = bytes.len().max(1);
        match edit {
            Edit::Delete(at, count) => {
                let start = (at % length).min(bytes.len());
                let end = (start + count).min(bytes.len());
                bytes.drain(start..end);
            }
            Edit::Insert(at, new) => {
                let at = (at % length).min(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
            Edit::CopyLine(from, to) => {
                let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
                let line = lines[from % lines.len()];
                lines.insert(to % lines.len(), line);
                bytes = lines.join(&b'\n');
            }
        }
    }
    bytes
}

/// Generates JSON made of words of the matrix.
fn value() -> impl Strategy<Value = serde_json::Value> {
    const WORDS: [&str; 10] =
        ["apt", "path", "all", "10m", "uno", "arduino:avr:uno", "", "x", "builtin", "**"];
    const KEYS: [&str; 9] =
        ["path", "fqbn", "tags", "properties", "provider", "timeout", "retries", "sketch", "board"];
    let leaf = prop_oneof![
        prop::sample::select(&WORDS[..]).prop_map(serde_json::Value::from),
        prop_oneof![Just(0_i64), Just(1), Just(-1), Just(100), Just(i64::MAX)]
            .prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let map = prop::collection::btree_map(prop::sample::select(&KEYS[..]), inner.clone(), 0..3);
        let map = map.prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        prop_oneof![prop::collection::vec(inner, 0..3).prop_map(serde_json::Value::Array), map]
    })
}

fn json(node: &syntax::Node) -> serde_json::Value {
    match &node.value {
        syntax::Value::Null => serde_json::Value::Null,
        syntax::Value::Bool(value) => (*value).into(),
        syntax::Value::Int(value) => (*value).into(),
        syntax::Value::Text(text) => text.as_str().into(),
        syntax::Value::List(items) => items.iter().map(json).collect(),
        syntax::Value::Map(entries) => {
            entries.iter().map(|(key, entry)| (key.clone(), json(&entry.node))).collect()
        }
    }
}

/// Collects all places in a JSON value, as pointers.
fn pointers(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        serde_json::Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found));
        }
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_bytes_survive(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&bytes);
    }

    #[test]
    fn any_mutation_of_a_matrix_survives(edits in edits()) {
        survive(&edited(GOOD, &edits));
    }

    #[test]
    fn what_the_schema_takes_the_types_take(place in any::<prop::sample::Index>(), value in value()) {
        let source = |text: &str| source::Source { path: PathBuf::new(), text: text.to_owned() };
        let good = json(&syntax::parse(&source(GOOD), syntax::LIMITS).unwrap());
        let mut places = Vec::new();
        pointers(&good, "", &mut places);
        let mut changed = good.clone();
        *changed.pointer_mut(&place.get::<String>(&places)[..]).unwrap() = value;
        let root = syntax::parse(&source(&changed.to_string()), syntax::LIMITS).unwrap();
        let problems = validate::check(&root, &json_schema());
        match schema::typed(&root) {
            Ok(_) => {}
            Err(error) => prop_assert!(!problems.is_empty(), "{} in {}", error, changed),
        }
    }

    #[test]
    fn expansion_does_not_depend_on_the_order_of_the_disk(order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle()) {
        let text = "version: 1\nboards: {uno: arduino:avr:uno, mega: arduino:avr:mega}\nsketches: [\"s/**\"]\n";
        let names = |order: &[usize]| {
            let directory = tempfile::tempdir().unwrap();
            for index in order {
                let sketch = directory.path().join(format!("s/{}/S{index}", index % 3));
                fs::create_dir_all(&sketch).unwrap();
                fs::write(sketch.join(format!("S{index}.ino")), "").unwrap();
            }
            let matrix = Matrix::parse(Path::new("m.yml"), directory.path().to_owned(), text.as_bytes()).unwrap();
            let expansion = expand(&matrix, &SketchRoots::new()).unwrap();
            expansion.cells.iter().map(|cell| (cell.board.to_string(), cell.sketch.name.to_string())).collect::<Vec<_>>()
        };
        let sorted: Vec<usize> = (0..12).collect();
        prop_assert_eq!(names(&order), names(&sorted));
    }
}
