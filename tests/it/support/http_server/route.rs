//! What the server does with a path.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::Shared;

/// A served path.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) body: Arc<[u8]>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    /// Basic credentials that every request needs, as `user:password`.
    pub(super) credentials: Option<String>,
    /// What goes wrong, and for how many requests more; `None` for all.
    pub(super) faults: Vec<(Fault, Option<usize>)>,
}

/// What goes wrong. Offsets are those of the file, also in a partial answer.
#[derive(Clone, PartialEq)]
pub(super) enum Fault {
    /// Answers with this status and no body.
    Status(u16),
    /// Answers the whole file to a request for a range.
    IgnoresRanges,
    /// Answers a request for a range with the range from the first byte on.
    WrongRange,
    /// Closes the connection at this byte.
    ClosesAt(usize),
    /// Resets the connection at this byte.
    ResetsAt(usize),
    /// Sends nothing more from this byte on, and keeps the connection.
    StallsAt(usize),
    /// Sends this number of bytes at a time, with a pause after each.
    Slow(usize, Duration),
    /// Sends no header before this time.
    Delays(Duration),
    /// States another length.
    Length(usize),
    /// Sends other bytes.
    Content(Arc<[u8]>),
    /// Sends chunks and no length.
    Chunked,
    /// Sends no length, and closes the connection at the end.
    NoLength,
}

impl Route {
    pub(super) fn new(body: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self {
            body: body.into(),
            etag: Some(format!("\"{:016x}\"", hasher.finish())),
            last_modified: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
            headers: Vec::new(),
            credentials: None,
            faults: Vec::new(),
        }
    }

    /// Returns the faults of one request, and counts it.
    pub(super) fn take_faults(&mut self) -> Vec<Fault> {
        let faults: Vec<Fault> =
            self.faults.iter().filter(|(_, left)| *left != Some(0)).map(|(fault, _)| fault.clone()).collect();
        for (_, left) in &mut self.faults {
            *left = left.map(|left| left.saturating_sub(1));
        }
        faults
    }
}

/// Changes the behaviour of a path. Each fault applies to all requests, unless [`RouteBuilder::times`] follows it.
pub(crate) struct RouteBuilder<'a> {
    pub(super) shared: &'a Shared,
    pub(super) path: String,
}

impl RouteBuilder<'_> {
    fn change(self, change: impl FnOnce(&mut Route)) -> Self {
        let mut state = self.shared.lock();
        change(state.routes.get_mut(&self.path).expect("a served path"));
        drop(state);
        self
    }

    fn fault(self, fault: Fault) -> Self {
        self.change(|route| route.faults.push((fault, None)))
    }

    /// Limits the last fault to the first `number` requests from now on.
    pub(crate) fn times(self, number: usize) -> Self {
        self.change(|route| route.faults.last_mut().expect("a fault").1 = Some(number))
    }

    /// Ends all faults.
    pub(crate) fn recovers(self) -> Self {
        self.change(|route| route.faults.clear())
    }

    /// Adds a header to every answer.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        self.change(|route| route.headers.push((name.to_owned(), value.to_owned())))
    }

    /// Sets the `ETag`, in its quotes.
    pub(crate) fn etag(self, tag: &str) -> Self {
        self.change(|route| route.etag = Some(tag.to_owned()))
    }

    /// Sends neither `ETag` nor modification date.
    pub(crate) fn without_validators(self) -> Self {
        self.change(|route| (route.etag, route.last_modified) = (None, None))
    }

    /// Sends no `ETag`.
    pub(crate) fn without_etag(self) -> Self {
        self.change(|route| route.etag = None)
    }

    /// Answers 401 without these credentials.
    pub(crate) fn needs(self, user: &str, password: &str) -> Self {
        self.change(|route| route.credentials = Some(format!("{user}:{password}")))
    }

    /// Answers with this status and no body.
    pub(crate) fn status(self, status: u16) -> Self {
        self.fault(Fault::Status(status))
    }

    /// Answers the whole file to a request for a range.
    pub(crate) fn ignores_ranges(self) -> Self {
        self.fault(Fault::IgnoresRanges)
    }

    /// Answers a request for a range with the range from the first byte on.
    pub(crate) fn answers_wrong_ranges(self) -> Self {
        self.fault(Fault::WrongRange)
    }

    /// Closes the connection at a byte of the file.
    pub(crate) fn closes_at(self, byte: usize) -> Self {
        self.fault(Fault::ClosesAt(byte))
    }

    /// Resets the connection at a byte of the file.
    pub(crate) fn resets_at(self, byte: usize) -> Self {
        self.fault(Fault::ResetsAt(byte))
    }

    /// Sends nothing more from a byte of the file on.
    pub(crate) fn stalls_at(self, byte: usize) -> Self {
        self.fault(Fault::StallsAt(byte))
    }

    /// Sends `bytes` at a time, with a pause after each.
    pub(crate) fn slow(self, bytes: usize, pause: Duration) -> Self {
        self.fault(Fault::Slow(bytes, pause))
    }

    /// Sends nothing before this time.
    pub(crate) fn delays(self, time: Duration) -> Self {
        self.fault(Fault::Delays(time))
    }

    /// States another length than that of the body.
    pub(crate) fn states_length(self, length: usize) -> Self {
        self.fault(Fault::Length(length))
    }

    /// Sends other bytes than those of the file.
    pub(crate) fn sends(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.fault(Fault::Content(bytes.into().into()))
    }

    /// Sends chunks and no length.
    pub(crate) fn chunked(self) -> Self {
        self.fault(Fault::Chunked)
    }

    /// Sends no length, and closes the connection at the end.
    pub(crate) fn without_length(self) -> Self {
        self.fault(Fault::NoLength)
    }
}
