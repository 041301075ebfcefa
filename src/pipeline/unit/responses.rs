//! Expands response files (`@{build.path}/build_opt.h`, `@{build.variant.path}/includes.txt`) in a unit's
//! command as the driver would. Cells with the same flags share their units, although each has a file of its
//! own. A hook that rewrites its file later does not affect units that are already planned. And zccache,
//! which takes backslashes in such a file literally, never sees one.

use std::path::Path;

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
    let (cwd, files) = (cx.staging.clone(), cx.files.clone());
    blocking(move || {
        let mut words = Vec::with_capacity(argv.len());
        expand(argv, &cwd, files.disk(), 0, &mut words);
        words
    })
    .await
}

fn expand(argv: Vec<String>, cwd: &Path, disk: &Disk, depth: usize, into: &mut Vec<String>) {
    for word in argv {
        // GCC takes the name of an unreadable response file as an ordinary word.
        let text = word.strip_prefix('@').filter(|_| depth < DEEPEST);
        let text = text.and_then(|name| String::from_utf8(disk.read(&cwd.join(name)).ok()?).ok());
        match text {
            Some(text) => expand(response(&text), cwd, disk, depth + 1, into),
            None => into.push(word),
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
            let mut words = Vec::new();
            expand(
                argv.iter().map(|&word| word.to_owned()).collect(),
                directory.path(),
                &Disk::default(),
                0,
                &mut words,
            );
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
        assert_eq!(words(&["@loop"]).last().unwrap(), "@loop", "a loop ends");
    }
}
