//! `tests/it/offline/malformed/*.yml`: each must be refused with a message that has a place. The integration
//! tests run the real binary over the same files.

use super::*;

fn error_of(file: &Path) -> MatrixError {
    // Without the directory, the snapshot does not depend on the place of the repository.
    let name = Path::new(file.file_name().unwrap());
    let bytes = fs::read(file).unwrap();
    let dir = file.parent().unwrap().to_owned();
    match Matrix::parse(name, dir, &bytes) {
        Err(error) => error,
        Ok(matrix) => match expand(&matrix, &SketchRoots::new()) {
            Err(error) => error,
            Ok(expansion) => panic!("{} is taken for good: {expansion:#?}", file.display()),
        },
    }
}

#[test]
fn every_malformed_matrix_is_refused_with_a_place() {
    let files = yml_files("tests/it/offline/malformed");
    assert!(files.len() >= 25, "only {} files", files.len());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let error = error_of(&file);
        assert!(error.located().next().is_some(), "{name}");
        let text = error.render(false);
        let (position, _) = error.located().next().unwrap();
        let place = format!(" --> {name}.yml:{}:{}", position.line, position.column);
        assert!(text.contains(&place), "{name}: no {place} in\n{text}");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn colour_changes_nothing_but_escapes() {
    let error = error_of(&repository("tests/it/offline/malformed/unknown-key.yml"));
    let coloured = error.render(true);
    assert!(coloured.contains("\u{1b}["));
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert_eq!(escapes.replace_all(&coloured, ""), error.render(false));
    assert_eq!(error.to_string(), error.render(false));
}
