//! `boards`: what the installed cores offer.

use indexmap::IndexMap;
use tokio_util::sync::CancellationToken;

use super::args::Boards as Typed;
use super::narrate::narrated;
use super::options::{Places, colours_on_stderr, globs};
use super::run::Early;
use super::setup::bring_in;
use super::{complain, print};
use crate::board::{BoardSummary, HostOs, Platform};
use crate::exit::Exit;
use crate::install::{InstallContext, InstalledCore, apt, locate};
use crate::matrix::{Matrix, NameGlob};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.common.console);
    let usage = |error: super::options::OptionsError| Early::Usage(error.to_string());
    let (places, wanted) = match (Places::new(typed.common.folders.clone()), globs("board", &typed.boards)) {
        (Ok(places), Ok(wanted)) => (places, wanted),
        (Err(error), _) | (_, Err(error)) => return usage(error).tell(colours),
    };
    let cores = match cores(&typed, &places).await {
        Ok(cores) => cores,
        Err(early) => return early.tell(colours),
    };
    let mut lines = Vec::new();
    for core in cores.values() {
        let (vendor, architecture) = core.name.split_once(':').unwrap_or((&core.name, ""));
        match Platform::load(&core.platform_dir, vendor, architecture, HostOs::current()) {
            Ok(platform) => list(&platform, &wanted, &mut lines),
            Err(error) => {
                complain(&error.to_string());
                return Exit::Setup;
            }
        }
    }
    if lines.is_empty() {
        complain(if cores.is_empty() {
            "no core is installed; name a matrix, or bring one in with `fbuild-matrix run`"
        } else {
            "no board matches"
        });
        return Exit::NothingSelected;
    }
    print(&lines.join("\n"))
}

/// The cores of the matrix, or the newest of every core that is installed.
async fn cores(typed: &Typed, places: &Places) -> Result<IndexMap<String, InstalledCore>, Early> {
    if let Some(path) = &typed.matrix {
        let matrix = Matrix::read(path)?;
        let (events, _narrator) = narrated(typed.common.console.quiet);
        let cache_dir = places.cache.clone();
        let install = InstallContext {
            cache_dir,
            offline: typed.common.offline,
            events,
            cancel: CancellationToken::new(),
        };
        return Ok(bring_in(&matrix, &install).await?.cores);
    }
    let here = locate::Places::of_this_machine(&places.cache);
    Ok(apt::known_cores()
        .filter_map(|name| {
            let core = locate::candidates(name, &here).into_iter().next()?.core;
            Some((name.to_owned(), core))
        })
        .collect())
}

fn list(platform: &Platform, wanted: &[NameGlob], lines: &mut Vec<String>) {
    for board in platform.boards().filter(|board| !board.hidden) {
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
