//! Programs for the trial of a tool; they are never run. One of them has everything that affects where bytes
//! go: gaps, neighbours, sections that cross a border of 64 KiB or 1 MiB or end at one, odd lengths, an empty
//! section, a section without bytes between others, load addresses that differ from run-time addresses,
//! headers in another order than addresses.

use object::elf;

use super::elf::Machine;
use super::words::{Format, Request, Work};

/// Load address, size and kind of a section.
type Spot = (u32, u32, Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Constants,
    /// Run-time address differs from the load address.
    Data,
    /// Without bytes.
    Zeros,
    Comment,
    Note,
}

/// Sections of every specimen.
const NEAR: [Spot; 17] = [
    (0x100, 0x33, Kind::Code),
    (0x133, 1, Kind::Code),
    (0x134, 0, Kind::Constants),
    (0x140, 0x20, Kind::Constants),
    (0x160, 0x90, Kind::Zeros),
    (0x1ff, 0x31, Kind::Code),
    (0, 0x12, Kind::Comment),
    (0x230, 5, Kind::Data),
    (0xfff5, 0x40, Kind::Code),
    (0x1_0035, 7, Kind::Constants),
    (0x1_0100, 0x2007, Kind::Code),
    (0x1_fff0, 0x20, Kind::Code),
    (0, 0x14, Kind::Note),
    (0x2_fff0, 0x10, Kind::Constants),
    (0x3_0000, 0x11, Kind::Code),
    (0x3_0011, 0x2d, Kind::Data),
    (0x3_8001, 0x0f, Kind::Zeros),
];

/// Further sections where the output is not as long as the distance between the addresses.
const FAR: [Spot; 6] = [
    (0xf_fffa, 0x1b, Kind::Code),
    (0x81_0000, 5, Kind::Constants),
    (0x0801_fff8, 0x19, Kind::Data),
    (0x1000_0000, 0x20, Kind::Zeros),
    (0x8000_0000, 0x12, Kind::Code),
    (0xffff_ff01, 0x21, Kind::Constants),
];

/// Size of a moved section: it crosses a border at any address.
const MOVED: u32 = 0x1_0013;

/// Returns programs for a processor: one with the sections that a command names, and one without. One entry
/// address is within the reach of segment addresses, the other beyond. A listing depends on neither, so one
/// program is enough.
pub(super) fn specimens(request: &Request, machine: Machine) -> Vec<Vec<u8>> {
    let (mut named, mut moved, mut is_near) = (Vec::new(), Vec::new(), false);
    if let Work::Copy { format, selection } = &request.work {
        moved.extend(selection.moved.iter().map(|(name, _)| name.clone()));
        for name in selection.names() {
            if !moved.iter().chain(&named).any(|known| known == name) {
                named.push(name.to_owned());
            }
        }
        is_near = *format == Format::Binary || selection.fill.is_some();
    }
    let far = if is_near { &[][..] } else { &FAR };
    let kinds = [(0x0001_2345, &*named, &*moved), (0x0801_01c1, &[], &[])];
    let count = if matches!(request.work, Work::List(_)) { 1 } else { kinds.len() };
    let made = kinds.into_iter().take(count).map(|(entry, named, moved)| {
        let mut sections = Vec::new();
        for (at, place) in NEAR.iter().chain(far).enumerate() {
            // In turn, so that each name gets sections of all kinds.
            let name = named.get(at % (named.len() + 1)).cloned();
            sections.push(Section::new(name.unwrap_or_else(|| format!(".place{at}")), *place));
        }
        for (address, name) in (0x0090_0000..).step_by(0x10_0000).zip(moved) {
            sections.push(Section::new(name.clone(), (address, MOVED, Kind::Constants)));
        }
        write(machine, entry, &sections)
    });
    made.collect()
}

struct Section {
    name: String,
    load_address: u32,
    address: u32,
    kind: Kind,
    bytes: Vec<u8>,
    size: u32,
}

impl Section {
    fn new(name: String, (load_address, size, kind): Spot) -> Self {
        let mut bytes = match kind {
            Kind::Zeros => Vec::new(),
            // A name and a content of four bytes each.
            Kind::Note => [&[4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0], &b"new\0"[..], &[1, 2, 3, 4]].concat(),
            _ => {
                let mix = |at: u32| at.wrapping_add(load_address).wrapping_mul(0x9e37_79b1).to_be_bytes()[0];
                (0..size).map(mix).collect()
            }
        };
        if kind != Kind::Zeros {
            bytes.resize(size as usize, 0);
        }
        let address = if kind == Kind::Data { load_address ^ 0x0020_0000 } else { load_address };
        Self { name, load_address, address, kind, bytes, size }
    }

