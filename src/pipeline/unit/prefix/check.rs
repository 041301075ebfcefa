//! Decides from preprocessed text whether headers may be precompiled. Reads text only.
//!
//! GCC stores declarations and macros in a precompiled header, but not all of its own state: what a pragma changes for the
//! rest of a source is lost. And a source includes the same headers once more, which must have no effect.

/// Text between the headers and their second inclusion.
pub(super) const MARKER: &str = "fbuild_matrix_end_of_prefix";

/// Returns the reason why headers can't be precompiled, if there is one. `preprocessed` is the output of `-E -dD` for the
/// headers, [`MARKER`], and the headers again.
pub(super) fn problem(preprocessed: &[u8]) -> Option<String> {
    let mut state = Pragmas::default();
    let mut is_second = false;
    for line in preprocessed.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line == MARKER.as_bytes() {
            if let Some(open) = state.open() {
                return Some(format!("#pragma {open} holds beyond the headers"));
            }
            is_second = true;
        } else if is_second {
            // `# 1 "file"` says where text comes from.
            if !line.is_empty() && !line.starts_with(b"# ") {
                let shown = String::from_utf8_lossy(line.get(..80).unwrap_or(line));
                return Some(format!("a header is not guarded against a second inclusion: {shown}"));
            }
        } else if let Some(directive) = line.strip_prefix(b"#") {
            let text = String::from_utf8_lossy(directive);
            let mut words =
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
            let is_allowed = match words.next() {
                Some("pragma") => state.allows(&words.collect::<Vec<_>>()),
                // The assembler's identification is written while the header is read.
                Some("ident" | "sccs" | "assert" | "unassert") => false,
                _ => true,
            };
            if !is_allowed {
                return Some(format!("#{}", text.trim()));
            }
        }
    }
    (!is_second).then(|| "the preprocessor printed no end of the headers".to_owned())
}

/// Pragmas that are open.
#[derive(Default)]
struct Pragmas {
    pack: usize,
    visibility: usize,
    options: usize,
}

impl Pragmas {
    /// Follows a pragma. Returns whether its effect ends within the headers, is part of a precompiled header, or is only on
    /// diagnostics that GCC then prints in addition.
    fn allows(&mut self, words: &[&str]) -> bool {
        match words {
            ["once"]
            | ["push_macro" | "pop_macro", _]
            | ["GCC", "system_header"]
            | ["GCC", "poison", ..]
            | ["GCC", "diagnostic", "push" | "pop"]
            | ["GCC", "diagnostic", "ignored", ..] => true,
            ["pack", "push", ..] => open(&mut self.pack),
            ["pack", "pop"] => close(&mut self.pack),
            ["pack", ..] => self.pack > 0,
            ["GCC", "visibility", "push", ..] => open(&mut self.visibility),
            ["GCC", "visibility", "pop"] => close(&mut self.visibility),
            ["GCC", "push_options"] => open(&mut self.options),
            ["GCC", "pop_options"] => close(&mut self.options),
            ["GCC", "optimize" | "target", ..] => self.options > 0,
            _ => false,
        }
    }

    /// Returns the name of a pragma that is still open.
    fn open(&self) -> Option<&'static str> {
        [(self.pack, "pack"), (self.visibility, "GCC visibility"), (self.options, "GCC push_options")]
            .into_iter()
            .find_map(|(depth, name)| (depth > 0).then_some(name))
    }
}

fn open(depth: &mut usize) -> bool {
    *depth += 1;
    true
}

fn close(depth: &mut usize) -> bool {
    let is_open = *depth > 0;
    *depth = depth.saturating_sub(1);
    is_open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(first: &str, second: &str) -> Option<String> {
        problem(format!("# 1 \"a.h\"\n{first}\n{MARKER}\n# 1 \"a.h\" 1\n{second}\n").as_bytes())
    }

    #[test]
    fn what_ends_within_the_headers_is_allowed() {
        for text in [
            "int x;\n#define A 1\n#undef A",
            "#pragma once",
            "#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Wx\"\n#pragma GCC diagnostic pop",
            "#pragma pack(push, 1)\nstruct A {};\n#pragma pack(2)\n#pragma pack(pop)",
            "#pragma GCC visibility push(default)\n# pragma GCC visibility pop",
            "#pragma GCC push_options\n#pragma GCC optimize (\"O3\")\n#pragma GCC target (\"x\")\n#pragma GCC pop_options",
            "#pragma push_macro(\"A\")\n#pragma GCC system_header",
        ] {
            assert_eq!(of(text, ""), None, "{text}");
        }
    }

    #[test]
    fn state_that_a_precompiled_header_loses_is_refused() {
        for text in [
            "#pragma pack(1)",
            "#pragma pack(push, 1)",
            "#pragma pack(push)\n#pragma pack(pop)\n#pragma pack(pop)",
            "#pragma GCC optimize (\"O3\")",
            "#pragma GCC push_options\n#pragma GCC optimize (\"O3\")",
            "#pragma GCC visibility push(hidden)",
            "#pragma GCC diagnostic warning \"-Wx\"",
            "#pragma GCC diagnostic error \"-Wx\"",
            "#pragma weak x",
            "#pragma redefine_extname a b",
            "#pragma STDC FP_CONTRACT ON",
            "#pragma scalar_storage_order big-endian",
            "#pragma unheard of",
            "#pragma",
            "#ident \"x\"",
        ] {
            assert!(of(text, "").is_some(), "{text}");
        }
    }

    #[test]
    fn a_second_inclusion_must_have_no_effect() {
        for text in ["int x;", "#define A 1", "#undef A", "#pragma once"] {
            assert!(of("", text).is_some(), "{text}");
        }
        assert!(problem(b"int x;\n").is_some(), "the marker is missing");
    }
}
