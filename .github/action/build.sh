#!/usr/bin/env bash
# Step 2, where no program is given or cached: builds it from the action's own source.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

ACTION_DIR=$(cd -- "$GITHUB_ACTION_PATH" && pwd -P)
rust cargo build --locked --release --bin fbuild-matrix \
    --manifest-path "$ACTION_DIR/Cargo.toml" --target-dir "$ACTION_DIR/target" ||
    fail 3 "fbuild-matrix could not be built; cargo's message is above"
[[ -x $PROGRAM ]] || fail 3 "cargo left no $PROGRAM; does the configuration in CARGO_HOME choose another target?"
