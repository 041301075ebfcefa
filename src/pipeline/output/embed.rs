//! Files that firmware contains unchanged (`embed_files`, `embed_txtfiles`): one object each, made by
//! `objcopy`, with the symbols that ESP-IDF gives them. Knows nothing of their content.

use std::path::{Path, PathBuf};

use object::elf::{EM_ARM, EM_AVR, EM_RISCV, EM_XTENSA};

use crate::event::Step;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::blocking::{all_in_order, blocking};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::plan::{Embed, Target};

/// Directory of the objects, relative to the cell's directory.
const DIRECTORY: &str = "embed";

/// Returns the path of a file's object, relative to the cell's directory.
pub(in crate::pipeline) fn object(embed: &Embed) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{}.o", name(embed)))
}

fn name(embed: &Embed) -> String {
    embed.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The embedded files of one cell.
pub(in crate::pipeline) struct Embedding<'a> {
    /// Path of `objcopy`.
    program: PathBuf,
    section: &'static str,
    /// Files with the hashes of their contents when the key was computed.
    files: Vec<(&'a Embed, Hash)>,
}

impl<'a> Embedding<'a> {
    /// Reads the files, and adds them and their processing to the key of the cell. `link` is the command that
    /// links.
    ///
    /// # Errors
    /// A file can't be read, or there is no `objcopy`.
    pub(in crate::pipeline) async fn plan(
        cx: &BuildContext,
        key: &mut Key,
        link: &[String],
        target: &Target,
        embed: &'a [Embed],
    ) -> Result<Self, BuildError> {
        let program = program(link)?;
        let section = target.family.section_of_constants();
        let identity = cx.identities.of(&program).await;
        let identity = identity.map_err(|error| BuildError::identity(Step::Objcopy, &error))?;
        key.add(b"embed 1").add(identity.hash.as_bytes()).add(section.as_bytes());
        let mut all = Vec::new();
        for embed in embed {
            let (files, path) = (cx.files.clone(), embed.path.clone());
            let hash = blocking(move || files.hash_now(&path)).await?;
            let hash =
                hash.map_err(|error| BuildError::io(Step::Objcopy, FileAction::Read, &embed.path, &error))?;
            key.add(name(embed).as_bytes()).add(hash.as_bytes()).add(&[u8::from(embed.text)]);
            all.push((embed, hash));
        }
        Ok(Self { program, section, files: all })
    }

    /// Makes the objects in the cell's `directory`, in parallel as far as slots allow. `like` is an object of
    /// the cell, which determines the processor.
    ///
    /// # Errors
    /// A file has changed since the key was computed, or `objcopy` fails.
    pub(in crate::pipeline) async fn make(
        &self,
        cx: &BuildContext,
        jcx: &mut JobContext,
        like: &Path,
        directory: &Path,
    ) -> Result<(), BuildError> {
        let machine = machine(like).await?;
        let directory = directory.join(DIRECTORY);
        let one = async |(embed, hash): &(&Embed, Hash)| {
            let name = name(embed);
            stage(embed, *hash, &directory.join(&name)).await?;
            let process =
                process(self.words(machine, name.clone()), directory.clone(), jcx.environment.clone());
            let step = jcx.step(Step::Objcopy, format!("embed {name}"));
            let finished = run_in_slot(&cx.runner, &step, &process, &jcx.transcript).await?;
            if finished.end.succeeded() {
                Ok(process.argv().join(" "))
            } else {
                let printed = finished.printed();
                Err(BuildError::command(Step::Objcopy, process.argv(), finished.end, &printed))
            }
        };
        let commands = all_in_order(self.files.iter().map(one)).await?;
        jcx.log.extend(commands);
        Ok(())
    }

    /// Returns the command. Symbols contain the file name as it is given: without its directory, in which the
    /// command runs.
    fn words(&self, machine: Machine, name: String) -> Vec<String> {
        let mut argv = vec![self.program.display().to_string()];
        argv.extend(["-I", "binary", "-O", machine.format, "-B", machine.architecture].map(str::to_owned));
        if machine.aligns {
            argv.extend(["--set-section-alignment", ".data=16"].map(str::to_owned));
        }
        let renamed = format!(".data={},alloc,load,readonly,data,contents", self.section);
        let object = format!("{name}.o");
        argv.extend(["--rename-section".to_owned(), renamed, name, object]);
        argv
    }
}

/// Returns the `objcopy` beside the compiler that links.
fn program(link: &[String]) -> Result<PathBuf, BuildError> {
    let linker = Path::new(link.first().map(String::as_str).unwrap_or_default());
    let name = linker.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let prefix = ["gcc", "g++", "ld"].iter().find_map(|last| name.strip_suffix(last));
    let Some(prefix) = prefix else {
        let message = format!("files can't be embedded: no objcopy is known beside {}", linker.display());
        return Err(BuildError::code(Step::Objcopy, message));
    };
    Ok(linker.with_file_name(format!("{prefix}objcopy")))
}

/// Writes the embedded content into the cell's directory: the file, and for a text a NUL byte.
async fn stage(embed: &Embed, hash: Hash, to: &Path) -> Result<(), BuildError> {
    let (embed, to) = (embed.clone(), to.to_owned());
    blocking(move || {
        let mut bytes = std::fs::read(&embed.path)
            .map_err(|error| BuildError::io(Step::Objcopy, FileAction::Read, &embed.path, &error))?;
        if blake3::hash(&bytes) != hash {
            return Err(BuildError::changed(&embed.path));
        }
        bytes.extend(embed.text.then_some(0));
        to.parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&to, bytes))
            .map_err(|error| BuildError::io(Step::Objcopy, FileAction::Write, &to, &error))
    })
    .await?
}

