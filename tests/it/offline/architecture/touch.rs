//! The places that alone may touch a crate, the terminal, a shell or the file system. Searches the sources as text.

use super::graph::of_this_crate;

/// Returns the files outside of `allowed` whose code contains one of `words`, without tests and comments.
fn users(words: &[&str], allowed: &[&str]) -> Vec<String> {
    let sources = of_this_crate();
    let others = sources.iter().filter(|(file, _)| !is_test(file));
    let others = others.filter(|(file, _)| !allowed.iter().any(|place| file.starts_with(place)));
    others
        .flat_map(|(file, text)| {
            let code = without_tests(text);
            let found = words.iter().filter(|word| code.contains(**word));
            found.map(|word| format!("src/{file}: {word}")).collect::<Vec<_>>()
        })
        .collect()
}

/// Returns whether a file has only tests.
fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

/// Returns the code before the tests, without lines of comments.
fn without_tests(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    // The attributes of the test module come before it: `#[cfg(test)]`, `#[cfg(all(test, …))]`.
    let tests = code.find("\nmod tests {").and_then(|module| code[..module].rfind("#[cfg("));
    let tests = tests.filter(|at| code[*at..].lines().next().is_some_and(|line| line.contains("test")));
    code[..tests.unwrap_or(code.len())].to_owned()
}

#[test]
fn two_files_know_the_frozen_yaml_crate() {
    assert_eq!(users(&["serde_yaml"], &["matrix/schema.rs", "import/yaml.rs"]), Vec::<String>::new());
}

#[test]
fn one_place_knows_the_compiler_cache() {
    // The crate, and not the module `cache::zccache`, which others name by `super::`.
    let crate_names = [" zccache::", "(zccache::", "<zccache::"];
    assert_eq!(users(&crate_names, &["cache/zccache", "cache/mod.rs"]), Vec::<String>::new());
}

#[test]
fn only_report_and_cli_print() {
    let printers =
        ["anstream", "println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout", "io::stderr"];
    assert_eq!(users(&printers, &["report/", "cli/"]), Vec::<String>::new());
}

/// Inputs of keys are read through `includes::Disk`, which notes every observation. The files below read what the program
/// itself has made, what a key covers already, or what only a message or a report needs.
#[test]
fn inputs_of_keys_are_noted() {
    let looks = [
        "fs::read(",
        "fs::read_dir",
        "fs::read_to_string",
        "fs::metadata",
        "fs::symlink_metadata",
        "canonicalize(",
        "WalkDir",
        "File::open",
        ".exists()",
        "path.is_file()",
        "path.is_dir()",
        "directory.is_dir()",
    ];
    let makers = ["src/pipeline/", "src/includes/", "src/toolchain.rs"];
    let others = [
        // A file whose hash is in the key.
        "pipeline/output/bootloader.rs",
        "pipeline/shared/checkout.rs",
        "pipeline/convert/",
        // What a link made.
        "pipeline/firmware/",
        "pipeline/output/embed.rs",
        "pipeline/failure/error.rs",
        "pipeline/output/directory.rs",
        // For messages only.
        "pipeline/failure/gaps.rs",
        "pipeline/hooks/replay.rs",
        "pipeline/shared/known.rs",
        "pipeline/link/exported.rs",
        // For messages only.
        "pipeline/link/origin.rs",
        "pipeline/link/overflow.rs",
        // For reports only.
        "pipeline/link/symbols.rs",
        // For messages only.
        "pipeline/failure/no_library.rs",
        "pipeline/prepare/staged_sketch.rs",
        // Between processes of ours.
        "pipeline/prepare/prototypes.rs",
        "pipeline/run/",
        // Copies in a directory of ours.
        "pipeline/prepare/staged.rs",
        // For messages only.
        "pipeline/failure/undeclared.rs",
        "pipeline/unit/copy.rs",
        // What the preprocessor made.
        "pipeline/unit/clock.rs",
        "pipeline/unit/named.rs",
        // For messages only.
        "pipeline/failure/unstaged.rs",
        "pipeline/unit/depfile.rs",
        // Precompiled headers, in a directory of ours, and staged sketches.
        "pipeline/unit/prefix/",
        // Of staged sketches, whose hash is in their name.
        "pipeline/unit/digests.rs",
        // For reports only.
        "pipeline/failure/warnings.rs",
        "includes/disk.rs",
        // After an observation.
        "includes/files.rs",
        // The memo's own files, and their directory.
        "includes/memo.rs",
        "includes/stored.rs",
        "includes/source_file.rs",
    ];
    let mut users = users(&looks, &others);
    users.retain(|user| makers.iter().any(|maker| user.starts_with(maker)));
    assert_eq!(users, Vec::<String>::new());
}

#[test]
fn no_shell_is_started() {
    let shells = ["\"sh\"", "\"/bin/sh\"", "\"bash\"", "\"/bin/bash\""];
    // It recognises a platform's shell by its name.
    assert_eq!(users(&shells, &["pipeline/hooks/plain.rs"]), Vec::<String>::new());
}
