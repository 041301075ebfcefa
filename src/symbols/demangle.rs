//! Names of symbols, as the source spells them.

/// Returns the demangled name of a symbol; a name of C or assembler stays unchanged.
pub(super) fn demangled(raw: &str) -> String {
    if !raw.starts_with("_Z") && !raw.starts_with("_GLOBAL_") {
        return raw.to_owned();
    }
    let demangled = cpp_demangle::Symbol::new(raw).ok().and_then(|symbol| symbol.demangle().ok());
    demangled.unwrap_or_else(|| raw.to_owned())
}

/// Returns the possible symbols of the function that declares a variable, the longest first: `_Z3fooi` and `foo` for
/// `_ZZ3fooiE5count`. Only one of them exists.
pub(super) fn scopes(raw: &str) -> impl Iterator<Item = String> {
    let inner = ["_ZZ", "_ZGVZ"].into_iter().find_map(|prefix| raw.strip_prefix(prefix)).unwrap_or_default();
    inner.rmatch_indices('E').flat_map(|(end, _)| {
        let function = &inner[..end];
        // A function of C is spelled as its length and its name.
        let name = function.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_c = function.strip_suffix(name).and_then(|digits| digits.parse().ok()) == Some(name.len());
        std::iter::once(format!("_Z{function}")).chain(is_c.then(|| name.to_owned()))
    })
}

/// Returns the name without the suffix of a clone or of a local symbol: `.constprop.0`, `.lto_priv.3`, `.1234`.
pub(super) fn stem(raw: &str) -> &str {
    // A dot at the start begins no suffix.
    raw.get(1..).and_then(|rest| rest.find('.')).map_or(raw, |at| &raw[..=at])
}
