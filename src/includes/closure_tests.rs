//! Closures over real directories: the effect of each kind of change, and a comparison with the files that the host's
//! compiler reads.

use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;

use super::super::files::Files;
use super::super::search_path::SearchPath;
use super::*;

const DIRECTORIES: [&str; 6] = ["q1", "i1", "i2", "i3", "s1", "m"];

struct Tree {
    root: tempfile::TempDir,
    path: SearchPath,
    macros: MacroDefinitions,
    predefined: Option<Predefined>,
}

impl Tree {
    /// Returns a tree with these files below [`DIRECTORIES`]: `q1` is a quote directory, `i1` to `i3` are include
    /// directories, `s1` is a system directory, and the translation unit is `m/main.c`.
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut tree =
            Self { root, path: SearchPath::default(), macros: MacroDefinitions::new(), predefined: None };
        tree.path = tree.search_path(&["q1"], &["i1", "i2", "i3"], &["s1"]);
        for name in DIRECTORIES {
            std::fs::create_dir(tree.at(name)).unwrap();
        }
        for (name, text) in files {
            tree.write(name, text);
        }
        tree
    }

    fn search_path(&self, quote: &[&str], include: &[&str], system: &[&str]) -> SearchPath {
        let directories = |names: &[&str]| names.iter().map(|name| self.at(name).into()).collect();
        SearchPath { quote: directories(quote), include: directories(include), system: directories(system) }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn link(&self, name: &str, target: &str) {
        let _ = std::fs::remove_file(self.at(name));
        std::os::unix::fs::symlink(self.at(target), self.at(name)).unwrap();
    }

    /// Returns the closure as a new run finds it.
    fn look(&self) -> (Search, Inputs) {
        let search = Search::new(Arc::new(Files::default()), self.path.clone());
        let main = search.files().get(&self.at("m/main.c")).unwrap();
        let inputs = Closure::new(&search, &self.macros, self.predefined.as_ref()).of(&main, &[]);
        assert_eq!(inputs.files[0].path, main.path, "the source comes first");
        (search, inputs)
    }

    /// Returns the files of the closure without the source, relative to the tree, sorted.
    fn files(&self) -> Vec<String> {
        let relative = |path: &Path| path.strip_prefix(self.root.path()).unwrap().display().to_string();
        let mut names: Vec<String> =
            self.look().1.files[1..].iter().map(|file| relative(&file.path)).collect();
        names.sort();
        names
    }

    fn incomplete(&self) -> Option<String> {
        let inputs = self.look().1;
        inputs.incomplete.or(inputs.clock)
    }

    /// Returns whether `done` changes the closure's hash.
    fn changes(&self, done: impl FnOnce(&Self)) -> bool {
        let before = self.look().1.hash();
        done(self);
        before != self.look().1.hash()
    }
}

#[test]
fn names_lead_where_gcc_finds_them() {
    let tree = Tree::new(&[
        (
            "m/main.c",
            "#include \"a.h\"\n#include <a.h>\n#include \"b.h\"\n#include \"sub/c.h\"\n#include \"../e.h\"\n",
        ),
        ("m/a.h", ""),
        ("i1/a.h", ""),
        ("i2/a.h", "not this one"),
        ("q1/b.h", ""),
        ("i1/b.h", "not this one"),
        ("i2/sub/c.h", "#include \"d.h\"\n#include <./f.h>"),
        ("i2/sub/d.h", ""),
        ("i1/d.h", "not this one"),
        ("i3/f.h/x", "a directory"),
        ("s1/f.h", ""),
        ("e.h", ""),
    ]);
    let expected = ["e.h", "i1/a.h", "i2/sub/c.h", "i2/sub/d.h", "m/a.h", "q1/b.h", "s1/./f.h"];
    assert_eq!(tree.files(), expected);
    let (search, inputs) = tree.look();
    let needed: Vec<&str> =
        DIRECTORIES.into_iter().filter(|name| inputs.needs(&search, &tree.at(name))).collect();
    assert_eq!(needed, ["q1", "i1", "i2", "s1"]);
}

