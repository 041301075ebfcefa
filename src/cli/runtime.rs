//! The one tokio runtime of the process.

use super::output::complain;
use super::polls;
use crate::exit::Exit;

/// How many threads read and write files at once. All units of a run want that in the same moment, and with a
/// thread for each of them (tokio's limit is 512) a fifth of this program's time goes into clearing pages for
/// their stacks and allocations (`docs/performance.md`). None of what runs there waits for another to be let in.
fn blocking_threads() -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * cpus).max(8)
}

/// The one runtime of the process.
pub(super) fn on_runtime(work: impl Future<Output = Exit>) -> Exit {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_name("fbuild-matrix").max_blocking_threads(blocking_threads());
    polls::watch(&mut builder);
    match builder.build() {
        Ok(runtime) => {
            let exit = runtime.block_on(polls::watched(work));
            // A blocking read that is still going on must not keep the program from ending.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            complain(&format!("the runtime can't be started: {error}"));
            Exit::Setup
        }
    }
}
