//! Overrides of properties: values that replace or extend a platform's. Knows nothing of their origin.

use super::host::HostOs;
use super::properties::Properties;
use super::properties::without_os;

/// An override of one property: a new value, or an addition to its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Override {
    /// Name of the property.
    pub key: String,
    /// The value, unexpanded. `{key}` in it is the previous value of the property.
    pub value: String,
    /// Whether `value` is appended to the previous value, after a blank.
    pub appends: bool,
}

impl Override {
    /// Returns the override that is written as `key: value`, or as `key+: value` to append.
    pub fn written(key: &str, value: impl Into<String>) -> Self {
        let (key, appends) = key.strip_suffix('+').map_or((key, false), |key| (key, true));
        Self { key: key.to_owned(), value: value.into(), appends }
    }
}

impl Properties {
    /// Applies overrides in order. As in arduino-cli's `--build-property`, a key may end in the name of a system
    /// (`.linux`), and blanks around the value are dropped. Otherwise the value is unchanged.
    pub(super) fn apply<'a>(&mut self, overrides: impl IntoIterator<Item = &'a Override>, os: HostOs) {
        for Override { key, value, appends } in overrides {
            let key = without_os(key, os);
            let before = self.get(&key).unwrap_or_default();
            // Otherwise a value that names its own key would be a cycle.
            let value = value.trim().replace(&format!("{{{key}}}"), before);
            let value = if *appends && !before.is_empty() { format!("{before} {value}") } else { value };
            self.set(key, value);
        }
    }

    /// Appends each of `words` to the property `key`, except those already in its value.
    pub(super) fn require(&mut self, key: &str, words: &str) {
        let before = self.get(key).unwrap_or_default();
        let missing = words.split(' ').filter(|word| !before.split(' ').any(|known| known == *word));
        let all: Vec<&str> = Some(before).filter(|it| !it.is_empty()).into_iter().chain(missing).collect();
        let all = all.join(" ");
        self.set(key, all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(platform: &[(&str, &str)], overrides: &[(&str, &str)]) -> Properties {
        let mut properties: Properties = platform.iter().copied().collect();
        let overrides: Vec<Override> =
            overrides.iter().map(|(key, value)| Override::written(key, *value)).collect();
        properties.apply(&overrides, HostOs::Linux);
        properties
    }

    #[test]
    fn a_plain_key_replaces_and_a_plus_appends() {
        let flags = |overrides| applied(&[("flags", "-DA")], overrides).get("flags").map(str::to_owned);
        assert_eq!(flags(&[("flags", "-DB")]).as_deref(), Some("-DB"));
        assert_eq!(flags(&[("flags+", "-DB")]).as_deref(), Some("-DA -DB"));
        assert_eq!(flags(&[("flags+", "-DB"), ("flags+", "-DC")]).as_deref(), Some("-DA -DB -DC"));
        assert_eq!(
            flags(&[("flags+", "-DB"), ("flags", "-DC"), ("flags+", "-DD")]).as_deref(),
            Some("-DC -DD")
        );
        assert_eq!(flags(&[("flags", "")]).as_deref(), Some(""));
        assert_eq!(flags(&[("flags+", " -DB  -DC ")]).as_deref(), Some("-DA -DB  -DC"));
        let unset = applied(&[], &[("flags+", "-DB")]);
        assert_eq!(unset.get("flags"), Some("-DB"));
    }

    #[test]
    fn a_value_that_names_its_own_key_means_the_value_before() {
        let platform = [("flags", "-D{mcu}"), ("mcu", "m328")];
        let properties = applied(&platform, &[("flags", "-DX {flags} -DY"), ("flags+", "{flags}")]);
        assert_eq!(properties.get("flags"), Some("-DX -D{mcu} -DY -DX -D{mcu} -DY"));
        assert_eq!(properties.expand("{flags}").as_deref(), Ok("-DX -Dm328 -DY -DX -Dm328 -DY"));
        assert_eq!(applied(&[], &[("flags", "{flags}-DX")]).get("flags"), Some("-DX"));
        let through_others = applied(&[], &[("a", "{b}"), ("b", "{a}")]);
        assert!(through_others.expand("{a}").is_err(), "that is a cycle");
    }

    #[test]
    fn a_key_of_this_system_is_the_key() {
        let properties = applied(&[("flags", "-DA")], &[("flags.linux+", "-DL"), ("flags.windows", "-DW")]);
        assert_eq!(properties.get("flags"), Some("-DA -DL"));
        assert_eq!(properties.get("flags.windows"), Some("-DW"));
    }

    #[test]
    fn required_words_stand_once_behind_the_others() {
        let mut properties = Properties::from_iter([("flags", "-Werror")]);
        properties.require("flags", "-DA=B");
        properties.require("flags", "-DA=B -DC");
        properties.require("none", "-DC");
        assert_eq!(properties.get("flags"), Some("-Werror -DA=B -DC"));
        assert_eq!(properties.get("none"), Some("-DC"));
    }
}
