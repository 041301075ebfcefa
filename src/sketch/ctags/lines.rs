//! The input of `arduino-ctags`: the lines of the sketch's own files.

use std::path::Path;

/// The arguments of `arduino-ctags`, before `-f` with the output file and the source file.
pub const ARGUMENTS: [&str; 5] =
    ["-u", "--language-force=c++", "--c++-kinds=svpf", "--fields=KSTtzns", "--line-directives"];

/// Length in bytes of a line at which arduino-cli stops reading a preprocessed source.
const LONGEST_LINE: usize = 1024 * 1024;

/// Returns the lines of a preprocessed source that come from the sketch's own `.ino` files, the input of ctags.
pub fn sketch_lines(preprocessed: &[u8], is_tab: impl Fn(&Path) -> bool) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut inside = false;
    for line in preprocessed.split(|&byte| byte == b'\n') {
        if line.len() > LONGEST_LINE {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(name) = line_marker(line) {
            inside = is_tab(Path::new(&name));
        }
        if inside {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
    }
    kept
}

/// Returns the file that a line marker names: `# 12 "name" 2`.
pub(super) fn line_marker(line: &[u8]) -> Option<String> {
    let mut parts = line.splitn(3, |&byte| byte == b' ');
    let (hash, number, rest) = (parts.next()?, parts.next()?, parts.next()?);
    std::str::from_utf8(number).ok()?.parse::<i64>().ok().filter(|_| hash.starts_with(b"#"))?;
    let mut bytes = rest.strip_prefix(b"\"")?.iter().copied();
    let mut name = Vec::new();
    loop {
        match bytes.next()? {
            b'\\' => name.push(bytes.next()?),
            b'"' => break,
            byte => name.push(byte),
        }
    }
    matches!(bytes.next(), None | Some(b' ')).then(|| String::from_utf8_lossy(&name).into_owned())
}
