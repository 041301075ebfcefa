#!/usr/bin/env bash
# Builds the wheel and the archive of one target into `dist`: TARGET=x86_64-unknown-linux-gnu VERSION=0.1.0 build.sh
# maturin, Zig (.github/release/tools.txt) and Rust's target must be installed.
set -euo pipefail
cd -- "${BASH_SOURCE[0]%/*}/../.."

# For the glibc of CentOS 7, which every distribution of the last ten years has.
oldest=2.17
maturin build --locked --release --zig --target "$TARGET" --compatibility manylinux2014 --out dist

program=${CARGO_TARGET_DIR:-target}/$TARGET/release/fbuild-matrix
newest=$(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
printf 'newest symbol version: %s\n' "$newest"
[[ $(printf '%s\n' "GLIBC_$oldest" "$newest" | sort -V | tail -n 1) == "GLIBC_$oldest" ]] ||
    { echo "::error::$program needs $newest; the limit is $oldest" && exit 1; }

# The layout that action.yml and `cargo binstall` (Cargo.toml) expect.
name=fbuild-matrix-$VERSION-$TARGET
staged=$(mktemp -d)
trap 'rm -rf -- "$staged"' EXIT
mkdir -- "$staged/$name"
cp -- "$program" LICENSE README.md "$staged/$name/"
tar --create --gzip --file "dist/$name.tar.gz" --directory "$staged" --owner 0 --group 0 --numeric-owner "$name"
(cd dist && sha256sum "$name.tar.gz" > "$name.tar.gz.sha256")