#[test]
fn absolute_names_deep_chains_and_cycles_are_followed() {
    let tree = Tree::new(&[("i1/x0.h", "#include \"x0.h\""), ("i1/last.h", "#include <x0.h>")]);
    for index in 1..300 {
        tree.write(
            &format!("i1/x{index}.h"),
            &format!("#include \"x{}.h\"\n#include <x{index}.h>", index - 1),
        );
    }
    tree.write("m/main.c", &format!("#include \"{}\"\n#include \"x299.h\"", tree.at("i1/last.h").display()));
    let files = tree.files();
    assert_eq!(files.len(), 301);
    assert!(files.contains(&"i1/last.h".to_owned()));
}

#[test]
fn directories_that_include_each_other_end() {
    let tree = Tree::new(&[
        ("m/main.c", "#include \"../i1/a.h\""),
        ("i1/a.h", "#include \"../i2/b.h\"\n#include \"../i1/a.h\""),
        ("i2/b.h", "#include \"../i1/a.h\"\n#include \"../link/../i1/a.h\""),
    ]);
    tree.link("link", "i2");
    assert_eq!(tree.files(), ["i1/a.h", "i2/b.h"]);
}

#[test]
fn every_change_that_could_change_an_object_changes_the_hash() {
    let tree = Tree::new(&[
        (
            "m/main.c",
            "#include \"a.h\"\n#ifdef X\n#include <b.h>\n#endif\n#if __has_include(\"late.h\")\n#endif\n\
             #include <w.h>\n#embed \"data\"\nasm(\".incbin \\\"blob\\\"\");\n",
        ),
        ("i2/a.h", ""),
        ("i3/b.h", "one"),
        ("i1/w.h", "#if __has_include_next(<w.h>)\n#endif"),
        ("m/data", "one"),
        ("m/blob", "one"),
        ("real/t.h", "one"),
        ("other/t.h", "two"),
    ]);
    assert!(!tree.changes(|_| ()));
    assert!(!tree.changes(|tree| tree.write("i1/unrelated.h", "")));
    assert!(!tree.changes(|tree| tree.write("i3/a.h", "behind the one that is found")));
    assert!(tree.changes(|tree| tree.write("i3/b.h", "two")), "in a branch that may be dead");
    assert!(tree.changes(|tree| tree.write("i1/a.h", "")), "an earlier directory");
    assert!(tree.changes(|tree| tree.write("q1/a.h", "")), "a quote directory");
    assert!(tree.changes(|tree| tree.write("m/a.h", "")), "beside the source");
    assert!(tree.changes(|tree| tree.write("s1/late.h", "")), "the answer of __has_include");
    assert!(tree.changes(|tree| tree.write("i3/w.h", "")), "the answer of __has_include_next");
    assert!(tree.changes(|tree| std::fs::remove_file(tree.at("i3/w.h")).unwrap()), "and back");
    assert!(tree.changes(|tree| tree.write("m/data", "two")), "#embed");
    assert!(tree.changes(|tree| tree.write("m/blob", "two")), ".incbin");
    assert!(tree.changes(|tree| tree.write("i2/blob", "one")), ".incbin where the assembler looks first");
    assert!(tree.changes(|tree| tree.link("m/a.h", "real/t.h")), "a link in place of a header");
    assert!(tree.changes(|tree| tree.write("real/t.h", "two")), "the target of a link");
    tree.write("real/t.h", "one");
    assert!(tree.changes(|tree| tree.link("m/a.h", "other/t.h")), "another target");
    tree.write("m/main.c", "#include <linked/t.h>\n#include <case.h>");
    tree.link("i1/linked", "real");
    assert!(tree.changes(|tree| tree.link("i1/linked", "other")), "another directory behind a link");
    tree.write("i1/Case.h", "");
    assert!(
        tree.changes(|tree| std::fs::rename(tree.at("i1/Case.h"), tree.at("i1/case.h")).unwrap()),
        "a name that changes only its case"
    );
}

