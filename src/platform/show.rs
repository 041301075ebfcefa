//! A board's properties as `arduino-cli compile --show-properties=expanded` prints them. Knows nothing of builds.

use super::host::HostOs;
use super::properties::Properties;
use super::properties::without_os;

/// Returns every property as `key=value`, expanded, sorted by key.
///
/// As in arduino-cli the name of the system is removed from the keys once more (`ExpandBuildProperties` in
/// `internal/arduino/utils`, which reads the sorted lines as a file). A value that can't be expanded stays unexpanded.
pub fn expanded_lines(properties: &Properties, os: HostOs) -> Vec<String> {
    let mut sorted: Vec<(&str, &str)> = properties.iter().collect();
    sorted.sort_unstable();
    let read: Properties = sorted
        .into_iter()
        .filter(|(key, _)| !key.is_empty() && !key.starts_with('#'))
        .map(|(key, value)| (without_os(key, os), value.trim()))
        .collect();
    let line = |(key, value): (&str, &str)| {
        let expanded = read.expand(value).unwrap_or_else(|_| value.to_owned());
        format!("{key}={expanded}")
    };
    read.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_and_expanded_and_what_is_unset_stays() {
        let properties = Properties::from_iter([
            ("b", "{a} {build.path}"),
            ("a", "1"),
            ("c.linux", "{d}"),
            ("d", "{e}"),
            ("e", "{d}"),
            ("f", "{f} x"),
        ]);
        let lines = expanded_lines(&properties, HostOs::Linux);
        assert_eq!(lines[..2], ["a=1", "b=1 {build.path}"]);
        assert_eq!(lines[2..5], ["c={d}", "d={e}", "e={d}"], "a cycle stays as it is written");
    }
}
