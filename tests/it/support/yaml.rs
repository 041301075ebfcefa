//! YAML as JSON values, for the tests that read workflow files. Every scalar is text, as it is written.

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// The first document of `text`.
#[track_caller]
pub(crate) fn yaml(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    let first = events.by_ref().find(|event| {
        matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..))
    });
    value(first.expect("a document"), &mut events)
}

fn value<'a>(event: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next().expect("the end of a list") {
                    Event::SequenceEnd => return Value::Array(items),
                    event => items.push(value(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match events.next().expect("the end of a mapping") {
                    Event::MappingEnd => return Value::Object(entries),
                    Event::Scalar(key, ..) => {
                        let event = events.next().expect("a value");
                        entries.insert(key.into_owned(), value(event, events));
                    }
                    other => panic!("a key that is no text: {other:?}"),
                }
            }
        }
        other => panic!("not in a workflow: {other:?}"),
    }
}

#[test]
fn texts_lists_and_mappings_are_read() {
    let read = yaml("a: {b: ''}\nc:\n  - |\n    two\n    lines\n  - 1 # one\n");
    assert_eq!(read, serde_json::json!({"a": {"b": ""}, "c": ["two\nlines\n", "1"]}));
}
