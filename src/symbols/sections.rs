//! The sections of an ELF that occupy memory.

use object::{Object, ObjectSection, SectionFlags, elf};

/// Returns name and size in bytes of each section that occupies memory, in the order of the file; nothing for a file
/// that is no ELF.
pub fn sections(elf: &[u8]) -> Vec<(String, u64)> {
    let Ok(file) = object::File::parse(elf) else { return Vec::new() };
    let allocated = |flags| match flags {
        SectionFlags::Elf { sh_flags, .. } => sh_flags.0 & elf::SHF_ALLOC.0 != 0,
        _ => false,
    };
    let sections = file.sections().filter(|section| section.size() > 0 && allocated(section.flags()));
    sections.filter_map(|section| Some((section.name().ok()?.to_owned(), section.size()))).collect()
}
