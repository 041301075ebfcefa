#!/usr/bin/env bash
# Step 3: runs the matrix.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

read_args
# The program writes annotations, the step summary and its outputs, and keeps commands of compilers from the runner.
code=0
"$PROGRAM" run --work-dir "$WORK_DIR" --cache-dir "$CACHE_DIR" "${args[@]}" -- "$MATRIX" || code=$?
output exit-code "$code"
exit "$code"
