//! How the cells of a core learn what it is going to be, and how it ended.

use std::sync::Arc;

use tokio::sync::watch;

use super::product::{CoreArtifacts, CoreOutline};
use crate::event::CoreId;
use crate::pipeline::failure::error::{Blocked, BuildError};

/// How far a core is.
#[derive(Debug, Clone)]
enum CoreState {
    /// Nothing is known of it.
    Unplanned,
    /// It is known what it is going to be.
    Outlined(Arc<CoreOutline>),
    /// It has ended.
    Ended(Result<Arc<CoreArtifacts>, Blocked>),
}

/// The end of a core that its builder holds.
#[derive(Debug)]
pub struct CorePromise {
    sender: watch::Sender<CoreState>,
}

/// The end of a core that its cells hold.
#[derive(Debug, Clone)]
pub struct CoreHandle {
    id: CoreId,
    receiver: watch::Receiver<CoreState>,
}

/// A core that is yet to be built.
pub fn core_promise(id: CoreId) -> (CorePromise, CoreHandle) {
    let (sender, receiver) = watch::channel(CoreState::Unplanned);
    (CorePromise { sender }, CoreHandle { id, receiver })
}

impl CorePromise {
    /// Says what it is going to be.
    pub fn outline(&self, outline: Arc<CoreOutline>) {
        self.sender.send_replace(CoreState::Outlined(outline));
    }

    /// Says how it ended.
    pub fn keep(self, result: Result<Arc<CoreArtifacts>, Blocked>) {
        self.sender.send_replace(CoreState::Ended(result));
    }
}

impl CoreHandle {
    /// Waits until it is known what the core is going to be.
    ///
    /// # Errors
    /// Where it failed before that.
    pub async fn outline(&self) -> Result<Arc<CoreOutline>, BuildError> {
        match self.reaches(|state| !matches!(state, CoreState::Unplanned)).await? {
            CoreState::Outlined(outline) => Ok(outline),
            CoreState::Ended(Ok(core)) => Ok(core.outline.clone()),
            CoreState::Ended(Err(blocked)) => Err(BuildError::Blocked(blocked)),
            CoreState::Unplanned => Err(self.lost()),
        }
    }

    /// Waits for the core.
    ///
    /// # Errors
    /// Where it failed.
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

    /// The builder ended without a word: its task panicked or was cancelled.
    fn lost(&self) -> BuildError {
        BuildError::Blocked(Blocked { by: self.id.clone(), message: "it did not finish".to_owned() })
    }

    /// Whether it is known what it is going to be.
    pub(in crate::pipeline) fn is_outlined(&self) -> bool {
        !matches!(&*self.receiver.borrow(), CoreState::Unplanned)
    }

    /// Whether it is known how it ended.
    pub(in crate::pipeline) fn is_ready(&self) -> bool {
        matches!(&*self.receiver.borrow(), CoreState::Ended(_))
    }

    /// Whether it is known to have failed.
    pub fn failed(&self) -> Option<BuildError> {
        match &*self.receiver.borrow() {
            CoreState::Ended(Err(blocked)) => Some(BuildError::Blocked(blocked.clone())),
            _ => None,
        }
    }
}
