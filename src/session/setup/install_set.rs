//! The part of a matrix that a set-up installs.

use std::sync::Arc;

use indexmap::IndexSet;

use crate::matrix::{BUILTIN, Board, Matrix};

/// What a set-up installs of a matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallSet {
    /// The boards whose cores, tools and libraries are installed.
    pub boards: IndexSet<Arc<str>>,
    /// The roots of sketches: `builtin` or `vendor:arch`.
    pub roots: IndexSet<String>,
    /// Whether cores that no board uses are installed, too.
    pub is_whole: bool,
    /// Whether cores of package indexes are installed without their tools: enough to plan, and a small part of their size.
    pub without_tools: bool,
}

impl InstallSet {
    /// Returns everything that the matrix names.
    pub fn whole(matrix: &Matrix) -> Self {
        let roots = matrix.needed_roots().map(str::to_owned).collect();
        Self { boards: matrix.boards.keys().cloned().collect(), roots, is_whole: true, without_tools: false }
    }

    /// Returns the boards, with their indices in the matrix.
    pub(super) fn boards_of<'m>(
        &'m self,
        matrix: &'m Matrix,
    ) -> impl Iterator<Item = (usize, &'m Arc<str>, &'m Board)> {
        let all = matrix.boards.iter().enumerate().map(|(index, (name, board))| (index, name, board));
        all.filter(|(_, name, _)| self.boards.contains(*name))
    }

    /// Returns whether Arduino's built-in examples are among the roots.
    pub(super) fn needs_builtin_examples(&self) -> bool {
        self.roots.contains(BUILTIN)
    }

    /// Returns the cores of the boards, of the roots and, of the whole matrix, all that it names.
    pub(super) fn core_names(&self, matrix: &Matrix) -> IndexSet<String> {
        let boards = self.boards_of(matrix).filter(|(_, _, board)| board.pinned_platforms().is_empty());
        let mut names: IndexSet<String> = boards.map(|(_, _, board)| board.fqbn.core_name()).collect();
        if self.is_whole {
            names.extend(matrix.cores.keys().cloned());
        }
        names.extend(self.roots.iter().filter(|root| *root != BUILTIN).cloned());
        names
    }

    /// Returns the names of the boards of a core, as the core has them.
    pub(super) fn board_ids(&self, matrix: &Matrix, core: &str) -> Vec<String> {
        let boards = self.boards_of(matrix).map(|(_, _, board)| &board.fqbn.value);
        boards.filter(|fqbn| fqbn.core_name() == core).map(|fqbn| fqbn.board.clone()).collect()
    }
}
