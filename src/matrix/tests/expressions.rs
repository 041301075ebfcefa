//! Tests expressions where a matrix has them: `when`, `boards`, and the tags that they compare.

use super::*;

const BOARDS: &str = "version: 1\nboards:\n  uno: {fqbn: 'arduino:avr:uno', tags: [small]}\n  mega: \
                      'arduino:avr:mega'\n  esp: {fqbn: 'esp32:esp32:esp32', tags: [wifi]}\n";

fn hardware() -> Hardwares {
    let of = |mcu: &str, flash: u64| Hardware {
        mcu: Some(mcu.to_owned()),
        flash: Some(flash),
        ..Hardware::default()
    };
    Hardwares::from([
        ("uno".into(), of("atmega328p", 32_256)),
        ("mega".into(), of("atmega2560", 253_952)),
        ("esp".into(), of("esp32", 1_310_720)),
    ])
}

/// Returns the cells of two sketches as `board/sketch`, then the skipped ones as `-board/sketch: reason`.
fn cells(rest: &str) -> Result<Vec<String>, String> {
    let directory = sketches(&["s/Big/Big.ino", "s/Wifi/Wifi.ino"]);
    let text = format!("{BOARDS}{rest}");
    let matrix = Matrix::parse(Path::new("m.yml"), directory.path().to_owned(), text.as_bytes());
    let expansion = matrix.and_then(|matrix| expand_installed(&matrix, &SketchRoots::new(), &hardware()));
    let expansion = expansion.map_err(|error| error.render(false))?;
    let name = |board: &str, sketch: &SketchRef| format!("{board}/{}", &sketch.name[2..]);
    let built = expansion.cells.iter().map(|cell| name(&cell.board, &cell.sketch));
    let skipped = expansion.skipped.iter();
    let skipped = skipped.map(|cell| format!("-{}: {}", name(&cell.board, &cell.sketch), cell.reason));
    Ok(built.chain(skipped).chain(expansion.remarks.clone()).collect())
}

fn error(rest: &str) -> String {
    cells(rest).unwrap_err()
}

#[test]
fn a_rule_excludes_the_cells_for_which_its_expression_holds() {
    assert_eq!(
        cells("sketches: ['s/*']\nexclude: [{when: \"flash < 64K and sketch = '**/Big*'\", reason: full}]\n"),
        Ok(["uno/Wifi", "mega/Big", "mega/Wifi", "esp/Big", "esp/Wifi", "-uno/Big: full"]
            .map(str::to_owned)
            .into())
    );
    let rest = "sketches: ['s/*']\nexclude:\n  - {sketch: Wifi, when: \"tag != 'wifi'\"}\n  - {board: '*', when: \
                \"mcu ~ '^atmega3'\"}\n";
    assert_eq!(
        cells(rest).unwrap(),
        [
            "mega/Big",
            "esp/Big",
            "esp/Wifi",
            "-uno/Big: excluded by {board: *, when: mcu ~ '^atmega3'}",
            "-uno/Wifi: excluded by {sketch: Wifi, when: tag != 'wifi'}",
            "-mega/Wifi: excluded by {sketch: Wifi, when: tag != 'wifi'}",
        ]
    );
    // What is unknown excludes nothing.
    let found = cells("sketches: ['s/*']\nexclude: [{when: ram < 8K}]\n").unwrap();
    assert_eq!(found[6..], ["the rule of `exclude` in line 7 excludes no cell"]);
}

