//! Attribute sections of ELF files (`.ARM.attributes`, `.riscv.attributes`), through the `object` crate, which
//! leaves to us which tags have text ("Addenda to, and Errata in, the ABI for the Arm Architecture", 3.2.3).

use std::collections::BTreeMap;

use object::elf::FileHeader32;
use object::read::elf::AttributesSection;
use object::{LittleEndian, Object, ObjectSection};

/// What a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
}

/// The attributes of a whole file, by tag.
#[derive(Debug)]
pub(super) struct Attributes(BTreeMap<u64, Value>);

impl Attributes {
    /// Reads a section. A file with 64-bit addresses has the same format in it.
    pub(super) fn read(elf: &object::File<'_>, section: &str) -> Self {
        type Elf = FileHeader32<LittleEndian>;
        let section = elf.section_by_name(section).expect("it has attributes");
        let data = section.data().unwrap();
        let parsed = AttributesSection::<Elf>::new(LittleEndian, data).unwrap();
        let mut found = BTreeMap::new();
        let mut vendors = parsed.subsections().unwrap();
        while let Some(vendor) = vendors.next().unwrap() {
            let is_arm = vendor.vendor() == b"aeabi";
            let mut scopes = vendor.subsubsections();
            while let Some(scope) = scopes.next().unwrap() {
                let mut attributes = scope.attributes();
                while let Some(tag) = attributes.read_tag().unwrap() {
                    let value = if is_text(tag, is_arm) {
                        Value::Text(String::from_utf8(attributes.read_string().unwrap().to_owned()).unwrap())
                    } else {
                        Value::Number(attributes.read_integer().unwrap())
                    };
                    found.insert(tag, value);
                }
            }
        }
        Self(found)
    }

    /// The value of a tag, where it is given.
    pub(super) fn get(&self, tag: u64) -> Option<&Value> {
        self.0.get(&tag)
    }
}

/// On ARM `Tag_CPU_raw_name` and `Tag_CPU_name`, and odd ones from 32 on; on RISC-V all odd ones.
fn is_text(tag: u64, is_arm: bool) -> bool {
    if is_arm { matches!(tag, 4 | 5) || (tag > 32 && tag % 2 == 1) } else { tag % 2 == 1 }
}
