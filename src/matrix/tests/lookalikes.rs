//! Tests which directories are sketches, also behind links, and the messages about those that only look like one.

use std::os::unix::fs::symlink;

use super::*;

fn expanded(directory: &Path, text: &str) -> Expansion {
    let text = format!("version: 1\nboards: {{uno: arduino:avr:uno}}\n{text}\n");
    let matrix = Matrix::parse(Path::new("matrix.yml"), directory.to_owned(), text.as_bytes()).unwrap();
    expand(&matrix, &SketchRoots::new()).unwrap()
}

/// Returns the names of the sketches, then the lookalikes with their reasons.
fn names(expansion: &Expansion) -> Vec<String> {
    let sketch = |cell: &Cell| match &cell.sketch.problem {
        Some(problem) => format!("{}!: {problem}", cell.sketch.name),
        None => cell.sketch.name.to_string(),
    };
    let others = expansion.not_sketches.iter().map(|it| format!("{}: {}", it.name, it.reason));
    expansion.cells.iter().map(sketch).chain(others).collect()
}

#[test]
fn what_only_looks_like_a_sketch_is_listed_with_its_reason() {
    let directory = sketches(&[
        "s/Blink/blink.ino",
        "s/Wrong/Other.ino",
        "s/Dir/Dir.ino/x",
        "s/Good/Good.ino",
        "s/Good/src/old.h",
        "s/Old/Old.pde",
        "s/Both/Both.ino",
        "s/Both/Both.pde",
        "s/.hidden/Odd/odd.ino",
        "s/docs/readme.txt",
    ]);
    let at = |path: &str| directory.path().join(path);
    fs::create_dir(at("s/Gone")).unwrap();
    symlink("nowhere", at("s/Gone/Gone.ino")).unwrap();
    symlink("nowhere", at("s/Lost")).unwrap();
    symlink("nowhere", at("s/Good/data")).unwrap();
    symlink("nowhere", at("s/lost.txt")).unwrap();
    assert_eq!(
        names(&expanded(directory.path(), "sketches: [s/**]")),
        [
            "s/Both!: it has more than one main file: `Both.ino` and `Both.pde`",
            "s/Good",
            "s/Old",
            "s/Blink: it has `blink.ino`, which differs in case from `Blink.ino`",
            "s/Dir: `Dir.ino` is a directory",
            "s/Gone: `Gone.ino` is a link that leads nowhere",
            "s/Lost: it is a link that leads nowhere",
            "s/Wrong: it has `Other.ino`, but no `Wrong.ino`",
        ]
    );
    // A lookalike that another entry names or excludes needs no warning.
    let text =
        "sketches: [s/**, s/Wrong/Other.ino]\nexclude: [{sketch: Blink}, {sketch: 's/{Dir,Gone,Lost}'}]";
    let names = names(&expanded(directory.path(), text));
    assert_eq!(names[1..], ["s/Good", "s/Old", "s/Wrong/Other.ino"]);
}

#[test]
fn an_optional_entry_that_finds_none_lists_them_too() {
    let directory = sketches(&["s/Blink/blink.ino"]);
    let expansion = expanded(directory.path(), "sketches: [{path: s/**, optional: true}]");
    assert_eq!(names(&expansion), ["s/Blink: it has `blink.ino`, which differs in case from `Blink.ino`"]);
}

#[test]
fn a_file_glob_lists_what_is_no_file() {
    let directory = sketches(&["s/a.ino", "s/Good/Good.ino", "s/Good/tab.ino", "s/b.ino/x"]);
    symlink("nowhere", directory.path().join("s/c.ino")).unwrap();
    assert_eq!(
        names(&expanded(directory.path(), "sketches: ['s/**/*.ino']")),
        ["s/Good", "s/a.ino", "s/b.ino: it is a directory", "s/c.ino: it is a link that leads nowhere",]
    );
}

/// arduino-cli uses the name of the directory itself (`path.Canonical`).
#[test]
fn the_directorys_own_name_counts_whatever_links_lead_to_it() {
    let directory = sketches(&["real/Target/Target.ino", "real/Alpha/Beta.ino"]);
    let at = |path: &str| directory.path().join(path);
    for (link, target) in [
        ("a/Alias", "../real/Target"),
        ("a/Target", "../real/Target"),
        ("b/Target", "../real/Target"),
        ("b/Zalias", "../real/Target"),
        ("c/Alias", "../real/Target"),
        ("c/Beta", "../real/Alpha"),
        ("d/Over", "../a/Alias"),
    ] {
        fs::create_dir_all(at(link).parent().unwrap()).unwrap();
        symlink(target, at(link)).unwrap();
    }
    let found = |glob: &str| names(&expanded(directory.path(), &format!("sketches: ['{glob}']")));
    assert_eq!(found("a/**"), ["a/Target"]);
    assert_eq!(found("b/**"), ["b/Target"]);
    assert_eq!(found("a/A*"), ["a/Alias"]);
    assert_eq!(found("{b,d}/*s"), ["b/Zalias"]);
    assert_eq!(found("d/*"), ["d/Over"]);
    assert_eq!(found("d/Over/Target.ino"), ["d/Over"]);
    assert_eq!(found("**/Target"), ["real/Target"]);
    assert_eq!(found("c/**"), ["c/Alias", "c/Beta: it has `Beta.ino`, but no `Alpha.ino`"]);
    let sketch = &expanded(directory.path(), "sketches: [c/Alias]").cells[0].sketch;
    let real = directory.path().canonicalize().unwrap().join("real/Target");
    assert_eq!((&sketch.main_file, &sketch.dir), (&real.join("Target.ino"), &real));
    assert_eq!(sketch.kind, SketchKind::Directory);
}

#[test]
fn a_project_file_that_cannot_be_read_is_a_problem_of_its_sketch() {
    let directory = sketches(&["s/A/A.ino", "s/B/B.ino"]);
    fs::write(directory.path().join("s/A/sketch.yaml"), "default_fqbn: [x]\n").unwrap();
    fs::write(directory.path().join("s/B/sketch.yaml"), "default_fqbn: x\n").unwrap();
    let expected = "s/A!: its project file `sketch.yaml` can't be read: `default_fqbn` is a list, not a text";
    assert_eq!(names(&expanded(directory.path(), "sketches: [s/*]")), [expected, "s/B"]);
}

#[test]
fn a_selection_of_sketches_selects_what_is_none_too() {
    let directory = sketches(&["s/Blink/blink.ino", "s/Good/Good.ino", "s/Odd/other.ino"]);
    let all = expanded(directory.path(), "sketches: [s/**]");
    let globs = ["Good", "Blink"].map(|text| NameGlob::new(text).unwrap());
    // A pattern that matches only lookalikes is an error.
    assert!(select(all.clone(), Selection { sketches: &globs, ..Selection::default() }, &[]).is_err());
    let selected =
        select(all.clone(), Selection { sketches: &globs[..1], ..Selection::default() }, &[]).unwrap();
    assert_eq!(names(&selected), ["s/Good"]);
}
