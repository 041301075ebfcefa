#!/usr/bin/env bash
# Writes plan.json, and the shards as the matrix of a workflow: an empty output means that there is nothing to build. The
# times are those of the reports in `merged`, if there are any.
set -euo pipefail

options=(--shards="$SHARDS" --out plan.json --format github --report-dir merged)
[[ -z $FILTER ]] || options+=(--filter="$FILTER")
[[ -z $CHANGED_SINCE ]] || options+=(--changed-since="$CHANGED_SINCE")
code=0
planned=$(fbuild-matrix plan "${options[@]}" -- "$MATRIX") || code=$?
if [[ $code == 4 && -n $CHANGED_SINCE ]]; then
    echo "::notice title=fbuild-matrix::no change can affect a cell: nothing is built"
    planned=
elif [[ $code != 0 ]]; then
    exit "$code"
fi
printf 'shards=%s\n' "${planned//[$'\r\n']/}" >> "$GITHUB_OUTPUT"
