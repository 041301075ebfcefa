//! Boards out of profiles (`boards: from-profiles`): each profile of a sketch's project file becomes a board of the matrix
//! for that sketch, with platforms and libraries of its own. Reads project files, and no other content.
//!
//! Follows `docs/sketch-project-file.md` of arduino-cli.

use std::path::{Path, PathBuf};

use indexmap::{IndexMap, IndexSet};

use super::board_names::{LONGEST, cleaned, numbered};
use super::board_profile::{BoardProfile, PinnedPlatform, ProfileChoice};
use super::diagnostic::{Diagnostic, MatrixError};
use super::discover::find;
use super::model::{Board, From, LibraryEntry, LibrarySource, Matrix};
use super::path_pattern::{normalised, relative};
use super::sketch_project::{Profile, ProfileLibrary, profiles};
use super::source::{Span, Spanned};
use crate::limits::Budgets;
use crate::nearest::quoted;
use crate::platform::Fqbn;
use crate::versions::{RelaxedVersion, VersionRange};

/// A profile of a sketch, wanted by entries of `sketches`.
struct Wanted {
    /// The directory of the sketch, absolute.
    sketch: PathBuf,
    profile: Profile,
    /// The board, as parsed.
    fqbn: Fqbn,
    /// Indices of the entries, each with the place that asks for it.
    entries: Vec<usize>,
    span: Span,
}

/// Adds the boards of profiles, where an entry of the matrix asks for them.
///
/// # Errors
/// A project file that can't be read, a profile that can't be a board, or an entry without a profile, each with its place
/// in the matrix.
pub(super) fn add_profiles(mut matrix: Matrix) -> Result<Matrix, MatrixError> {
    if matrix.sketches.iter().all(|entry| entry.choice.profiles.is_none()) {
        return Ok(matrix);
    }
    let (wanted, problems) = wanted(&matrix);
    if !problems.is_empty() {
        return Err(MatrixError::invalid(&matrix.source, problems));
    }
    let own: IndexSet<usize> = (0..matrix.boards.len()).collect();
    let own_libraries = matrix.libraries.entries.len();
    for library in &mut matrix.libraries.entries {
        // A profile sees only its own libraries.
        library.boards.get_or_insert_with(|| own.clone());
    }
    for (name, same) in named(&matrix, &wanted) {
        let Some(first) = same.first() else { continue };
        let index = matrix.boards.len();
        let sketches = same.iter().map(|wanted| wanted.sketch.clone()).collect();
        let platforms = platforms(&first.profile);
        let board = Board {
            fqbn: Spanned { value: first.fqbn.clone(), span: first.span },
            span: first.span,
            tags: Vec::new(),
            properties: Vec::new(),
            optional: false,
            run: None,
            profile: Some(BoardProfile { sketches, platforms }),
            variant: None,
            budgets: Budgets::default(),
        };
        matrix.boards.insert(name.into(), board);
        for entry in same.iter().flat_map(|wanted| &wanted.entries) {
            matrix.sketches[*entry].choice.boards.insert(index);
        }
        for source in libraries(first) {
            let entries = &mut matrix.libraries.entries;
            match entries.iter_mut().skip(own_libraries).find(|entry| is_same(&entry.source, &source)) {
                Some(entry) => drop(entry.boards.get_or_insert_default().insert(index)),
                None => entries.push(LibraryEntry {
                    span: first.span,
                    source,
                    boards: Some(IndexSet::from([index])),
                    // A profile lists what its libraries depend on.
                    dependencies: false,
                    wanted_by: None,
                }),
            }
        }
    }
    Ok(matrix)
}

