//! Prints download progress for commands other than `run`.

use std::io::Write;
use std::thread::JoinHandle;

use crate::event::{EventKind, EventSink, Level, channel};

/// Returns a sink whose downloads and warnings are printed to standard error. The thread ends when the sink and its
/// clones are dropped.
pub(super) fn narrated(quiet: bool) -> (EventSink, JoinHandle<()>) {
    let (events, heard) = channel();
    let narrator = std::thread::spawn(move || {
        let mut told = Vec::new();
        for event in heard {
            let line = match event.kind {
                EventKind::SetupProgress { what, .. } if !told.contains(&what) => {
                    let line = format!("bringing in {what}");
                    told.push(what);
                    line
                }
                EventKind::DownloadProgress { what, .. } if !told.contains(&what) => {
                    let line = format!("downloading {what}");
                    told.push(what);
                    line
                }
                EventKind::Log { level: Level::Warn, message } => format!("warning: {message}"),
                _ => continue,
            };
            if !quiet {
                // If standard error can't be written, there is no place to report it.
                let _ = writeln!(anstream::stderr().lock(), "{line}");
            }
        }
    });
    (events, narrator)
}
