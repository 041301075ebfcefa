#!/usr/bin/env bash
# Step 1: checks the machine and the inputs, resolves directories, removes old reports, computes the keys of the caches.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# These hold until the inputs are accepted, and a run has ended.
output exit-code 3
output report-dir "${RUNNER_TEMP:-/tmp}/fbuild-matrix-no-reports"

[[ ${RUNNER_OS:-$(uname -s)} == Linux ]] || fail 2 "this action needs a runner with Linux; this is ${RUNNER_OS:-$(uname -s)}"

for name in MATRIX BINARY CACHE_DIR CACHE_KEY CACHE_SIZE WORK_DIR ARTIFACT; do
    trim "$name"
    input=${name,,}
    [[ ${!name} != *[[:cntrl:]]* ]] || fail 2 "the input \`${input//_/-}\` must be one line without control characters"
done

# The value of a variable with a leading `~` replaced by the home directory.
expand_home() {
    # shellcheck disable=SC2088 # a literal `~`, of an input
    case ${!1} in '~' | '~/'*) printf -v "$1" '%s' "${HOME:?}${!1:1}" ;; esac
}

# Creates the directory that an input names, and makes its variable the absolute path.
resolve() {
    local input=$2 path
    expand_home "$1"
    path=${!1}
    [[ -n $path ]] || fail 2 "the input \`$input\` is empty"
    [[ $path == /* ]] || path=$PWD/$path
    path=$({ mkdir -p -- "$path" && cd -- "$path" && pwd -P; } 2> /dev/null) ||
        fail 2 "\`$input\`: ${!1} can't be created or entered"
    # The actions that save it take its path for a pattern.
    [[ $path != *[]*?[\\]* ]] || fail 2 "\`$input\`: $path has a character out of * ? [ ] \\"
    [[ $(pwd -P)/ != "${path%/}"/* ]] || fail 2 "\`$input\`: $path is or contains the checkout; name a directory of its own"
    printf -v "$1" '%s' "$path"
}

[[ -n $MATRIX ]] || fail 2 "the input \`matrix\` is missing: the path of the matrix file"
expand_home MATRIX
resolve CACHE_DIR cache-dir
resolve WORK_DIR work-dir
[[ $WORK_DIR/ != "$CACHE_DIR"/* ]] || fail 2 "\`work-dir\` must not be in \`cache-dir\`, which is saved"
[[ $CACHE_SIZE =~ ^[0-9]+(\.[0-9]+)?\ ?([KMGT]i?)?B?$ ]] || fail 2 "\`cache-size\`: \`$CACHE_SIZE\` is no size; write 500MiB or 2GiB"

# What an earlier call or job left there is not this run's.
report_dir=$WORK_DIR/reports
for report in junit.xml timing.json trace.json events.jsonl summary.md sizes.json symbols.json report.html; do
    rm -rf -- "${report_dir:?}/$report"
done
output report-dir "$report_dir"

read_args
for arg in "${args[@]}"; do
    case $arg in
        --report-dir | --report-dir=* | --work-dir | --work-dir=* | --cache-dir | --cache-dir=*)
            fail 2 "\`args\`: ${arg%%=*} is not allowed here; the inputs \`work-dir\` and \`cache-dir\` name the directories"
            ;;
    esac
    [[ ! $arg =~ ^(-[A-Za-z]|--[a-z-]+)[[:blank:]] ]] ||
        fail 2 "\`args\` has one argument a line: what follows ${BASH_REMATCH[1]} in \`$arg\` belongs on the next line"
done

# The program: a ready one, or the one that the next step builds.
if [[ -n $BINARY ]]; then
    expand_home BINARY
    program=$(type -P -- "$BINARY") || fail 2 "\`binary\`: $BINARY is no program"
    [[ $program == /* ]] || program=$PWD/$program
    "$program" --version || fail 2 "\`binary\`: $program does not run here"
else
    ACTION_DIR=$(cd -- "$GITHUB_ACTION_PATH" && pwd -P)
    program=$ACTION_DIR/target/release/fbuild-matrix
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$ACTION_DIR/Cargo.toml")
    missing=()
    version=$(rust rustc -V 2> /dev/null) || version=
    if [[ -z $version ]] || ! rust cargo -V > /dev/null 2>&1; then
        missing+=("Rust $wanted or later (https://rustup.rs)")
    elif found=${version#rustc } && ! printf '%s\n' "$wanted" "${found%%[ -]*}" | sort -V -C; then
        missing+=("Rust $wanted or later, not ${found%% *} (\`rustup update stable\`)")
    fi
    command -v cc > /dev/null || missing+=("a C compiler named cc (\`apt-get install gcc libc6-dev\`)")
    if [[ ${#missing[@]} -gt 0 ]]; then
        list=$(printf ' and %s' "${missing[@]}")
        fail 3 "fbuild-matrix is built from source, for which this runner lacks ${list# and }; or name a ready program with \`binary\`"
    fi
fi

# shellcheck source=/dev/null
os=$(. /etc/os-release 2> /dev/null && printf '%s-%s' "${ID:-linux}" "${VERSION_ID:-0}") || os=linux-0
machine=$os-$(uname -m)

if [[ -z $BINARY ]]; then
    # Everything that enters the program. Symbolic links and examples do not.
    sources=$(
        cd -- "$ACTION_DIR"
        shopt -s nullglob
        find Cargo.toml Cargo.lock src crates* build.rs* rust-toolchain* .cargo* \
            -type d -name examples -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    )
    output program-key "fbuild-matrix-program-$machine-$(printf '%s\n' "$version" "$sources" | digest)"
fi

# Caches of other matrices are not restored: most of what they hold is of no use here, and would be saved again.
name=${CACHE_KEY//[!A-Za-z0-9._-]/_}
matrix_id=$(printf '%s\0' "$CACHE_KEY" "$MATRIX" | digest)
run_id=$(printf '%s\0' "$CACHE_KEY" "$MATRIX" "${args[@]}" | digest)
output packages-prefix "fbuild-matrix-packages-${name:0:64}-$machine-$matrix_id-"
output results-prefix "fbuild-matrix-results-${name:0:64}-$machine-$run_id-"

# Artifacts of a workflow run need different names: of each job, each job of a strategy, each call in a job, each attempt.
if [[ $ARTIFACT == auto ]]; then
    ARTIFACT=fbuild-matrix-reports-${GITHUB_JOB:-job}
    [[ ${JOB_TOTAL:-1} == 1 ]] || ARTIFACT+=-$JOB_INDEX
    ARTIFACT+=-${run_id:0:8}
    calls=${RUNNER_TEMP:-/tmp}/fbuild-matrix-calls
    echo call >> "$calls"
    call=$(wc -l < "$calls")
    [[ $call == 1 ]] || ARTIFACT+=-call$call
    [[ ${GITHUB_RUN_ATTEMPT:-1} == 1 ]] || ARTIFACT+=-attempt$GITHUB_RUN_ATTEMPT
elif [[ $ARTIFACT == *[\":\<\>\|*?\\/]* ]]; then
    fail 2 "\`artifact\`: \`$ARTIFACT\` has a character out of \" : < > | * ? \\ /"
fi

output program "$program"
output matrix "$MATRIX"
output cache-dir "$CACHE_DIR"
output cache-size "$CACHE_SIZE"
output work-dir "$WORK_DIR"
output artifact "$ARTIFACT"
