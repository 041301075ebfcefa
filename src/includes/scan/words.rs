//! Identifiers that make a compile depend on the clock or on the path of a file.

/// Macros that expand to the time of the compile.
pub const TIMES: [&str; 3] = ["__DATE__", "__TIME__", "__TIMESTAMP__"];

/// Macro that expands to the compiler's name for the source.
pub const BASE_NAME: &str = "__BASE_FILE__";

/// Names that expand to the path of a file: macros, the builtin of `std::source_location`, and
/// `source_location` itself.
pub const OWN_NAMES: [&str; 4] = ["__FILE__", BASE_NAME, "__builtin_FILE", "source_location"];

/// Returns the word of [`TIMES`] or [`OWN_NAMES`] that is equal to an identifier.
pub(super) fn word(identifier: &[u8]) -> Option<&'static str> {
    if !matches!(identifier.first(), Some(b'_' | b's' | b'$')) {
        return None;
    }
    // To the assembler's preprocessor `$` is no part of a name.
    let mut parts = identifier.split(|byte| *byte == b'$');
    parts.find_map(|part| TIMES.iter().chain(&OWN_NAMES).find(|word| word.as_bytes() == part).copied())
}
