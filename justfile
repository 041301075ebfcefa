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

# `kill -9` at 50 moments of a run; CI does it at 8
kills:
    cargo test --test it -- --ignored fifty_kills

# What the compiler cache costs, against none and against ccache as a wrapper
wrapped *ROUNDS:
    cargo run --release --example wrapped -- {{ROUNDS}}

# Against the floor, and with `--peers` against other builders too (docs/performance.md)
bench *ARGS:
    cargo run --release --example bench -- {{ARGS}}

# What CI runs
ci:
    bash .ci/run

# Format, lint
check:
    cargo fmt
    cargo clippy --all-targets --all-features -- -D warnings

# The documentation of the code
doc:
    cargo doc --no-deps --open