/// Returns the profiles that entries ask for, and every problem with them.
fn wanted(matrix: &Matrix) -> (Vec<Wanted>, Vec<Diagnostic>) {
    let mut all: Vec<Wanted> = Vec::new();
    let mut problems = Vec::new();
    for (index, entry) in matrix.sketches.iter().enumerate() {
        let Some(choice) =
            entry.choice.profiles.as_ref().filter(|_| !entry.leaves_out && entry.from == From::Matrix)
        else {
            continue;
        };
        // Where nothing is found, the expansion says so.
        let found = find(&matrix.dir, &entry.path).map(|found| found.sketches).unwrap_or_default();
        let (mut others, mut count, sketches) = (IndexSet::new(), 0, found.len());
        for sketch in found {
            let dir = relative(&matrix.dir, &sketch.path);
            let mut problem = |what: String| {
                problems.push(Diagnostic::new(choice.span, format!("{}: {what}", quoted(&dir))));
            };
            let of_sketch = match profiles(&sketch.path) {
                Ok(found) => found.map(|(_, found)| found).unwrap_or_default(),
                Err(reason) => {
                    problem(format!("its project file can't be read: {reason}"));
                    continue;
                }
            };
            for profile in of_sketch {
                if !choice.names.as_ref().is_none_or(|names| names.matches(&profile.name)) {
                    others.insert(profile.name);
                    continue;
                }
                count += 1;
                let fqbn = match fqbn(&profile) {
                    Ok(fqbn) => fqbn,
                    Err(what) => {
                        problem(format!("the profile {} {what}", quoted(&profile.name)));
                        continue;
                    }
                };
                match all.iter_mut().find(|it| it.sketch == sketch.path && it.profile.name == profile.name) {
                    Some(known) => known.entries.push(index),
                    None => all.push(Wanted {
                        sketch: sketch.path.clone(),
                        profile,
                        fqbn,
                        entries: vec![index],
                        span: choice.span,
                    }),
                }
            }
        }
        if count == 0 && sketches > 0 && !entry.optional && entry.choice.boards.is_empty() {
            problems.push(nothing(choice, &others));
        }
    }
    (all, problems)
}

/// Returns the board of a profile, whose first platform must be the board's.
fn fqbn(profile: &Profile) -> Result<Fqbn, String> {
    if profile.fqbn.is_empty() {
        return Err("has no `fqbn`".to_owned());
    }
    let fqbn: Fqbn = profile.fqbn.parse().map_err(|error| format!("has a wrong `fqbn`: {error}"))?;
    let core = fqbn.core_name();
    match profile.platforms.first() {
        Some(first) if first.version.is_some() && profile.platforms.iter().all(|it| it.name != core) => {
            Err(format!("does not list {core}, the platform of its `fqbn`"))
        }
        _ => Ok(fqbn),
    }
}

/// Returns the error of an entry without a profile. `others` are profiles that its patterns leave out.
fn nothing(choice: &ProfileChoice, others: &IndexSet<String>) -> Diagnostic {
    if others.is_empty() {
        let help = "`profiles` in the `sketch.yaml` beside a sketch lists the boards that it is built for";
        return Diagnostic::new(choice.span, "no sketch of this entry has a profile").help(help);
    }
    let names: Vec<&str> = others.iter().map(String::as_str).collect();
    Diagnostic::new(choice.span, "no profile of its sketches has such a name")
        .help(format!("their profiles are {}", names.join(", ")))
}

/// Returns the profiles by the names of their boards. Profiles that agree in everything are one board. A profile's name is
/// the board's, if all sketches mean the same by it; otherwise the name of the sketch is added.
fn named<'w>(matrix: &Matrix, wanted: &'w [Wanted]) -> IndexMap<String, Vec<&'w Wanted>> {
    let mut boards: IndexMap<String, Vec<&Wanted>> = IndexMap::new();
    for one in wanted {
        let name = cleaned(&one.profile.name);
        let same = wanted.iter().filter(|other| cleaned(&other.profile.name).eq_ignore_ascii_case(&name));
        let is_clear = same.clone().all(|other| agree(one, other))
            && !matrix.boards.keys().any(|board| board.eq_ignore_ascii_case(&name));
        let sketch = one.sketch.file_name().map(|name| cleaned(&name.to_string_lossy())).unwrap_or_default();
        let base = if is_clear { name } else { format!("{name}.{sketch}") };
        let base: String = base.chars().take(LONGEST).collect();
        let is_free = |name: &str, boards: &IndexMap<String, Vec<&Wanted>>| {
            !matrix.boards.keys().any(|board| board.eq_ignore_ascii_case(name))
                && boards.iter().all(|(board, those)| {
                    !board.eq_ignore_ascii_case(name) || those.iter().all(|other| agree(one, other))
                })
        };
        let free = numbered(&base).find(|name| is_free(name, &boards));
        boards.entry(free.unwrap_or(base)).or_default().push(one);
    }
    boards
}

