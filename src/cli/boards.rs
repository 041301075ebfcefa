//! The command `boards`: lists the boards of the installed cores, or prints a board's properties.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::args::{Boards as Typed, Common};
use super::known_cores::known_cores;
use super::narrate::narrated;
use super::options::{colours_on_stderr, directories, globs};
use super::output::{complain, fail, print};
use crate::exit::Exit;
use crate::matrix::NameGlob;
use crate::plan::{Cores, PlanError, ResolvedBoard, platforms};
use crate::platform::{BoardSummary, Fqbn, HostOs, Platform, WarningLevel, expanded_lines};
use crate::provide::InstallContext;
use crate::session::{Directories, OfferedCore, SessionError, offered_core};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.common.console);
    match answer(&typed).await {
        Ok(exit) => exit,
        Err(error) => fail(&error, colours),
    }
}

async fn answer(typed: &Typed) -> Result<Exit, SessionError> {
    let usage = |error: super::options::OptionsError| SessionError::Usage(error.to_string());
    let directories = directories(typed.common.directories.clone()).map_err(usage)?;
    let wanted = globs("board", &typed.boards).map_err(usage)?;
    let subject = Subject::of(&typed.of)?;
    if typed.properties {
        let Some(fqbn) = &subject.board else {
            return Err(SessionError::Usage("--properties is for one board: name its FQBN".to_owned()));
        };
        return properties(&subject, fqbn, typed, &directories).await;
    }
    let known =
        known_cores(subject.matrix.as_deref(), subject.board.as_ref(), &typed.common, &directories).await?;
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
    if let (true, None, Some(board)) = (lines.is_empty(), &subject.matrix, &subject.board) {
        return offered(board, &typed.common, directories).await;
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

/// Prints what Arduino's index says of the core of a board that is not installed.
async fn offered(board: &Fqbn, common: &Common, directories: Directories) -> Result<Exit, SessionError> {
    let name = board.core_name();
    let (events, narrator) = narrated(common.console.quiet);
    let install = InstallContext {
        cache_dir: directories.cache,
        offline: common.offline,
        events,
        cancel: CancellationToken::new(),
    };
    let offered = offered_core(&name, &install).await;
    drop(install);
    let _ = narrator.join();
    match offered {
        Ok(OfferedCore { name, version, boards }) => Ok(print(&format!(
            "{name} {version} is not installed; install it: fbuild-matrix core install {name}\n\
             its boards, by their names in Arduino's index: {}",
            boards.join(", ")
        ))),
        Err(error) => {
            complain(&format!("{name} is not installed, and Arduino's index does not offer it: {error}"));
            Ok(Exit::NothingSelected)
        }
    }
}

/// The matrix and the board that the arguments name.
#[derive(Debug, Default)]
struct Subject {
    matrix: Option<PathBuf>,
    board: Option<Fqbn>,
}

impl Subject {
    fn of(words: &[String]) -> Result<Self, SessionError> {
        let mut subject = Self::default();
        for word in words {
            let is_board = word.matches(':').count() >= 2 && !Path::new(word).exists();
            let is_second = if is_board { subject.board.is_some() } else { subject.matrix.is_some() };
            if is_second {
                return Err(SessionError::Usage(format!("`{word}`: one matrix and one FQBN at most")));
            }
            if is_board {
                let fqbn = word.parse().map_err(|error| SessionError::Usage(format!("`{word}`: {error}")))?;
                subject.board = Some(fqbn);
            } else {
                subject.matrix = Some(word.into());
            }
        }
        Ok(subject)
    }
}

/// Prints the properties of a board. Includes those of the matrix's core entry, but not those of its boards and cells.
async fn properties(
    subject: &Subject,
    fqbn: &Fqbn,
    typed: &Typed,
    directories: &Directories,
) -> Result<Exit, SessionError> {
    let known = known_cores(subject.matrix.as_deref(), Some(fqbn), &typed.common, directories).await?;
    let platforms = platforms(&known.installed).map_err(PlanError::from)?;
    let cores = Cores { platforms: &platforms, installed: &known.installed, matrix: &known.matrix };
    let resolved = cores.board(fqbn, WarningLevel::default(), &[]).map_err(PlanError::from)?;
    let ResolvedBoard { config, .. } = resolved;
    Ok(print(&expanded_lines(&config.properties, HostOs::current()).join("\n")))
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

/// Adds `arduino:avr:mega  Arduino Mega`, then a line for each option of each menu, the default first.
fn describe(fqbn: &str, board: &BoardSummary, lines: &mut Vec<String>) {
    lines.push(format!("{fqbn}  {}", board.name));
    for menu in &board.menus {
        for (index, option) in menu.options.iter().enumerate() {
            let default = if index == 0 { "  (default)" } else { "" };
            lines.push(format!("    {}={}  {}: {}{default}", menu.id, option.id, menu.title, option.label));
        }
    }
}
