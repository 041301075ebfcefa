//! Other programs on the same work. The table notes each one that is unavailable on this machine.

mod arduino_cli;
mod arduino_mk;
mod ccache;
mod each;
mod platformio;

use std::path::Path;

use super::Result;
use super::firmware::Firmware;
use super::set::Set;
use super::table::{Kind, Table};
use super::tools::Tools;

/// Inputs of every peer.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) set: &'a Set,
    /// The peers' directory.
    pub(crate) directory: &'a Path,
    /// The directory with the generated C++ of the sketches.
    pub(crate) generated: &'a Path,
    pub(crate) jobs: usize,
}

/// A peer, ready to be measured.
trait Peer {
    /// Runs each of its ways once.
    fn round(&self, work: Work<'_>, floor: &Firmware, table: &mut Table) -> Result<()>;
}

/// The available peers.
pub(crate) struct Peers(Vec<(&'static str, Box<dyn Peer>)>);

impl Peers {
    /// Installs them.
    pub(crate) fn new(work: Work<'_>, table: &mut Table) -> Result<Self> {
        std::fs::create_dir_all(work.directory)?;
        let asked: [(&str, Result<Box<dyn Peer>>); 4] = [
            ("ccache", ccache::Ccache::new(work).map(boxed)),
            ("arduino-cli", arduino_cli::ArduinoCli::new(work).map(boxed)),
            ("arduino-mk", arduino_mk::ArduinoMk::new(work).map(boxed)),
            ("PlatformIO", platformio::PlatformIo::new(work).map(boxed)),
        ];
        let mut peers = Vec::new();
        for (name, peer) in asked {
            match peer {
                Ok(peer) => peers.push((name, peer)),
                Err(error) => table.remark(
                    Kind::Peer,
                    name,
                    format!("not to be had: {}", first_line(&error.to_string())),
                ),
            }
        }
        Ok(Self(peers))
    }

    /// Measures each, in this or the reverse order.
    pub(crate) fn round(&self, work: Work<'_>, reverse: bool, floor: &Firmware, table: &mut Table) {
        let mut order: Vec<_> = self.0.iter().collect();
        if reverse {
            order.reverse();
        }
        for (name, peer) in order {
            if let Err(error) = peer.round(work, floor, table) {
                table.remark(Kind::Peer, name, format!("failed: {}", first_line(&error.to_string())));
            }
        }
    }
}

fn boxed<P: Peer + 'static>(peer: P) -> Box<dyn Peer> {
    Box::new(peer)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
