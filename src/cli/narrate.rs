//! Says what is being downloaded while a command other than `run` waits for it.

use std::io::Write;
use std::thread::JoinHandle;

use crate::event::{EventKind, EventSink, Level, channel};

/// A sink whose events are told on standard error, as far as somebody who waits wants to know: what is
/// downloaded, and warnings. The thread ends when the sink and its clones are gone.
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
                EventKind::Log { level: Level::Warn, message } => format!("warning: {message}"),
                _ => continue,
            };
            if !quiet {
                // Nobody is left to tell if even this can't be printed.
                let _ = writeln!(anstream::stderr().lock(), "{line}");
            }
        }
    });
    (events, narrator)
}
