//! Reads the includes and the line markers in a preprocessor's output with `-dI`
//! (<https://gcc.gnu.org/onlinedocs/cpp/Preprocessor-Output.html>).

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::includes::{Form, HeaderName};

/// The files that a preprocessor has read, and what they include.
#[derive(Debug)]
pub(super) struct Included {
    /// Paths as the preprocessor has them; the source first.
    files: Vec<PathBuf>,
    /// The index of a file, and a name in one of its includes.
    names: BTreeSet<(usize, HeaderName)>,
}

impl Included {
    /// Returns the paths of the files that the preprocessor has read.
    pub(super) fn entered(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Returns the names that the chosen files include, sorted.
    pub(super) fn names_in(&self, is_chosen: impl Fn(&Path) -> bool) -> Vec<HeaderName> {
        let chosen: Vec<bool> = self.files.iter().map(|path| is_chosen(path)).collect();
        let names = self.names.iter().filter(|(file, _)| chosen[*file]).map(|(_, name)| name.clone());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Reads the output for `source`. Relative paths are relative to `cwd`.
pub(super) fn included(text: &[u8], source: &Path, cwd: &Path) -> Included {
    let mut included = Included { files: vec![source.to_owned()], names: BTreeSet::new() };
    // The files that are open, the innermost last, by index.
    let mut open = vec![0];
    for line in text.split(|byte| *byte == b'\n').filter(|line| line.first() == Some(&b'#')) {
        if let Some((path, flags)) = marker(line) {
            // Markers without a flag come from `#line` too, and name any file.
            if flags.contains(&b'1') {
                open.push(included.number(cwd.join(path)));
            } else if flags.contains(&b'2') && open.len() > 1 {
                open.pop();
            }
        } else if let Some(name) = directive(line)
            && let Some(file) = open.last()
        {
            included.names.insert((*file, name));
        }
    }
    included
}

impl Included {
    fn number(&mut self, path: PathBuf) -> usize {
        self.files.iter().position(|known| *known == path).unwrap_or_else(|| {
            self.files.push(path);
            self.files.len() - 1
        })
    }
}

/// Returns the path and the flags of a line marker, `# LINE "PATH" FLAGS`.
fn marker(line: &[u8]) -> Option<(PathBuf, &[u8])> {
    let rest = line.strip_prefix(b"# ")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest[digits..].strip_prefix(b" \"").filter(|_| digits > 0)?;
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'"' => return Some((std::ffi::OsString::from_vec(path).into(), &rest[at + 1..])),
            b'\\' => {
                let digits =
                    rest[at + 1..].iter().take(3).take_while(|byte| (b'0'..b'8').contains(*byte)).count();
                if digits == 3 {
                    let octal = rest[at + 1..at + 4]
                        .iter()
                        .fold(0u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
                    path.push(u8::try_from(octal).ok()?);
                    at += 4;
                } else {
                    path.push(*rest.get(at + 1)?);
                    at += 2;
                }
            }
            _ => {
                path.push(byte);
                at += 1;
            }
        }
    }
    None
}

/// Returns the name in an include that the preprocessor printed. Clang prints a comment behind it.
fn directive(line: &[u8]) -> Option<HeaderName> {
    let rest = [&b"#include_next "[..], b"#include ", b"#import "]
        .iter()
        .find_map(|word| line.strip_prefix(*word))?;
    let (form, close) = match rest.first()? {
        b'"' => (Form::Quote, b'"'),
        b'<' => (Form::Angle, b'>'),
        _ => return None,
    };
    let end = rest[1..].iter().position(|byte| *byte == close)?;
    let name = OsStr::from_bytes(&rest[1..=end]).to_str()?;
    Some(HeaderName { form, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# 0 \"/s/a.c\"
# 0 \"<built-in>\"
# 1 \"/usr/include/stdc-predef.h\" 1 3 4
# 0 \"<command-line>\" 2
# 1 \"/s/a.c\"
#include \"sub/conf.h\"
# 4 \"/s/a.c\"
# 1 \"sub/conf.h\" 1
#include_next <deep.h> /* clang -E -dI */
# 1 \"/i/a \\\"b\\\\ \\303\\244.h\" 1 3
# 2 \"sub/conf.h\" 2
# 7 \"/elsewhere.ino\"
#include <two.h>
# 5 \"/s/a.c\" 2
#include <stdint.h>
#pragma once
int x;
";

    #[test]
    fn names_belong_to_the_file_that_is_open() {
        let found = included(TEXT.as_bytes(), Path::new("/s/a.c"), Path::new("/cwd"));
        let files: Vec<&Path> = found.entered().collect();
        let expected =
            ["/s/a.c", "/usr/include/stdc-predef.h", "/cwd/sub/conf.h", "/i/a \"b\\ ä.h"].map(Path::new);
        assert_eq!(files, expected);
        let names = |path: &str| {
            let names = found.names_in(|file| file == Path::new(path)).into_iter();
            names.map(|name| format!("{:?} {}", name.form, name.name)).collect::<Vec<_>>()
        };
        assert_eq!(names("/s/a.c"), ["Quote sub/conf.h", "Angle stdint.h"]);
        assert_eq!(names("/cwd/sub/conf.h"), ["Angle deep.h", "Angle two.h"]);
        assert_eq!(names("/elsewhere.ino"), Vec::<String>::new());
    }
}