/// Names of a processor for `objcopy` (BFD's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    format: &'static str,
    architecture: &'static str,
    /// Whether every `objcopy` for this processor can align sections; avr's is from 2016.
    aligns: bool,
}

async fn machine(object: &Path) -> Result<Machine, BuildError> {
    let path = object.to_owned();
    blocking(move || {
        let bytes = std::fs::read(&path)
            .map_err(|error| BuildError::io(Step::Objcopy, FileAction::Read, &path, &error))?;
        machine_of(&bytes).ok_or_else(|| {
            let message = format!("files can't be embedded: {} is for an unknown processor", path.display());
            BuildError::code(Step::Objcopy, message)
        })
    })
    .await?
}

/// Returns the processor of an ELF file, if embedding is supported for it; all of these are little endian.
fn machine_of(elf: &[u8]) -> Option<Machine> {
    const LITTLE: u8 = 1;
    let (class, order) = (*elf.get(4)?, *elf.get(5)?);
    let number = u16::from_le_bytes([*elf.get(18)?, *elf.get(19)?]);
    if !elf.starts_with(b"\x7fELF") || order != LITTLE {
        return None;
    }
    let (format, architecture, aligns) = match (number, class) {
        (it, 1) if it == EM_RISCV.0 => ("elf32-littleriscv", "riscv", true),
        (it, 2) if it == EM_RISCV.0 => ("elf64-littleriscv", "riscv", true),
        (it, 1) if it == EM_XTENSA.0 => ("elf32-xtensa-le", "xtensa", true),
        (it, 1) if it == EM_ARM.0 => ("elf32-littlearm", "arm", false),
        (it, 1) if it == EM_AVR.0 => ("elf32-avr", "avr", false),
        _ => return None,
    };
    Some(Machine { format, architecture, aligns })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn objcopy_stands_beside_the_compiler() {
        let program = |word: &str| program(&[word.to_owned()]).map_err(|_| ());
        assert_eq!(program("/t/bin/riscv32-esp-elf-g++"), Ok("/t/bin/riscv32-esp-elf-objcopy".into()));
        assert_eq!(program("avr-gcc"), Ok("avr-objcopy".into()));
        assert_eq!(program("/usr/bin/python3"), Err(()));
    }

    #[test]
    fn the_processor_is_that_of_the_cells_objects() {
        let head = |class: u8, order: u8, machine: u8| {
            let mut bytes = *b"\x7fELF\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0";
            (bytes[4], bytes[5], bytes[18]) = (class, order, machine);
            machine_of(&bytes).map(|machine| machine.format)
        };
        assert_eq!(head(1, 1, 243), Some("elf32-littleriscv"));
        assert_eq!(head(2, 1, 243), Some("elf64-littleriscv"));
        assert_eq!(head(1, 1, 94), Some("elf32-xtensa-le"));
        assert_eq!(head(1, 1, 40), Some("elf32-littlearm"));
        assert_eq!(head(1, 1, 83), Some("elf32-avr"));
        assert_eq!([head(1, 2, 243), head(2, 1, 40), head(1, 1, 62)], [None; 3]);
        assert_eq!(machine_of(b"LLVM"), None);
    }
}
