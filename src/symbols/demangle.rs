//! Names as the source spells them.

/// The name of a symbol in C++; in C and assembler it is that already.
pub(super) fn demangled(raw: &str) -> String {
    if !raw.starts_with("_Z") && !raw.starts_with("_GLOBAL_") {
        return raw.to_owned();
    }
    let demangled = cpp_demangle::Symbol::new(raw).ok().and_then(|symbol| symbol.demangle().ok());
    demangled.unwrap_or_else(|| raw.to_owned())
}

/// The function in which a variable is declared: `setup()` of `setup()::count`.
pub(super) fn scope(demangled: &str) -> Option<&str> {
    // A `::` between brackets belongs to an argument, not to the path.
    let mut depth = 0_usize;
    let mut last = None;
    for (at, c) in demangled.char_indices() {
        match c {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && demangled[at..].starts_with("::") => last = Some(at),
            _ => {}
        }
    }
    last.map(|at| &demangled[..at])
}

/// The name without what the compiler hangs on to its clones and to what it makes local: `.constprop.0`,
/// `.lto_priv.3`, `.1234`.
pub(super) fn stem(raw: &str) -> &str {
    // A name that begins with a dot is all stem.
    raw.get(1..).and_then(|rest| rest.find('.')).map_or(raw, |at| &raw[..=at])
}