#[test]
fn boards_of_an_entry_are_names_globs_and_expressions() {
    let chosen = |boards: &str| {
        let mut cells = cells(&format!("sketches: [{{path: s/Big, boards: {boards}}}]\n{UNUSED}"))?;
        cells.retain(|cell| cell.ends_with("/Big"));
        Ok::<_, String>(cells)
    };
    for (boards, expected) in [
        ("flash >= 64K", "mega/Big esp/Big"),
        ("\"flash >= 64K and arch = 'avr'\"", "mega/Big"),
        ("[\"tag = 'wifi'\", uno]", "uno/Big esp/Big"),
        ("[\"flash >= 64K\", '!esp']", "mega/Big"),
        ("\"sketch = 'Big' and not tag = 'wifi'\"", "uno/Big mega/Big"),
        ("\"core = 'esp32:*'\"", "esp/Big"),
        ("['!esp']", "uno/Big mega/Big"),
    ] {
        assert_eq!(chosen(boards).unwrap().join(" "), expected, "{boards}");
    }
    let message = error("sketches: [{path: s/Big, boards: flash > 1G}, s/Wifi]\n");
    assert!(message.contains("no board fits `boards` for `s/Big`"), "{message}");
    assert!(cells("sketches: [{path: s/Big, boards: flash > 1G, optional: true}, s/Wifi]\n").is_ok());
}

/// An entry for every board, sorted behind the other one.
const UNUSED: &str = "include: [{sketch: s/Wifi, board: '*'}]\n";

#[test]
fn entries_leave_out_by_expression() {
    let rest = "sketches: ['s/*', {path: '!s/Big', boards: flash < 64K}]\n";
    assert_eq!(cells(rest).unwrap().join(" "), "uno/Wifi mega/Big mega/Wifi esp/Big esp/Wifi");
}

#[test]
fn tags_of_entries_add_up() {
    let rest = "sketches:\n  - s/*\n  - {path: s/Big, tags: [slow]}\n  - {path: s/Big, boards: uno, tags: [odd]}\n\
                exclude: [{when: \"tag = 'slow' and not tag = 'odd'\"}]\n";
    let found = cells(rest).unwrap();
    assert_eq!(found[..4].join(" "), "uno/Big uno/Wifi mega/Wifi esp/Wifi");
}

#[test]
fn names_that_nothing_has_are_errors_with_their_place() {
    for (rest, expected) in [
        (
            "sketches: ['s/*']\nexclude: [{when: \"board = 'unno'\"}]\n",
            "no board of this matrix matches `unno`",
        ),
        ("sketches: ['s/*']\nexclude: [{when: \"tag = 'wfi'\"}]\n", "has the tag `wfi`"),
        (
            "sketches: ['s/*']\nexclude: [{when: \"sketch = 'Bgi'\"}]\n",
            "no sketch of this matrix matches `Bgi`",
        ),
        ("sketches: [{path: s/Big, boards: \"tag = 'wfi'\"}]\n", "has the tag `wfi`"),
        ("sketches: ['s/*']\nexclude: [{when: bord = 'x'}]\n", "`bord` is not known"),
        ("sketches: ['s/*']\nexclude: [{when: ''}]\n", "expected a name"),
        ("sketches: ['s/*']\nlibraries: [{path: x, boards: ram > 1K}]\n", "a library can't depend on"),
        ("sketches: [{path: s/Big, tags: ['']}]\n", "the tag is empty"),
    ] {
        let message = error(rest);
        assert!(message.contains(expected) && message.contains("--> m.yml:"), "{rest}: {message}");
    }
    let message = error("sketches: ['s/*']\nexclude:\n  - when: flash < 64Q or arch = 'avr'\n");
    assert!(message.contains("m.yml:8:19"), "{message}");
}

#[test]
fn before_the_cores_are_installed_only_certain_errors_are_told() {
    let directory = sketches(&["s/Big/Big.ino"]);
    let early = |rest: &str| {
        let text = format!("{BOARDS}{rest}");
        let matrix = Matrix::parse(Path::new("m.yml"), directory.path().to_owned(), text.as_bytes()).unwrap();
        assert!(matrix.needs_hardware());
        expand(&matrix, &SketchRoots::new()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(
        early("sketches: [{path: s/Big, boards: flash > 1K}]\nexclude: [{when: flash < 1K}]\n"),
        Ok(())
    );
    assert!(early("sketches: [{path: s/Bgi, boards: flash > 1K}]\n").unwrap_err().contains("there is no"));
}
