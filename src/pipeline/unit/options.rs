//! Reads the dependencies of a compile command beside the source and its includes: macros, files that options
//! name, and inputs that no key can cover. Knows GCC's options and their equivalents in Clang; resolves no
//! includes.

use std::path::{Path, PathBuf};

use crate::includes::{Disk, MacroDefinitions, TIMES};

/// Maximum nesting of response files; a longer chain is a loop.
const MAX_NESTING: usize = 16;

/// Inputs of a compile command, by its options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Options {
    /// `-D`, with the body `1` where none is given.
    pub(in crate::pipeline) macros: MacroDefinitions,
    /// Names in `-include` and `-imacros`.
    pub(in crate::pipeline) forced: Vec<String>,
    /// Files that words of the command name, including response files: their content is in the key.
    pub(in crate::pipeline) files: Vec<PathBuf>,
    /// Directories of `-B`, where the driver looks for programs and specifications.
    pub(in crate::pipeline) directories: Vec<PathBuf>,
    /// Directories of `-L`, where the linker looks for archives and scripts.
    pub(in crate::pipeline) libraries: Vec<PathBuf>,
    /// Language of the last `-x`.
    pub(in crate::pipeline) language: Option<String>,
    /// Reason why the compile is uncacheable; `None` if it is cacheable.
    pub(in crate::pipeline) uncacheable: Option<String>,
}

/// Prefixes of options that make a compile read or write files that no key covers, with the reason.
const UNCACHEABLE: [(&str, &str); 47] = [
    // Files beside the object, which a cache hit would not create.
    ("--coverage", "the compile writes coverage notes"),
    ("-coverage", "the compile writes coverage notes"),
    ("-ftest-coverage", "the compile writes coverage notes"),
    ("-fcondition-coverage", "the compile writes coverage notes"),
    ("-fprofile-", "the compile reads or writes a profile"),
    ("-fauto-profile", "the compile reads a profile"),
    ("-fbranch-probabilities", "the compile reads a profile"),
    ("-gsplit-dwarf", "the compile writes debug information beside the object"),
    ("-save-temps", "the compile keeps intermediate files"),
    ("--save-temps", "the compile keeps intermediate files"),
    ("-fstack-usage", "the compile writes a report of the stack's use"),
    ("-fcallgraph-info", "the compile writes a call graph"),
    ("-fdump-", "the compile writes dumps"),
    ("-d", "the compile writes dumps"),
    ("--dump", "the compile writes dumps"),
    ("-fopt-info", "the compile writes reports"),
    ("-fsave-optimization-record", "the compile writes reports"),
    ("-ftime-trace", "the compile writes reports"),
    ("-fdiagnostics-add-output", "the compile writes reports"),
    ("-aux-info", "the compile writes prototypes"),
    ("-time=", "the compile writes its times"),
    ("-frepo", "the compile writes a template repository"),
    // Other programs.
    ("-fplugin", "the compiler loads a plugin"),
    ("-fpass-plugin", "the compiler loads a plugin"),
    ("-load", "the compiler loads a plugin"),
    ("-wrapper", "the compiler runs under a wrapper"),
    ("--wrapper", "the compiler runs under a wrapper"),
    // Ways to read a source that the scanner does not follow.
    ("-fmodule", "C++ modules"),
    ("-include-pch", "a precompiled header"),
    ("-fpch", "a precompiled header"),
    ("-fpreprocessed", "a source that is preprocessed already"),
    ("-fdirectives-only", "a source that is preprocessed in part"),
    ("-traditional", "the traditional preprocessor"),
    ("--traditional", "the traditional preprocessor"),
    ("-finput-charset", "a source in another character set"),
    ("-remap", "header names that are mapped"),
    ("-ivfsoverlay", "header names that are mapped"),
    ("-I-", "quoted includes that are not searched beside their file"),
    ("--include-barrier", "quoted includes that are not searched beside their file"),
    ("-fembed-dir", "a search path of its own for #embed"),
    ("--embed-dir", "a search path of its own for #embed"),
    // Options whose words would have to be parsed for another program.
    ("-Xclang", "an option for a part of the compiler"),
    ("-Xpreprocessor", "an option for a part of the compiler"),
    ("-Xassembler", "an option for a part of the compiler"),
    ("--for-", "an option for a part of the compiler"),
    ("-mllvm", "an option for a part of the compiler"),
    ("--config", "a configuration file of the compiler"),
];

