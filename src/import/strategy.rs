//! Combinations of `strategy.matrix` of a job, as GitHub makes them.
//!
//! Specification:
//! <https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations>.

use serde_json::{Map, Value};

use super::expression::Contexts;

/// Limit of the jobs of a matrix on GitHub.
const MOST_JOBS: usize = 256;

/// A combination: the values of the context `matrix` in one job.
pub(super) type Combination = Map<String, Value>;

/// Returns the combinations of a job; one without values if it has no matrix.
///
/// # Errors
/// The reason why they are unknown.
pub(super) fn combinations(job: &Value, contexts: &Contexts) -> Result<Vec<Combination>, String> {
    let written = &job["strategy"]["matrix"];
    if written.is_null() {
        return Ok(vec![Combination::new()]);
    }
    let matrix = contexts.interpolate_all(written).map_err(|error| error.to_string())?;
    let Value::Object(mut matrix) = matrix else { return Err("it is not a mapping".to_owned()) };
    let include = listed(matrix.shift_remove("include"), contexts)?;
    let exclude = listed(matrix.shift_remove("exclude"), contexts)?;
    let mut combinations = product(&matrix)?;
    combinations.retain(|combination| {
        !exclude.iter().any(|excluded| {
            excluded.iter().all(|(key, value)| combination.get(key).is_some_and(|it| includes(it, value)))
        })
    });
    // Entries of `include` are compared with the combinations before any of them was extended.
    let before = combinations.clone();
    for entry in include {
        let extends = |combination: &Combination| {
            let mut shared = entry.iter().filter_map(|(key, value)| Some((combination.get(key)?, value)));
            shared.all(|(theirs, value)| includes(theirs, value))
        };
        let mut is_new = true;
        for (combination, _) in combinations.iter_mut().zip(&before).filter(|(_, before)| extends(before)) {
            is_new = false;
            for (key, value) in &entry {
                // A value of the matrix itself stays.
                if !matrix.contains_key(key) {
                    combination.insert(key.clone(), value.clone());
                }
            }
        }
        if is_new {
            combinations.push(entry);
        }
    }
    combinations.truncate(MOST_JOBS);
    Ok(combinations)
}

/// Returns the mappings of `include` or `exclude`.
fn listed(value: Option<Value>, contexts: &Contexts) -> Result<Vec<Combination>, String> {
    let value = contexts.interpolate_all(&value.unwrap_or(Value::Null)).map_err(|error| error.to_string())?;
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => Ok(items
            .into_iter()
            .filter_map(|item| match item {
                Value::Object(entries) => Some(entries),
                _ => None,
            })
            .collect()),
        _ => Err("`include` or `exclude` is not a list".to_owned()),
    }
}

/// Returns each combination of a value of each key. Without keys, there is none.
fn product(matrix: &Map<String, Value>) -> Result<Vec<Combination>, String> {
    let mut combinations = if matrix.is_empty() { Vec::new() } else { vec![Combination::new()] };
    for (key, values) in matrix {
        let values = match values {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        if combinations.len().saturating_mul(values.len()) > MOST_JOBS {
            return Err(format!("it has more than {MOST_JOBS} combinations, GitHub's limit"));
        }
        let extended = combinations.iter().flat_map(|combination| {
            values.iter().map(|value| {
                let mut combination = combination.clone();
                combination.insert(key.clone(), value.clone());
                combination
            })
        });
        combinations = extended.collect();
    }
    Ok(combinations)
}

/// Returns whether a value has everything that `part` has: mappings are compared by the keys of `part`.
fn includes(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => {
            part.iter().all(|(key, part)| value.get(key).is_some_and(|value| includes(value, part)))
        }
        _ => value == part,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::yaml;
    use super::*;

    fn combined(text: &str) -> Value {
        let job = json!({"strategy": {"matrix": yaml::parse(text).unwrap()}});
        json!(combinations(&job, &Contexts::default()).unwrap())
    }

    #[test]
    fn lists_are_combined_and_excluded() {
        let found = combined("os: [a, b]\nboard: [x, y]\nexclude:\n  - {os: a, board: y}\n  - {os: c}\n");
        assert_eq!(
            found,
            json!([
                {"os": "a", "board": "x"},
                {"os": "b", "board": "x"},
                {"os": "b", "board": "y"},
            ])
        );
    }

    #[test]
    fn include_extends_what_it_matches_and_adds_the_rest() {
        let found = combined(
            "board:\n  - {fqbn: a, core: 1}\n  - {fqbn: b}\ninclude:\n  - {board: {fqbn: a}, paths: p}\n  \
             - {extra: e}\n  - {board: {fqbn: c}}\n",
        );
        assert_eq!(
            found,
            json!([
                {"board": {"fqbn": "a", "core": 1}, "paths": "p", "extra": "e"},
                {"board": {"fqbn": "b"}, "extra": "e"},
                {"board": {"fqbn": "c"}},
            ])
        );
        assert_eq!(combined("include: [{a: 1}, {a: 2}]\n"), json!([{"a": 1}, {"a": 2}]));
    }

    #[test]
    fn a_job_without_matrix_is_one() {
        assert_eq!(combinations(&json!({}), &Contexts::default()).unwrap().len(), 1);
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        let error = |matrix: Value| {
            combinations(&json!({"strategy": {"matrix": matrix}}), &Contexts::default()).unwrap_err()
        };
        assert!(error(json!("${{ fromJSON(needs.list.outputs.boards) }}")).contains("needs.list"));
        let many: Vec<usize> = (0..17).collect();
        assert!(error(json!({"a": many, "b": many})).contains("256"));
        assert!(error(json!([1])).contains("mapping"));
    }
}
