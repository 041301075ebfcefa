//! A linked program as GNU's tools see it: sections in the order of their headers, each with its load address
//! (`bfd/elf.c`, `_bfd_elf_make_section_from_shdr`). Unusual programs are rejected and left to the tool.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use object::LittleEndian as LE;
use object::elf::{self, FileHeader32, ProgramHeader32, SectionHeader32};
use object::read::ReadCache;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

use super::unsupported::Unsupported;

/// A program.
#[derive(Debug)]
pub(super) struct Elf {
    file: File,
    /// Target machine.
    pub(super) machine: Machine,
    /// Entry address.
    pub(super) entry: u32,
    /// The sections that BFD exposes: without symbol tables and their string tables, and without section
    /// names.
    pub(super) sections: Vec<Section>,
}

/// Header fields that select a tool's ELF reader, and the processor flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) number: u16,
    pub(super) abi: u8,
    /// Processor flags. No output depends on them.
    pub(super) flags: u32,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    /// Address at run time.
    pub(super) address: u32,
    /// Address to which the section is loaded before the program starts.
    pub(super) load_address: u32,
    pub(super) size: u32,
    pub(super) place: Place,
    pub(super) is_code: bool,
    pub(super) is_writable: bool,
    offset: u32,
}

/// The memory that a section takes at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// No memory: for linkers and debuggers only.
    Nowhere,
    /// Memory without loaded content.
    Room,
    /// Memory with the section's bytes.
    Bytes,
}

impl Elf {
    /// Reads the headers of a file.
    pub(super) fn open(path: &Path) -> Result<Self, Unsupported> {
        let file = File::open(path)?;
        let data = &ReadCache::new(&file);
        let header = FileHeader32::<LE>::parse(data)?;
        let endian = header.endian()?;
        if header.e_type(endian) != elf::ET_EXEC {
            return Err(Unsupported::Odd("no program"));
        }
        let segments = header.program_headers(endian, data)?;
        let table = header.sections(endian, data)?;
        let headers: Vec<&SectionHeader32<LE>> = table.iter().collect();
        let names = header.shstrndx(endian, data)?;
        let length = file.metadata()?.len();
        let is_cut = |offset: u32, size: u32| u64::from(offset) + u64::from(size) > length;
        if segments.iter().any(|it| is_cut(it.p_offset(endian), it.p_filesz(endian))) {
            return Err(Unsupported::Odd("a segment that the file does not hold"));
        }
        // BFD does not trust the segments of programs without load addresses.
        if segments.iter().all(|it| it.p_paddr(endian) == 0)
            && segments
                .iter()
                .filter(|it| it.p_type(endian) == elf::PT_LOAD && it.p_memsz(endian) != 0)
                .count()
                > 1
        {
            return Err(Unsupported::Odd("segments without load addresses"));
        }
        let mut sections = Vec::new();
        for (at, header) in headers.iter().enumerate().skip(1) {
            match header.sh_type(endian) {
                elf::SHT_SYMTAB => {
                    if sections_of(&headers, elf::SHT_SYMTAB) > 1 {
                        return Err(Unsupported::Odd("two tables of symbols"));
                    }
                    continue;
                }
                elf::SHT_STRTAB => {
                    let users: Vec<(usize, elf::SectionType)> = (1..headers.len())
                        .filter(|user| usize::try_from(headers[*user].sh_link(endian)) == Ok(at))
                        .map(|user| (user, headers[user].sh_type(endian)))
                        .collect();
                    if at == names as usize || users.iter().any(|(_, kind)| *kind == elf::SHT_SYMTAB) {
                        continue;
                    }
                    // BFD reads the sections that use this table first.
                    if users.iter().any(|(user, _)| *user > at) {
                        return Err(Unsupported::Odd("a table of names before its user"));
                    }
                }
                elf::SHT_PROGBITS
                | elf::SHT_NOBITS
                | elf::SHT_NOTE
                | elf::SHT_INIT_ARRAY
                | elf::SHT_FINI_ARRAY
                | elf::SHT_PREINIT_ARRAY => {}
                // `.ARM.exidx`, `.ARM.attributes`, `.riscv.attributes`.
                kind if (elf::SHT_LOPROC..=elf::SHT_HIPROC).contains(&kind.0) => {}
                _ => return Err(Unsupported::Odd("a section of an unusual type")),
            }
            let name = std::str::from_utf8(table.section_name(endian, header)?).unwrap_or_default();
            let section = section(header, name, segments)?;
            if header.sh_type(endian) != elf::SHT_NOBITS && is_cut(section.offset, section.size) {
                return Err(Unsupported::Odd("a section that the file does not hold"));
            }
            sections.push(section);
        }
        let ident = header.e_ident();
        let machine = Machine {
            number: header.e_machine(endian).0,
            abi: ident.os_abi.0,
            flags: header.e_flags(endian).0,
        };
        let entry = header.e_entry(endian);
        Ok(Self { file, machine, entry, sections })
    }

