//! Failures in the artifact store: a later run with the same inputs fails in the same way without starting a tool.
//!
//! Only reproducible failures are stored ([`Failure::is_reproducible`]), under a key that covers all inputs of the failed
//! command. Text is stored with placeholders for directories, as in other entries; the caller replaces them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::error::BuildError;
use crate::cache::{Artifact, Artifacts};
use crate::event::Failure;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::{Places, ResultKeys};
use crate::sync::lock;

/// The stored failures of all runs with one cache directory.
#[derive(Debug, Clone)]
pub struct StoredFailures {
    /// `None` with `--no-cache`.
    store: Option<Artifacts>,
    /// Whether commands that failed in an earlier run run again (`--retry-failures`).
    retries: bool,
    /// Keys of the commands that have failed in this run.
    failed_now: Arc<Mutex<HashSet<Hash>>>,
}

/// A failure with the commands that led to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::pipeline) struct StoredFailure {
    pub(in crate::pipeline) failure: Box<Failure>,
    /// Paragraphs of `build.log` before the failed command.
    pub(in crate::pipeline) log: Vec<String>,
}

impl StoredFailures {
    /// Returns the failures in `store`. With `retries` those of earlier runs are not used.
    pub fn new(store: Option<Artifacts>, retries: bool) -> Self {
        Self { store, retries, failed_now: Arc::default() }
    }

    /// Whether the failure of the command with this key is used, if there is one.
    pub(in crate::pipeline) fn is_used(&self, key: &Hash) -> bool {
        !self.retries || self.has_failed_now(key)
    }

    /// Whether the command has failed in this run.
    fn has_failed_now(&self, key: &Hash) -> bool {
        lock(&self.failed_now).contains(key)
    }

    /// Returns the stored failure of the command with this key, marked as cached if it is that of an earlier run; `change`
    /// restores the names of directories in its texts.
    pub(in crate::pipeline) async fn find(
        &self,
        key: &Hash,
        change: impl Fn(&str) -> String,
    ) -> Result<Option<StoredFailure>, BuildError> {
        let Some(store) = self.store.clone().filter(|_| self.is_used(key)) else { return Ok(None) };
        let stored = own_key(key);
        let found = blocking(move || store.find::<StoredFailure>(&stored)).await?;
        Ok(found.map(|Artifact { about: mut found, .. }| {
            found.change_names(change);
            found.failure.is_reproducible = true;
            found.failure.is_cached = !self.has_failed_now(key);
            found
        }))
    }

    /// Returns the stored failure of the command with these keys: see [`Self::find`].
    pub(in crate::pipeline) async fn find_among(
        &self,
        keys: &ResultKeys,
        places: &Places,
    ) -> Result<Option<StoredFailure>, BuildError> {
        for key in keys.all() {
            if let Some(found) = self.find(&key, |text| places.restore(text)).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Stores the failure of the command with these keys and the log before it; removes that of an earlier run if the
    /// command has succeeded.
    pub(in crate::pipeline) async fn settle(
        &self,
        keys: &ResultKeys,
        places: &Places,
        result: Result<(), &BuildError>,
        log: &[String],
    ) -> Result<(), BuildError> {
        let (failures, keys) = (self.clone(), *keys);
        match result {
            Ok(()) if self.retries => {
                blocking(move || keys.all().iter().for_each(|key| failures.forget(key))).await
            }
            Err(BuildError::Failed(failure)) if failure.is_reproducible => {
                let (failure, log, places) = (failure.clone(), log.to_vec(), places.clone());
                blocking(move || {
                    let key = keys.of(places.left_in(texts(&failure, &log)));
                    failures.keep(&key, &failure, &log, |text| places.forget(text));
                })
                .await
            }
            _ => Ok(()),
        }
    }

    /// Removes the failure of a command that has succeeded when it was retried. Blocking: removes a file.
    pub(in crate::pipeline) fn forget(&self, key: &Hash) {
        if let Some(store) = self.store.as_ref().filter(|_| self.retries) {
            store.forget(&own_key(key));
        }
    }

    /// Stores a failure under the key of its command, if it is reproducible; `change` replaces the names of directories in
    /// its texts. Blocking: writes a file.
    pub(in crate::pipeline) fn keep(
        &self,
        key: &Hash,
        failure: &Failure,
        log: &[String],
        change: impl Fn(&str) -> String,
    ) {
        let Some(store) = self.store.as_ref().filter(|_| failure.is_reproducible) else { return };
        let mut stored = StoredFailure { failure: Box::new(failure.clone()), log: log.to_vec() };
        stored.change_names(change);
        match store.keep(&own_key(key), &[], Sharing::Copy, &stored) {
            Ok(()) => {
                lock(&self.failed_now).insert(*key);
            }
            // A lost hit: the next run fails in the same way.
            Err(error) => tracing::warn!(%error, "a failure could not be stored in the cache"),
        }
    }
}

impl StoredFailure {
    /// Applies `change` to all texts.
    fn change_names(&mut self, change: impl Fn(&str) -> String) {
        let Failure { message, diagnostic, command, location, .. } = &mut *self.failure;
        for text in [message, diagnostic].into_iter().chain(command).chain(&mut self.log) {
            *text = change(text);
        }
        if let Some(location) = location {
            location.file = change(&location.file.to_string_lossy()).into();
        }
    }
}

/// Returns the texts of a failure that can name directories.
fn texts<'f>(failure: &'f Failure, log: &'f [String]) -> impl Iterator<Item = &'f str> {
    let own = [&failure.message, &failure.diagnostic];
    own.into_iter().chain(&failure.command).chain(log).map(String::as_str)
}

/// Returns the key of a failure: a result of the same command has another.
fn own_key(key: &Hash) -> Hash {
    Key::new("failure 1").add(key.as_bytes()).finish()
}