    fn is_allocated(&self) -> bool {
        !matches!(self.kind, Kind::Comment | Kind::Note)
    }

    /// Whether the section belongs to the segment of the section before.
    fn continues(&self, before: &Self) -> bool {
        let has_bytes = |kind| matches!(kind, Kind::Code | Kind::Constants);
        has_bytes(self.kind)
            && has_bytes(before.kind)
            && self.load_address == before.load_address + before.size
    }

    /// Returns type and flags of the section's header.
    fn type_and_flags(&self) -> (u32, u32) {
        let flags = match self.kind {
            Kind::Code => elf::SHF_ALLOC | elf::SHF_EXECINSTR,
            Kind::Constants => elf::SHF_ALLOC,
            Kind::Data | Kind::Zeros => elf::SHF_ALLOC | elf::SHF_WRITE,
            Kind::Comment => elf::SHF_MERGE | elf::SHF_STRINGS,
            Kind::Note => elf::SectionFlags(0),
        };
        let kind = match self.kind {
            Kind::Zeros => elf::SHT_NOBITS,
            Kind::Note => elf::SHT_NOTE,
            _ => elf::SHT_PROGBITS,
        };
        (kind.0, u32::try_from(flags.0).unwrap_or_default())
    }
}

/// Sizes of an ELF's headers: of the file, of a segment, of a section, of a symbol.
const FILE: usize = 52;
const SEGMENT: usize = 32;
const SECTION: usize = 40;
const SYMBOL: usize = 16;

/// Returns an ELF. Section headers are written in another order than `sections`.
fn write(machine: Machine, entry: u32, sections: &[Section]) -> Vec<u8> {
    let mut segments: Vec<Vec<&Section>> = Vec::new();
    for (at, section) in sections.iter().enumerate().filter(|(_, section)| section.is_allocated()) {
        match segments.last_mut() {
            Some(segment) if at > 0 && section.continues(&sections[at - 1]) => segment.push(section),
            _ => segments.push(vec![section]),
        }
    }
    let mut body = Body { bytes: Vec::new(), start: FILE + SEGMENT * segments.len(), headers: vec![[0; 10]] };
    let mut names = vec![0];
    let mut programs = Vec::new();
    let mut told = Vec::new();
    for segment in &segments {
        let (first, offset) = (segment[0], body.end());
        for section in segment {
            told.push((section.load_address, body.header(&mut names, section)));
        }
        let size: u32 = segment.iter().map(|section| section.size).sum();
        let flags = (elf::PF_R | elf::PF_W | elf::PF_X).0;
        programs.extend([elf::PT_LOAD.0, offset, first.address, first.load_address]);
        programs.extend([body.end() - offset, size, flags, 1]);
    }
    // Descending within each 64 KiB: sorted by address in neither direction.
    told.sort_by_key(|(address, _)| (address >> 16, std::cmp::Reverse(*address)));
    body.headers.extend(told.into_iter().map(|(_, header)| header));
    for section in sections.iter().filter(|section| !section.is_allocated()) {
        let header = body.header(&mut names, section);
        body.headers.push(header);
    }
    let last = small(body.headers.len());
    body.table(&mut names, ".symtab", elf::SHT_SYMTAB, [last + 1, 1, 4], &[0; SYMBOL]);
    body.table(&mut names, ".strtab", elf::SHT_STRTAB, [0; 3], &[0]);
    // The table contains its own name.
    let own = ".shstrtab";
    let all = [names.as_slice(), own.as_bytes(), &[0]].concat();
    body.table(&mut names, own, elf::SHT_STRTAB, [0; 3], &all);

    let mut out = Vec::new();
    out.extend(elf::ELFMAG);
    // 32 bits, little endian.
    out.extend([1, 1, 1, machine.abi, 0, 0, 0, 0, 0, 0, 0, 0]);
    let half =
        |out: &mut Vec<u8>, value: usize| out.extend(u16::try_from(value).unwrap_or_default().to_le_bytes());
    let word = |out: &mut Vec<u8>, value: u32| out.extend(value.to_le_bytes());
    half(&mut out, usize::from(elf::ET_EXEC.0));
    half(&mut out, usize::from(machine.number));
    for value in [1, entry, small(FILE), body.end(), machine.flags] {
        word(&mut out, value);
    }
    let count = body.headers.len();
    for value in [FILE, SEGMENT, segments.len(), SECTION, count, count - 1] {
        half(&mut out, value);
    }
    for value in programs {
        word(&mut out, value);
    }
    out.extend(&body.bytes);
    for value in body.headers.iter().flatten() {
        word(&mut out, *value);
    }
    out
}

