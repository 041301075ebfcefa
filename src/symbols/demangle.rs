//! Names as the source spells them.

/// The name of a symbol in C++; in C and assembler it is that already.
pub(super) fn demangled(raw: &str) -> String {
    if !raw.starts_with("_Z") && !raw.starts_with("_GLOBAL_") {
        return raw.to_owned();
    }
    let demangled = cpp_demangle::Symbol::new(raw).ok().and_then(|symbol| symbol.demangle().ok());
    demangled.unwrap_or_else(|| raw.to_owned())
}

/// The symbols that the function may have in which a variable is declared, the longest first: `_Z3fooi` and `foo` of
/// `_ZZ3fooiE5count`. Only one of them is the function's; where its name ends can be told by those that are there.
pub(super) fn scopes(raw: &str) -> impl Iterator<Item = String> {
    let inner = ["_ZZ", "_ZGVZ"].into_iter().find_map(|prefix| raw.strip_prefix(prefix)).unwrap_or_default();
    inner.rmatch_indices('E').flat_map(|(end, _)| {
        let function = &inner[..end];
        // A function of C has its length and its name.
        let name = function.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_c = function.strip_suffix(name).and_then(|digits| digits.parse().ok()) == Some(name.len());
        std::iter::once(format!("_Z{function}")).chain(is_c.then(|| name.to_owned()))
    })
}

/// The name without what the compiler hangs on to its clones and to what it makes local: `.constprop.0`,
/// `.lto_priv.3`, `.1234`.
pub(super) fn stem(raw: &str) -> &str {
    // A name that begins with a dot is all stem.
    raw.get(1..).and_then(|rest| rest.find('.')).map_or(raw, |at| &raw[..=at])
}
