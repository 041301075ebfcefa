//! Selects the sections of a conversion and places their bytes (`binutils/objcopy.c`, `copy_object`).

use super::elf::{Elf, Place, Section};
use super::unsupported::Unsupported;
use super::words::Selection;

/// Largest image in bytes: more than any board has. A gap between flash and RAM that a recipe forgets is
/// larger.
const MOST: u64 = 64 << 20;

/// Bytes of a gap that are written at a time.
const FILLED_AT_ONCE: u32 = 8192;

/// Content of a conversion.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// Pieces by address, in the order in which they are written; they don't overlap.
    pub(super) pieces: Vec<Piece>,
}

/// Bytes that are written at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) address: u32,
    pub(super) bytes: Vec<u8>,
}

impl Piece {
    /// Returns the address after the last byte.
    pub(super) fn end(&self) -> u64 {
        u64::from(self.address) + self.bytes.len() as u64
    }
}

impl Image {
    /// Returns the selected part of a program.
    pub(super) fn of(elf: &Elf, selection: &Selection) -> Result<Self, Unsupported> {
        let mut sections: Vec<Section> = elf
            .sections
            .iter()
            .filter_map(|section| chosen(section, selection).transpose())
            .collect::<Result<_, _>>()?;
        sections.retain(|section| section.place == Place::Bytes);
        sections.sort_by_key(|section| (section.load_address, section.size));
        let end = |section: &Section| u64::from(section.load_address) + u64::from(section.size);
        let mut held = 0;
        for section in &sections {
            if u64::from(section.load_address) < held && (section.size > 0 || selection.fill.is_some()) {
                return Err(Unsupported::Odd("sections that overlap"));
            }
            held = held.max(end(section));
        }
        let size: u64 = sections.iter().map(|section| u64::from(section.size)).sum();
        let mut image = Self { pieces: Vec::new() };
        let mut filled = 0;
        for (at, section) in sections.iter().enumerate() {
            if section.size > 0 {
                image.pieces.push(Piece { address: section.load_address, bytes: elf.contents(section)? });
            }
            if let (Some(fill), Some(next)) = (selection.fill, sections.get(at + 1)) {
                filled += u64::from(next.load_address).saturating_sub(end(section));
                if size + filled > MOST {
                    return Err(Unsupported::Odd("a very large gap"));
                }
                image.fill(fill, section.load_address + section.size, next.load_address);
            }
        }
        Ok(image)
    }

    fn fill(&mut self, fill: u8, from: u32, to: u32) {
        for address in (from..to).step_by(FILLED_AT_ONCE as usize) {
            let length = FILLED_AT_ONCE.min(to - address);
            self.pieces.push(Piece { address, bytes: vec![fill; length as usize] });
        }
    }
}

/// Returns a section as it is in the output; `None` if it is not selected.
fn chosen(section: &Section, selection: &Selection) -> Result<Option<Section>, Unsupported> {
    let named = |names: &[String]| names.contains(&section.name);
    if named(&selection.without) || !(selection.only.is_empty() || named(&selection.only)) {
        return Ok(None);
    }
    // `alloc,load` must be true already: cores use the option in no other way.
    if named(&selection.loaded) && section.place != Place::Bytes {
        return Err(Unsupported::Odd("a section that is to be loaded and is not"));
    }
    let mut section = section.clone();
    if let Some((_, address)) = selection.moved.iter().find(|(name, _)| *name == section.name) {
        section.load_address = *address;
        if address.checked_add(section.size).is_none() {
            return Err(Unsupported::Odd("a section over the end of memory"));
        }
    }
    Ok(Some(section))
}
