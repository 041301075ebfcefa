//! Tests of the resolution, also against a reference that tries everything.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::super::catalog::tests::release;
use super::*;
use crate::versions::{RelaxedVersion, VersionRange};

fn catalog(releases: &[(&str, &str, &[&str])]) -> LibraryCatalog {
    LibraryCatalog::new(releases.iter().map(|(name, version, needs)| release(name, version, needs)).collect())
}

fn requests(wanted: &[&str]) -> Vec<LibraryRequest> {
    let request = |text: &&str| {
        let (name, range) = text.split_once(' ').unwrap_or((text, ""));
        let range = VersionRange::from_constraint(range).unwrap();
        LibraryRequest { name: name.into(), range, required_by: "the matrix".into() }
    };
    wanted.iter().map(request).collect()
}

fn shown(solution: &[LibraryRelease]) -> String {
    solution.iter().map(|it| format!("{} {}", it.name, it.version)).collect::<Vec<_>>().join(", ")
}

fn resolved(catalog: &LibraryCatalog, wanted: &[&str]) -> String {
    shown(&resolve(&requests(wanted), &[], catalog).unwrap())
}

fn error(catalog: &LibraryCatalog, wanted: &[&str]) -> ResolveLibrariesError {
    resolve(&requests(wanted), &[], catalog).unwrap_err()
}

#[test]
fn newest_versions_with_their_dependencies() {
    let catalog = catalog(&[
        ("A", "1.0.0", &[]),
        ("A", "1.1.0", &["B >=1.0.0 && <3.0.0", "C"]),
        ("B", "1.0.0", &[]),
        ("B", "2.5.0", &["A"]),
        ("B", "3.0.0", &["D"]),
        ("C", "0.1.0", &[]),
        ("C", "1.0.0-rc1", &[]),
        ("D", "1.0.0", &[]),
    ]);
    assert_eq!(resolved(&catalog, &["a"]), "A 1.1.0, B 2.5.0, C 1.0.0-rc1");
    assert_eq!(resolved(&catalog, &["A <1.1", "B"]), "A 1.0.0, B 3.0.0, D 1.0.0");
    assert_eq!(resolved(&catalog, &["B", "A"]), "A 1.0.0, B 3.0.0, D 1.0.0");
    assert_eq!(resolved(&catalog, &[]), "");
}

#[test]
fn provided_libraries_are_not_resolved_as_dependencies() {
    let catalog = catalog(&[("A", "1.0.0", &["B =9.0.0", "Gone"]), ("B", "1.0.0", &[]), ("B", "2.0.0", &[])]);
    let provided = ["B".to_owned(), "Gone".to_owned()];
    assert_eq!(shown(&resolve(&requests(&["A"]), &provided, &catalog).unwrap()), "A 1.0.0");
    assert_eq!(shown(&resolve(&requests(&["A", "B <2"]), &provided, &catalog).unwrap()), "A 1.0.0, B 1.0.0");
}

#[test]
fn older_versions_where_the_newest_do_not_fit() {
    let catalog = catalog(&[
        ("A", "1.0.0", &["C <2"]),
        ("A", "2.0.0", &["C >=2"]),
        ("B", "1.0.0", &["C <2"]),
        ("C", "1.5.0", &[]),
        ("C", "2.0.0", &[]),
    ]);
    assert_eq!(resolved(&catalog, &["A", "B"]), "A 1.0.0, B 1.0.0, C 1.5.0");
}

#[test]
fn a_conflict_names_requirers_constraints_and_versions() {
    let catalog = catalog(&[
        ("A", "1.0.0", &["C >=2"]),
        ("B", "1.0.0", &["C <2"]),
        ("B", "1.1.0", &["C <2"]),
        ("C", "1.5.0", &[]),
        ("C", "2.0.0", &[]),
        ("Other", "1.0.0", &["C"]),
    ]);
    assert_eq!(
        error(&catalog, &["Other", "A", "B"]).to_string(),
        "no versions of the required libraries fit together:\n  \
         the matrix requires `A`\n  \
         the matrix requires `B`\n  \
         `A` 1.0.0 requires `C` (>=2)\n  \
         every version of `B` requires `C` (<2)\n  \
         the index has `C` 2.0.0, 1.5.0\n\
         change a version that you require, or remove a library"
    );
    let text = error(&catalog, &["A", "C <2"]).to_string();
    assert!(
        text.contains("the matrix requires `C` (<2)") && text.contains("`A` 1.0.0 requires `C` (>=2)"),
        "{text}"
    );
}

