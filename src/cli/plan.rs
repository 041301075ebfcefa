//! `plan`: what `run` would do. Brings in the cores that it needs to know, and builds nothing.

use comfy_table::{Table, presets};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::args::{Format, Plan as Typed};
use super::cells::Request;
use super::narrate::narrated;
use super::options::{Options, colours_on_stderr, shown};
use super::run::Early;
use super::setup::bring_in;
use super::{complain, print};
use crate::exit::Exit;
use crate::install::InstallContext;
use crate::plan::{Layout, Plan, Sources, make};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.run.common.console);
    let format = typed.format;
    let options = match Options::new(typed.run) {
        Ok(options) => options,
        Err(error) => return Early::Usage(error.to_string()).tell(colours),
    };
    match plan(&options).await {
        Ok(plan) => print(&match format {
            Format::Table => table(&plan, &options),
            Format::Json => json(&plan),
        }),
        Err(early) => early.tell(colours),
    }
}

async fn plan(options: &Options) -> Result<Plan, Early> {
    let request = Request::read(options)?;
    let matrix = &request.matrix;
    let (events, _narrator) = narrated(options.console.quiet);
    let install = InstallContext {
        cache_dir: options.places.cache.clone(),
        offline: options.offline,
        events,
        cancel: CancellationToken::new(),
    };
    let installed = bring_in(matrix, &install).await?;
    let expansion = request.cells(options, &installed.roots)?;
    let layout = Layout::new(options.places.work.clone());
    let sources = Sources { matrix, expansion: &expansion, cores: &installed.cores, layout: &layout };
    Ok(make(sources)?)
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
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{text}\n\n{}, {} ({} skipped), built in {}",
        count(plan.cores.len(), "core"),
        count(plan.cells.len(), "cell"),
        plan.skipped.len(),
        shown(&options.places.work, &options.places.current),
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
    let plan = json!({"cores": cores, "cells": cells, "skipped": skipped});
    match serde_json::to_string_pretty(&plan) {
        Ok(text) => text,
        Err(error) => {
            complain(&error.to_string());
            String::new()
        }
    }
}
