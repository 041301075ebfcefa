//! `recipe.advanced_size`: a program of the platform measures the firmware, and answers in JSON (platform
//! specification, "Recipes to compute binary sketch size"). The program also decides whether the firmware
//! fits: the limits of `boards.txt` are not used.

use serde_json::{Map, Value};

use crate::event::{Sizes, Step, Usage};
use crate::pipeline::failure::error::BuildError;

/// A field of an answer with a wrong type.
struct Mistake(&'static str);

/// Parses the answer as Go's `encoding/json` does: field names are case-insensitive, `null` is the same as an
/// absent field. Returns the sizes, and a message for the user.
///
/// # Errors
/// The text is no answer, or says that the firmware does not fit.
pub(in crate::pipeline) fn read(printed: &[u8]) -> Result<(Sizes, String), BuildError> {
    let wrong = |reason: &dyn std::fmt::Display| {
        let message =
            format!("recipe.advanced_size.pattern printed something other than it should: {reason}");
        BuildError::code(Step::Size, message)
    };
    let answer: Value = serde_json::from_slice(printed).map_err(|error| wrong(&error))?;
    let Value::Object(answer) = answer else { return Err(wrong(&"no object")) };
    let Answer { output, severity, message, sizes } =
        Answer::of(&answer).map_err(|Mistake(field)| wrong(&format!("`{field}` is of another type")))?;
    match severity.as_str() {
        "error" if message.is_empty() => Err(BuildError::code(Step::Size, output)),
        "error" if output.is_empty() => Err(BuildError::code(Step::Size, message)),
        "error" => Err(BuildError::code(Step::Size, format!("{message}: {output}"))),
        "warning" => Ok((sizes, format!("warning: {}\n", output.trim_end()))),
        "info" => Ok((sizes, String::new())),
        other => Err(wrong(&format!("the severity is `{other}`, not error, warning or info"))),
    }
}

/// Answer of the program.
struct Answer {
    /// Text for the user.
    output: String,
    /// Effect on the build: `error`, `warning` or `info`.
    severity: String,
    /// Reason for an error, in one line.
    message: String,
    /// Sections `text` (flash), `data` (RAM) and `eeprom`; a platform may have others.
    sizes: Sizes,
}

impl Answer {
    fn of(object: &Map<String, Value>) -> Result<Self, Mistake> {
        let mut sizes = Sizes::default();
        let sections = match field(object, "sections") {
            None => &[][..],
            Some(Value::Array(sections)) => sections,
            Some(_) => return Err(Mistake("sections")),
        };
        for section in sections {
            let section = match section {
                Value::Object(section) => section,
                Value::Null => continue,
                _ => return Err(Mistake("sections")),
            };
            let (name, used) = (text(section, "name")?, number(section, "size")?);
            let max = u64::try_from(number(section, "max_size")?).ok().filter(|max| *max > 0);
            let place = match name.as_str() {
                "text" => &mut sizes.flash,
                "data" => &mut sizes.ram,
                "eeprom" => &mut sizes.eeprom,
                _ => continue,
            };
            *place = place.or(u64::try_from(used).ok().map(|used| Usage { used, max }));
        }
        let (output, severity, message) =
            (text(object, "output")?, text(object, "severity")?, text(object, "error")?);
        Ok(Self { output, severity, message, sizes })
    }
}

/// Returns the field of an object, unless it is `null`.
fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = object.get(name).or_else(|| {
        let mut fields = object.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        fields.next_back().map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

fn text(object: &Map<String, Value>, name: &'static str) -> Result<String, Mistake> {
    match field(object, name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Mistake(name)),
    }
}

fn number(object: &Map<String, Value>, name: &'static str) -> Result<i64, Mistake> {
    field(object, name).map_or(Ok(0), |value| value.as_i64().ok_or(Mistake(name)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_flash_and_ram() {
        let printed = br#"{"output": "fits", "severity": "info", "sections":
            [{"name": "text", "size": 10, "max_size": 20}, {"name": "psram", "size": 1}, {"name": "data", "size": 3}]}"#;
        let (sizes, said) = read(printed).unwrap();
        assert_eq!(sizes.flash, Some(Usage { used: 10, max: Some(20) }));
        assert_eq!(sizes.ram, Some(Usage { used: 3, max: None }));
        assert_eq!(sizes.eeprom, None);
        assert_eq!(said, "");
    }

    #[test]
    fn the_program_decides_what_fits() {
        let (_, said) =
            read(br#"{"output": "nearly full\n", "severity": "warning", "sections": []}"#).unwrap();
        assert_eq!(said, "warning: nearly full\n");
        let error = read(br#"{"output": "too big", "severity": "error"}"#).unwrap_err();
        assert!(format!("{error:?}").contains("too big"), "{error:?}");
        let nonsense = [
            "Sketch uses 3 bytes",
            r#"{"severity": "fatal"}"#,
            "{}",
            "[]",
            r#"{"severity": "info"} x"#,
            r#"{"severity": "info", "output": 1}"#,
            r#"{"severity": "info", "sections": [{"name": "text", "size": 1.5}]}"#,
        ];
        for nonsense in nonsense {
            assert!(read(nonsense.as_bytes()).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn fields_are_read_as_go_reads_them() {
        let printed = br#"{"SEVERITY": "info", "output": null, "sections": [null, {"name": "text"}]}"#;
        assert_eq!(read(printed).unwrap().0.flash, Some(Usage { used: 0, max: None }));
        assert_eq!(read(br#"{"severity": "info", "sections": null}"#).unwrap().0.flash, None);
    }
}
