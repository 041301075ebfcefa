//! The directory that a library is installed in. Knows only names.

/// Number of characters that are kept of a longer name.
const MAX_LENGTH: usize = 64;

/// Returns the name of the directory that arduino-cli installs the library `name` in: each character except ASCII
/// letters and digits, `-` and `.` becomes `_`, as does a leading `-` or `.`; at most 64 characters.
///
/// Source: `SanitizeName` in `internal/arduino/utils/filenames.go`.
pub fn directory_name(name: &str) -> String {
    let is_kept = |at: usize, c: char| c.is_ascii_alphanumeric() || at > 0 && matches!(c, '-' | '.');
    name.chars().enumerate().map(|(at, c)| if is_kept(at, c) { c } else { '_' }).take(MAX_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_arduino_cli() {
        for (name, directory) in [
            ("Adafruit GFX Library", "Adafruit_GFX_Library"),
            ("FastLED", "FastLED"),
            ("-a-b.c", "_a-b.c"),
            (".hidden", "_hidden"),
            ("../../etc", "_._.._etc"),
            ("größe", "gr__e"),
            ("a/b\\c:d", "a_b_c_d"),
        ] {
            assert_eq!(directory_name(name), directory);
        }
        assert_eq!(directory_name(&"x".repeat(80)).len(), 64);
    }

    proptest! {
        #[test]
        fn it_is_one_path_component(name in ".{0,80}") {
            let directory = directory_name(&name);
            prop_assert!(directory.len() <= 64 && !directory.contains(['/', '\\']) && !directory.starts_with('.'));
            prop_assert_eq!(directory_name(&directory), directory);
        }
    }
}
