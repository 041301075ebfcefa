//! Shards as jobs of a CI system.

use serde_json::{Value, json};

use super::id::ShardId;
use super::plan_file::PlannedShard;

/// Limit of the jobs that a matrix of GitHub Actions generates.
pub const GITHUB_JOBS: usize = 256;

/// Number of boards that a name lists.
const NAMED: usize = 3;

/// Returns the name of a shard for people: its boards, and its number, which makes it unique.
pub fn shard_name(id: ShardId, boards: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = boards.iter().take(NAMED).map(AsRef::as_ref).collect();
    let more = boards.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match shown.as_slice() {
        [] => id.to_string(),
        shown => format!("{}{more} ({id})", shown.join(", ")),
    }
}

/// Error of more shards than GitHub can build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} shards: a matrix of GitHub Actions has at most {GITHUB_JOBS} jobs; ask for fewer with --shards")]
pub struct TooManyJobs(pub usize);

/// Returns the value of `strategy.matrix` of a GitHub workflow: a job for each shard that has cells.
///
/// # Errors
/// There are more such shards than [`GITHUB_JOBS`].
pub fn github_matrix(shards: &[PlannedShard]) -> Result<Value, TooManyJobs> {
    let jobs: Vec<Value> = shards
        .iter()
        .filter(|shard| shard.cells > 0)
        .map(|shard| json!({"shard": shard.shard, "name": shard.name, "cells": shard.cells}))
        .collect();
    if jobs.len() > GITHUB_JOBS { Err(TooManyJobs(jobs.len())) } else { Ok(json!({"include": jobs})) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lists_some_boards() {
        let id = ShardId { index: 2, count: 5 };
        let name = |boards: &[&str]| shard_name(id, boards);
        assert_eq!(name(&["uno"]), "uno (2/5)");
        assert_eq!(name(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more (2/5)");
        assert_eq!(name(&[]), "2/5");
    }

    #[test]
    fn a_matrix_has_the_shards_with_cells_and_at_most_256_jobs() {
        let shard = |index, cells| PlannedShard {
            shard: ShardId { index, count: 300 },
            name: format!("uno ({index}/300)"),
            cells,
            cores: 1,
            time_s: None,
        };
        let matrix = github_matrix(&[shard(1, 60), shard(2, 0)]).unwrap();
        let expected = r#"{"include":[{"shard":"1/300","name":"uno (1/300)","cells":60}]}"#;
        assert_eq!(matrix.to_string(), expected);
        let many = |number: u32| (1..=number).map(|index| shard(index, 1)).collect::<Vec<_>>();
        assert!(github_matrix(&many(256)).is_ok());
        assert_eq!(github_matrix(&many(257)), Err(TooManyJobs(257)));
    }
}
