//! Hands the outline and the result of a core to the cells that depend on it.

use std::sync::Arc;

use tokio::sync::watch;

use super::product::{CoreArtifacts, CoreOutline};
use crate::event::CoreId;
use crate::pipeline::failure::error::{Blocked, BuildError};

/// Progress of a core.
#[derive(Debug, Clone)]
enum CoreState {
    /// Not planned yet.
    Unplanned,
    /// Planned: its outline is known.
    Outlined(Arc<CoreOutline>),
    /// Finished or failed.
    Ended(Result<Arc<CoreArtifacts>, Blocked>),
}

/// Sending half of a core's state, held by its builder.
#[derive(Debug)]
pub struct CorePromise {
    sender: watch::Sender<CoreState>,
}

/// Receiving half of a core's state, held by its cells.
#[derive(Debug, Clone)]
pub struct CoreHandle {
    id: CoreId,
    receiver: watch::Receiver<CoreState>,
}

/// Returns both halves for a core that has not been built.
pub fn core_promise(id: CoreId) -> (CorePromise, CoreHandle) {
    let (sender, receiver) = watch::channel(CoreState::Unplanned);
    (CorePromise { sender }, CoreHandle { id, receiver })
}

impl CorePromise {
    /// Publishes the core's outline.
    pub fn outline(&self, outline: Arc<CoreOutline>) {
        self.sender.send_replace(CoreState::Outlined(outline));
    }

    /// Publishes the core's result.
    pub fn keep(self, result: Result<Arc<CoreArtifacts>, Blocked>) {
        self.sender.send_replace(CoreState::Ended(result));
    }
}

impl CoreHandle {
    /// Waits until the core is planned.
    ///
    /// # Errors
    /// The core failed before it was planned.
    pub async fn outline(&self) -> Result<Arc<CoreOutline>, BuildError> {
        match self.reaches(|state| !matches!(state, CoreState::Unplanned)).await? {
            CoreState::Outlined(outline) => Ok(outline),
            CoreState::Ended(Ok(core)) => Ok(core.outline.clone()),
            CoreState::Ended(Err(blocked)) => Err(BuildError::Blocked(blocked)),
            CoreState::Unplanned => Err(self.lost()),
        }
    }

    /// Waits until the core is built.
    ///
    /// # Errors
    /// The core failed.
    pub async fn ready(&self) -> Result<Arc<CoreArtifacts>, BuildError> {
        match self.reaches(|state| matches!(state, CoreState::Ended(_))).await? {
            CoreState::Ended(result) => result.map_err(BuildError::Blocked),
            _ => Err(self.lost()),
        }
    }

    async fn reaches(&self, wanted: impl FnMut(&CoreState) -> bool) -> Result<CoreState, BuildError> {
        let mut receiver = self.receiver.clone();
        let state = receiver.wait_for(wanted).await.map(|state| state.clone());
        state.map_err(|_| self.lost())
    }

    /// Returns the error for a builder that ended without a result: its task panicked or was cancelled.
    fn lost(&self) -> BuildError {
        BuildError::Blocked(Blocked { by: self.id.clone(), message: "it did not finish".to_owned() })
    }

    /// Whether the core is planned.
    pub(in crate::pipeline) fn is_outlined(&self) -> bool {
        !matches!(&*self.receiver.borrow(), CoreState::Unplanned)
    }

    /// Whether the core has finished or failed.
    pub(in crate::pipeline) fn is_ready(&self) -> bool {
        matches!(&*self.receiver.borrow(), CoreState::Ended(_))
    }

    /// Returns the core's failure, if it has failed.
    pub fn failed(&self) -> Option<BuildError> {
        match &*self.receiver.borrow() {
            CoreState::Ended(Err(blocked)) => Some(BuildError::Blocked(blocked.clone())),
            _ => None,
        }
    }
}
