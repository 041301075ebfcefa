//! The command `plan`: shows what `run` would do. Installs the cores that planning needs, without their tools, and builds
//! nothing.

mod shards;

use std::path::Path;

use comfy_table::{Table, presets};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use self::shards::PlanShards;
use super::args::{Console, Shards};
use super::args::{Format, Plan as Typed};
use super::narrate::narrated;
use super::options::{colours_on_stderr, options, shown as short};
use super::output::{complain, fail, print, warn};
use crate::event::{EventKind, Level, SkippedCell};
use crate::exit::Exit;
use crate::fs::write_atomically;
use crate::matrix::Matrix;
use crate::plan::{CellJob, Layout, Plan, Sources, make};
use crate::provide::InstallContext;
use crate::session::changed::{Inputs, Wanted, select};
use crate::session::{Cells, Options, Part, Request, SessionError, bring_in, shrunk, warnings};
use crate::shard::{PlanFile, github_matrix};

/// Runs the command.
pub(super) async fn run(typed: Typed) -> Exit {
    let colours = colours_on_stderr(&typed.run.options.common.console);
    let Typed { run, format, shards: wanted, out } = typed;
    let (options, console) = match options(run) {
        Ok(options) => options,
        Err(error) => return fail(&SessionError::Usage(error.to_string()), colours),
    };
    // A matrix of jobs is one of shards.
    let wanted = wanted.or(matches!(format, Format::Github).then_some(Shards::Auto));
    match shown(&options, &console, (format, wanted), out.as_deref()).await {
        Ok(text) => print(&text),
        Err(error) => fail(&error, colours),
    }
}

/// Prints the plan of these options as a table.
pub(super) async fn show(options: &Options, console: &Console) -> Exit {
    match shown(options, console, (Format::Table, None), None).await {
        Ok(text) => print(&text),
        Err(error) => fail(&error, colours_on_stderr(console)),
    }
}

/// Makes the plan with its shards, writes it to the file `out`, and returns what is printed.
async fn shown(
    options: &Options,
    console: &Console,
    (format, wanted): (Format, Option<Shards>),
    out: Option<&Path>,
) -> Result<String, SessionError> {
    let request = Request::read(options)?;
    let plan = plan(&request, options, console).await?;
    let shards = match (&options.selected.part, wanted) {
        (Part::Plan { plan: file, shard: None, .. }, _) => PlanShards::of_file(&plan, file),
        (Part::Plan { .. } | Part::Shard(_), Some(_)) => {
            let message = "--format github lists all shards; leave --shard out";
            return Err(SessionError::Usage(message.to_owned()));
        }
        (_, Some(wanted)) => PlanShards::new(&plan, options, wanted),
        (_, None) => PlanShards::default(),
    };
    if !console.quiet {
        for warning in &shards.warnings {
            warn(warning);
        }
    }
    let file = || json(&request.matrix, &plan, &shards);
    let shown = match format {
        Format::Table => table(&plan, &shards, options),
        Format::Json => text(&file()),
        Format::Github => {
            github_matrix(&shards.shards).map_err(|error| SessionError::Usage(error.to_string()))?.to_string()
        }
    };
    if let Some(out) = out {
        let path = options.directories.current.join(out);
        write_atomically(&path, format!("{}\n", text(&file())).as_bytes())
            .map_err(|error| SessionError::unwritable(out, &error))?;
    }
    Ok(shown)
}