#[test]
fn include_next_may_mean_any_that_is_left() {
    let tree = Tree::new(&[
        ("m/main.c", "#include <a.h>"),
        ("q1/a.h", ""),
        ("i1/a.h", "#include_next <a.h>"),
        ("i2/a.h", ""),
        ("s1/a.h", ""),
    ]);
    assert_eq!(tree.files(), ["i1/a.h", "i2/a.h", "q1/a.h", "s1/a.h"]);
    // In the source itself it is a plain include.
    tree.write("m/main.c", "#include_next \"b.h\"");
    tree.write("m/b.h", "");
    assert_eq!(tree.files(), ["m/b.h"]);
}

#[test]
fn a_directory_that_is_repeated_counts_where_gcc_counts_it() {
    let mut tree = Tree::new(&[("m/main.c", "#include \"a.h\""), ("i1/a.h", ""), ("i2/a.h", "")]);
    tree.link("again", "i1");
    tree.path = tree.search_path(&[], &["i1", "i2", "again"], &[]);
    assert_eq!(tree.files(), ["i1/a.h"]);
    tree.path = tree.search_path(&[], &["i1", "i2"], &["again"]);
    assert_eq!(tree.files(), ["i2/a.h"], "a system directory keeps only its own place");
    tree.path = tree.search_path(&["again"], &["i2"], &["i1"]);
    assert_eq!(tree.files(), ["i2/a.h"], "also where it is a quote directory too");
}

#[test]
fn an_embedded_file_is_scanned_where_it_is_included_too() {
    let tree = Tree::new(&[
        ("m/main.c", "#embed \"a.h\"\n#include \"b.h\""),
        ("m/a.h", "#include \"c.h\""),
        ("m/b.h", ""),
        ("m/c.h", ""),
    ]);
    assert_eq!(tree.files(), ["m/a.h", "m/b.h"]);
    tree.write("m/b.h", "#include \"a.h\"");
    assert_eq!(tree.files(), ["m/a.h", "m/b.h", "m/c.h"]);
}

#[test]
fn computed_includes_are_followed_or_said_to_be_opaque() {
    let follow = |main: &str, macros: &[(&str, &str)]| {
        let mut tree = Tree::new(&[
            ("m/main.c", main),
            ("m/b.h", ""),
            ("i1/a.h", ""),
            ("i1/sub/x_one.h", ""),
            ("i1/sub/x_two.h", ""),
            ("i1/sub/x.c", ""),
        ]);
        tree.macros = macros.iter().map(|(name, body)| ((*name).to_owned(), (*body).to_owned())).collect();
        match tree.incomplete() {
            Some(_) => "incomplete".to_owned(),
            None => tree.files().join(" "),
        }
    };
    assert_eq!(follow("#include H", &[("H", "\"b.h\"")]), "m/b.h");
    assert_eq!(follow("#define H \"b.h\"\n#include H", &[]), "m/b.h");
    assert_eq!(follow("#define I \"b.h\"\n#define H I\n#include H", &[]), "m/b.h");
    assert_eq!(
        follow("#if X\n#define H \"b.h\"\n#else\n#define H \"a.h\"\n#endif\n#include H", &[]),
        "i1/a.h m/b.h"
    );
    assert_eq!(follow("#include H", &[("H", "<sub/NAME.h>")]), "i1/sub/x_one.h i1/sub/x_two.h");
    assert_eq!(follow("#define H <sub/BOARD(x).h>\n#include H", &[]), "i1/sub/x_one.h i1/sub/x_two.h");
    assert_eq!(follow("#if __has_include(H)\n#endif", &[("H", "\"b.h\"")]), "m/b.h");
    assert_eq!(follow("#include UNDEFINED", &[]), "");
    assert_eq!(follow("#define H H\n#include H", &[]), "");
    assert_eq!(follow("#include H", &[("H", "<PLACE/a.h>"), ("PLACE", "sub")]), "incomplete");
    assert_eq!(follow("#define EXT c\n#define H <sub/x.EXT>\n#include H", &[]), "incomplete");
    for text in [
        "#define S(x) #x\n#define H S(b.h)\n#include H",
        "#define S(x) #x\n#include S(b.h)",
        "#define B \"b.h\"\n#define AB \"a.h\"\n#define P(x, y) x##y\n#include P(A, B)",
        "#define P(x, y) x##y\n#define H P(A, B)\n#include H",
        "#define P(x, y) x##y\n#if __has_include(P(A, B))\n#endif",
        "#define H \"b\" \".h\"\n#include H",
        "#define H <a.h> <b.h>\n#include H",
        "#include __FILE__",
        "#if __has_include(F(x))\n#endif",
    ] {
        assert_eq!(follow(text, &[]), "incomplete", "{text:?}");
    }
}

