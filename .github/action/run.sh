#!/usr/bin/env bash
# Step 3: runs the matrix, and puts the summary on the job's page.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

read_args
# What a compiler prints is no command for the runner.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
code=0
echo "::stop-commands::$token"
"$PROGRAM" run --work-dir "$WORK_DIR" --cache-dir "$CACHE_DIR" "${args[@]}" -- "$MATRIX" || code=$?
echo "::$token::"
output exit-code "$code"

# GitHub takes 1 MiB.
summary=$WORK_DIR/reports/summary.md
if [[ -f $summary ]]; then
    if (($(wc -c < "$summary") < 1000000)); then
        cat -- "$summary"
    else
        head -c 1000000 -- "$summary" | sed '$d'
        printf '\n\n%s\n' "The rest is in summary.md of the reports."
    fi >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code"