/// Exceptions to [`UNCACHEABLE`]: harmless options with such a prefix.
const CLEAR: [&str; 5] =
    ["-fprofile-abs-path", "-fprofile-reproducible", "-dumpversion", "-dumpmachine", "-fpch-deps"];

/// Working directory and file system of a command.
#[derive(Clone, Copy)]
struct At<'a> {
    cwd: &'a Path,
    disk: &'a Disk,
}

impl Options {
    /// Reads the options of a command that runs in `cwd`.
    pub(in crate::pipeline) fn read(argv: &[String], cwd: &Path, disk: &Disk) -> Self {
        let at = At { cwd, disk };
        let mut options = Self::default();
        let mut words = Vec::new();
        options.expand(argv.get(1..).unwrap_or_default(), at, 0, &mut words);
        options.libraries = library_directories(&words, cwd);
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let mut next = || words.next().unwrap_or_default();
            match word.as_str() {
                "-D" | "--define-macro" => options.define(&next()),
                "-include" | "-imacros" | "--include" | "--imacros" => options.forced.push(next()),
                "-x" | "--language" => options.language = Some(next()),
                "-B" | "--prefix" => options.directories.push(cwd.join(next())),
                "-o" | "-MF" | "-MT" | "-MQ" | "-U" | "-I" | "-isystem" | "-iquote" | "-idirafter" => {
                    next();
                }
                _ => options.word(&word, at),
            }
        }
        options
    }

    /// Appends `words` to `into`, with response files expanded.
    fn expand(&mut self, words: &[String], at: At<'_>, depth: usize, into: &mut Vec<String>) {
        for word in words {
            // The linker reads its own response files.
            let name = word.strip_prefix('@').or_else(|| word.strip_prefix("-Wl,@"));
            let file = name.map(|name| at.cwd.join(name)).filter(|path| at.disk.is_file(path));
            let Some(file) = file else {
                into.push(word.clone());
                continue;
            };
            match at.disk.read(&file).map(|text| String::from_utf8_lossy(&text).into_owned()) {
                Ok(text) if depth < MAX_NESTING => self.expand(&response(&text), at, depth + 1, into),
                _ => self.uncacheable("a response file that can't be read to its end"),
            }
            self.files.push(file);
        }
    }

    fn word(&mut self, word: &str, at: At<'_>) {
        for (option, forced) in [
            ("-D", false),
            ("--define-macro=", false),
            ("--include=", true),
            ("--imacros=", true),
            ("-imacros", true),
            // After the longer options with this prefix.
            ("-include", true),
        ] {
            let Some(value) = word.strip_prefix(option).filter(|_| !word.starts_with("-include-pch")) else {
                continue;
            };
            return if forced { self.forced.push(value.to_owned()) } else { self.define(value) };
        }
        if let Some(language) = word.strip_prefix("-x") {
            self.language = Some(language.to_owned());
        } else if let Some(directory) = word.strip_prefix("-B").or_else(|| word.strip_prefix("--prefix=")) {
            self.directories.push(at.cwd.join(directory));
        } else if let Some(list) = word.strip_prefix("-Wp,") {
            for part in list.split(',') {
                if let Some(definition) = part.strip_prefix("-D") {
                    self.define(definition);
                } else if !(part.starts_with("-U") || part.starts_with("-W") || part.starts_with("-f")) {
                    self.uncacheable("an option for a part of the compiler");
                }
            }
        } else if let Some(list) = word.strip_prefix("-Wl,") {
            // A single response file has been expanded already.
            if list.split(',').any(|part| part.starts_with('@')) {
                self.uncacheable("a response file among the linker's options");
            }
        } else if let Some(list) = word.strip_prefix("-Wa,") {
            let reads_or_writes = |part: &str| {
                ["-I", "@", "-o", "-MD", "--MD"].iter().any(|option| part.starts_with(option))
                    || (part.starts_with("-a") && part.contains('='))
            };
            if list.split(',').any(reads_or_writes) {
                self.uncacheable("the assembler reads or writes files of its own");
            }
        } else if let Some((_, reason)) = UNCACHEABLE.iter().find(|(option, _)| word.starts_with(option))
            && !CLEAR.iter().any(|clear| word.starts_with(clear))
        {
            self.uncacheable(reason);
        }
        self.named_file(word, at);
    }

    /// Adds the file that a word names, whatever the option means: `-specs=/x`, `-T/x`, `a.ld`.
    fn named_file(&mut self, word: &str, at: At<'_>) {
        const DIRECTORIES: [&str; 5] = ["-I", "-isystem", "-iquote", "-idirafter", "--sysroot"];
        if DIRECTORIES.iter().any(|option| word.starts_with(option)) {
            return;
        }
        let behind = |separator| word.split_once(separator).map(|(_, path)| path);
        let from_slash = word.find('/').map(|at| &word[at..]);
        for path in [Some(word), behind('='), behind(','), from_slash].into_iter().flatten() {
            let path = at.cwd.join(path.strip_prefix('@').unwrap_or(path));
            if at.disk.is_file(&path) && !self.files.contains(&path) {
                // Specifications may include others, which are not resolved.
                let names_others = |path: &Path| {
                    at.disk.read(path).is_ok_and(|text| text.windows(8).any(|window| window == b"%include"))
                };
                if word.contains("-specs=") && names_others(&path) {
                    self.uncacheable("specifications that include others");
                }
                self.files.push(path);
            }
        }
    }

    fn define(&mut self, definition: &str) {
        let (name, body) = definition.split_once('=').unwrap_or((definition, "1"));
        if TIMES.iter().any(|time| body.contains(time)) {
            self.uncacheable("the date or time of the compile, in a macro of the command");
        }
        if body.contains("__has_include") || body.contains("__has_embed") {
            self.uncacheable("a macro of the command that asks for a header");
        }
        self.macros.insert(name.to_owned(), body.to_owned());
    }

    fn uncacheable(&mut self, reason: &str) {
        self.uncacheable.get_or_insert_with(|| reason.to_owned());
    }
}

