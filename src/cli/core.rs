//! The command `core`: lists, installs, removes and locks cores, tools and libraries.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytesize::ByteSize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::args::{Common, Core as Typed, CoreCommand, CoreInstall};
use super::narrate::narrated;
use super::options::{colours_on_stderr, directories, locking};
use super::output::{fail, print};
use crate::event::EventSink;
use crate::exit::Exit;
use crate::matrix::Matrix;
use crate::provide::InstallContext;
use crate::provide::arduino_directory::ArduinoDirectory;
use crate::provide::index::CoreRequest;
use crate::provide::inventory::{InstalledItem, inventory, remove_items, selected};
use crate::provide::locked::{Locked, lock_path, read_lock, write_lock};
use crate::session::{
    InstallSet, Locking, Needs, SessionError, SetupError, bring_in, install_cores, lock_matrix, needs,
};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let (common, command) = match typed.command {
        CoreCommand::List { ref common }
        | CoreCommand::Remove { ref common, .. }
        | CoreCommand::Lock { ref common, .. } => (common.clone(), typed.command),
        CoreCommand::Install(ref install) => (install.common.clone(), typed.command),
    };
    let colours = colours_on_stderr(&common.console);
    let (events, narrator) = narrated(common.console.quiet);
    let done = match context(&common, events) {
        Ok(cx) => execute(command, &cx).await,
        Err(error) => Err(error),
    };
    // The narrator ends with the last sink; its lines are printed before the result.
    let _ = narrator.join();
    match done {
        Ok(text) => print(&text),
        Err(error) => fail(&error, colours),
    }
}

fn context(common: &Common, events: EventSink) -> Result<InstallContext, SessionError> {
    let directories =
        directories(common.directories.clone()).map_err(|error| SessionError::Usage(error.to_string()))?;
    Ok(InstallContext {
        cache_dir: directories.cache,
        offline: common.offline,
        events,
        cancel: CancellationToken::new(),
    })
}

async fn execute(command: CoreCommand, cx: &InstallContext) -> Result<String, SessionError> {
    match command {
        CoreCommand::List { .. } => Ok(list(cx)),
        CoreCommand::Install(install) => self::install(install, cx).await,
        CoreCommand::Remove { names, .. } => remove(&names, cx),
        CoreCommand::Lock { matrix, update, common } => lock(&matrix, &update, common.locked, cx).await,
    }
}

