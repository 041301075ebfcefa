# Every command a contributor needs. `just` alone lists them.

_default:
    @just --list

# Build and run the README's first command
quickstart *ARGS:
    cargo run --release -- run matrices/quickstart.yml {{ARGS}}

# All tests; the first run installs Debian's compilers (AVR, ARM, RISC-V, LX106), without root
test *ARGS:
    cargo test {{ARGS}}

# Tests that need neither the network nor an installed package: all unit tests, and `offline` of tests/it
test-offline:
    cargo test --offline --lib
    cargo test --offline --test it -- offline:: support::

# Random edits, warm builds against clean ones: `just differential 5000`; repeat a seed: `just differential 60 4711`
differential COUNT SEED="":
    DIFFERENTIAL_EDITS={{COUNT}} DIFFERENTIAL_SEED={{SEED}} cargo test --test it differential::by_hand -- --ignored --nocapture

# Random edits in a Git checkout: what --changed-since leaves out has not changed: `just affected 1000`; repeat a seed: `just affected 50 4711`
affected COUNT SEED="":
    AFFECTED_EDITS={{COUNT}} AFFECTED_SEED={{SEED}} cargo test --test it differential::affected::by_hand -- --ignored --nocapture

# Random sketches, compared with arduino-cli: `just arduino-random 2000`; from a seed on: `just arduino-random 40 4711`
arduino-random COUNT="200" SEED="1":
    RANDOM_COUNT={{COUNT}} RANDOM_SEED={{SEED}} cargo test --test it arduino::random::by_hand -- --ignored --nocapture

# All of Arduino's and the core's examples on three boards, compared with arduino-cli
arduino-examples:
    cargo test --test it arduino::examples::all_on_three_boards -- --ignored --nocapture

# Every cell of matrices/platforms.yml, compared with arduino-cli
arduino-platforms:
    cargo test --test it arduino::platform_cells::are_the_same -- --ignored --nocapture

# Record arduino-cli's outcomes for machines without one (tests/it/arduino/recorded)
arduino-record:
    FBUILD_MATRIX_RECORD=1 cargo test --test it -- arduino:: identity::

# `kill -9` at 50 moments of a run; CI kills at 8
kills:
    cargo test --test it -- --ignored fifty_kills

# Archives or indexes of any bytes, ten minutes: `just fuzz index`; needs cargo-fuzz. The code has no `unsafe`, so no sanitizer
fuzz TARGET="archive" SECONDS="600":
    RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none {{TARGET}} -- -max_total_time={{SECONDS}}

# Measure the compiler cache against direct compiles and against ccache as a wrapper
wrapped *ROUNDS:
    cargo run --release --example wrapped -- {{ROUNDS}}

# Measure against the floor, with `--peers` also against other builders (docs/performance.md)
bench *ARGS:
    cargo run --release --example bench -- {{ARGS}}

# Run zizmor, actionlint and shellcheck on workflows, action and scripts
lint:
    cargo test --test it -- lint::

# Run everything that CI runs
ci:
    bash .ci/run

# The imports of the root modules as layers; of one module's files: `just modules event`; for Graphviz: `--dot`
modules *ARGS:
    @cargo run --quiet --example modules -- {{ARGS}}

# Format, lint
check:
    cargo fmt
    cargo clippy --all-targets --all-features -- -D warnings

# Build and open the documentation of the code
doc:
    cargo doc --no-deps --open
