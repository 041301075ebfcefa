//! `doctor`: what is missing on this machine, and the command that mends it.

use anstyle::{AnsiColor, Style};
use tokio_util::sync::CancellationToken;

use super::args::Doctor as Typed;
use super::options::{Places, colours_on_stderr};
use super::print;
use super::run::Early;
use crate::event::channel;
use crate::exit::Exit;
use crate::install::{InstallContext, doctor};
use crate::plan::EmulatorProgram;

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let places = match Places::new(typed.common.folders) {
        Ok(places) => places,
        Err(error) => return Early::Usage(error.to_string()).tell(colours_on_stderr(&typed.common.console)),
    };
    let (events, _heard) = channel();
    let install = InstallContext {
        cache_dir: places.cache.clone(),
        offline: typed.common.offline,
        events,
        cancel: CancellationToken::new(),
    };
    let mut lines = vec![format!("fbuild-matrix {}", env!("CARGO_PKG_VERSION"))];
    let emulators: Vec<_> = EmulatorProgram::all().map(|it| (it.name, it.package)).collect();
    let checks = doctor::checks(&emulators, &install).await;
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let paint = |color: AnsiColor, text: &str| {
        let style = Style::new().fg_color(Some(color.into()));
        format!("{style}{text}{style:#}")
    };
    for check in &checks {
        let mark = if check.ok { paint(AnsiColor::Green, "ok") } else { paint(AnsiColor::Red, "missing") };
        let gap = " ".repeat(if check.ok { 5 } else { 0 });
        lines.push(format!("  {mark}{gap}  {:width$}  {}", check.name, check.detail));
        if let Some(mend) = &check.mend {
            lines.push(format!("           {:width$}  mend it with: {mend}", ""));
        }
    }
    lines.push(String::new());
    lines.push("exit codes of fbuild-matrix:".to_owned());
    lines.extend(Exit::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning())));
    print(&lines.join("\n"));
    if checks.iter().all(|check| check.ok) { Exit::Success } else { Exit::Setup }
}
