//! Debian's arduino-builder, the builder of Arduino's IDE 1.8.

use std::path::{Path, PathBuf};

use super::each::Each;
use super::{Peer, Result, Work};
use crate::firmware::{self, Firmware};
use crate::set::BOARDS;
use crate::table::Table;
use crate::tools::{copy, empty};

pub(super) struct ArduinoBuilder {
    out: PathBuf,
    cache: PathBuf,
    /// With nothing but the build folders.
    plain: Each,
    /// One at a time: its cache knows no locks.
    cached: Each,
    libraries: Option<PathBuf>,
}

impl ArduinoBuilder {
    pub(super) fn new(work: Work<'_>) -> Result<Self> {
        let packages = work.tools.packages(&["arduino-builder", "arduino-ctags"], true)?;
        let folder = work.folder.join("arduino-builder");
        empty(&folder)?;
        let (out, cache) = (folder.join("out"), folder.join("cache"));
        // Without Debian's link to a licence that leads out of what is unpacked: the builder takes a file that it
        // can't look at for one that has changed, and builds everything again.
        let hardware = folder.join("hardware");
        let core = hardware.join("arduino/avr");
        copy(&work.tools.core.platform_dir, &core)?;
        std::fs::create_dir(folder.join("tools"))?;
        let mut plain = Vec::new();
        for (board, fqbn) in BOARDS {
            for sketch in &work.set.sketches {
                let mut words: Vec<String> = Vec::new();
                let mut path = |option: &str, path: &Path| {
                    words.extend([option.to_owned(), path.display().to_string()]);
                };
                // Its own folder has the recipes that Arduino's IDE adds to every platform.
                path("-hardware", &packages.root.join("usr/share/arduino-builder"));
                path("-hardware", &hardware);
                path("-tools", &folder.join("tools"));
                path("-built-in-libraries", &core.join("libraries"));
                path("-libraries", &work.set.matrix.with_file_name("libraries"));
                path("-build-path", &out.join(board).join(&sketch.name));
                let text = |text: &str| text.to_owned();
                words.extend(
                    ["-compile", "-core-api-version", "10819", "-warnings", "none", "-fqbn", fqbn].map(text),
                );
                for preference in [
                    "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__".to_owned(),
                    format!("compiler.path={}/", work.tools.compilers().display()),
                    format!("tools.ctags.path={}", packages.root.join("usr/bin").display()),
                ] {
                    words.extend(["-prefs".to_owned(), preference]);
                }
                words.push(sketch.folder.join(format!("{}.ino", sketch.name)).display().to_string());
                words.insert(0, packages.root.join("usr/bin/arduino-builder").display().to_string());
                plain.push(words);
            }
        }
        let mut cached = plain.clone();
        for words in &mut cached {
            words.splice(1..1, ["-build-cache".to_owned(), cache.display().to_string()]);
        }
        Ok(Self {
            plain: Each::new(&folder.join("plain"), work.jobs, &plain)?,
            cached: Each::new(&folder.join("cached"), 1, &cached)?,
            out,
            cache,
            libraries: packages.library_path,
        })
    }

    /// It wants its folders to be there.
    fn clear(&self, work: Work<'_>) -> Result<()> {
        empty(&self.out)?;
        empty(&self.cache)?;
        for (board, _) in BOARDS {
            for sketch in &work.set.sketches {
                std::fs::create_dir_all(self.out.join(board).join(&sketch.name))?;
            }
        }
        Ok(())
    }

    fn run(&self, each: &Each, way: &str, work: Work<'_>, table: &mut Table) -> Result<()> {
        let mut command = each.command(work.tools);
        let libraries = [&self.libraries, &work.tools.core.library_path];
        crate::tools::clean(&mut command, libraries.into_iter().flatten());
        command.env("HOME", &self.out);
        each.measure(way, &mut command, &self.out, work, table)
    }
}

impl Peer for ArduinoBuilder {
    fn round(&self, work: Work<'_>, floor: &Firmware, table: &mut Table) -> Result<()> {
        self.clear(work)?;
        let cold = format!("arduino-builder, {} at a time, cold", work.jobs);
        self.run(&self.plain, &cold, work, table)?;
        firmware::same(&cold, &firmware::read(work.set, &self.out)?, floor)?;
        self.run(&self.plain, "arduino-builder, nothing changed", work, table)?;
        self.clear(work)?;
        let cached = "arduino-builder -build-cache, one at a time, cold";
        self.run(&self.cached, cached, work, table)?;
        firmware::same(cached, &firmware::read(work.set, &self.out)?, floor)
    }
}