#[test]
fn missing_libraries_and_versions_are_named_with_their_requirer() {
    let catalog = catalog(&[
        ("FastLED", "3.0.0", &[]),
        ("A", "1.0.0", &["FastLDE"]),
        ("B", "1.0.0", &["FastLED >=4"]),
        ("C", "1.0.0", &["A"]),
        ("Self", "1.0.0", &["Self >1"]),
    ]);
    let unknown = |name: &str, by: &str| ResolveLibrariesError::UnknownLibrary {
        name: name.into(),
        required_by: by.into(),
        hint: "did you mean `FastLED`?".into(),
    };
    assert_eq!(error(&catalog, &["FastLDE"]), unknown("FastLDE", "the matrix"));
    assert_eq!(error(&catalog, &["C"]), unknown("FastLDE", "`A` 1.0.0"));
    let no_version = |range: &str, by: &str| ResolveLibrariesError::NoVersion {
        name: "FastLED".into(),
        range: range.into(),
        required_by: by.into(),
        versions: "3.0.0".into(),
    };
    assert_eq!(error(&catalog, &["FastLED 9.*"]), no_version("9.*", "the matrix"));
    assert_eq!(error(&catalog, &["B"]), no_version(">=4", "`B` 1.0.0"));
    let text = error(&catalog, &["Self"]).to_string();
    assert!(text.contains("`Self` 1.0.0 requires `Self` (>1)"), "{text}");
}

