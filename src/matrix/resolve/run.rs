//! The key `run`: combines the settings of board and sketch, for each board of an entry.

use std::sync::Arc;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};

use super::super::diagnostic::Diagnostic;
use super::super::model::{Board, Emulation, Run};
use super::super::schema::{Emulator, RawEmulation, RawRun};
use super::super::source::Span;
use super::super::syntax::Node;
use super::{Resolver, place};
use crate::nearest::quoted;

/// Timeout of a run where the matrix has none. Firmware with output prints it at once.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

impl Resolver<'_> {
    /// Returns the emulation of a board. `node` is the board's.
    pub(super) fn emulation(&mut self, raw: Option<RawEmulation>, node: &Node) -> Option<Emulation> {
        let RawEmulation { emulator, machine } = raw?;
        let run = node.get("run").unwrap_or(node);
        self.machine_is_named(machine.as_deref(), place(run, "machine"));
        if emulator == Emulator::Qemu && machine.is_none() {
            self.no_machine(run.span, "this board");
        }
        Some(Emulation { emulator, machine })
    }

    /// Returns the runs of an entry's firmware by board. `node` is the entry's.
    pub(super) fn runs(
        &mut self,
        raw: Option<RawRun>,
        node: &Node,
        wanted: &IndexSet<usize>,
        boards: &IndexMap<Arc<str>, Board>,
    ) -> IndexMap<usize, Arc<Run>> {
        let Some(RawRun { expect, timeout, emulator, machine }) = raw else { return IndexMap::new() };
        let run = node.get("run").unwrap_or(node);
        if expect.trim().is_empty() {
            let help = "what the firmware prints when all is well; any firmware prints nothing";
            self.problems.push(
                Diagnostic::new(place(run, "expect"), "`expect` is empty: it would hold for every firmware")
                    .help(help),
            );
        }
        self.machine_is_named(machine.as_deref(), place(run, "machine"));
        let timeout = self.timeout(timeout.as_deref(), place(run, "timeout")).unwrap_or(DEFAULT_TIMEOUT);
        let mut runs = IndexMap::new();
        for &index in wanted {
            let Some((name, board)) = boards.get_index(index) else { continue };
            let of_board = board.run.as_ref();
            let Some(emulator) = emulator.or(of_board.map(|run| run.emulator)) else {
                let message = format!("nothing says what runs the firmware of the board {}", quoted(name));
                let help = "`emulator: simavr` or `emulator: qemu`, here or in the board's `run`";
                self.problems
                    .push(Diagnostic::new(run.span, message).related(board.span, "the board").help(help));
                break;
            };
            // A machine of one emulator has no meaning for the other.
            let inherited =
                of_board.filter(|run| run.emulator == emulator).and_then(|run| run.machine.clone());
            let machine = machine.clone().or(inherited);
            if emulator == Emulator::Qemu && machine.is_none() {
                self.no_machine(run.span, &format!("the board {}", quoted(name)));
                break;
            }
            let emulation = Emulation { emulator, machine };
            let run = Run { emulation, expect: expect.clone(), timeout, span: run.span };
            runs.insert(index, Arc::new(run));
        }
        runs
    }

    fn machine_is_named(&mut self, machine: Option<&str>, span: Span) {
        // The name is one word of a command.
        let is_word = |name: &str| {
            !name.is_empty()
                && !name.starts_with('-')
                && !name.contains(|c: char| c.is_control() || c.is_whitespace())
        };
        if let Some(name) = machine.filter(|name| !is_word(name)) {
            self.problem(span, format!("{} can't be a machine's name", quoted(name)));
        }
    }

    fn no_machine(&mut self, span: Span, of: &str) {
        let message = format!("`emulator: qemu` needs the key `machine`: QEMU does not know {of}");
        let help = "a machine with the board's processor, such as `lm3s6965evb` (Cortex-M3), `mps2-an386` \
                    (Cortex-M4), `mps2-an500` (Cortex-M7) or `virt` (RISC-V)";
        self.problems.push(Diagnostic::new(span, message).help(help));
    }
}
