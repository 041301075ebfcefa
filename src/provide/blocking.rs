//! File work on threads that may block.

use super::error::InstallError;

/// Runs file work on a thread that may block.
///
/// # Errors
/// Those of `work`, and [`InstallError::Cancelled`] while the runtime shuts down.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InstallError> + Send + 'static,
) -> Result<T, InstallError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // A panic is a defect: it continues to where panics are caught.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(InstallError::Cancelled { what: "packages".to_owned() }),
        },
    }
}
