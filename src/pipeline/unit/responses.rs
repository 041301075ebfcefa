//! Expands response files (`@{build.path}/build_opt.h`, `@{build.variant.path}/includes.txt`) in a unit's
//! command as the driver would. Cells with the same flags share their units, although each has a file of its
//! own. A hook that rewrites its file later does not affect units that are already planned. And zccache,
//! which takes backslashes in such a file literally, never sees one.

use std::path::{Path, PathBuf};

use super::options::response;
use crate::includes::Disk;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Maximum nesting of response files. A deeper one stays in the command, for the driver to report.
const DEEPEST: usize = 16;

/// Returns the command with response files expanded.
///
/// # Errors
/// The run is interrupted.
pub(super) async fn spelled_out(cx: &BuildContext, argv: Vec<String>) -> Result<Vec<String>, BuildError> {
    if !argv.iter().any(|word| word.starts_with('@')) {
        return Ok(argv);
    }
    let (cwd, files, tables) = (cx.staging.clone(), cx.files.clone(), cx.tables.clone());
    blocking(move || {
        let (mut words, mut read) = (Vec::with_capacity(argv.len()), Vec::new());
        expand(argv, &cwd, files.disk(), 0, &mut Expanded { words: &mut words, read: &mut read });
        for path in &read {
            tables.inputs.add_common(path);
        }
        words
    })
    .await
}

/// The words of a command, and the files that they were read from or would be.
struct Expanded<'a> {
    words: &'a mut Vec<String>,
    read: &'a mut Vec<PathBuf>,
}

fn expand(argv: Vec<String>, cwd: &Path, disk: &Disk, depth: usize, into: &mut Expanded<'_>) {
    for word in argv {
        // GCC takes the name of an unreadable response file as an ordinary word.
        let text = word.strip_prefix('@').filter(|_| depth < DEEPEST);
        let text = text.and_then(|name| {
            let path = cwd.join(name);
            let text = disk.read(&path);
            into.read.push(path);
            String::from_utf8(text.ok()?).ok()
        });
        match text {
            Some(text) => expand(response(&text), cwd, disk, depth + 1, into),
            None => into.words.push(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_where_the_file_was_named() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("a"), "-DX=\\\"y\\\" \"-DZ=\\\"a b\\\"\"\n@b\n").unwrap();
        std::fs::write(at("b"), "-iprefix /p/ -iwithprefixbefore q").unwrap();
        std::fs::write(at("loop"), "-O2 @loop").unwrap();
        let words = |argv: &[&str]| {
            let (mut words, mut read) = (Vec::new(), Vec::new());
            expand(
                argv.iter().map(|&word| word.to_owned()).collect(),
                directory.path(),
                &Disk::default(),
                0,
                &mut Expanded { words: &mut words, read: &mut read },
            );
            assert!(read.contains(&at("b")), "{read:?}");
            words
        };
        let absolute = format!("@{}", at("b").display());
        assert_eq!(
            words(&["gcc", "@a", "-c", "@missing"]),
            [
                "gcc",
                "-DX=\"y\"",
                "-DZ=\"a b\"",
                "-iprefix",
                "/p/",
                "-iwithprefixbefore",
                "q",
                "-c",
                "@missing"
            ]
        );
        assert_eq!(words(&[&absolute]), words(&["@b"]));
        assert_eq!(words(&["@b", "@loop"]).last().unwrap(), "@loop", "a loop ends");
    }
}
