//! The command `plan`: shows what `run` would do. Installs the cores that planning needs, and builds nothing.

use comfy_table::{Table, presets};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::args::Console;
use super::args::{Format, Plan as Typed};
use super::narrate::narrated;
use super::options::{colours_on_stderr, options, shown};
use super::output::{complain, fail, print};
use crate::event::{EventKind, Level};
use crate::exit::Exit;
use crate::plan::{Layout, Plan, Sources, make};
use crate::provide::InstallContext;
use crate::session::{Cells, Options, Request, SessionError, bring_in, warnings};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.run.common.console);
    let format = typed.format;
    let (options, console) = match options(typed.run) {
        Ok(options) => options,
        Err(error) => return fail(&SessionError::Usage(error.to_string()), colours),
    };
    match plan(&options, &console).await {
        Ok(plan) => print(&match format {
            Format::Table => table(&plan, &options),
            Format::Json => json(&plan),
        }),
        Err(error) => fail(&error, colours),
    }
}

async fn plan(options: &Options, console: &Console) -> Result<Plan, SessionError> {
    let request = Request::read(options)?;
    let matrix = &request.matrix;
    let (events, narrator) = narrated(console.quiet);
    let install = InstallContext {
        cache_dir: options.directories.cache.clone(),
        offline: options.offline,
        events: events.clone(),
        cancel: CancellationToken::new(),
    };
    let installed = bring_in(matrix, options.locking.clone(), &install).await?;
    let Cells { all, selected } = request.cells(options, &installed.roots)?;
    if !console.quiet {
        warnings(&selected).for_each(|warning| super::output::warn(&warning));
    }
    let layout = Layout::new(options.directories.work.clone());
    let slugs = Layout::slugs(all.sketch_names());
    let sources = Sources {
        matrix,
        slugs: &slugs,
        expansion: &selected,
        cores: &installed.cores,
        libraries: &installed.libraries,
        layout: &layout,
    };
    let plan = make(sources)?;
    for message in plan.warnings.iter().cloned() {
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    // The narrator ends with the last sink; its warnings are printed before the plan.
    drop((install, events));
    let _ = narrator.join();
    Ok(plan)
}

fn table(plan: &Plan, options: &Options) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["board", "sketch", "fqbn", "core"]);
    for cell in &plan.cells {
        let fqbn = cell.target.config.fqbn.to_string();
        table.add_row([&*cell.id.board, &*cell.id.sketch, &fqbn, &*cell.core.0]);
    }
    let mut text = table.trim_fmt();
    if !plan.skipped.is_empty() {
        let mut skipped = Table::new();
        skipped.load_style(presets::NOTHING).set_header(["board", "skipped sketch", "reason"]);
        for cell in &plan.skipped {
            skipped.add_row([&*cell.id.board, &*cell.id.sketch, &cell.reason]);
        }
        text = format!("{text}\n\n{}", skipped.trim_fmt());
    }
    if !plan.not_sketches.is_empty() {
        let mut others = Table::new();
        others.load_style(presets::NOTHING).set_header(["not a sketch", "reason"]);
        for it in &plan.not_sketches {
            others.add_row([&*it.name, &*it.reason]);
        }
        text = format!("{text}\n\n{}", others.trim_fmt());
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{text}\n\n{}, {} ({} skipped), built in {}",
        count(plan.cores.len(), "core"),
        count(plan.cells.len(), "cell"),
        plan.skipped.len(),
        shown(&options.directories.work, &options.directories.current),
    )
}

fn json(plan: &Plan) -> String {
    let cores: Vec<Value> = plan
        .cores
        .iter()
        .map(|core| {
            json!({
                "id": core.id,
                "boards": core.boards,
                "fqbn": core.target.config.fqbn.to_string(),
                "platform": core.target.family.to_string(),
            })
        })
        .collect();
    let cells: Vec<Value> = plan
        .cells
        .iter()
        .map(|cell| {
            json!({
                "board": cell.id.board,
                "sketch": cell.id.sketch,
                "fqbn": cell.target.config.fqbn.to_string(),
                "platform": cell.target.family.to_string(),
                "core": cell.core,
                "file": cell.sketch.main_file.display().to_string(),
                "problem": cell.sketch.problem,
                "timeout_s": cell.timeout.as_secs_f64(),
                "retries": cell.retries,
                "run": cell.run.as_ref().map(|run| run.program.name),
            })
        })
        .collect();
    let skipped: Vec<Value> = plan
        .skipped
        .iter()
        .map(|cell| json!({"board": cell.id.board, "sketch": cell.id.sketch, "fqbn": cell.fqbn, "reason": cell.reason}))
        .collect();
    let not_sketches: Vec<Value> =
        plan.not_sketches.iter().map(|it| json!({"path": it.name, "reason": it.reason})).collect();
    let plan = json!({"cores": cores, "cells": cells, "skipped": skipped, "not_sketches": not_sketches});
    match serde_json::to_string_pretty(&plan) {
        Ok(text) => text,
        Err(error) => {
            complain(&error.to_string());
            String::new()
        }
    }
}
