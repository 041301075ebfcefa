//! Paths of one checkout as those of another: runners may have theirs in different directories.

use std::path::Path;

/// Replaces the directory `from`, and every path below it, by `to` in a text of JSON lines.
pub(super) fn rebased(content: Vec<u8>, from: &Path, to: &Path) -> Vec<u8> {
    if from == to || from.as_os_str().is_empty() || to.as_os_str().is_empty() {
        return content;
    }
    let Ok(text) = String::from_utf8(content) else { return Vec::new() };
    let [from, to] = [from, to].map(|path| {
        let quoted = serde_json::Value::from(path.to_string_lossy()).to_string();
        quoted.trim_matches('"').trim_end_matches('/').to_owned()
    });
    if from.is_empty() {
        return text.into_bytes();
    }
    let mut moved = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(&from) {
        let (before, behind) = (&rest[..at], &rest[at + from.len()..]);
        let is_part_of_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
        let begins =
            before.chars().next_back().or(moved.chars().next_back()).is_none_or(|c| !is_part_of_name(c));
        let ends = behind.chars().next().is_none_or(|c| !is_part_of_name(c));
        moved.push_str(before);
        moved.push_str(if begins && ends { &to } else { &from });
        rest = behind;
    }
    moved.push_str(rest);
    moved.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_move() {
        let moved = |text: &str| {
            String::from_utf8(rebased(text.as_bytes().to_vec(), Path::new("/ci/a"), Path::new("/home/b")))
                .unwrap()
        };
        assert_eq!(
            moved(r#"{"file":"/ci/a/x.ino","d":"/ci/a","o":"in /ci/a/y:1"}"#),
            r#"{"file":"/home/b/x.ino","d":"/home/b","o":"in /home/b/y:1"}"#
        );
        assert_eq!(moved("/ci/ab /ci/a-b x/ci/a"), "/ci/ab /ci/a-b x/ci/a");
        assert_eq!(moved(r"-I/ci/a"), "-I/ci/a", "the letter before it may belong to a name");
    }
}
