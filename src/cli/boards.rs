//! `boards`: what the installed cores offer, and what a board's properties are.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use tokio_util::sync::CancellationToken;

use super::args::{Boards as Typed, Common};
use super::narrate::narrated;
use super::options::{Places, colours_on_stderr, globs};
use super::run::Early;
use super::setup::bring_in;
use super::{complain, print};
use crate::platform::{BoardSummary, Fqbn, HostOs, Platform, WarningLevel, expanded_lines};
use crate::exit::Exit;
use crate::provide::{InstallContext, InstalledCore, apt, locate};
use crate::matrix::{self, Matrix, NameGlob};
use crate::plan::{Cores, PlanError, ResolvedBoard, platforms};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.common.console);
    match answer(&typed).await {
        Ok(exit) => exit,
        Err(early) => early.tell(colours),
    }
}

async fn answer(typed: &Typed) -> Result<Exit, Early> {
    let usage = |error: super::options::OptionsError| Early::Usage(error.to_string());
    let places = Places::new(typed.common.folders.clone()).map_err(usage)?;
    let wanted = globs("board", &typed.boards).map_err(usage)?;
    let subject = Subject::of(&typed.of)?;
    if typed.properties {
        let Some(fqbn) = &subject.board else {
            return Err(Early::Usage("--properties is for one board: name its FQBN".to_owned()));
        };
        return properties(&subject, fqbn, typed, &places).await;
    }
    let known =
        known_cores(subject.matrix.as_deref(), subject.board.as_ref(), &typed.common, &places).await?;
    let mut lines = Vec::new();
    for core in known.installed.values() {
        let (vendor, architecture) = core.name.split_once(':').unwrap_or((&core.name, ""));
        match Platform::load(&core.platform_dir, vendor, architecture, HostOs::current()) {
            Ok(platform) => list(&platform, subject.board.as_ref(), &wanted, &mut lines),
            Err(error) => {
                complain(&error.to_string());
                return Ok(Exit::Setup);
            }
        }
    }
    if lines.is_empty() {
        complain(if known.installed.is_empty() {
            "no core is installed; name a matrix, or bring one in with `fbuild-matrix run`"
        } else {
            "no board matches"
        });
        return Ok(Exit::NothingSelected);
    }
    Ok(print(&lines.join("\n")))
}

/// What the arguments name.
#[derive(Debug, Default)]
struct Subject {
    matrix: Option<PathBuf>,
    board: Option<Fqbn>,
}

impl Subject {
    fn of(words: &[String]) -> Result<Self, Early> {
        let mut subject = Self::default();
        for word in words {
            let is_board = word.matches(':').count() >= 2 && !Path::new(word).exists();
            let is_second = if is_board { subject.board.is_some() } else { subject.matrix.is_some() };
            if is_second {
                return Err(Early::Usage(format!("`{word}`: one matrix and one FQBN at most")));
            }
            if is_board {
                let fqbn = word.parse().map_err(|error| Early::Usage(format!("`{word}`: {error}")))?;
                subject.board = Some(fqbn);
            } else {
                subject.matrix = Some(word.into());
            }
        }
        Ok(subject)
    }
}

/// Prints the properties of a board: those of the matrix's board with this FQBN, if it has one, without those of cells.
async fn properties(subject: &Subject, fqbn: &Fqbn, typed: &Typed, places: &Places) -> Result<Exit, Early> {
    let known = known_cores(subject.matrix.as_deref(), Some(fqbn), &typed.common, places).await?;
    let platforms = platforms(&known.installed).map_err(PlanError::from)?;
    let cores = Cores { platforms: &platforms, installed: &known.installed, matrix: &known.matrix };
    let resolved = cores.board(fqbn, WarningLevel::default(), &[]).map_err(PlanError::from)?;
    let ResolvedBoard { config, .. } = resolved;
    Ok(print(&expanded_lines(&config.properties, HostOs::current()).join("\n")))
}

/// Cores, and what a matrix says of them.
#[derive(Debug, Default)]
pub(super) struct KnownCores {
    /// By `vendor:arch`.
    pub(super) installed: IndexMap<String, InstalledCore>,
    /// Likewise.
    pub(super) matrix: IndexMap<String, matrix::Core>,
    /// The boards of the matrix.
    pub(super) boards: Vec<Fqbn>,
}

/// The cores of the matrix, brought in where they are missing; or else the newest of every core that is installed,
/// that of `board` among them.
pub(super) async fn known_cores(
    matrix: Option<&Path>,
    board: Option<&Fqbn>,
    common: &Common,
    places: &Places,
) -> Result<KnownCores, Early> {
    if let Some(path) = matrix {
        let matrix = Matrix::read(path)?;
        let (events, _narrator) = narrated(common.console.quiet);
        let install = InstallContext {
            cache_dir: places.cache.clone(),
            offline: common.offline,
            events,
            cancel: CancellationToken::new(),
        };
        let installed = bring_in(&matrix, &install).await?.cores;
        let boards = matrix.boards.values().map(|board| board.fqbn.value.clone()).collect();
        return Ok(KnownCores { installed, matrix: matrix.cores.clone(), boards });
    }
    let here = locate::Places::of_this_machine(&places.cache);
    let of_board = board.map(Fqbn::core_name);
    let names = apt::known_cores().map(str::to_owned).chain(of_board);
    let newest = |name: String| {
        let core = locate::candidates(&name, &here).into_iter().next()?.core;
        Some((name, core))
    };
    Ok(KnownCores { installed: names.filter_map(newest).collect(), ..KnownCores::default() })
}

fn list(platform: &Platform, only: Option<&Fqbn>, wanted: &[NameGlob], lines: &mut Vec<String>) {
    let is_meant = |board: &BoardSummary| match only {
        Some(fqbn) => fqbn.core_name() == platform.id() && fqbn.board == board.id,
        None => !board.hidden,
    };
    for board in platform.boards().filter(is_meant) {
        let fqbn = format!("{}:{}", platform.id(), board.id);
        let matches =
            |glob: &NameGlob| glob.matches(&fqbn) || glob.matches(&board.id) || glob.matches(&board.name);
        if wanted.is_empty() || wanted.iter().any(matches) {
            describe(&fqbn, &board, lines);
        }
    }
}

/// `arduino:avr:mega  Arduino Mega`, then a line for each option of each menu, the default first.
fn describe(fqbn: &str, board: &BoardSummary, lines: &mut Vec<String>) {
    lines.push(format!("{fqbn}  {}", board.name));
    for menu in &board.menus {
        for (index, option) in menu.options.iter().enumerate() {
            let default = if index == 0 { "  (default)" } else { "" };
            lines.push(format!("    {}={}  {}: {}{default}", menu.id, option.id, menu.title, option.label));
        }
    }
}
