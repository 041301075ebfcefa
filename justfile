# Every command a contributor needs. `just` alone lists them.

_default:
    @just --list

# Build and run the README's first command
quickstart *ARGS:
    cargo run --release -- run matrices/quickstart.yml {{ARGS}}

# All tests; the first run brings in Debian's compilers (AVR, ARM, RISC-V, LX106), without root
test *ARGS:
    cargo test {{ARGS}}

# Random edits, warm runs against clean ones: `just differential 5000`, or a seed again: `just differential 60 4711`
differential COUNT SEED="":
    DIFFERENTIAL_EDITS={{COUNT}} DIFFERENTIAL_SEED={{SEED}} cargo test --test it differential::by_hand -- --ignored --nocapture

# Random sketches, ours against arduino-cli: `just arduino-random 2000`, or from a seed on: `just arduino-random 40 4711`
arduino-random COUNT="200" SEED="1":
    RANDOM_COUNT={{COUNT}} RANDOM_SEED={{SEED}} cargo test --test it arduino::random::by_hand -- --ignored --nocapture

# All of Arduino's and the core's examples on three boards, ours against arduino-cli
arduino-examples:
    cargo test --test it arduino::examples::all_on_three_boards -- --ignored --nocapture

# Every cell of matrices/platforms.yml, ours against arduino-cli
arduino-platforms:
    cargo test --test it arduino::platform_cells::are_the_same -- --ignored --nocapture

# Writes the tables of what arduino-cli does, for machines that have none (tests/it/arduino/recorded)
arduino-record:
    FBUILD_MATRIX_RECORD=1 cargo test --test it -- arduino:: identity::

# `kill -9` at 50 moments of a run; CI does it at 8
kills:
    cargo test --test it -- --ignored fifty_kills

# What the compiler cache costs, against none and against ccache as a wrapper
wrapped *ROUNDS:
    cargo run --release --example wrapped -- {{ROUNDS}}

# Against the floor, and with `--peers` against other builders too (docs/performance.md)
bench *ARGS:
    cargo run --release --example bench -- {{ARGS}}

# zizmor, actionlint and shellcheck over workflows, action and scripts
lint:
    cargo test --test it -- lint::

# What CI runs
ci:
    bash .ci/run

# The imports of the root modules as layers; of one module's files: `just modules event`; for Graphviz: `--dot`
modules *ARGS:
    @cargo run --quiet --example modules -- {{ARGS}}

# Format, lint
check:
    cargo fmt
    cargo clippy --all-targets --all-features -- -D warnings

# The documentation of the code
doc:
    cargo doc --no-deps --open
