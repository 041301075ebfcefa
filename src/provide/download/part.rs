//! The incomplete file of an archive: written and hashed on a thread that may block, and resumed by a later run.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::checksum::{Checksum, ChecksumHasher};
use super::error::DownloadError;
use super::lock::FileLock;
use super::stored::{ArchivePaths, StagedArchive, hash, write_record};

/// Number of chunks between the connection and the disk. A chunk has at most about 400 kB.
const QUEUE: usize = 8;

/// An incomplete file.
#[derive(Debug)]
pub(super) struct PartFile {
    file: File,
    length: u64,
    hasher: ChecksumHasher,
    paths: ArchivePaths,
    checksum: Checksum,
    state: PartState,
    /// Number of answers, of this run or earlier ones, that the bytes come from.
    pieces: u32,
    /// Held while the file may be written.
    _lock: FileLock,
}

/// Source of an incomplete file, stored beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartState {
    /// The requested URL, without credentials.
    pub(super) url: String,
    /// Strong `ETag` or `Last-Modified` of the answer.
    pub(super) validator: Option<String>,
    /// The expected checksum.
    checksum: String,
}

impl PartFile {
    /// Opens the incomplete file of an earlier run, if it was for the same checksum and has at most `limit` bytes;
    /// otherwise an empty one.
    ///
    /// # Errors
    /// An error of the file system, or the run is cancelled.
    pub(super) fn open(
        paths: ArchivePaths,
        checksum: Checksum,
        limit: u64,
        lock: FileLock,
        cancel: &CancellationToken,
    ) -> Result<Self, DownloadError> {
        let error = |source| DownloadError::io("write", &paths.part, source);
        let state = std::fs::read(&paths.part_state).ok();
        let state = state.and_then(|bytes| serde_json::from_slice::<PartState>(&bytes).ok());
        let state = state.filter(|state| state.checksum == checksum.to_string());
        if std::fs::symlink_metadata(&paths.part).is_ok_and(|found| !found.is_file()) {
            std::fs::remove_file(&paths.part).map_err(error)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(state.is_none());
        let mut file = options.open(&paths.part).map_err(error)?;
        if file.metadata().map_err(error)?.len() > limit {
            file.set_len(0).map_err(error)?;
        }
        let (hasher, length) = hash(&mut file, &paths.part, &checksum, cancel)?;
        let state = state.unwrap_or_default();
        Ok(Self { file, length, hasher, paths, checksum, state, pieces: u32::from(length > 0), _lock: lock })
    }

    /// Returns the number of bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the source of the bytes.
    pub(super) fn state(&self) -> &PartState {
        &self.state
    }

    /// Returns whether all bytes come from one answer.
    pub(super) fn is_of_one_answer(&self) -> bool {
        self.pieces <= 1
    }

    /// Returns the checksum of the bytes.
    pub(super) fn actual(&self) -> Checksum {
        self.hasher.checksum()
    }

    /// Returns whether the bytes have the expected checksum.
    pub(super) fn is_complete(&self) -> bool {
        self.actual() == self.checksum
    }

    /// Notes that the bytes of another answer follow.
    pub(super) fn resume(&mut self) {
        self.pieces += 1;
    }

    /// Discards the bytes; those of an answer from `url` follow.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn restart(&mut self, url: String, validator: Option<String>) -> Result<(), DownloadError> {
        self.discard()?;
        self.pieces = 1;
        self.state = PartState { url, validator, checksum: self.checksum.to_string() };
        write_record(&self.paths.part_state, &self.state)
    }

    /// Discards the bytes.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn discard(&mut self) -> Result<(), DownloadError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(|source| DownloadError::io("write", &self.paths.part, source))?;
        (self.length, self.pieces) = (0, 0);
        self.hasher = ChecksumHasher::new(&self.checksum);
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file.write_all(bytes).map_err(|source| DownloadError::io("write", &self.paths.part, source))?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Flushes the file to the disk and renames it to its final name.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn commit(self) -> Result<StagedArchive, DownloadError> {
        let error = |source| DownloadError::io("write", &self.paths.part, source);
        self.file.sync_all().map_err(error)?;
        let found = self.file.metadata().map_err(error)?;
        // An old record must not become valid for the new file by chance.
        remove(&self.paths.verified)?;
        std::fs::rename(&self.paths.part, &self.paths.file)
            .map_err(|source| DownloadError::io("move into place", &self.paths.file, source))?;
        remove(&self.paths.part_state)?;
        self.paths.record(&self.checksum, &self.hasher.sha256(), &found)
    }

    /// Removes the file and its state. An error is of no use to the caller, who reports another one.
    pub(super) fn remove(self) {
        let _ = std::fs::remove_file(&self.paths.part);
        let _ = std::fs::remove_file(&self.paths.part_state);
    }

    /// Moves the file to a thread that writes and hashes what it is sent.
    pub(super) fn into_writer(mut self) -> PartWriter {
        let (sender, mut chunks) = mpsc::channel::<Bytes>(QUEUE);
        let task = tokio::task::spawn_blocking(move || {
            let mut written = Ok(());
            while let Some(chunk) = chunks.blocking_recv() {
                written = self.append(&chunk);
                if written.is_err() {
                    break;
                }
            }
            (self, written)
        });
        PartWriter { sender, task }
    }
}

/// Sends chunks to the thread that writes them.
#[derive(Debug)]
pub(super) struct PartWriter {
    sender: mpsc::Sender<Bytes>,
    task: JoinHandle<(PartFile, Result<(), DownloadError>)>,
}

impl PartWriter {
    /// Sends a chunk. Returns whether the thread still writes; if not, [`PartWriter::finish`] has its error.
    pub(super) async fn write(&self, chunk: Bytes) -> bool {
        self.sender.send(chunk).await.is_ok()
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// `None`: the runtime shuts down.
    pub(super) async fn finish(self) -> Option<(PartFile, Result<(), DownloadError>)> {
        drop(self.sender);
        match self.task.await {
            Ok(done) => Some(done),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => None,
            },
        }
    }
}

/// Removes a file that may be missing.
fn remove(path: &Path) -> Result<(), DownloadError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DownloadError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}
