//! Installs the emulators that the selected cells run in, and no others.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::pipeline::Emulators;
use crate::plan::{InstalledEmulator, Plan};
use crate::provide::{InstallContext, InstallError, install_program};

const HINT: &str = ", or take `run` out of the matrix";

/// Installs the emulators of a plan.
///
/// # Errors
/// An emulator is unavailable.
pub(super) async fn bring_in(plan: &Plan, cx: &InstallContext) -> Result<Emulators, InstallError> {
    let mut emulators = Emulators::default();
    for run in plan.cells.iter().filter_map(|cell| cell.run.as_ref()) {
        if let Entry::Vacant(place) = emulators.entry(run.program) {
            let found = install_program(run.program.name, run.program.package, HINT, cx).await?;
            let emulator = InstalledEmulator { program: found.program, library_path: found.library_path };
            place.insert(Arc::new(emulator));
        }
    }
    Ok(emulators)
}
