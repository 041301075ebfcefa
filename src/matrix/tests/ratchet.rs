//! Budgets of present values in the text of a matrix: what changes, and that nothing else does.

use std::collections::HashMap;

use super::*;

/// Sketches A and B for every board; `values` are flash and RAM by `board/sketch`.
fn ratcheted(text: &str, values: &[(&str, u64, u64)], raise: bool) -> Result<Ratcheted, String> {
    let directory = sketches(&["A/A.ino", "B/B.ino"]);
    let matrix = Matrix::parse(Path::new("matrix.yml"), directory.path().to_owned(), text.as_bytes());
    let matrix = matrix.unwrap_or_else(|error| panic!("{}", error.render(false)));
    let expansion =
        expand(&matrix, &SketchRoots::new()).unwrap_or_else(|error| panic!("{}", error.render(false)));
    let present: HashMap<(&str, &str), PresentValues> = values
        .iter()
        .map(|(name, flash, ram)| {
            let values = PresentValues { flash: Some(*flash), ram: Some(*ram), warnings: Some(1) };
            (name.split_once('/').unwrap(), values)
        })
        .collect();
    matrix.ratchet(&expansion, &present, raise).map_err(|error| error.render(false))
}

const VALUES: [(&str, u64, u64); 4] =
    [("uno/A", 900, 9), ("uno/B", 1_000, 8), ("mega/A", 1_100, 9), ("mega/B", 1_200, 10)];

#[test]
fn boards_get_the_largest_values_of_their_cells() {
    let text = "version: 1\n# the boards\nboards:\n  uno: arduino:avr:uno   # small\n  mega:\n    # the large one\n    \
                fqbn: arduino:avr:mega  # 2560\n    tags: [x]\nsketches: [A, B]\n";
    let done = ratcheted(text, &VALUES, false).unwrap();
    assert_eq!(
        done.text,
        "version: 1\n# the boards\nboards:\n  uno: {fqbn: \"arduino:avr:uno\", budgets: {flash: 1000, ram: 9}}   # small\n  \
         mega:\n    # the large one\n    fqbn: arduino:avr:mega  # 2560\n    budgets: {flash: 1200, ram: 10}\n    \
         tags: [x]\nsketches: [A, B]\n"
    );
    assert_eq!(
        done.changes,
        ["flash of uno: 1000", "ram of uno: 9", "flash of mega: 1200", "ram of mega: 10"]
    );
    let again = ratcheted(&done.text, &VALUES, false).unwrap();
    assert_eq!((again.text, again.changes), (done.text, Vec::new()), "nothing changes twice");
}

#[test]
fn numbers_are_lowered_where_they_are_and_raised_only_on_request() {
    let text = "version: 1\nboards: {uno: \"arduino:avr:uno\", mega: {fqbn: \"arduino:avr:mega\"}}\n\
                budgets:\n  flash: {max: 1K, growth: 64} # keep\n  ram: 90%\n  warnings: 3\n\
                sketches:\n  - A\n  - {path: B, budgets: {flash: 5000}}\n";
    let done = ratcheted(text, &VALUES, false).unwrap();
    assert_eq!(
        done.text,
        "version: 1\nboards: {uno: {fqbn: \"arduino:avr:uno\", budgets: {ram: 9}}, mega: {budgets: {ram: 10}, fqbn: \
         \"arduino:avr:mega\"}}\nbudgets:\n  flash: {max: 1K, growth: 64} # keep\n  ram: 90%\n  warnings: 1\n\
         sketches:\n  - A\n  - {path: B, budgets: {flash: 1200}}\n"
    );
    assert_eq!(done.left, ["flash of line 4 (uno/A): 1100 is more than 1024; --raise raises it"]);
    let raised = ratcheted(text, &VALUES, true).unwrap();
    assert!(raised.text.contains("flash: {max: 1100, growth: 64} # keep"), "{}", raised.text);
    assert!(raised.left.is_empty());
}

#[test]
fn a_budget_whose_cells_are_not_all_known_stays() {
    let text = "version: 1\nboards:\n  uno: arduino:avr:uno\n  mega: {fqbn: \"arduino:avr:mega\", budgets: {flash: 2000, ram: 50%}}\n\
                sketches: [A, B]\n";
    let done = ratcheted(text, &VALUES[..3], false).unwrap();
    assert!(done.text.contains("budgets: {flash: 2000, ram: 50%}"), "{}", done.text);
    assert_eq!(done.left, ["flash of line 4 (mega/A): the reports have no value of mega/B"]);
}

#[test]
fn block_mappings_keep_their_form() {
    let text = "version: 1\nboards:\n  uno:\n    budgets:\n      warnings: 0\n      flash:\n        growth: 64\n    fqbn: a:b:uno\n\
                sketches: [A]\n";
    let done = ratcheted(text, &[("uno/A", 900, 9)], false);
    let told = done.unwrap_err();
    assert!(told.contains("add `budgets: {flash: 900, ram: 9}` by hand"), "{told}");
    let text = text.replace("      flash:\n        growth: 64\n", "      soft: true\n");
    let done = ratcheted(&text, &[("uno/A", 900, 9)], false).unwrap();
    assert!(
        done.text.contains("    budgets:\n      flash: 900\n      ram: 9\n      warnings: 0\n"),
        "{}",
        done.text
    );
}
