#!/usr/bin/env bash
# Merges the reports in shards/*/ into `merged`, for the job's page and for issues. Fails if a cell failed or a shard is
# missing.
set -euo pipefail

mkdir -p shards merged
shopt -s nullglob
directories=(shards/*/)
[[ ${#directories[@]} -gt 0 ]] ||
    { echo "::error title=fbuild-matrix::no shard has left a report; their logs say why" && exit 3; }
printf 'artifact=fbuild-matrix-reports-%s\n' "$NAME" >> "$GITHUB_OUTPUT"
code=0
# The program puts the summary on the job's page.
fbuild-matrix merge --report-dir merged -- "${directories[@]}" || code=$?
exit "$code"
