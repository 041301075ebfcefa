//! The builds that a matrix is made of: those of the descriptions, or a popular board for each architecture.

use std::path::Path;

use super::public_cores::popular_board;
use crate::import::{
    DescribedSketch, Imported, ImportedBuild, ImportedLibrary, LeftOut, SketchFilter, holds_libraries,
};
use crate::nearest::quoted;
use crate::platform::Fqbn;
use crate::session::SessionError;

/// Returns the builds that the matrix is made of: those of the descriptions, for `boards` if there are any.
pub(super) fn builds(
    imported: &Imported,
    boards: &[Fqbn],
    dir: &Path,
) -> Result<Vec<ImportedBuild>, SessionError> {
    match (boards, imported.builds.as_slice()) {
        ([], []) => default_builds(imported, dir),
        ([], builds) => Ok(builds.to_vec()),
        (boards, builds) => {
            let mut all = template(imported, dir);
            if !builds.is_empty() {
                let (libraries, sketches) = (&mut all.libraries, &mut all.sketches);
                sketches.clear();
                for build in builds {
                    libraries.extend(build.libraries.clone());
                    sketches.extend(build.sketches.clone());
                }
            }
            let of_board = |fqbn: &Fqbn| ImportedBuild {
                origin: "--board".to_owned(),
                fqbn: fqbn.clone(),
                ..all.clone()
            };
            Ok(boards.iter().map(of_board).collect())
        }
    }
}

/// Returns the builds without a description of any: a popular board for each architecture of the library.
pub(super) fn default_builds(imported: &Imported, dir: &Path) -> Result<Vec<ImportedBuild>, SessionError> {
    let template = template(imported, dir);
    let architectures =
        imported.library.as_ref().map(|library| library.architectures.as_slice()).unwrap_or_default();
    if architectures.is_empty() || architectures.iter().any(|name| name == "*") {
        let mut builds = vec![template.clone()];
        add_described(&mut builds, imported, &template, true);
        return Ok(builds);
    }
    let mut builds: Vec<ImportedBuild> = Vec::new();
    for (name, fqbn) in architectures.iter().filter_map(|name| popular_board(name)) {
        let Ok(fqbn) = fqbn.parse::<Fqbn>() else { continue };
        if builds.iter().all(|build| build.fqbn != fqbn) {
            builds.push(ImportedBuild { name: Some(name.to_owned()), fqbn, ..template.clone() });
        }
    }
    add_described(&mut builds, imported, &template, false);
    if builds.is_empty() {
        let names: Vec<String> = architectures.iter().map(|name| quoted(name)).collect();
        let message = format!(
            "library.properties: no board is known for the architectures {}: name one with --board FQBN",
            names.join(", ")
        );
        return Err(SessionError::Usage(message));
    }
    Ok(builds)
}

/// Adds the boards of project files, and those that a `ci.yml` is for, to builds for a popular board. Without architectures
/// (`is_open`), that board stays only for sketches that say nothing of theirs.
fn add_described(
    builds: &mut Vec<ImportedBuild>,
    imported: &Imported,
    template: &ImportedBuild,
    is_open: bool,
) {
    let mut own: Vec<ImportedBuild> = Vec::new();
    let add = |own: &mut Vec<ImportedBuild>, origin: String, name: Option<&str>, fqbn: Fqbn| {
        if own.iter().all(|build| build.fqbn != fqbn) {
            let name = name.map(str::to_owned);
            own.push(ImportedBuild { origin, name, fqbn, ..template.clone() });
        }
    };
    for sketch in &imported.sketches {
        for (profile, fqbn) in &sketch.boards {
            let origin = format!("{}/sketch.yaml: {profile}", sketch.path);
            add(
                &mut own,
                origin,
                Some(profile).filter(|it| *it != "default_fqbn").map(String::as_str),
                fqbn.clone(),
            );
        }
    }
    let is_for_esp32 = |sketch: &&DescribedSketch| sketch.filters.contains(&SketchFilter::Esp32Ci);
    if let Some(sketch) = imported.sketches.iter().find(is_for_esp32).filter(|_| is_open)
        && let Some((name, fqbn)) = popular_board("esp32")
        && let Ok(fqbn) = fqbn.parse()
    {
        add(&mut own, format!("{}: ci.yml of arduino-esp32", sketch.path), Some(name), fqbn);
    }
    let is_described = |sketch: &DescribedSketch| !sketch.boards.is_empty() || is_for_esp32(&sketch);
    if is_open && !own.is_empty() && imported.sketches.iter().all(is_described) {
        builds.clear();
    }
    own.retain(|build| builds.iter().all(|known| known.fqbn != build.fqbn));
    builds.extend(own);
}

/// Returns the build of the directory's library or sketches for an Arduino Uno.
fn template(imported: &Imported, dir: &Path) -> ImportedBuild {
    let library = imported.library.as_ref();
    let origin = match library.filter(|library| library.has_properties) {
        Some(library) => format!("library.properties: architectures={}", library.architectures.join(",")),
        None => "A board to begin with.".to_owned(),
    };
    let in_examples = library.is_some() && dir.join("examples").is_dir();
    // A sketchbook has its libraries beside its sketches.
    let has_libraries =
        library.is_none() && dir.join("libraries").is_dir() && holds_libraries(&dir.join("libraries"));
    let libraries = match (library, has_libraries) {
        (Some(_), _) => vec![ImportedLibrary::Path(".".to_owned())],
        (None, true) => vec![ImportedLibrary::Path("libraries".to_owned())],
        (None, false) => Vec::new(),
    };
    let others =
        || LeftOut { path: "libraries".to_owned(), reason: "These belong to the libraries.".to_owned() };
    let uno = Fqbn {
        vendor: "arduino".to_owned(),
        architecture: "avr".to_owned(),
        board: "uno".to_owned(),
        options: Vec::new(),
    };
    ImportedBuild {
        origin,
        name: None,
        fqbn: uno,
        cores: Vec::new(),
        libraries,
        sketches: vec![if in_examples { "examples" } else { "." }.to_owned()],
        left_out: has_libraries.then(others).into_iter().collect(),
        properties: Vec::new(),
        warnings: None,
    }
}
