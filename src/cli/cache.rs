//! The command `cache`: shows the size of the cache directory and reduces it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytesize::ByteSize;

use super::args::{Cache as Typed, CacheCommand, Gc};
use super::options::{OptionsError, colours_on_stderr};
use super::output::{fail, print};
use crate::cache::{Artifacts, Keep, Taken};
use crate::cache::{CompileBackend, Zccache};
use crate::exit::Exit;
use crate::matrix::parse_duration;
use crate::plan::CacheLayout;
use crate::provide::arduino_directory::ArduinoDirectory;
use crate::provide::inventory::{InstalledItem, inventory, remove_archives, remove_items, unused};
use crate::session::{SessionError, SetupError};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.console);
    let current = std::env::current_dir().map_err(OptionsError::NoCurrentDirectory);
    let parts = match current.and_then(|current| typed.directory.resolve(&current)) {
        Ok(root) => CacheLayout::new(root),
        Err(error) => return fail(&SessionError::Usage(error.to_string()), colours),
    };
    let done = match typed.command {
        CacheCommand::Stats => stats(&parts),
        CacheCommand::Gc(gc) => collect(&parts, &gc).await,
        CacheCommand::Clear { all } => clear(&parts, all),
    };
    match done {
        Ok(text) => print(&text),
        Err(error) => fail(&error, colours),
    }
}

#[allow(clippy::unnecessary_wraps)] // as its siblings
fn stats(parts: &CacheLayout) -> Result<String, SessionError> {
    let named = [
        ("packages", parts.packages().to_vec(), "cores, tools and libraries"),
        ("indexes", vec![parts.indexes()], "which versions of them there are"),
        ("objects", vec![parts.zccache()], "of single compiles"),
        ("artifacts", vec![parts.artifacts()], "whole cores, firmware, objects of light units"),
        (
            "memo",
            vec![parts.memo(), parts.scans(), parts.tools(), parts.inputs()],
            "what files said, what compilers answered, what cells read",
        ),
    ];
    let mut lines = vec![format!("{}", parts.root().display())];
    let mut total = Taken::default();
    for (name, paths, what) in named {
        let mut taken = Taken::default();
        for part in paths.iter().map(|path| Taken::by(path)) {
            taken.files += part.files;
            taken.bytes += part.bytes;
        }
        total.files += taken.files;
        total.bytes += taken.bytes;
        lines.push(line(name, taken, what));
    }
    lines.push(line("all", total, ""));
    lines.push(format!(
        "objects and artifacts may take {} each; what was not used for {} days goes, once a day and with \
         `fbuild-matrix cache gc`",
        ByteSize(CacheLayout::SIZE / 2),
        CacheLayout::AGE.as_secs() / (24 * 60 * 60)
    ));
    Ok(lines.join("\n"))
}

fn line(name: &str, taken: Taken, what: &str) -> String {
    let size = ByteSize(taken.bytes).to_string();
    format!("  {name:9} {size:>10} {:>7} files  {what}", taken.files).trim_end().to_owned()
}

async fn collect(parts: &CacheLayout, gc: &Gc) -> Result<String, SessionError> {
    let bad =
        |option, message: String| SessionError::Usage(OptionsError::Value { option, message }.to_string());
    let size = match &gc.max_size {
        Some(text) => text
            .parse::<ByteSize>()
            .map_err(|_| bad("max-size", format!("`{text}` is no size; write 500M, 2GiB")))?
            .as_u64(),
        None => CacheLayout::SIZE,
    };
    let age = match &gc.max_age {
        Some(text) => parse_duration(text).map_err(|error| bad("max-age", error.to_string()))?,
        None => CacheLayout::AGE,
    };
    let store = Artifacts::new(parts.artifacts());
    let swept = tokio::task::spawn_blocking(move || store.sweep(Keep { size: size / 2, age })).await;
    let swept = swept
        .map_err(|error| SessionError::Unwritable(error.to_string()))?
        .map_err(|error| unwritable(&parts.artifacts(), &error))?;
    let mut lines = vec![format!(
        "artifacts: {} of {} entries removed, {} freed, {} left",
        swept.removed,
        swept.removed + swept.kept,
        ByteSize(swept.freed),
        ByteSize(swept.taken)
    )];
    if parts.zccache().is_dir() {
        let _held = hold(parts)?;
        let zccache = Zccache::start(&parts.zccache(), size / 2).await;
        let zccache = zccache.map_err(|error| SessionError::Unwritable(error.to_string()))?;
        let done = zccache.maintain().await;
        zccache.flush().await;
        zccache.shutdown().await;
        let (before, after) =
            done.ok_or_else(|| SessionError::Unwritable("the compiler cache could not be swept".to_owned()))?;
        lines.push(format!(
            "objects: {} freed, {} left",
            ByteSize(before.saturating_sub(after)),
            ByteSize(after)
        ));
    }
    if gc.cores {
        lines.push(collect_cores(parts, age)?);
    }
    Ok(lines.join("\n"))
}

/// Removes the cores, tools and libraries of indexes that no run has used for `age`.
fn collect_cores(parts: &CacheLayout, age: Duration) -> Result<String, SessionError> {
    let directory = ArduinoDirectory::new(parts.root());
    let items = unused(&inventory(&directory), age);
    let size = items.iter().map(InstalledItem::size).sum();
    remove_items(&items, &directory).map_err(SetupError::from)?;
    let archives = remove_archives(&directory, age).map_err(SetupError::from)?;
    let mut lines =
        vec![format!("cores, tools and libraries: {} removed, {} freed", items.len(), ByteSize(size))];
    lines.extend(items.iter().map(|item| format!("  {} {}@{}", item.kind.word(), item.name, item.version)));
    lines.push(format!("downloaded archives: {} freed", ByteSize(archives)));
    Ok(lines.join("\n"))
}

fn clear(parts: &CacheLayout, all: bool) -> Result<String, SessionError> {
    // The lock prevents removing files that another run is using.
    let _held = hold(parts)?;
    let before = Taken::by(parts.root());
    let mut all_parts = vec![parts.zccache(), parts.artifacts(), parts.staging(), parts.costs()];
    all_parts.extend([parts.memo(), parts.scans(), parts.tools(), parts.inputs()]);
    all_parts.extend(["memo.lock", "scans.lock", "tools.lock", ".swept"].map(|name| parts.root().join(name)));
    if all {
        all_parts.extend(parts.packages());
        all_parts.push(parts.indexes());
    }
    for part in all_parts {
        let removed =
            if part.is_dir() { std::fs::remove_dir_all(&part) } else { std::fs::remove_file(&part) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unwritable(&part, &error));
            }
            _ => {}
        }
    }
    let after = Taken::by(parts.root());
    Ok(format!(
        "{} freed, {} left",
        ByteSize(before.bytes.saturating_sub(after.bytes)),
        ByteSize(after.bytes)
    ))
}

fn hold(parts: &CacheLayout) -> Result<File, SessionError> {
    let held = parts.hold().map_err(|error| unwritable(parts.root(), &error))?;
    held.ok_or_else(|| {
        SessionError::Unwritable(format!(
            "another run is using the compiler cache in {}; try again when that run has ended",
            parts.root().display()
        ))
    })
}

fn unwritable(path: &Path, error: &io::Error) -> SessionError {
    SessionError::unwritable(path, error)
}
