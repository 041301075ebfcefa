//! Section sizes as `size` prints them (`binutils/size.c`).

use std::fmt::Write;

use super::elf::{Elf, Place, Section};
use super::words::Style;

/// Returns the listing of a program; `name` is its name in the command.
pub(super) fn list(elf: &Elf, style: Style, name: &str) -> Vec<u8> {
    match style {
        Style::Berkeley => berkeley(&elf.sections, name),
        Style::SysV => sysv(&elf.sections, name),
    }
    .into_bytes()
}

fn sysv(sections: &[Section], name: &str) -> String {
    let total: u64 = sections.iter().map(|section| u64::from(section.size)).sum();
    let address = sections.iter().map(|section| section.address).max().unwrap_or_default();
    let names = sections.iter().map(|section| section.name.len()).max().unwrap_or_default();
    let sizes = total.to_string().len().max("size".len());
    let addresses = address.to_string().len().max("addr".len());
    // Writing to a text can't fail.
    let mut out = format!("{name}  :\n{:names$}   {:>sizes$}   {:>addresses$}\n", "section", "size", "addr");
    for Section { name, size, address, .. } in sections {
        let _ = writeln!(out, "{name:names$}   {size:>sizes$}   {address:>addresses$}");
    }
    let _ = write!(out, "{:names$}   {total:>sizes$}\n\n\n", "Total");
    out
}

fn berkeley(sections: &[Section], name: &str) -> String {
    let (mut text, mut data, mut bss) = (0, 0, 0);
    for section in sections.iter().filter(|section| section.place != Place::Nowhere) {
        let kind = if section.is_code || !section.is_writable {
            &mut text
        } else if section.place == Place::Bytes {
            &mut data
        } else {
            &mut bss
        };
        *kind += u64::from(section.size);
    }
    let all = text + data + bss;
    format!(
        "   text\t   data\t    bss\t    dec\t    hex\tfilename\n{text:7}\t{data:7}\t{bss:7}\t{all:7}\t{all:7x}\t{name}\n"
    )
}
