//! File work off the runtime's threads, and many futures in order.

use futures::FutureExt;
use futures::future::{JoinAll, Map, join_all};

use crate::pipeline::failure::error::BuildError;

/// Awaits all and returns their results, or the first error in the order of `work`, whatever the order in
/// time.
pub(in crate::pipeline) fn all_in_order<F: Future<Output = Result<T, BuildError>>, T>(
    work: impl IntoIterator<Item = F>,
) -> AllInOrder<F, T> {
    join_all(work).map(|results| results.into_iter().collect())
}

/// The future of [`all_in_order`].
type AllInOrder<F, T> = Map<JoinAll<F>, fn(Vec<Result<T, BuildError>>) -> Result<Vec<T>, BuildError>>;

/// Runs file operations off the runtime's threads.
pub(in crate::pipeline) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BuildError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(BuildError::Cancelled),
        },
    }
}
