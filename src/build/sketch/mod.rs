//! Turns a sketch folder into C++: what is in it ([`mod@folder`]), its `.ino` files as one source
//! ([`mod@merge`]), and that source with the prototypes that Arduino's users don't write. Everything
//! but [`folder::load`] is a pure function of bytes. It knows nothing of boards, libraries and
//! compilers, so it evaluates no `#if`: see `placement.rs` for how it does without.

pub mod folder;
pub mod merge;

mod conditionals;
mod lexer;
mod outline;
mod placement;
mod signature;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use folder::{SketchError, SketchFiles, SketchUnit, load, load_file};
pub use merge::{Merged, SketchFile, merge};

/// A prototype that the sketch needs and does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prototype {
    /// The function's name; of one that a macro makes, the macro's.
    pub name: String,
    /// The declaration in C++, on one line: `static int f(int a);`.
    pub text: Vec<u8>,
    /// The `.ino` file that defines the function.
    pub file: PathBuf,
    /// The line of the definition, from 1.
    pub line: usize,
    /// The byte of the merged source before which it goes.
    pub at: usize,
    /// The directives that open the conditions it must stand under (`#ifdef A`, or `#if A` and
    /// `#else`), outermost first; each needs one `#endif`.
    pub conditions: Vec<Vec<Vec<u8>>>,
}

/// Finds the prototypes that are missing from a merged source, in the order in which they go in.
///
/// A function gets one if it is defined at global scope and is not declared before. It gets none
/// where Arduino's builder gives none or one that could not compile: for a default argument, for a
/// member, without a return type. Under conditions the same prototype may have several places.
pub fn prototypes(merged: &Merged) -> Vec<Prototype> {
    let scan = conditionals::scan(&merged.text);
    let outline = outline::outline(&scan);
    let placed = placement::place(&scan, &outline).into_iter();
    let located = placed.filter_map(|placed| {
        let (file, line) = merged.locate(placed.definition)?;
        // In front of its line, unless something else is on it.
        let start =
            merged.text[..placed.at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let blank =
            merged.text[start..placed.at].trim_ascii().is_empty() && !merged.text[..start].ends_with(b"\\\n");
        Some(Prototype {
            name: String::from_utf8_lossy(&placed.name).into_owned(),
            text: placed.text,
            file: file.to_owned(),
            line,
            at: if blank { start } else { placed.at },
            conditions: placed.conditions,
        })
    });
    located.collect()
}

/// Makes the C++ source of a sketch out of its `.ino` files, main file first.
///
/// Every line that the files have is in it, under a `#line` that names its file and number, in the
/// same order; code that does not parse is handed to the compiler as it is.
pub fn preprocess(files: &[SketchFile]) -> Vec<u8> {
    let merged = merge(files);
    let prototypes = prototypes(&merged);
    let mut text = Vec::with_capacity(merged.text.len() + prototypes.len() * 160);
    let mut copied = 0;
    for group in prototypes.chunk_by(|a, b| a.at == b.at) {
        let at = group[0].at;
        text.extend_from_slice(&merged.text[copied..at]);
        if text.last().is_some_and(|&byte| byte != b'\n') || text.ends_with(b"\\\n") {
            text.push(b'\n');
        }
        for prototype in group {
            push_prototype(&mut text, prototype);
        }
        if let Some((file, line)) = merged.locate(at) {
            text.extend_from_slice(&merge::line_directive(line, file));
        }
        copied = at;
    }
    text.extend_from_slice(&merged.text[copied..]);
    text
}

fn push_prototype(text: &mut Vec<u8>, prototype: &Prototype) {
    for directive in prototype.conditions.iter().flatten() {
        text.extend_from_slice(directive);
        text.push(b'\n');
    }
    text.extend_from_slice(&merge::line_directive(prototype.line, &prototype.file));
    text.extend_from_slice(&prototype.text);
    text.push(b'\n');
    for _ in &prototype.conditions {
        text.extend_from_slice(b"#endif\n");
    }
}