/// Returns whether two profiles are the same board.
fn agree(one: &Wanted, other: &Wanted) -> bool {
    one.fqbn == other.fqbn
        && platforms(&one.profile) == platforms(&other.profile)
        && one.profile.libraries.len() == other.profile.libraries.len()
        && libraries(one).zip(libraries(other)).all(|(one, other)| is_same(&one, &other))
}

/// Returns the platforms with versions; of others, the installed ones are used.
fn platforms(profile: &Profile) -> Vec<PinnedPlatform> {
    let pinned = profile.platforms.iter().filter_map(|platform| {
        Some(PinnedPlatform {
            name: platform.name.clone(),
            version: RelaxedVersion::new(platform.version.as_deref()?),
            url: platform.url.clone(),
        })
    });
    pinned.collect()
}

/// Returns the sources of a profile's libraries.
fn libraries(wanted: &Wanted) -> impl Iterator<Item = LibrarySource> {
    let span = wanted.span;
    wanted.profile.libraries.iter().map(move |library| match library {
        ProfileLibrary::Index { name, version } => {
            let exactly = |version: &String| VersionRange::exactly(RelaxedVersion::new(version.as_str()));
            let version = version.as_ref().map(|version| Spanned { value: exactly(version), span });
            LibrarySource::Index { name: Spanned { value: name.clone(), span }, version }
        }
        ProfileLibrary::Directory(path) => {
            LibrarySource::Path(Spanned { value: normalised(&wanted.sketch.join(Path::new(path))), span })
        }
    })
}