#[test]
fn what_no_hash_covers_is_opaque() {
    let tree = Tree::new(&[("m/main.c", "#include \"a.h\""), ("i2/a.h", "int x;")]);
    assert_eq!(tree.incomplete(), None);
    for directory in ["m", "i1", "i2"] {
        let header = format!("{directory}/a.h.gch");
        tree.write(&header, "");
        assert!(tree.incomplete().unwrap().contains("precompiled"), "{header}");
        std::fs::remove_file(tree.at(&header)).unwrap();
    }
    for text in ["x = __TIME__;", ".incbin NAME", "#pragma GCC dependency \"b.h\"", "#include \"\u{fffd}.h\""]
    {
        tree.write("i2/a.h", text);
        assert!(tree.incomplete().is_some(), "{text}");
    }
    let mut tree = tree;
    tree.write("i2/a.h", "x = __TIME__;");
    tree.macros.insert("__DATE__".to_owned(), "\"\"".to_owned());
    assert!(tree.incomplete().unwrap().contains("-D__TIME__=…"));
    tree.macros.insert("__TIME__".to_owned(), "\"\"".to_owned());
    assert_eq!(tree.incomplete(), None, "the command says what it is");
    for text in ["x = 1; // __TIME__", "/* .incbin NAME */", "char *s = \"__DATE__\";"] {
        tree.write("i2/a.h", text);
        assert_eq!(tree.incomplete(), None, "{text}");
    }
}

