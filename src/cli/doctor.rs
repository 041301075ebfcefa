//! The command `doctor`: lists what is missing on this machine, and how to fix it.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use bytesize::ByteSize;
use tokio_util::sync::CancellationToken;

use super::args::{Common, Doctor as Typed};
use super::known_cores::known_cores;
use super::options::{colours_on_stderr, directories};
use super::output::{fail, print};
use crate::event::channel;
use crate::exit::Exit;
use crate::matrix::{Matrix, Provider};
use crate::plan::{Cores, EmulatorProgram, platforms};
use crate::platform::{Fqbn, Platform, WarningLevel};
use crate::provide::InstallContext;
use crate::provide::doctor::{self, Check, State};
use crate::session::{Directories, Missing, SessionError, needs};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let directories = match directories(typed.common.directories.clone()) {
        Ok(directories) => directories,
        Err(error) => {
            return fail(&SessionError::Usage(error.to_string()), colours_on_stderr(&typed.common.console));
        }
    };
    let (events, _heard) = channel();
    let install = InstallContext {
        cache_dir: directories.cache.clone(),
        offline: typed.common.offline,
        events,
        cancel: CancellationToken::new(),
    };
    let mut lines = vec![format!("fbuild-matrix {}", env!("CARGO_PKG_VERSION"))];
    let emulators: Vec<_> = EmulatorProgram::all().map(|it| (it.name, it.package)).collect();
    let mut checks = doctor::checks(&emulators, &install).await;
    if let Some(matrix) = &typed.matrix {
        checks.extend(packages(matrix, &install));
    }
    checks.extend(boards(typed.matrix.as_deref(), &typed.common, &directories).await);
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let paint = |color: AnsiColor, text: &str| {
        let style = Style::new().fg_color(Some(color.into()));
        format!("{style}{text}{style:#}")
    };
    for check in &checks {
        let (color, mark) = match check.state {
            State::Available => (AnsiColor::Green, "ok"),
            State::NotInstalled => (AnsiColor::Yellow, "absent"),
            State::Missing => (AnsiColor::Red, "missing"),
            State::Warning => (AnsiColor::Yellow, "warning"),
        };
        let gap = " ".repeat("missing".len() - mark.len());
        let mark = paint(color, mark);
        lines.push(format!("  {mark}{gap}  {:width$}  {}", check.name, check.detail));
        if let Some(fix) = &check.fix {
            lines.push(format!("           {:width$}  fix: {fix}", ""));
        }
    }
    lines.push(String::new());
    lines.push("exit codes of fbuild-matrix:".to_owned());
    lines.extend(Exit::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning())));
    print(&lines.join("\n"));
    if checks.iter().all(|check| check.state != State::Missing) { Exit::Success } else { Exit::Setup }
}

/// Checks for each board of the matrix whether its core and tools are installed, as far as the lock file names them, and
/// for the libraries likewise.
fn packages(path: &Path, install: &InstallContext) -> Vec<Check> {
    let unknown = |detail: String, fix: Option<String>| Check {
        name: "packages".to_owned(),
        state: State::NotInstalled,
        detail,
        fix,
    };
    // A wrong matrix is reported with the boards.
    let Ok(matrix) = Matrix::read(path) else { return Vec::new() };
    let needs = match needs(&matrix, install) {
        Ok(needs) => needs,
        Err(error) => {
            let text = error.to_string();
            let (detail, fix) = text.split_once('\n').unwrap_or((&text, ""));
            return vec![unknown(detail.to_owned(), (!fix.is_empty()).then(|| fix.to_owned()))];
        }
    };
    let command = || Some(format!("fbuild-matrix core install {}", path.display()));
    let listed = |missing: &[&Missing]| {
        let item = |it: &&Missing| {
            let size = it.size.map(|size| format!(" ({})", ByteSize(size))).unwrap_or_default();
            format!("{} {} {}{size}", it.kind, it.name, it.version)
        };
        format!("missing: {}", missing.iter().map(item).collect::<Vec<_>>().join(", "))
    };
    let mut checks = Vec::new();
    for (name, board) in &matrix.boards {
        let core = board.fqbn.value.core_name();
        let is_indexed = matches!(matrix.cores.get(&core).map(|it| &it.provider), Some(Provider::Index(_)));
        let missing: Vec<&Missing> = needs.missing.iter().filter(|it| it.cores.contains(&core)).collect();
        let name = format!("board {name}");
        if !missing.is_empty() {
            checks.push(Check { name, state: State::NotInstalled, detail: listed(&missing), fix: command() });
        } else if is_indexed {
            let detail = format!("{core} and its tools are installed");
            checks.push(Check { name, state: State::Available, detail, fix: None });
        }
    }
    let libraries: Vec<&Missing> = needs.missing.iter().filter(|it| it.kind == "library").collect();
    if !libraries.is_empty() {
        let name = "libraries".to_owned();
        checks.push(Check { name, state: State::NotInstalled, detail: listed(&libraries), fix: command() });
    }
    checks
}

/// Checks whether two menu options of a board set the same property. Checks the boards of the matrix, or else every
/// board of the installed cores with its default options. Installs nothing.
async fn boards(matrix: Option<&Path>, common: &Common, directories: &Directories) -> Vec<Check> {
    let name = || "menus".to_owned();
    let unknown = |detail: String| Check { name: name(), state: State::NotInstalled, detail, fix: None };
    let offline = Common { offline: true, ..common.clone() };
    let known = match known_cores(matrix, None, &offline, directories).await {
        Ok(known) => known,
        Err(error) => return vec![unknown(format!("the boards can't be looked at: {error}"))],
    };
    let platforms = match platforms(&known.installed) {
        Ok(platforms) => platforms,
        Err(error) => return vec![unknown(error.to_string())],
    };
    let default = |platform: &Platform| {
        let (vendor, architecture) = (platform.vendor.clone(), platform.architecture.clone());
        let fqbn = move |board| Fqbn {
            vendor: vendor.clone(),
            architecture: architecture.clone(),
            board,
            options: Vec::new(),
        };
        platform.boards().map(|board| fqbn(board.id)).collect::<Vec<_>>()
    };
    let boards: Vec<Fqbn> =
        if matrix.is_some() { known.boards.clone() } else { platforms.iter().flat_map(default).collect() };
    let cores = Cores { platforms: &platforms, installed: &known.installed, matrix: &known.matrix };
    let mut checks = Vec::new();
    for fqbn in boards {
        match cores.board(&fqbn, WarningLevel::default(), &[]) {
            Ok(board) => checks.extend(board.config.clashes.iter().map(|clash| Check {
                name: name(),
                state: State::Warning,
                detail: format!(
                    "{fqbn}: `{}` is set by {} and by {}; arduino-cli takes either, at random, and this program {}",
                    clash.key, clash.overridden, clash.wins, clash.wins
                ),
                fix: None,
            })),
            Err(error) if matrix.is_some() => checks.push(unknown(error.to_string())),
            Err(_) => {}
        }
    }
    checks
}