#[test]
fn the_cause_far_from_the_requests_is_found() {
    // The search meets conflicts of `Noise` first; they are not why there is no solution.
    let catalog = catalog(&[
        ("Noise", "2.0.0", &["Leaf =1.0.0", "Leaf =2.0.0"]),
        ("Noise", "1.0.0", &[]),
        ("Top", "1.0.0", &["Middle"]),
        ("Middle", "1.0.0", &["Leaf =1.0.0"]),
        ("Middle", "2.0.0", &["Gone"]),
        ("Leaf", "1.0.0", &[]),
        ("Leaf", "2.0.0", &[]),
    ]);
    let text = error(&catalog, &["Noise", "Top", "Leaf =2.0.0"]).to_string();
    assert!(!text.contains("Noise"), "{text}");
    for part in [
        "`Middle` 1.0.0 requires `Leaf` (=1.0.0)",
        "`Middle` 2.0.0 requires `Gone`",
        "the matrix requires `Leaf` (=2.0.0)",
        "the index has `Gone` in no version",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

/// `count` libraries with `versions` versions each; each version of each requires an equal version of the next ones.
fn ladder(count: usize, versions: usize, last: &[&str]) -> LibraryCatalog {
    let mut releases = Vec::new();
    for library in 0..count {
        for version in 1..=versions {
            let needs = (library + 1..count.min(library + 4)).map(|next| format!("L{next} ={version}.0.0"));
            let needs: Vec<String> = if library + 1 == count {
                last.iter().map(ToString::to_string).collect()
            } else {
                needs.collect()
            };
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            releases.push(release(&format!("L{library}"), &format!("{version}.0.0"), &needs));
        }
    }
    releases.push(release("End", "1.0.0", &[]));
    LibraryCatalog::new(releases)
}

#[test]
fn graphs_that_defeat_the_search_are_solved() {
    // Independent choices before one that never fits: the search tries all 20^12 combinations.
    let mut releases =
        vec![release("Bad", "1.0.0", &["End =1.0.0", "End =2.0.0"]), release("Bad", "0.1.0", &[])];
    releases.extend(["1.0.0", "2.0.0"].map(|version| release("End", version, &[])));
    let mut wanted = Vec::new();
    for library in 0..12 {
        let name = format!("L{library}");
        releases.extend((1..=20).map(|version| release(&name, &format!("{version}.0.0"), &["Tail", "End"])));
        wanted.push(name);
    }
    releases.push(release("Tail", "1.0.0", &["Bad >=1.0.0"]));
    releases.push(release("Tail", "0.1.0", &["Bad <1.0.0", "End =2.0.0"]));
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let catalog = LibraryCatalog::new(releases.clone());
    let solution = resolved(&catalog, &wanted);
    assert!(
        solution.contains("Bad 0.1.0, End 2.0.0, L0 20.0.0") && solution.contains("Tail 0.1.0"),
        "{solution}"
    );

    let mut unsolvable = wanted.clone();
    unsolvable.push("End =1.0.0");
    assert!(matches!(error(&catalog, &unsolvable), ResolveLibrariesError::Conflict { .. }));

    let catalog = ladder(30, 20, &["End =1.0.0"]);
    assert_eq!(resolve(&requests(&["L0"]), &[], &catalog).unwrap().len(), 31);
    let catalog = ladder(30, 20, &["End =2.0.0"]);
    let text = error(&catalog, &["L0"]).to_string();
    assert!(text.contains("End"), "{text}");
}

#[test]
fn the_limit_of_steps_is_an_error() {
    // Pigeons: each library needs a hole of its own, and there is one hole less. Proofs are exponential.
    let mut releases = Vec::new();
    let (pigeons, holes) = (9, 8);
    for pigeon in 0..pigeons {
        for hole in 0..holes {
            let need = format!("Hole{hole} ={pigeon}.0.0");
            releases.push(release(&format!("Pigeon{pigeon}"), &format!("{hole}.0.0"), &[&need]));
        }
    }
    for hole in 0..holes {
        releases.extend((0..pigeons).map(|it| release(&format!("Hole{hole}"), &format!("{it}.0.0"), &[])));
    }
    let wanted: Vec<String> = (0..pigeons).map(|it| format!("Pigeon{it}")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let catalog = LibraryCatalog::new(releases);
    let limits = MaxSteps { search: search::MAX_STEPS, solve: 200 };
    let error = resolve_within(&requests(&wanted), &[], &catalog, limits).unwrap_err();
    assert!(matches!(error, ResolveLibrariesError::TooManySteps { steps: 200, .. }), "{error}");
    assert!(resolve_within(&requests(&wanted[..8]), &[], &catalog, limits).is_ok());
}

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

/// By name and version: the requirements of a release.
type Releases = BTreeMap<(&'static str, u8), Vec<(&'static str, &'static str)>>;

fn needs(most: usize) -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let name = prop::sample::select(vec!["A", "B", "C", "D", "A", "B", "C", "D", "A", "B", "C", "D", "Gone"]);
    let range =
        prop::sample::select(vec!["", "", "=1.0.0", ">1.0.0", "<3.0.0", "!=2.0.0", "^2.0.0", ">=9.0.0"]);
    prop::collection::vec((name, range), 0..=most)
}

fn graphs() -> impl Strategy<Value = Releases> {
    prop::collection::btree_map((prop::sample::select(NAMES.to_vec()), 1_u8..=3), needs(3), 1..=12)
}

/// Returns all solutions with needless libraries or without, by trying everything.
fn all_solutions(
    releases: &Releases,
    wanted: &[(&'static str, &'static str)],
) -> Vec<BTreeMap<&'static str, u8>> {
    let mut all = vec![BTreeMap::new()];
    for name in NAMES {
        let mut more = all.clone();
        for version in 1..=3 {
            if releases.contains_key(&(name, version)) {
                more.extend(all.iter().cloned().map(|mut chosen| {
                    chosen.insert(name, version);
                    chosen
                }));
            }
        }
        all = more;
    }
    all.retain(|chosen| {
        let keeps = |(name, range): &(&str, &str)| {
            let range = VersionRange::from_constraint(range).unwrap();
            chosen.get(name).is_some_and(|it| range.matches(&RelaxedVersion::new(format!("{it}.0.0"))))
        };
        let of_releases = chosen.iter().flat_map(|(name, version)| &releases[&(*name, *version)]);
        wanted.iter().chain(of_releases).all(keeps)
    });
    all
}

/// Returns the libraries that `wanted` lead to among the chosen releases.
fn reachable(
    releases: &Releases,
    wanted: &[(&'static str, &'static str)],
    chosen: &BTreeMap<&'static str, u8>,
) -> HashSet<&'static str> {
    let mut reached = HashSet::new();
    let mut rest: Vec<&'static str> = wanted.iter().map(|(name, _)| *name).collect();
    while let Some(name) = rest.pop() {
        if reached.insert(name) {
            rest.extend(releases[&(name, chosen[name])].iter().map(|(name, _)| *name));
        }
    }
    reached
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_solution_is_found_if_there_is_one(releases in graphs(), wanted in needs(3)) {
        let list = releases.iter().map(|((name, version), needs)| {
            let needs: Vec<String> = needs.iter().map(|(name, range)| format!("{name} {range}")).collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            release(name, &format!("{version}.0.0"), &needs)
        });
        let catalog = LibraryCatalog::new(list.collect());
        let texts: Vec<String> = wanted.iter().map(|(name, range)| format!("{name} {range}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let solutions = all_solutions(&releases, &wanted);
        // With the search, and with PubGrub alone.
        for search in [search::MAX_STEPS, 0] {
            let limits = MaxSteps { search, solve: solve::MAX_STEPS };
            match resolve_within(&requests(&texts), &[], &catalog, limits) {
                Ok(solution) => {
                    let version = |it: &LibraryRelease| it.version.as_str()[..1].parse().unwrap();
                    let name = |it: &LibraryRelease| NAMES.into_iter().find(|name| **name == *it.name).unwrap();
                    let chosen: BTreeMap<&str, u8> = solution.iter().map(|it| (name(it), version(it))).collect();
                    prop_assert_eq!(chosen.len(), solution.len());
                    prop_assert!(solutions.contains(&chosen), "{:?} of {:?}", chosen, solutions);
                    let needed = reachable(&releases, &wanted, &chosen);
                    prop_assert_eq!(needed, chosen.keys().copied().collect::<HashSet<_>>());
                }
                Err(error) => {
                    prop_assert!(solutions.is_empty(), "{} but {:?}", error, solutions);
                    let is_limit = matches!(error, ResolveLibrariesError::TooManySteps { .. });
                    prop_assert!(!is_limit);
                    prop_assert!(error.to_string().contains("require"), "{}", error);
                }
            }
        }
    }
}