/// Content between the segment headers and the section headers.
struct Body {
    bytes: Vec<u8>,
    /// Offset in the file.
    start: usize,
    headers: Vec<[u32; SECTION / 4]>,
}

impl Body {
    fn end(&self) -> u32 {
        small(self.start + self.bytes.len())
    }

    /// Adds the bytes of a section and returns its header.
    fn header(&mut self, names: &mut Vec<u8>, section: &Section) -> [u32; SECTION / 4] {
        let (kind, flags) = section.type_and_flags();
        let offset = self.end();
        self.bytes.extend(&section.bytes);
        let address = if section.is_allocated() { section.address } else { 0 };
        [name(names, &section.name), kind, flags, address, offset, section.size, 0, 0, 1, 0]
    }

    /// Adds a table with its header; `about` has link, info and alignment.
    fn table(
        &mut self,
        names: &mut Vec<u8>,
        title: &str,
        kind: elf::SectionType,
        about: [u32; 3],
        bytes: &[u8],
    ) {
        let [link, info, align] = about;
        let entry = if link > 0 { small(SYMBOL) } else { 0 };
        let offset = self.end();
        self.bytes.extend(bytes);
        let header =
            [name(names, title), kind.0, 0, 0, offset, small(bytes.len()), link, info, align.max(1), entry];
        self.headers.push(header);
    }
}

/// Adds a name to the table of names and returns its offset.
fn name(names: &mut Vec<u8>, name: &str) -> u32 {
    let at = small(names.len());
    names.extend(name.as_bytes());
    names.push(0);
    at
}

/// Converts a size; a specimen is far smaller than 4 GiB.
fn small(value: usize) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::elf::{Elf, Place};
    use super::*;

    const MACHINE: Machine = Machine { number: 83, abi: 0, flags: 5 };

    fn read(command: &str) -> Vec<Elf> {
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let request = Request::read(&argv, Path::new("/")).unwrap();
        let open = |bytes: Vec<u8>| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            Elf::open(file.path()).unwrap()
        };
        specimens(&request, MACHINE).into_iter().map(open).collect()
    }

    #[test]
    fn a_specimen_has_what_it_is_made_of() {
        let read = read("avr-objcopy -O ihex -R .eeprom a b");
        let [with, without] = &read[..] else { panic!("{} specimens", read.len()) };
        assert_eq!((with.machine, with.entry, without.entry), (MACHINE, 0x1_2345, 0x0801_01c1));
        for elf in [with, without] {
            assert_eq!(elf.sections.len(), NEAR.len() + FAR.len());
            let mut places: Vec<Spot> = NEAR.into_iter().chain(FAR).collect();
            for section in elf.sections.iter().filter(|section| section.place != Place::Nowhere) {
                let at = places
                    .iter()
                    .position(|(address, size, _)| (*address, *size) == (section.load_address, section.size));
                let (_, _, kind) = places.remove(at.unwrap_or_else(|| panic!("{section:?}")));
                assert_eq!(section.place == Place::Room, kind == Kind::Zeros, "{section:?}");
                assert_eq!(section.address != section.load_address, kind == Kind::Data, "{section:?}");
            }
        }
        let named = |elf: &Elf| elf.sections.iter().filter(|section| section.name == ".eeprom").count();
        assert!(named(with) > 8 && named(without) == 0);
        let in_order = with.sections.is_sorted_by_key(|section| section.load_address);
        assert!(!in_order);
    }

    #[test]
    fn what_is_moved_is_there_once_and_plain_bytes_are_near() {
        let read = read("avr-objcopy -O binary -j .e --no-change-warnings --change-section-lma .e=0 a b");
        let moved: Vec<u32> = read[0]
            .sections
            .iter()
            .filter(|section| section.name == ".e")
            .map(|section| section.size)
            .collect();
        assert_eq!(moved, [MOVED]);
        assert_eq!(read[0].sections.len(), NEAR.len() + 1);
    }
}
