#!/usr/bin/env bash
# Builds the program from the action's own source, if it is neither given, released nor cached.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

rust cargo build --locked --release --bin fbuild-matrix \
    --manifest-path "$ACTION_DIR/Cargo.toml" --target-dir "$ACTION_DIR/target" ||
    fail 3 "fbuild-matrix could not be built; cargo's message is above"
[[ -x $PROGRAM ]] || fail 3 "cargo left no $PROGRAM; does the configuration in CARGO_HOME choose another target?"
