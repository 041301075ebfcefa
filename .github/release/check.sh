#!/usr/bin/env bash
# Checks, before anything is built, that the tag is the version of Cargo.toml and that users will download from here.
set -euo pipefail

value() {
    sed -n "/^\[package\]/,/^\[/s/^$1 = \"\(.*\)\"\$/\1/p" Cargo.toml
}

version=$(value version)
[[ $GITHUB_REF_NAME == "v$version" ]] ||
    { echo "::error file=Cargo.toml::the tag $GITHUB_REF_NAME is not the version $version; set one of them" && exit 1; }
here=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY
[[ $(value repository) == "$here" ]] ||
    { echo "::error file=Cargo.toml::\`repository\` is not $here, from where \`cargo binstall\` will download" && exit 1; }
printf 'version=%s\n' "$version" >> "$GITHUB_OUTPUT"
