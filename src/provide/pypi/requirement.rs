//! Requirements as a matrix and pip write them, `NAME==VERSION`. Text only.

/// Returns `esptool` of `esptool==4.8.1`.
pub(super) fn name_of(requirement: &str) -> &str {
    requirement.split("==").next().unwrap_or(requirement)
}

/// Normalises a package's name for comparison ("Names and normalization" of the packaging specifications).
pub(super) fn normal(name: &str) -> String {
    let words = name.trim().split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Returns whether a file is installed without being built ("Binary distribution format").
pub(super) fn is_wheel(url: &str) -> bool {
    url.split(['#', '?']).next().and_then(|path| path.rsplit_once('.')).is_some_and(|(_, end)| end == "whl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_pip_does() {
        for name in ["Py.Serial", "py_serial", "py--serial", " PY-SERIAL "] {
            assert_eq!(normal(name), "py-serial", "{name}");
        }
        assert_eq!(normal("pyserial"), "pyserial");
    }
}
