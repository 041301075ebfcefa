//! arduino-cli, the builder of Arduino's IDE 2.

use std::path::{Path, PathBuf};

use super::each::Each;
use super::{Peer, Result, Work};
use crate::firmware::{self, Firmware};
use crate::installation;
use crate::set::BOARDS;
use crate::table::Table;
use crate::tools::empty;

/// A way to run arduino-cli for all cells.
struct Way {
    name: String,
    each: Each,
}

pub(super) struct ArduinoCli {
    home: PathBuf,
    /// Directory of the firmware, by board and sketch.
    out: PathBuf,
    /// Directory of its caches and build paths.
    built: PathBuf,
    ways: Vec<Way>,
    libraries: Vec<PathBuf>,
}

impl ArduinoCli {
    pub(super) fn new(work: Work<'_>) -> Result<Self> {
        let directory = work.directory.join("arduino-cli");
        empty(&directory)?;
        let program = match installation::find() {
            Some(installation::Found::Program(program)) => program,
            Some(installation::Found::Packed(packed)) => {
                let xz = work.tools.packages(&["xz-utils"], true)?;
                installation::unpack(&packed, &directory, work.tools.program(&xz, "xz"))?
            }
            None => return Err(format!("none on PATH, and {} is not set", installation::VARIABLE).into()),
        };
        let ctags = work.tools.packages(&["arduino-ctags"], true)?;
        let home = directory.join("set-up");
        let program_of_ctags = ctags.root.join("usr/bin/arduino-ctags");
        installation::set_up(&home, &work.tools.core.platform_dir, &program_of_ctags)?;
        let (out, built) = (directory.join("out"), directory.join("built"));
        let configuration = directory.join("cli.yaml");
        installation::configure(&configuration, &home, &built, &directory.join("no-cores"))?;
        let jobs = work.jobs;
        let asked = [
            (format!("arduino-cli -j{jobs}, its cache of cores, one at a time"), 1, jobs, false),
            (format!("arduino-cli -j1, its cache of cores, {jobs} at a time"), jobs, 1, false),
            (format!("arduino-cli -j1, a build path a cell, {jobs} at a time"), jobs, 1, true),
        ];
        let mut ways = Vec::new();
        for (number, (name, at_once, jobs, own_path)) in asked.into_iter().enumerate() {
            let commands = commands(work, &program, &configuration, jobs, &out, own_path.then_some(&*built));
            let each = Each::new(&directory.join(format!("way-{number}")), at_once, &commands)?;
            ways.push(Way { name, each });
        }
        let libraries = [ctags.library_path, work.tools.core.library_path.clone()];
        Ok(Self { home, out, built, ways, libraries: libraries.into_iter().flatten().collect() })
    }
}

/// Returns the command of each cell. The boards of one sketch are far apart in the order, as they share its build path.
/// With `build_paths`, each cell has its own below that directory.
fn commands(
    work: Work<'_>,
    program: &Path,
    configuration: &Path,
    jobs: usize,
    out: &Path,
    build_paths: Option<&Path>,
) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for (board, fqbn) in BOARDS {
        for sketch in &work.set.sketches {
            let mut words =
                installation::compile_words(program, configuration, fqbn, &work.tools.compilers());
            words.extend(["--jobs".to_owned(), jobs.to_string()]);
            let mut path = |option: &str, path: &Path| {
                words.extend([option.to_owned(), path.display().to_string()]);
            };
            let cell = Path::new(board).join(&sketch.name);
            path("--output-dir", &out.join(&cell));
            path("--libraries", &work.set.matrix.with_file_name("libraries"));
            if let Some(build_paths) = build_paths {
                path("--build-path", &build_paths.join(&cell));
            }
            words.push(sketch.directory.display().to_string());
            commands.push(words);
        }
    }
    commands
}

impl Peer for ArduinoCli {
    fn round(&self, work: Work<'_>, floor: &Firmware, table: &mut Table) -> Result<()> {
        for Way { name, each } in &self.ways {
            empty(&self.out)?;
            empty(&self.built)?;
            for state in ["cold", "nothing changed"] {
                let mut command = each.command(work.tools);
                crate::tools::clean(&mut command, self.libraries.iter());
                command.env("HOME", self.home.join("home"));
                let way = format!("{name}, {state}");
                each.measure(&way, &mut command, &self.out, work, table)?;
                firmware::same(&way, &firmware::read(work.set, &self.out)?, floor)?;
            }
        }
        Ok(())
    }
}
