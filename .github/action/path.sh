#!/usr/bin/env bash
# Puts the program's directory into PATH of the job's later steps.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

directory=${PROGRAM%/*}
[[ ${PROGRAM##*/} == fbuild-matrix ]] ||
    fail 2 "\`binary\`: $PROGRAM is not named fbuild-matrix, so later steps would not find it"
printf '%s\n' "$directory" >> "$GITHUB_PATH"
