//! Sends the plan to the reports.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::event::{CellInfo, CoreInfo, EventKind, EventSink, Level};
use crate::plan::{Plan, Target};

/// Sends the plan as an event. Reports hold all of it in memory, so cells share equal strings.
pub(super) fn announce(plan: &Plan, events: &EventSink) {
    for message in plan.warnings.iter().cloned() {
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    let mut fqbns: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let mut platforms: HashMap<String, Arc<str>> = HashMap::new();
    let mut files: HashMap<Arc<str>, Arc<Path>> = HashMap::new();
    let mut about = |board: &Arc<str>, target: &Target| {
        let fqbn = fqbns.entry(board.clone()).or_insert_with(|| target.config.fqbn.to_string().into());
        let family = target.family.to_string();
        let platform = platforms.entry(family).or_insert_with_key(|family| family.as_str().into());
        (fqbn.clone(), platform.clone())
    };
    let mut cores = Vec::with_capacity(plan.cores.len());
    for core in &plan.cores {
        // A core job is named after its first board.
        let Some(board) = core.boards.first() else { continue };
        let (fqbn, platform) = about(board, &core.target);
        cores.push(CoreInfo { id: core.id.clone(), boards: core.boards.clone(), fqbn, platform });
    }
    let mut cells = Vec::with_capacity(plan.cells.len());
    for cell in &plan.cells {
        let (fqbn, platform) = about(&cell.id.board, &cell.target);
        let sketch = &cell.sketch;
        let file =
            files.entry(sketch.name.clone()).or_insert_with(|| sketch.main_file.as_path().into()).clone();
        cells.push(CellInfo { id: cell.id.clone(), fqbn, platform, core: cell.core.clone(), file });
    }
    events.say(EventKind::Planned { cores, cells, skipped: plan.skipped.clone() });
}
