//! The section `cores`: where the core of each board comes from.

use indexmap::{IndexMap, IndexSet};

use super::draft::{Item, Section};
use super::place::Place;
use super::public_cores::{ARDUINO_INDEX, public_core};
use super::yaml_text::{flow_list, flow_scalar, scalar};
use crate::import::{CoreSource, ImportedBuild, ImportedCore};
use crate::nearest::quoted;

/// The core that Debian has.
const DEBIAN: &str = "arduino:avr";

/// Facts of all descriptions about a core.
#[derive(Debug, Default)]
struct CoreFacts<'b> {
    versions: IndexSet<&'b str>,
    /// Addresses of package indexes, without Arduino's.
    indexes: IndexSet<&'b str>,
    path: Option<String>,
}

/// Returns the section for the cores of `builds`. Adds a note for each source that a matrix can't name.
pub(super) fn cores(
    builds: &[ImportedBuild],
    place: &Place,
    has_apt: bool,
    notes: &mut IndexSet<String>,
) -> Section {
    let mut facts: IndexMap<String, CoreFacts<'_>> = IndexMap::new();
    for build in builds {
        let own = build.fqbn.core_name();
        facts.entry(own.clone()).or_default();
        for core in &build.cores {
            // The core of another board with a fixed version is a part of this one: its tools, or the core that it refers to.
            // Without a version, it is installed anyway.
            if core.name == own || core.version.is_some() {
                add(facts.entry(core.name.clone()).or_default(), core, build, place, notes);
            }
            if let (CoreSource::Index(Some(url)), Some(own)) = (&core.source, facts.get_mut(&own)) {
                own.indexes.extend(Some(url.as_str()).filter(|url| !is_arduinos(url)));
            }
        }
    }
    let mut items: Vec<Item> = facts.iter().map(|(name, facts)| item(name, facts, has_apt, notes)).collect();
    let is_newest =
        |item: &&mut Item| item.yaml.contains("provider: index") && !item.yaml.contains("version: ");
    if let Some(item) = items.iter_mut().find(is_newest) {
        let comment = "The newest version. A key `version: \"1.8.*\"` limits it, `core lock` pins it.";
        item.comments.insert(0, comment.to_owned());
    }
    Section { key: "cores", items, suggestions: Vec::new() }
}

fn is_arduinos(url: &str) -> bool {
    url.trim_start_matches("https://").trim_start_matches("http://")
        == ARDUINO_INDEX.trim_start_matches("https://")
}

fn add<'b>(
    facts: &mut CoreFacts<'b>,
    core: &'b ImportedCore,
    build: &ImportedBuild,
    place: &Place,
    notes: &mut IndexSet<String>,
) {
    let name = quoted(&core.name);
    match &core.source {
        CoreSource::Index(_) => facts.versions.extend(core.version.as_deref()),
        CoreSource::Path(path) => match place.normal(path).filter(|path| place.dir.join(path).is_dir()) {
            Some(path) => facts.path = Some(place.named(&path)),
            None => notes.extend([format!("{}: the core {name} is not in {}", build.origin, quoted(path))]),
        },
        CoreSource::Download(url) => {
            let url = quoted(url);
            notes.insert(format!(
                "{}: the core {name} comes from {url}, here from a package index",
                build.origin
            ));
        }
    }
}

fn item(name: &str, facts: &CoreFacts<'_>, has_apt: bool, notes: &mut IndexSet<String>) -> Item {
    if let Some(path) = &facts.path {
        let fix = "A core in a directory needs `tools`: the directory or packages of each {runtime.tools.NAME.path} \
                   (docs/matrix.md, \"Tools\").";
        notes.insert(format!("the core {} in {path} needs the key `tools`", quoted(name)));
        return Item::new(format!("{}:\n  provider: path\n  path: {}", scalar(name), scalar(path)))
            .comment(fix);
    }
    let version = facts.versions.first();
    if facts.versions.len() > 1 {
        let all: Vec<&str> = facts.versions.iter().copied().collect();
        let first = version.copied().unwrap_or_default();
        notes.insert(format!(
            "{} is used in the versions {}: the matrix has {first}",
            quoted(name),
            all.join(", ")
        ));
    }
    if name == DEBIAN && has_apt && version.is_none() && facts.indexes.is_empty() {
        let comment =
            "Debian's core and compiler, without root. Arduino's own: {provider: index, version: \"1.8.6\"}";
        return Item::new(format!("{}: {{provider: apt}}", scalar(name))).comment(comment);
    }
    let known = public_core(name);
    let mut urls: Vec<&str> = facts.indexes.iter().copied().collect();
    if urls.is_empty() {
        urls.extend(known.map(|core| core.index).filter(|index| !index.is_empty()));
    }
    let mut fields = vec!["provider: index".to_owned()];
    fields.extend(version.map(|version| format!("version: {}", scalar(version))));
    fields.extend(match urls.as_slice() {
        [] => None,
        [url] => Some(format!("url: {}", scalar(url))),
        urls => Some(format!("url: {}", flow_list(urls.iter().copied()))),
    });
    let yaml = if urls.is_empty() {
        let version =
            version.map(|version| format!(", version: {}", flow_scalar(version))).unwrap_or_default();
        format!("{}: {{provider: index{version}}}", scalar(name))
    } else {
        format!("{}:\n  {}", scalar(name), fields.join("\n  "))
    };
    let is_known = known.is_some() || !urls.is_empty() || name.starts_with("arduino:");
    let item = Item::new(yaml);
    if is_known {
        item
    } else {
        item.comment("If Arduino's package index lacks it, add the address of its own: `url: https://…`")
    }
}
