//! Limits the number of cells in flight (`--sketch-jobs`).

use std::time::Duration;

use crate::budget::{Gate, Place, Rank};

/// A place among the cells in flight (`--sketch-jobs`).
#[derive(Debug)]
pub struct InFlight {
    gate: Gate,
    place: Option<Place>,
}

impl InFlight {
    /// Rank of a cell that starts: after the cells that resume once their core is built.
    const BEGIN: u32 = 1;
    const RETURN: u32 = 0;

    /// Waits for a place; cells enter in the order of their requests.
    pub fn enter(gate: Gate) -> impl Future<Output = Self> + Send + use<> {
        let place = gate.enter(Rank::new(Self::BEGIN, Duration::ZERO), 0);
        async move { Self { place: Some(place.await), gate } }
    }

    pub(in crate::pipeline) fn leave(&mut self) {
        self.place = None;
    }

    pub(in crate::pipeline) async fn come_back(&mut self, way: Duration) {
        self.place = Some(self.gate.enter(Rank::new(Self::RETURN, way), 0).await);
    }
}
