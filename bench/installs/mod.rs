//! Measures installations into empty directories against arduino-cli, and one of a large archive against curl and tar. All
//! fetch the same archives from one server on loopback.

mod server;
mod vendor;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::vendor::{CORES, INDEX, LIBRARIES, Vendor};
use crate::Result;
use crate::installation;
use crate::meter::{Spent, measure};
use crate::tools::{Tools, empty};

/// What is installed, by both programs.
#[derive(Clone, Copy)]
enum Subject {
    /// A core with its tool.
    Core,
    /// Libraries.
    Libraries,
    /// Cores with their tools, and libraries.
    All,
    /// A tool of 600 MB; the other program is `curl`, then `tar`.
    Large,
}

const SUBJECTS: [(Subject, &str); 4] = [
    (Subject::Core, "one core, 20 MB of tool"),
    (Subject::Libraries, "ten libraries"),
    (Subject::All, "four cores and ten libraries"),
    (Subject::Large, "600 MB; against `curl`, then `tar`"),
];

/// The programs and directories of the measurement.
struct Installs<'a> {
    binary: &'a Path,
    arduino_cli: PathBuf,
    core: PathBuf,
    ctags: PathBuf,
    vendor: Vendor,
    /// Directory of what is installed, one directory a measurement.
    made: PathBuf,
}

/// Measures all subjects in rounds, and returns a table of medians.
pub(crate) fn run(tools: &Tools, binary: &Path, directory: &Path, rounds: usize) -> Result<String> {
    empty(directory)?;
    let served = directory.join("served");
    fs::create_dir_all(&served)?;
    let base = format!("http://{}", server::serve(served.clone())?);
    let xz = tools.packages(&["xz-utils"], true)?;
    let ctags = tools.packages(&["arduino-ctags"], true)?;
    let arduino_cli = match installation::find() {
        Some(installation::Found::Program(program)) => program,
        Some(installation::Found::Packed(packed)) => {
            installation::unpack(&packed, directory, tools.program(&xz, "xz"))?
        }
        None => {
            return Err(format!("no arduino-cli on PATH, and {} is not set", installation::VARIABLE).into());
        }
    };
    let installs = Installs {
        binary,
        arduino_cli,
        core: tools.core.platform_dir.clone(),
        ctags: ctags.root.join("usr/bin/arduino-ctags"),
        vendor: Vendor::new(&served, &base)?,
        made: directory.join("made"),
    };
    let mut spent: Vec<[Vec<Spent>; 2]> = vec![Default::default(); SUBJECTS.len()];
    for round in 0..rounds {
        for ((subject, _), spent) in SUBJECTS.iter().zip(&mut spent) {
            // The order is reversed in each round.
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for way in order {
                empty(&installs.made)?;
                spent[way].push(installs.measured(*subject, way == 0)?);
            }
        }
    }
    empty(&installs.made)?;
    Ok(table(&spent))
}

impl Installs<'_> {
    fn measured(&self, subject: Subject, is_ours: bool) -> Result<Spent> {
        let log = self.made.join("log");
        match (is_ours, subject) {
            (true, _) => measure(&mut self.ours(subject)?, &log),
            (false, Subject::Large) => {
                let script = format!(
                    "curl -sS -o {0}/large.tar.gz {1} && tar -xzf {0}/large.tar.gz -C {0}",
                    self.made.display(),
                    self.vendor.url("large.tar.gz")
                );
                measure(Command::new("sh").args(["-c", &script]), &log)
            }
            (false, _) => self.arduino(subject, &log),
        }
    }

    /// Returns the command of this program: a matrix with everything.
    fn ours(&self, subject: Subject) -> Result<Command> {
        let cores = match subject {
            Subject::Core => 0..1,
            Subject::Libraries => 0..0,
            Subject::All => 0..CORES,
            Subject::Large => CORES..CORES + 1,
        };
        let mut text = "version: 1\nsketches: [S]\ncores:\n".to_owned();
        let url = self.vendor.url(INDEX);
        for number in cores.clone() {
            writeln!(text, "  mini:c{number}: {{provider: index, url: \"{url}\"}}")?;
        }
        writeln!(text, "  arduino:avr: {{provider: path, path: {}}}\nboards:", self.core.display())?;
        for number in cores {
            writeln!(text, "  c{number}: mini:c{number}:board")?;
        }
        writeln!(text, "  uno: arduino:avr:uno")?;
        if matches!(subject, Subject::Libraries | Subject::All) {
            writeln!(
                text,
                "mirrors: {{\"https://downloads.arduino.cc/\": \"{}\"}}\nlibraries:",
                self.vendor.url("")
            )?;
            for number in 0..LIBRARIES {
                writeln!(text, "  - {{name: Library{number}}}")?;
            }
        }
        let matrix = self.made.join("m.yml");
        fs::write(&matrix, text)?;
        let mut command = Command::new(self.binary);
        command.args(["core", "install"]).arg(matrix).arg("--cache-dir").arg(self.made.join("cache"));
        Ok(command)
    }

    /// Measures arduino-cli, whose copies of the indexes are there already.
    fn arduino(&self, subject: Subject, log: &Path) -> Result<Spent> {
        let home = self.made.join("arduino");
        installation::set_up(&home, &self.core, &self.ctags)?;
        for index in [INDEX, "library_index.json"] {
            fs::copy(self.vendor.path(index), home.join("data").join(index))?;
        }
        let configuration = self.made.join("cli.yaml");
        installation::configure(&configuration, &home, &self.made.join("built"), &self.made.join("none"))?;
        let run = |words: Vec<String>| {
            let mut command = Command::new(&self.arduino_cli);
            command
                .arg("--config-file")
                .arg(&configuration)
                .args(["--additional-urls", &self.vendor.url(INDEX)]);
            command.args(words).env("HOME", home.join("home"));
            measure(&mut command, log)
        };
        let words = |command: &str, name: &str, count: usize| {
            let names = (0..count).map(|number| format!("{name}{number}"));
            [command, "install"].into_iter().map(str::to_owned).chain(names).collect()
        };
        match subject {
            Subject::Core => run(words("core", "mini:c", 1)),
            Subject::Libraries => run(words("lib", "Library", LIBRARIES)),
            Subject::All | Subject::Large => {
                let (cores, libraries) =
                    (run(words("core", "mini:c", CORES))?, run(words("lib", "Library", LIBRARIES))?);
                Ok(Spent {
                    wall: cores.wall + libraries.wall,
                    cpu: cores.cpu + libraries.cpu,
                    peak: cores.peak.max(libraries.peak),
                    tools: None,
                })
            }
        }
    }
}

/// Returns the medians, and the median of the ratios of each round.
fn table(spent: &[[Vec<Spent>; 2]]) -> String {
    let mut text =
        "| installed | fbuild-matrix | the other | ratio | CPU | peak memory |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for ((_, name), [ours, other]) in SUBJECTS.iter().zip(spent) {
        let wall = |all: &[Spent]| median(all.iter().map(|spent| spent.wall));
        let pairs = || ours.iter().zip(other);
        let ratio = median(pairs().map(|(ours, other)| ours.wall / other.wall));
        let cpu = median(pairs().map(|(ours, other)| ours.cpu / other.cpu));
        #[allow(clippy::cast_precision_loss)] // megabytes for reading
        let peak = ours.iter().map(|spent| spent.peak).max().unwrap_or(0) as f64 / 1e6;
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "| {name} | {:.2} s | {:.2} s | {ratio:.2} | {cpu:.2} | {peak:.0} MB |",
            wall(ours),
            wall(other)
        );
    }
    text
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
