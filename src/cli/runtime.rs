//! The tokio runtime of the process.

use super::output::complain;
use super::polls;
use crate::exit::Exit;

/// Returns the number of threads for blocking file I/O, which all units of a run request at the same moment. With
/// tokio's limit of 512, a fifth of this program's time goes into clearing pages for stacks and allocations
/// (`docs/performance.md`). A limit can't deadlock: no blocking task waits for another one to be admitted.
fn blocking_threads() -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * cpus).max(8)
}

/// Runs a command on the runtime.
pub(super) fn on_runtime(work: impl Future<Output = Exit>) -> Exit {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_name("fbuild-matrix").max_blocking_threads(blocking_threads());
    polls::watch(&mut builder);
    match builder.build() {
        Ok(runtime) => {
            let exit = runtime.block_on(polls::watched(work));
            // A blocking read in progress must not delay the exit.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            complain(&format!("the runtime can't be started: {error}"));
            Exit::Setup
        }
    }
}
