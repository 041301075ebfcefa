//! Times as whole microseconds in events.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// Returns a time without its fraction of a microsecond. Events have no other times, so that a report that is written again
/// from `events.jsonl` is the same.
pub fn whole_micros(time: Duration) -> Duration {
    time.saturating_sub(Duration::from_nanos(u64::from(time.subsec_nanos() % 1_000)))
}

/// Writes a time.
#[allow(clippy::cast_possible_truncation)] // half a million years of microseconds fit
pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_micros() as u64)
}

/// Reads a time.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_micros)
}