async fn plan(request: &Request, options: &Options, console: &Console) -> Result<Plan, SessionError> {
    let matrix = &request.matrix;
    let (events, narrator) = narrated(console.quiet);
    let install = InstallContext {
        cache_dir: options.directories.cache.clone(),
        offline: options.offline,
        events: events.clone(),
        cancel: CancellationToken::new(),
    };
    let inputs = Inputs::of(options, matrix);
    let changes = match &options.selected.changed {
        Some(changed) => Some(inputs.changes(&changed.revision, &install.cancel).await?),
        None => None,
    };
    let mut needed = request.needed(options)?;
    needed.without_tools = request.is_plannable_without_tools();
    let installed = bring_in(matrix, &needed, options.locking.clone(), &install).await?;
    let Cells { all, selected } = request.cells(options, &installed)?;
    let selected = options.selected.part.share(matrix, selected)?.cells;
    if !console.quiet {
        warnings(&selected).for_each(|warning| warn(&warning));
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
    let mut plan = make(sources)?;
    let shrunk = shrunk(options, &all, &plan, &slugs);
    if let Some(changes) = changes {
        let wanted = Wanted::new(options, matrix, &selected, changes);
        (plan, _) = select(plan, &inputs, wanted, &events, &install.cancel).await?;
    }
    for message in plan.warnings.iter().cloned().chain(shrunk) {
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    // The narrator ends with the last sink; its warnings are printed before the plan.
    drop((install, events));
    let _ = narrator.join();
    Ok(plan)
}

fn table(plan: &Plan, shards: &PlanShards, options: &Options) -> String {
    let mut table = Table::new();
    let has_reasons = !plan.reasons.is_empty();
    let shard = (!shards.shards.is_empty()).then_some("shard");
    let header = ["board", "sketch", "fqbn", "core"].into_iter().chain(shard);
    table.load_style(presets::NOTHING).set_header(header.chain(has_reasons.then_some("reason")));
    for (place, cell) in plan.cells.iter().enumerate() {
        let fqbn = cell.target.config.fqbn.to_string();
        let shard = shards.cells.get(place).map(ToString::to_string);
        let reason = plan.reasons.get(&cell.id).map(|reason| reason.text.as_str());
        let row = [&*cell.id.board, &*cell.id.sketch, &fqbn, &*cell.core.0];
        table.add_row(row.into_iter().chain(shard.as_deref()).chain(reason));
    }
    let mut reasons = Table::new();
    reasons.load_style(presets::NOTHING).set_header(["board", "sketch", "reason"]);
    for cell in &plan.cells {
        reasons.add_row([&*cell.id.board, &*cell.id.sketch, &reason(cell)]);
    }
    let mut text = format!("{}\n\n{}", table.trim_fmt(), reasons.trim_fmt());
    for (title, cells) in [("skipped sketch", &plan.skipped), ("sketch not selected", &plan.not_selected)] {
        if !cells.is_empty() {
            let mut skipped = Table::new();
            skipped.load_style(presets::NOTHING).set_header(["board", title, "reason"]);
            for cell in cells {
                skipped.add_row([&*cell.id.board, &*cell.id.sketch, &cell.reason]);
            }
            text = format!("{text}\n\n{}", skipped.trim_fmt());
        }
    }
    if !plan.not_sketches.is_empty() {
        let mut others = Table::new();
        others.load_style(presets::NOTHING).set_header(["not a sketch", "reason"]);
        for it in &plan.not_sketches {
            others.add_row([&*it.name, &*it.reason]);
        }
        text = format!("{text}\n\n{}", others.trim_fmt());
    }
    if !shards.shards.is_empty() {
        text = format!("{text}\n\n{}", shards.table());
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{text}\n\n{}, {} ({} skipped), built in {}",
        count(plan.cores.len(), "core"),
        count(plan.cells.len(), "cell"),
        plan.skipped.len(),
        short(&options.directories.work, &options.directories.current),
    )
}

/// Returns why a cell is built, and the failure that is expected, if any.
fn reason(cell: &CellJob) -> String {
    match &cell.terms.expect {
        Some(expect) => format!("{}, {expect}", cell.terms.reason),
        None => cell.terms.reason.to_string(),
    }
}

/// Returns the plan for `--format json` and `--out`: a [`PlanFile`] with more keys.
fn json(matrix: &Matrix, plan: &Plan, shards: &PlanShards) -> Value {
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
        .enumerate()
        .map(|(place, cell)| {
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
                "reason": plan.reasons.get(&cell.id).map_or(&*cell.terms.reason, |reason| &reason.text),
                "changed": plan.reasons.get(&cell.id).and_then(|reason| reason.file.as_ref()),
                "run": cell.run.as_ref().map(|run| run.program.name),
                "tags": &*cell.terms.tags,
                "expect": cell.terms.expect.as_ref().map(ToString::to_string),
                "shard": shards.cells.get(place),
            })
        })
        .collect();
    let skipped: Vec<Value> = plan
        .skipped
        .iter()
        .enumerate()
        .map(|(place, cell)| {
            json!({
                "board": cell.id.board,
                "sketch": cell.id.sketch,
                "fqbn": cell.fqbn,
                "reason": cell.reason,
                "shard": shards.skipped.get(place),
            })
        })
        .collect();
    let not_selected = plan.not_selected.iter().map(|cell: &SkippedCell| {
        json!({"board": cell.id.board, "sketch": cell.id.sketch, "fqbn": cell.fqbn, "reason": cell.reason})
    });
    let not_selected: Vec<Value> = not_selected.collect();
    let not_sketches: Vec<Value> =
        plan.not_sketches.iter().map(|it| json!({"path": it.name, "reason": it.reason})).collect();
    json!({
        "version": PlanFile::VERSION,
        "matrix": {
            "name": matrix.name,
            "file": matrix.path().display().to_string(),
            "digest": matrix.digest(),
        },
        "shards": shards.shards,
        "cores": cores,
        "cells": cells,
        "skipped": skipped,
        "not_selected": not_selected,
        "not_sketches": not_sketches,
    })
}

fn text(plan: &Value) -> String {
    match serde_json::to_string_pretty(plan) {
        Ok(text) => text,
        Err(error) => {
            complain(&error.to_string());
            String::new()
        }
    }
}
