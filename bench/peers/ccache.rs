//! ccache as a wrapper in the floor's makefile: the effect of a compiler cache without any other cost. It caches no
//! links.

use std::path::PathBuf;

use super::{Peer, Result, Work};
use crate::firmware::{self, Firmware};
use crate::floor::Floor;
use crate::meter::measure;
use crate::table::{Kind, Table};
use crate::tools::empty;

pub(super) struct Ccache {
    floor: Floor,
    directory: PathBuf,
    libraries: Option<PathBuf>,
}

impl Ccache {
    pub(super) fn new(work: Work<'_>) -> Result<Self> {
        let package = work.tools.packages(&["ccache"], true)?;
        let directory = work.directory.join("ccache");
        let wrapper = package.root.join("usr/bin/ccache");
        let floor = Floor::new(work, &directory.join("floor"), Some(&wrapper))?;
        Ok(Self { floor, directory, libraries: package.library_path })
    }
}

impl Peer for Ccache {
    fn round(&self, work: Work<'_>, expected: &Firmware, table: &mut Table) -> Result<()> {
        let cache = self.directory.join("cache");
        empty(&cache)?;
        for way in ["cache empty", "cache full"] {
            self.floor.clear()?;
            let mut command = self.floor.command(work.tools);
            let libraries = [&self.libraries, &work.tools.core.library_path];
            crate::tools::clean(&mut command, libraries.into_iter().flatten());
            command.env("HOME", &self.directory).env("CCACHE_DIR", &cache);
            let way = format!("the floor's makefile with ccache, {way}");
            let spent = measure(&mut command, &self.directory.join("log"))?;
            firmware::same(&way, &firmware::read(work.set, &self.floor.out())?, expected)?;
            table.add(Kind::Peer, &way, spent);
        }
        Ok(())
    }
}