/// Returns a line for each installed core, tool and library.
fn list(cx: &InstallContext) -> String {
    let items = inventory(&ArduinoDirectory::new(&cx.cache_dir));
    if items.is_empty() {
        return format!("nothing is installed in {} by name and version", cx.cache_dir.display());
    }
    let names: Vec<String> = items.iter().map(|item| format!("{}@{}", item.name, item.version)).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut total = 0;
    let mut lines = Vec::with_capacity(items.len() + 1);
    for (item, name) in items.iter().zip(names) {
        let size = item.size();
        total += size;
        let size = ByteSize(size).to_string();
        lines.push(format!("{:7}  {name:width$}  {size:>10}  {}", item.kind.word(), used(item)));
    }
    lines.push(format!("{:7}  {:width$}  {:>10}", "all", "", ByteSize(total).to_string()));
    lines.join("\n").lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Returns the age of an item's last use, in the largest fitting unit.
fn used(item: &InstalledItem) -> String {
    let Some(used) = item.used else { return "not installed by this program".to_owned() };
    let seconds = SystemTime::now().duration_since(used).unwrap_or_default().as_secs();
    let (count, unit) = match seconds {
        0..60 => return "used just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("used {count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

async fn install(typed: CoreInstall, cx: &InstallContext) -> Result<String, SessionError> {
    let is_core = |word: &&String| word.contains(':') && !Path::new(word).exists();
    let cores = typed.what.iter().filter(is_core).map(|word| request(word));
    let cores = cores.collect::<Result<Vec<_>, _>>()?;
    let matrices: Vec<PathBuf> = typed.what.iter().filter(|word| !is_core(word)).map(PathBuf::from).collect();
    if typed.check {
        let ([matrix], true) = (matrices.as_slice(), cores.is_empty()) else {
            return Err(SessionError::Usage("--check is for one matrix".to_owned()));
        };
        let matrix = Matrix::read(matrix)?;
        return checked(&needs(&matrix, cx)?, typed.json);
    }
    let mut lines = Vec::new();
    for matrix in &matrices {
        let matrix = Matrix::read(matrix)?;
        let installed =
            bring_in(&matrix, &InstallSet::whole(&matrix), locking(typed.common.locked), cx).await?;
        lines.extend(installed.cores.values().map(|core| shown(&core.name, &core.versions)));
        lines.extend(
            installed.locked.libraries.iter().map(|it| format!("library {} {}", it.name, it.version)),
        );
    }
    if !cores.is_empty() {
        let installed = install_cores(cores, &typed.url, cx).await?;
        lines.extend(installed.values().map(|core| shown(&core.name, &core.versions)));
    }
    Ok(lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n"))
}

/// Returns a core with its tools: `core arduino:avr 1.8.6 (arduino:avr-gcc 7.3.0)`.
fn shown(name: &str, versions: &[(String, String)]) -> String {
    let (own, others): (Vec<_>, Vec<_>) = versions.iter().partition(|(of, _)| of == name);
    let version = own.first().map(|(_, version)| format!(" {version}")).unwrap_or_default();
    let others: Vec<String> = others.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let others = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
    format!("core {name}{version}{others}")
}

/// Parses `vendor:arch[@VERSION]`.
fn request(word: &str) -> Result<CoreRequest, SessionError> {
    let (name, version) = word.split_once('@').map_or((word, None), |(name, version)| (name, Some(version)));
    let is_name = name
        .split_once(':')
        .is_some_and(|(vendor, arch)| !vendor.is_empty() && !arch.is_empty() && !arch.contains(':'));
    if !is_name {
        let message = format!("`{word}` is no core: write VENDOR:ARCH or VENDOR:ARCH@VERSION");
        return Err(SessionError::Usage(message));
    }
    let version = version.map(str::parse).transpose();
    let version =
        version.map_err(|error| SessionError::Usage(format!("the version in `{word}`: {error}")))?;
    Ok(CoreRequest { name: name.to_owned(), version })
}

fn checked(needs: &Needs, as_json: bool) -> Result<String, SessionError> {
    if as_json {
        let missing = needs.missing.iter().map(|item| {
            json!({
                "kind": item.kind,
                "name": item.name,
                "version": item.version,
                "url": item.url,
                "size": item.size,
            })
        });
        let missing: Vec<serde_json::Value> = missing.collect();
        let value = json!({"hash": needs.hash, "missing": missing});
        return serde_json::to_string_pretty(&value).map_err(|error| SessionError::Usage(error.to_string()));
    }
    let mut lines: Vec<String> = needs
        .missing
        .iter()
        .map(|item| {
            let size = item.size.map(|size| format!("  {}", ByteSize(size))).unwrap_or_default();
            format!("missing: {} {} {}{size}", item.kind, item.name, item.version)
        })
        .collect();
    if lines.is_empty() {
        lines.push("nothing is missing".to_owned());
    }
    lines.push(format!("hash: {}", needs.hash));
    Ok(lines.join("\n"))
}

fn remove(names: &[String], cx: &InstallContext) -> Result<String, SessionError> {
    let directory = ArduinoDirectory::new(&cx.cache_dir);
    let mut lines = Vec::new();
    for word in names {
        let (name, version) =
            word.split_once('@').map_or((word.as_str(), None), |(name, it)| (name, Some(it)));
        let items = selected(&inventory(&directory), name, version);
        if items.is_empty() {
            let message = format!("{word} is not installed; `fbuild-matrix core list` shows what is");
            return Err(SessionError::Usage(message));
        }
        let sizes: u64 = items.iter().map(InstalledItem::size).sum();
        remove_items(&items, &directory).map_err(SetupError::from)?;
        lines.extend(
            items.iter().map(|item| format!("removed {} {}@{}", item.kind.word(), item.name, item.version)),
        );
        lines.push(format!("freed {}", ByteSize(sizes)));
    }
    Ok(lines.join("\n"))
}

async fn lock(
    matrix: &Path,
    update: &[String],
    locked: bool,
    cx: &InstallContext,
) -> Result<String, SessionError> {
    let matrix = Matrix::read(matrix)?;
    let path = lock_path(matrix.path());
    let before = read_lock(&path).unwrap_or_default();
    let locking = match (locked, update) {
        (true, _) => Locking::Required,
        (false, []) => Locking::Renewed(None),
        (false, names) => {
            unknown(names, before.as_ref())?;
            Locking::Renewed(Some(names.iter().cloned().collect::<BTreeSet<_>>()))
        }
    };
    let after = lock_matrix(&matrix, locking, cx).await?;
    let changes =
        before.as_ref().map_or_else(|| after.changes(&Locked::new()), |before| after.changes(before));
    let is_written = write_lock(&path, &after).map_err(SetupError::from)?;
    let mut lines = changes;
    let state = if is_written { "written" } else { "unchanged" };
    lines.push(format!("{}: {state}", path.display()));
    Ok(lines.join("\n"))
}

/// Reports a name of `--update` that the lock file lacks.
fn unknown(names: &[String], locked: Option<&Locked>) -> Result<(), SessionError> {
    let known: Vec<&str> = locked.map(Locked::names).unwrap_or_default();
    for name in names {
        if !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            let message = format!("--update: `{name}` is not in the lock file, which has {known}");
            return Err(SessionError::Usage(message));
        }
    }
    Ok(())
}