/// Returns the directories of `-L`, `-Wl,-L` and `--library-path`.
fn library_directories(words: &[String], cwd: &Path) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    let mut words = words.iter().flat_map(|word| word.strip_prefix("-Wl,").unwrap_or(word).split(','));
    while let Some(word) = words.next() {
        let value = ["--library-path=", "-L"].iter().find_map(|option| word.strip_prefix(option));
        match value {
            Some("") => directories.extend(words.next().map(|directory| cwd.join(directory))),
            Some(directory) => directories.push(cwd.join(directory)),
            None => {}
        }
    }
    directories
}

/// Splits a response file into words by the rules of GCC's driver (`buildargv` of libiberty): white space
/// separates, either quote groups, a backslash escapes the next character.
pub(super) fn response(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.get_or_insert_default().extend(chars.next()),
            _ if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            _ if quote.is_none() && c.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], cwd: &Path) -> Options {
        let argv: Vec<String> =
            std::iter::once("gcc").chain(words.iter().copied()).map(str::to_owned).collect();
        Options::read(&argv, cwd, &Disk::default())
    }

    fn nowhere(words: &[&str]) -> Options {
        read(words, Path::new("/nowhere"))
    }

    #[test]
    fn macros_are_read_in_every_spelling() {
        let options = nowhere(&["-DA", "-D", "B=x=y", "-DC=<c.h>", "-Wp,-DD=2,-UA", "-DA=last", "-UA"]);
        let expected = [("A", "last"), ("B", "x=y"), ("C", "<c.h>"), ("D", "2")];
        let expected = expected.map(|(name, body)| (name.to_owned(), body.to_owned())).into();
        assert_eq!(options, Options { macros: expected, ..Options::default() });
    }

    #[test]
    fn forced_includes_are_read_in_every_spelling() {
        let options =
            nowhere(&["-include", "a.h", "-includeb.h", "-imacros", "c.h", "-imacrosd.h", "--include=e.h"]);
        assert_eq!(options.forced, ["a.h", "b.h", "c.h", "d.h", "e.h"]);
        assert_eq!(options.uncacheable, None);
    }

    #[test]
    fn a_value_is_not_taken_for_an_option() {
        let options = nowhere(&["-o", "-include", "-MF", "-DX", "-I", "-save-temps", "-c"]);
        assert_eq!(options, Options::default());
        assert_eq!(nowhere(&["-x", "c++", "-c"]).language.as_deref(), Some("c++"));
        assert_eq!(nowhere(&["-xassembler-with-cpp"]).language.as_deref(), Some("assembler-with-cpp"));
    }

    #[test]
    fn response_files_are_read_to_the_bottom() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("one"), "-DA='b c' \"-DQ=\\\"x.h\\\"\"\n@two\t-include f\\ g.h").unwrap();
        std::fs::write(at("two"), "--coverage").unwrap();
        let options = read(&["@one", "@missing"], directory.path());
        assert_eq!(options.macros["A"], "b c");
        assert_eq!(options.macros["Q"], "\"x.h\"");
        assert_eq!(options.forced, ["f g.h"]);
        assert_eq!(options.uncacheable.as_deref(), Some("the compile writes coverage notes"));
        assert_eq!(options.files, [at("two"), at("one")]);

        std::fs::write(at("two"), "@one").unwrap();
        assert!(read(&["@one"], directory.path()).uncacheable.is_some(), "a loop ends, and is said");
    }

    #[test]
    fn library_directories_are_read_in_every_spelling() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("link"), "-L/f -T/script.ld").unwrap();
        std::fs::write(at("more"), "-L /g").unwrap();
        let words = ["-L/a", "-L", "b", "-Wl,-L,/c,-Map,x", "-Wl,-L/d", "-lm", "--library-path=/e"];
        let mut words = words.to_vec();
        words.extend(["-Wl,@link", "@more"]);
        let options = read(&words, directory.path());
        let expected = ["/a", "b", "/c", "/d", "/e", "/f", "/g"];
        assert_eq!(options.libraries, expected.map(at));
        assert_eq!(options.files, [at("link"), at("more")]);
        assert_eq!(options.uncacheable, None);
    }

    #[test]
    fn files_that_words_name_enter() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["plugin.so", "a.specs", "list"] {
            std::fs::write(at(name), "x").unwrap();
        }
        let absolute = at("list").display().to_string();
        let words =
            ["-specs=a.specs", &format!("-fsanitize-ignorelist={absolute}"), &format!("-T{absolute}"), "-g"];
        let options = read(&words, directory.path());
        assert_eq!(options.files, [at("a.specs"), at("list")]);
        assert_eq!(options.uncacheable, None);
        assert!(read(&["-fplugin=plugin.so"], directory.path()).uncacheable.is_some());
        std::fs::write(at("a.specs"), "%include <b.specs>").unwrap();
        assert!(read(&["-specs=a.specs"], directory.path()).uncacheable.is_some());
        assert_eq!(read(&["-B", "tools", "-Bmore"], directory.path()).directories, [at("tools"), at("more")]);
    }

    #[test]
    fn what_no_key_covers_is_opaque() {
        for word in [
            "--coverage",
            "-fprofile-arcs",
            "-fprofile-use=/x",
            "-ftest-coverage",
            "-gsplit-dwarf",
            "-save-temps=obj",
            "-fstack-usage",
            "-fdump-tree-all",
            "-da",
            "-Wp,-include,x.h",
            "-Wp,-MD,x.d",
            "-Wa,-I,/x",
            "-Wa,-adhln=x.lst",
            "-Wa,@x",
            "-Wl,-Map,x.map,@x",
            "-Xpreprocessor",
            "-fmodules-ts",
            "-I-",
            "-finput-charset=utf-16",
            "-DBUILT=__TIME__",
            "-DHAS=__has_include(<x.h>)",
            "-traditional-cpp",
            "-wrapper",
            "-include-pch",
            "-fplugin=x.so",
        ] {
            assert!(nowhere(&[word]).uncacheable.is_some(), "{word}");
        }
        for word in [
            "-c",
            "-g",
            "-Os",
            "-w",
            "-std=gnu++11",
            "-fpermissive",
            "-fno-exceptions",
            "-ffunction-sections",
            "-fdata-sections",
            "-fno-threadsafe-statics",
            "-Wno-error=narrowing",
            "-MMD",
            "-flto",
            "-mmcu=atmega328p",
            "-DF_CPU=16000000L",
            "-I/x",
            "-fno-fat-lto-objects",
            "-Wa,-mrelax",
            "-Wa,--noexecstack",
            "-specs=nano.specs",
            "-ffile-prefix-map=a=b",
            "-frandom-seed=x",
            "-pipe",
            "-fdebug-prefix-map=a=b",
            "-mthumb",
            "-nostdlib",
            "--param",
            "max-inline-insns-single=500",
        ] {
            assert_eq!(nowhere(&[word]).uncacheable, None, "{word}");
        }
    }
}
