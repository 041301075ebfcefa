//! References to platforms and libraries. Text only.

/// Splits `NAME (VERSION)`; the version may be missing.
pub(super) fn name_and_version(text: &str) -> Option<(&str, &str)> {
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | ':');
        !name.is_empty() && name.chars().all(is_part)
    };
    let (name, version) = match text.strip_suffix(')').and_then(|text| text.split_once(" (")) {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    is_name(name).then_some((name, version))
}
