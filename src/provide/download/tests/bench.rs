//! A downloader with a directory of its own, and a server.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::event::{Event, EventKind, Level, channel};
use crate::http_server::Server;
use crate::provide::download::checksum::ChecksumHasher;
use crate::provide::download::proxies::Proxies;
use crate::provide::download::stored::StagedArchive;
use crate::provide::download::{
    ArchiveRequest, Checksum, DownloadError, DownloadOptions, Downloader, StagingDirectory,
};

/// A server, and a downloader that waits milliseconds where the program waits seconds.
pub(super) struct DownloadBench {
    pub(super) server: Server,
    pub(super) directory: tempfile::TempDir,
    pub(super) cancel: CancellationToken,
    pub(super) options: DownloadOptions,
    pub(super) heard: Vec<Receiver<Event>>,
}

impl DownloadBench {
    pub(super) fn new() -> Self {
        Self::with(Server::start())
    }

    pub(super) fn with(server: Server) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = DownloadOptions {
            // Those of the machine must not matter.
            proxies: Proxies::default(),
            netrc: None,
            retry_wait: Duration::from_millis(1),
            inactivity: Duration::from_secs(30),
            ..DownloadOptions::new(directory.path())
        };
        Self { server, directory, cancel: CancellationToken::new(), options, heard: Vec::new() }
    }

    /// Returns a new downloader with the present options, as in a new run.
    pub(super) fn downloader(&mut self) -> Downloader {
        let (events, heard) = channel();
        self.heard.push(heard);
        Downloader::new(self.options.clone(), events, self.cancel.clone())
    }

    /// Requests the archive that the server has at `/a.zip` in a new run.
    pub(super) async fn run(&mut self, bytes: &[u8]) -> Result<StagedArchive, DownloadError> {
        let request = self.request("/a.zip", bytes);
        self.downloader().archive(&request).await
    }

    /// Returns the request of an archive whose content is `bytes`.
    pub(super) fn request(&self, path: &str, bytes: &[u8]) -> ArchiveRequest {
        ArchiveRequest {
            url: self.server.url(path),
            file_name: path.rsplit('/').next().unwrap().to_owned(),
            size: Some(bytes.len() as u64),
            checksum: sha256(bytes),
            directory: StagingDirectory::Packages,
        }
    }

    pub(super) fn staging(&self, name: &str) -> PathBuf {
        self.options.staging.join("packages").join(name)
    }

    /// Returns the names in the directory of packages, without the directory of records.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.staging("")).into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != ".downloads").collect();
        names.sort();
        names
    }

    /// Returns the ranges of the requests for a path; `None` for a request without a range.
    pub(super) fn ranges(&self, path: &str) -> Vec<Option<String>> {
        let requests = self.server.requests_of(path);
        requests.iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }

    /// Returns all events so far.
    pub(super) fn events(&self) -> Vec<EventKind> {
        self.heard.iter().flat_map(Receiver::try_iter).map(|event| event.kind).collect()
    }

    /// Returns the messages of a level so far. Consumes the events.
    pub(super) fn messages(&self, wanted: Level) -> Vec<String> {
        let messages = self.events().into_iter().filter_map(|kind| match kind {
            EventKind::Log { level, message } if level == wanted => Some(message),
            _ => None,
        });
        messages.collect()
    }
}

/// Returns `length` bytes that no two places share.
pub(super) fn content(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> Checksum {
    let mut hasher = ChecksumHasher::new(&Checksum::Sha256([0; 32]));
    hasher.update(bytes);
    hasher.checksum()
}

/// Returns whether any file below the directory contains `secret`.
pub(super) fn contains(directory: &std::path::Path, secret: &str) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return contains(&path, secret);
        }
        let bytes = std::fs::read(&path).unwrap();
        path.to_string_lossy().contains(secret) || String::from_utf8_lossy(&bytes).contains(secret)
    })
}