    /// Returns the bytes of a section with content.
    pub(super) fn contents(&self, section: &Section) -> Result<Vec<u8>, Unsupported> {
        let mut bytes = vec![0; section.size as usize];
        self.file.read_exact_at(&mut bytes, section.offset.into())?;
        Ok(bytes)
    }
}

fn sections_of(headers: &[&SectionHeader32<LE>], kind: elf::SectionType) -> usize {
    headers.iter().filter(|header| header.sh_type(LE) == kind).count()
}

fn section(
    header: &SectionHeader32<LE>,
    name: &str,
    segments: &[ProgramHeader32<LE>],
) -> Result<Section, Unsupported> {
    const USUAL: elf::SectionFlags = elf::SectionFlags(
        elf::SHF_ALLOC.0
            | elf::SHF_WRITE.0
            | elf::SHF_EXECINSTR.0
            | elf::SHF_MERGE.0
            | elf::SHF_STRINGS.0
            | elf::SHF_LINK_ORDER.0
            | elf::SHF_INFO_LINK.0
            | elf::SHF_GNU_RETAIN.0,
    );
    let flags = header.sh_flags(LE);
    if flags.0 & !USUAL.0 != 0 {
        return Err(Unsupported::Odd("a section with unusual flags"));
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_graphic()) || name.starts_with(".zdebug") {
        return Err(Unsupported::Odd("a section with an unusual name"));
    }
    let has = |flag: elf::SectionFlags| flags.0 & flag.0 != 0;
    let section = Section {
        name: name.to_owned(),
        address: header.sh_addr(LE),
        load_address: header.sh_addr(LE),
        size: header.sh_size(LE),
        place: match header.sh_type(LE) {
            _ if !has(elf::SHF_ALLOC) => Place::Nowhere,
            elf::SHT_NOBITS => Place::Room,
            _ => Place::Bytes,
        },
        is_code: has(elf::SHF_EXECINSTR),
        is_writable: has(elf::SHF_WRITE),
        offset: header.sh_offset(LE),
    };
    let segment = segments.iter().find(|segment| section.is_in(segment));
    let load_address = match (segment, section.place) {
        (Some(segment), Place::Bytes) => {
            segment.p_paddr(LE).wrapping_add(section.offset.wrapping_sub(segment.p_offset(LE)))
        }
        (Some(segment), Place::Room) => {
            segment.p_paddr(LE).wrapping_add(section.address.wrapping_sub(segment.p_vaddr(LE)))
        }
        _ => section.address,
    };
    if load_address.checked_add(section.size).is_none() || section.address.checked_add(section.size).is_none()
    {
        return Err(Unsupported::Odd("a section over the end of memory"));
    }
    Ok(Section { load_address, ..section })
}

impl Section {
    /// `ELF_SECTION_IN_SEGMENT` of binutils' `include/elf/internal.h`.
    fn is_in(&self, segment: &ProgramHeader32<LE>) -> bool {
        let within = |start: u32, begin: u32, length: u32| {
            start >= begin && u64::from(start - begin) + u64::from(self.size) <= u64::from(length)
        };
        segment.p_type(LE) == elf::PT_LOAD
            && self.place != Place::Nowhere
            && (self.place == Place::Room || within(self.offset, segment.p_offset(LE), segment.p_filesz(LE)))
            && within(self.address, segment.p_vaddr(LE), segment.p_memsz(LE))
    }
}
