//! Measures the symbols of a linked program.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use object::{Architecture, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, elf};

use super::area::Area;
use super::definitions::Definitions;
use super::demangle::demangled;
use super::model::{Kind, Symbol, Symbols};
use super::owner::Owner;

/// Error of a file that is no ELF.
#[derive(Debug, thiserror::Error)]
#[error("it is no ELF that can be read: {0}")]
pub struct MeasureError(#[from] object::Error);

/// Address from which on avr-ld places EEPROM, fuses, lock bits and signature, which are in neither flash nor RAM.
const AVR_BEYOND_MEMORY: u64 = 0x81_0000;

/// A symbol that may have another name with a higher rank.
struct Candidate<'a> {
    raw: &'a str,
    owner: &'a Owner,
    kind: Kind,
    size: u64,
    is_local: bool,
}

/// Measures an ELF.
///
/// # Errors
/// A file that is no ELF.
pub fn measure(elf: &[u8], definitions: &Definitions) -> Result<Symbols, MeasureError> {
    let file = object::File::parse(elf)?;
    let mut symbols = Symbols::default();
    let mut areas: BTreeMap<usize, Area> = BTreeMap::new();
    for section in file.sections() {
        if let Some(area) = area(&section, file.architecture()) {
            symbols.areas.get_mut(area).bytes += section.size();
            areas.insert(section.index().0, area);
        }
    }
    // By section and address: two names of the same bytes count once.
    let mut places: BTreeMap<(usize, u64), Candidate<'_>> = BTreeMap::new();
    // Bit 0 of a function's address marks Thumb code.
    let thumb = u64::from(file.architecture() == Architecture::Arm);
    let mut source = None;
    for symbol in file.symbols() {
        let Ok(raw) = symbol.name() else { continue };
        if symbol.kind() == SymbolKind::File {
            source = Some(raw).filter(|name| is_source(name));
            continue;
        }
        let section = symbol.section_index().map(|section| section.0);
        let Some(section) = section.filter(|section| areas.contains_key(section)) else {
            continue;
        };
        if symbol.size() == 0 || !symbol.is_definition() {
            continue;
        }
        let is_local = symbol.is_local();
        let kind = match symbol.kind() {
            SymbolKind::Text => Kind::Function,
            SymbolKind::Data | SymbolKind::Tls => Kind::Data,
            _ if areas[&section] == Area::Text => Kind::Function,
            _ => Kind::Data,
        };
        let owner = definitions.owner_of(raw, is_local, source);
        let new = Candidate { raw, owner, kind, size: symbol.size(), is_local };
        let address = if kind == Kind::Function { symbol.address() & !thumb } else { symbol.address() };
        match places.entry((section, address)) {
            Entry::Vacant(place) => drop(place.insert(new)),
            Entry::Occupied(mut place) if new.rank() > place.get().rank() => drop(place.insert(new)),
            Entry::Occupied(_) => {}
        }
    }
    let mut end = (0, 0);
    for ((section, address), candidate) in places {
        // A symbol within another is an entry point, or a part of it.
        let last = address.saturating_add(candidate.size);
        if end.0 == section && last <= end.1 {
            continue;
        }
        let overlap = if end.0 == section { end.1.saturating_sub(address) } else { 0 };
        end = (section, last);
        let area = areas[&section];
        symbols.areas.get_mut(area).named += candidate.size - overlap;
        symbols.symbols.push(Symbol {
            name: demangled(candidate.raw),
            owner: candidate.owner.clone(),
            area,
            kind: candidate.kind,
            size: candidate.size - overlap,
        });
    }
    let order = |symbol: &Symbol| (std::cmp::Reverse(symbol.size), symbol.name.clone());
    symbols.symbols.sort_by_cached_key(order);
    Ok(symbols)
}

impl Candidate<'_> {
    /// Returns the rank among names of the same bytes: by size, known owner, visibility to other objects, alphabet.
    fn rank(&self) -> (u64, bool, bool, std::cmp::Reverse<&str>) {
        let is_known = !matches!(self.owner, Owner::Other | Owner::Unknown);
        (self.size, is_known, !self.is_local, std::cmp::Reverse(self.raw))
    }
}

/// Returns the area of a section, `None` where it occupies no memory.
fn area<'data>(section: &impl ObjectSection<'data>, architecture: Architecture) -> Option<Area> {
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return None };
    let has = |flag: u64| sh_flags.0 & flag != 0;
    if !has(elf::SHF_ALLOC.0) || section.size() == 0 {
        return None;
    }
    if architecture == Architecture::Avr && section.address() >= AVR_BEYOND_MEMORY {
        return None;
    }
    let has_content = section.kind() != object::SectionKind::UninitializedData;
    Some(if has(elf::SHF_EXECINSTR.0) {
        Area::Text
    } else if !has_content {
        Area::Bss
    } else if has(elf::SHF_WRITE.0) {
        Area::Data
    } else {
        Area::Rodata
    })
}

/// Returns whether the file name before symbols of an ELF is a source. Link-time optimisation writes no name, or one of
/// its own.
fn is_source(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('<') && !name.contains(".ltrans")
}