/// Headers for controllers; the compiler names one controller.
#[test]
fn what_needs_a_macro_that_nobody_defines_is_left_out() {
    let mut tree = Tree::new(&[
        ("m/main.c", "#include <io.h>\n"),
        (
            "s1/io.h",
            "#if defined(__ONE__)\n# include <one.h>\n#elif defined(__TWO__) || defined(__TOO__)\n\
             # include <two.h>\n#elif X == 3\n# include <three.h>\n#else\n# include <four.h>\n#endif\n\
             #ifdef LATE\n# include <late.h>\n#endif\n#ifndef __ONE__\n# include <five.h>\n#endif\n",
        ),
        ("s1/one.h", ""),
        ("s1/two.h", ""),
        ("s1/three.h", ""),
        ("s1/four.h", "#ifdef LATER\n#define LATE\n#endif"),
        ("s1/five.h", ""),
        ("s1/late.h", ""),
    ]);
    let all = ["s1/five.h", "s1/four.h", "s1/io.h", "s1/late.h", "s1/one.h", "s1/three.h", "s1/two.h"];
    let without = |left_out: &[&str]| {
        all.into_iter().filter(|name| !left_out.contains(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    // Without a list of predefined macros all may be defined. A definition in any header counts, in any branch: `LATE`.
    assert_eq!(tree.files(), all);
    tree.predefined = Some(["__ONE__"].into_iter().collect());
    assert_eq!(tree.files(), without(&["s1/two.h"]));
    tree.predefined = Some(["__TOO__"].into_iter().collect());
    assert_eq!(tree.files(), without(&["s1/one.h"]));
    tree.predefined = Some(Predefined::default());
    assert_eq!(tree.files(), without(&["s1/one.h", "s1/two.h"]));
    tree.macros.insert("__ONE__".to_owned(), String::new());
    assert_eq!(tree.files(), without(&["s1/two.h"]), "-D");
    tree.macros.clear();
    tree.write("m/main.c", "#include <io.h>\n#include \"a.h\"");
    tree.write("m/a.h", "#if 0\n#define __TWO__\n#endif");
    assert!(tree.files().contains(&"s1/two.h".to_owned()), "a definition behind the include, in any branch");
    tree.write("s1/four.h", "");
    tree.write("m/a.h", "");
    assert_eq!(tree.files().join(" "), "m/a.h s1/five.h s1/four.h s1/io.h s1/three.h");
    // A header that is left out may be needed later, and does not count before.
    assert!(!tree.changes(|tree| tree.write("s1/late.h", "changed")));
    assert!(tree.changes(|tree| tree.write("m/a.h", "#define LATE")));
    assert!(tree.changes(|tree| tree.write("s1/late.h", "changed again")));
}

#[test]
fn what_is_included_before_the_source_keeps_its_directory() {
    let tree = Tree::new(&[("m/main.c", ""), ("i3/force.h", "#include <a.h>"), ("i2/a.h", "")]);
    let search = Search::new(Arc::new(Files::default()), tree.path.clone());
    let main = search.files().get(&tree.at("m/main.c")).unwrap();
    let forced = search.along("force.h", Form::Quote).unwrap();
    let inputs = Closure::new(&search, &tree.macros, None).of(&main, &[forced]);
    assert_eq!(inputs.files.len(), 3);
    assert!(inputs.needs(&search, &tree.at("i3")) && inputs.needs(&search, &tree.at("i2")));
    assert!(!inputs.needs(&search, &tree.at("i1")));
}

#[test]
fn a_file_that_changed_since_is_noticed() {
    let tree = Tree::new(&[("m/main.c", "#include \"a.h\""), ("m/a.h", "one")]);
    let (_, inputs) = tree.look();
    assert_eq!(inputs.changed(), None);
    tree.write("m/a.h", "other");
    assert_eq!(inputs.changed(), Some(&*tree.at("m/a.h")));
}

/// Returns a line of a random header; `@` stands for a name.
fn line() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        "#if __has_include(\"@\")\n#include \"@\"\n#endif",
        "#if __has_include(<@>)\n#include <@>\n#endif",
        "#if __has_include_next(<@>)\n#include_next <@>\n#endif",
        "#if __has_include_next(\"@\")\n#include_next \"@\"\n#endif",
        "#if __has_include(\"../i2/@\")\n# include \"../i2/@\"\n#endif",
        "#if __has_include(<sub/@>)\n#include <sub/@>\n#endif",
        "#ifdef D1\n#define H <@>\n#endif",
        "#undef H\n#define H \"@\"",
        "#ifdef H\n#if __has_include(H)\n#include H\n#endif\n#endif",
        "#ifdef NAMED\n#if __has_include(NAMED)\n#include NAMED\n#endif\n#endif",
        "#ifdef D1",
        "#ifndef D2",
        "#if defined(D1) || defined NEVER",
        "#if defined D2 && (defined(__GNUC__) || NEVER)",
        "#if defined NEVER || defined __clang__",
        "#ifdef NEVER",
        "#elif defined(D2)",
        "#elif defined D1 && defined __ELF__",
        "#else",
        "#endif",
        "#define D1",
        "#undef D2",
        "/* #include \"no.h\" */",
        "const char *s = \"/*\";",
    ]);
    (text, prop::sample::select(vec!["a.h", "b.h", "c.h"])).prop_map(|(text, name)| text.replace('@', name))
}

/// Returns the macros of the host's compiler.
fn predefined() -> Predefined {
    let output = Command::new("cc").args(["-dM", "-E", "-x", "c", "/dev/null"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let name = |line: &'_ str| line.split([' ', '(']).nth(1).unwrap().to_owned();
    let names: Vec<String> = text.lines().map(name).collect();
    names.iter().map(String::as_str).collect()
}

/// Returns a header's lines, with its conditionals closed; the header is read at most twice.
fn header() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..7).prop_map(|lines| {
        let mut open = Vec::new();
        let mut text = String::new();
        for line in lines {
            match line.as_str() {
                line if line.starts_with("#elif") && open.last() != Some(&false) => continue,
                "#else" => match open.last_mut() {
                    Some(used) if !*used => *used = true,
                    _ => continue,
                },
                line if line.starts_with("#if") && !line.contains('\n') => open.push(false),
                "#endif" if open.pop().is_none() => continue,
                _ => {}
            }
            text.push_str(&line);
            text.push('\n');
        }
        text + &"#endif\n".repeat(open.len())
    })
}

fn directories(names: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(names), 0..6)
}

