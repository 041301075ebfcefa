#!/usr/bin/env bash
# Finds the program: a given one, a released binary, a wheel, or the path and the key of one that is built from source.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

output exit-code 3
check_system
one_line_inputs BINARY VERSION

if [[ -n $BINARY ]]; then
    expand_home BINARY
    program=$(type -P -- "$BINARY") || fail 2 "\`binary\`: $BINARY is no program"
    [[ $program == /* ]] || program=$PWD/$program
    "$program" --version || fail 2 "\`binary\`: $program does not run here"
    output program "$program"
    exit
fi

own=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$ACTION_DIR/Cargo.toml")
repository=${ACTION_REPOSITORY:-${GITHUB_REPOSITORY:-}}
server=${GITHUB_SERVER_URL:-https://github.com}

# Whether the action's commit is the one of the release of its version. A branch may be ahead of it.
is_release() {
    local tags
    case $ACTION_REF in
        v[0-9]*) return 0 ;;
        *[!0-9a-f]* | '') return 1 ;;
    esac
    [[ ${#ACTION_REF} == 40 ]] || return 1
    tags=$(GIT_TERMINAL_PROMPT=0 git -C / ls-remote "$server/$repository" "refs/tags/v$own" "refs/tags/v$own^{}" 2> /dev/null) ||
        return 1
    [[ $tags == *"$ACTION_REF"* ]]
}

case $VERSION in
    auto) if is_release; then wanted=$own; else wanted=source; fi ;;
    source) wanted=source ;;
    *)
        wanted=${VERSION#v}
        [[ $wanted =~ ^[0-9]+\.[0-9]+\.[0-9]+([.-][0-9A-Za-z.-]+)?$ ]] ||
            fail 2 "\`version\`: \`$VERSION\` is none; write auto, source, or one like $own"
        ;;
esac

# A directory for this version, which later calls of the job find filled.
place=${RUNNER_TEMP:-/tmp}/fbuild-matrix-program/$wanted
use() {
    printf 'fbuild-matrix %s: %s\n' "$wanted" "$2"
    output program "$1"
    exit 0
}

# Whether the program at this path runs on this system.
runs() {
    [[ -x $1 ]] && "$1" --version > /dev/null 2>&1
}

fetch() {
    curl --proto '=https' --tlsv1.2 --fail --silent --location --retry 3 --max-time 300 --output "$2" -- "$1" 2> /dev/null
}

# Downloads the released binary to the directory, checked against its checksum and its attestation. A file that fails a
# check ends the action: the next way to get the program must not hide it.
released() {
    local name archive sum found target
    case $(uname -m) in
        x86_64) target=x86_64-unknown-linux-gnu ;;
        aarch64 | arm64) target=aarch64-unknown-linux-gnu ;;
        *) return 1 ;;
    esac
    [[ -n $repository ]] && command -v curl > /dev/null && command -v tar > /dev/null || return 1
    name=fbuild-matrix-$wanted-$target
    archive=$place/$name.tar.gz
    mkdir -p -- "$place"
    fetch "$server/$repository/releases/download/v$wanted/$name.tar.gz" "$archive" || return 1
    fetch "$server/$repository/releases/download/v$wanted/$name.tar.gz.sha256" "$archive.sha256" ||
        fail 3 "the release v$wanted of $repository has no checksum of $name.tar.gz; build from source with \`version: source\`"
    read -r sum _ < "$archive.sha256" || true
    found=$(sha256sum < "$archive")
    [[ ${sum,,} == "${found%% *}" ]] ||
        fail 3 "$name.tar.gz of $repository does not have the checksum of its release; nothing of it was run"
    if gh attestation verify --help > /dev/null 2>&1; then
        GH_TOKEN=$TOKEN GH_HOST=${server#https://} gh attestation verify "$archive" --repo "$repository" \
            --signer-workflow "$repository/.github/workflows/release.yml" > "$place/attestation.txt" 2>&1 || {
            cat -- "$place/attestation.txt" >&2
            fail 3 "$name.tar.gz has no valid attestation of $repository; nothing of it was run"
        }
    else
        annotate notice "only the checksum of $name.tar.gz was checked: its attestation needs gh 2.49 or later"
    fi
    tar -xzf "$archive" -C "$place" --no-same-owner --strip-components=1 "$name/fbuild-matrix" || return 1
    runs "$place/fbuild-matrix"
}

# Installs the wheel into the directory. Python's own isolation keeps modules of the checkout out.
wheel() {
    command -v python3 > /dev/null || return 1
    (cd / && python3 -I -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --target "$place/wheel" "fbuild-matrix==$wanted") > /dev/null 2>&1 || return 1
    runs "$place/wheel/bin/fbuild-matrix"
}

if [[ $wanted != source ]]; then
    ! runs "$place/fbuild-matrix" || use "$place/fbuild-matrix" "released binary of an earlier call"
    ! runs "$place/wheel/bin/fbuild-matrix" || use "$place/wheel/bin/fbuild-matrix" "wheel of an earlier call"
    ! released || use "$place/fbuild-matrix" "released binary of $repository"
    ! wheel || use "$place/wheel/bin/fbuild-matrix" "wheel from the Python package index"
    [[ $wanted == "$own" ]] ||
        fail 3 "fbuild-matrix $wanted is unavailable for this system, as a release of $repository and as a wheel; this action's source is $own"
    annotate notice "fbuild-matrix $wanted is unavailable as a binary and as a wheel for this system; it is built from source"
fi

wanted_rust=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$ACTION_DIR/Cargo.toml")
missing=()
rustc=$(rust rustc -V 2> /dev/null) || rustc=
if [[ -z $rustc ]] || ! rust cargo -V > /dev/null 2>&1; then
    missing+=("Rust $wanted_rust or later (https://rustup.rs)")
elif found=${rustc#rustc } && ! printf '%s\n' "$wanted_rust" "${found%%[ -]*}" | sort -V -C; then
    missing+=("Rust $wanted_rust or later, not ${found%% *} (\`rustup update stable\`)")
fi
command -v cc > /dev/null || missing+=("a C compiler named cc (\`apt-get install gcc libc6-dev\`)")
if [[ ${#missing[@]} -gt 0 ]]; then
    list=$(printf ' and %s' "${missing[@]}")
    fail 3 "fbuild-matrix is built from source, for which this runner lacks ${list# and }; or name a ready program with \`binary\`"
fi

# Everything that enters the program. Symbolic links and examples do not.
sources=$(
    cd -- "$ACTION_DIR"
    shopt -s nullglob
    find Cargo.toml Cargo.lock src crates* build.rs* rust-toolchain* .cargo* \
        -type d -name examples -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
)
output program "$ACTION_DIR/target/release/fbuild-matrix"
output program-key "fbuild-matrix-program-$(machine)-$(printf '%s\n' "$rustc" "$sources" | digest)"