/// Returns whether two sources are the same, wherever they are written.
fn is_same(one: &LibrarySource, other: &LibrarySource) -> bool {
    match (one, other) {
        (LibrarySource::Path(one), LibrarySource::Path(other)) => one.value == other.value,
        (
            LibrarySource::Index { name, version },
            LibrarySource::Index { name: other_name, version: other_version },
        ) => {
            let text =
                |version: &Option<Spanned<VersionRange>>| version.as_ref().map(|it| it.value.to_string());
            name.value == other_name.value && text(version) == text(other_version)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO: &str = "  nano: {fqbn: a:b:nano, platforms: [{platform: a:b (1.0.0)}], libraries: [Foo (1.0), {dir: lib}]}\n";

    /// A matrix with these sketches, each with its `profiles`.
    fn read(matrix: &str, sketches: &[(&str, &str)]) -> Result<Matrix, String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, profiles) in sketches {
            let dir = directory.path().join(name);
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join(format!("{name}.ino")), "").unwrap();
            if !profiles.is_empty() {
                std::fs::write(dir.join("sketch.yaml"), format!("profiles:\n{profiles}")).unwrap();
            }
        }
        let path = directory.path().join("m.yml");
        std::fs::write(&path, format!("version: 1\n{matrix}")).unwrap();
        Matrix::read(&path).map_err(|error| error.to_string())
    }

    /// Each board with its number of sketches.
    fn boards(matrix: &Matrix) -> Vec<(String, usize)> {
        let sketches = |board: &Board| board.profile.as_ref().map_or(0, |profile| profile.sketches.len());
        matrix.boards.iter().map(|(name, board)| (name.to_string(), sketches(board))).collect()
    }

    fn named(names: &[(&str, usize)]) -> Vec<(String, usize)> {
        names.iter().map(|(name, sketches)| ((*name).to_owned(), *sketches)).collect()
    }

    #[test]
    fn profiles_that_agree_are_one_board() {
        let sketches = [
            ("One", "  x: {fqbn: a:b:x}\n"),
            ("Two", "  x: {fqbn: a:b:x}\n  y: {fqbn: a:b:y}\n"),
            ("Bare", ""),
        ];
        for matrix in [
            "boards: from-profiles\nsketches: ['*']\n",
            "sketches: [{path: '*', boards: from-profiles}]\n",
            "boards: {from-profiles: '*'}\nsketches: ['*']\n",
        ] {
            let matrix = read(matrix, &sketches).unwrap();
            assert_eq!(boards(&matrix), named(&[("x", 2), ("y", 1)]));
            assert!(matrix.boards.values().all(|board| board.pinned_platforms().is_empty()));
        }
        let matrix = read(
            "boards: {z: a:b:z}\nsketches: [{path: '*', boards: {from-profiles: ['y*']}}, '*']\n",
            &sketches,
        );
        let matrix = matrix.unwrap();
        assert_eq!(boards(&matrix), named(&[("z", 0), ("y", 1)]));
        assert_eq!(matrix.sketches[0].choice.boards, IndexSet::from([1]), "only profiles");
        assert_eq!(matrix.sketches[1].choice.boards, IndexSet::from([0]), "no profiles");
        let both = "boards: {from-profiles: x, z: a:b:z}\nsketches: ['*']\n";
        assert_eq!(boards(&read(both, &sketches).unwrap()), named(&[("z", 0), ("x", 2)]));
    }

    #[test]
    fn profiles_that_differ_have_the_name_of_their_sketch() {
        let other = NANO.replace("1.0.0", "2.0.0");
        let sketches = [("One", NANO), ("Two", &other)];
        let matrix = read(
            "libraries: [.]\nboards: {up: a:b:up}\nsketches: [{path: '*', boards: from-profiles}, One]\n",
            &sketches,
        );
        let matrix = matrix.unwrap();
        assert_eq!(boards(&matrix), named(&[("up", 0), ("nano.One", 1), ("nano.Two", 1)]));
        let versions: Vec<String> =
            matrix.boards.values().flat_map(Board::pinned_platforms).map(PinnedPlatform::key).collect();
        assert_eq!(versions, ["a:b@1.0.0", "a:b@2.0.0"]);
        assert_eq!(matrix.core_names(), IndexSet::from(["a:b".to_owned()]), "of `up`");
        // The library of the matrix is not for profiles; that of the index is for both, the directories are not the same.
        let seen: Vec<Vec<usize>> = matrix
            .libraries
            .entries
            .iter()
            .map(|entry| entry.boards.iter().flatten().copied().collect())
            .collect();
        assert_eq!(seen, [vec![0], vec![1, 2], vec![1], vec![2]]);
        let clash = read(
            "boards: {x: a:b:up, from-profiles: x}\nsketches: ['*']\n",
            &[("One", "  x: {fqbn: a:b:x}\n")],
        );
        assert_eq!(boards(&clash.unwrap()), named(&[("x", 0), ("x.One", 1)]));
    }

    #[test]
    fn what_is_no_board_is_an_error() {
        let all = "boards: from-profiles\nsketches: ['*']\n";
        let error = |matrix: &str, profiles: &str| read(matrix, &[("One", profiles)]).unwrap_err();
        for (profiles, said) in [
            ("", "no sketch of this entry has a profile"),
            ("  x: {notes: y}\n", "`One`: the profile `x` has no `fqbn`"),
            ("  x: {fqbn: a:b}\n", "`One`: the profile `x` has a wrong `fqbn`"),
            ("  x: {fqbn: a:b:c, platforms: [{platform: d:b (1)}]}\n", "does not list a:b"),
            ("  x: 3\n", "`One`: its project file can't be read"),
        ] {
            let found = error(all, profiles);
            assert!(found.contains(said), "{profiles}: {found}");
        }
        let found = error("sketches: [{path: One, boards: {from-profiles: z}}]\n", "  x: {fqbn: a:b:x}\n");
        assert!(
            found.contains("no profile of its sketches has such a name") && found.contains("are x"),
            "{found}"
        );
        assert!(error("boards: profiles\nsketches: ['*']\n", "").contains("or is `from-profiles`"));
        assert!(error("sketches: ['*']\n", "").contains("the key `boards` is missing here"));
    }
}
