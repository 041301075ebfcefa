//! `matrices/*.yml`: each is valid, begins with a comment, and pins what it installs.

use std::fs;
use std::path::{Path, PathBuf};

use fbuild_matrix::matrix::{From, Matrix, Provider};
use fbuild_matrix::versions::RelaxedVersion;

use crate::support::repository;

fn matrices() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("matrices")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "yml")).collect();
    found.sort();
    found
}

fn read(path: &Path) -> Matrix {
    Matrix::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn each_is_valid_and_says_what_it_builds() {
    for path in matrices() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{} begins with a comment", path.display());
        let matrix = read(&path);
        assert!(!matrix.boards.is_empty() && !matrix.sketches.is_empty(), "{}", path.display());
        for board in matrix.boards.values() {
            let core = board.fqbn.core_name();
            assert!(matrix.cores.contains_key(&core), "{} has no entry for {core}", path.display());
        }
    }
}

#[test]
fn cores_of_an_index_are_pinned_and_have_its_address() {
    let mut indexed = 0;
    for path in matrices() {
        let matrix = read(&path);
        for (name, core) in &matrix.cores {
            let Provider::Index(index) = &core.provider else { continue };
            indexed += 1;
            let version = index.version.as_ref().and_then(|version| version.exact());
            assert!(version.is_some_and(RelaxedVersion::is_semantic), "{}: {name}", path.display());
            let vendor = name.split(':').next().unwrap();
            let has_url = index.urls.iter().all(|url| url.starts_with("https://")) && !index.urls.is_empty();
            // These are in Arduino's own index.
            assert!(has_url || ["arduino", "SiliconLabs"].contains(&vendor), "{}: {name}", path.display());
        }
    }
    assert!(indexed >= 12, "{indexed}");
}

/// The matrices of one family each, and `everything`, which has all their cores and boards.
#[test]
fn everything_is_the_sum_of_the_families() {
    let families = [
        "avr",
        "sam",
        "stm32",
        "mbed",
        "teensy",
        "nrf52",
        "rp2040",
        "renesas_uno",
        "apollo3",
        "silabs",
        "nxplpc",
    ];
    let families = families.into_iter().chain(["ch32v", "esp8266", "esp32"]);
    let all = read(&repository("matrices/everything.yml"));
    for family in families {
        let one = read(&repository(&format!("matrices/{family}.yml")));
        assert_eq!(one.name, family);
        for (name, core) in &one.cores {
            let version = |core: &fbuild_matrix::matrix::Core| {
                format!("{:?}", core.provider).split("span").next().map(str::to_owned)
            };
            let same = all.cores.get(name).unwrap_or_else(|| panic!("everything lacks {name}"));
            assert_eq!(version(core), version(same), "{name}");
        }
        for board in one.boards.values() {
            let fqbn = board.fqbn.to_string();
            assert!(all.boards.values().any(|it| it.fqbn.to_string() == fqbn), "everything lacks {fqbn}");
        }
    }
}

#[test]
fn sketches_are_in_the_repository_or_come_with_the_installation() {
    for path in matrices() {
        let matrix = read(&path);
        let sketches = matrix.sketches.iter().filter(|entry| matches!(entry.from, From::Root(_)));
        for entry in sketches {
            let From::Root(root) = &entry.from else { unreachable!() };
            assert!(root == "builtin" || matrix.cores.contains_key(root), "{}: {root}", path.display());
        }
    }
}