proptest! {
    // Each case starts the compiler twice.
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// The closure contains every file that the host's compiler reads, whatever is defined. Without the unneeded
    /// directories the compiler reads the same files.
    #[test]
    fn the_compiler_reads_nothing_else(
        texts in prop::collection::vec(header(), 16),
        places in prop::collection::hash_set((0..7_usize, 0..3_usize), 4..16),
        quote in directories(&["q1", "i1", "i2", "s1", "link"]),
        include in directories(&["i1", "i2", "i3", "q1", "s1", "link", "absent"]),
        system in directories(&["s1", "i3", "link"]),
        defines in prop::collection::vec(prop::sample::select(vec!["D1", "D2", "H=<a.h>", "NAMED=\"b.h\"", "NAMED=<c.h>"]), 0..3),
    ) {
        let mut tree = Tree::new(&[]);
        tree.predefined = Some(predefined());
        tree.link("link", "i2");
        // The last directory is empty: GCC does not let a header there test for a next one.
        std::fs::create_dir(tree.at("end")).unwrap();
        let system: Vec<&str> = system.into_iter().chain(["end"]).collect();
        tree.path = tree.search_path(&quote, &include, &system);
        let mut texts = texts.into_iter();
        tree.write("m/main.c", &texts.next().unwrap());
        for (directory, name) in places {
            let path = format!("{}/{}", ["q1", "i1", "i2", "i3", "s1", "m", "i1/sub"][directory], ["a.h", "b.h", "c.h"][name]);
            let guard = path.replace(['/', '.'], "_");
            // Twice, so that definitions of the first reading can matter in the second.
            let guard = format!("#ifndef {guard}_2\n#ifdef {guard}_1\n#define {guard}_2\n#endif\n#define {guard}_1\n");
            tree.write(&path, &format!("{guard}int {};\n{}#endif\n", path.replace(['/', '.'], "_"), texts.next().unwrap_or_default()));
        }
        for define in &defines {
            let (name, body) = define.split_once('=').unwrap_or((define, "1"));
            tree.macros.insert(name.to_owned(), body.to_owned());
        }
        let (search, inputs) = tree.look();
        prop_assert_eq!(&inputs.incomplete, &None);

        let compile = |all: bool| {
            let kept = |directory: &&Arc<Path>| all || inputs.needs(&search, directory);
            let mut command = Command::new("cc");
            command.args(["-E", "-nostdinc", "-w", "-MD", "-MF"]).arg(tree.at("main.d"));
            command.args(defines.iter().map(|define| format!("-D{define}")));
            for (option, list) in [("-iquote", &tree.path.quote), ("-I", &tree.path.include)] {
                list.iter().filter(kept).for_each(|directory| { command.arg(option).arg(&**directory); });
            }
            tree.path.system.iter().for_each(|directory| { command.arg("-isystem").arg(&**directory); });
            let output = command.arg(tree.at("m/main.c")).output().unwrap();
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.success())
        };
        let whole = compile(true);
        prop_assert!(whole.2, "{}", whole.1);
        let known: HashSet<PathBuf> = inputs.files.iter().map(|file| file.path.canonicalize().unwrap()).collect();
        let depfile = std::fs::read_to_string(tree.at("main.d")).unwrap().replace("\\\n", " ");
        let read: Vec<PathBuf> = depfile.split_whitespace().skip(1).map(|path| Path::new(path).canonicalize().unwrap()).collect();
        prop_assert!(!read.is_empty());
        for path in read {
            prop_assert!(known.contains(&path), "{} is read but not known", path.display());
        }
        prop_assert_eq!(compile(false), whole);
    }
}
