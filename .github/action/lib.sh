# Functions of the actions' steps. Sourced by each step's script, with `set -euo pipefail`.
# shellcheck shell=bash

# The directory of this action's source, whichever of its actions is called.
ACTION_DIR=$(cd -- "${BASH_SOURCE[0]%/*}/../.." && pwd -P)

# Sets an output of the step. A value with a line break would begin another output: that is a defect of the caller.
output() {
    case $2 in *[$'\n\r']*) printf 'output %s has a line break\n' "$1" >&2 && exit 70 ;; esac
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}

# Prints an annotation of one line: annotate error|warning|notice MESSAGE
annotate() {
    local message=${2//'%'/%25}
    message=${message//$'\r'/%0D}
    printf '::%s title=fbuild-matrix::%s\n' "$1" "${message//$'\n'/%0A}"
}

# Ends the step, and with it the action: fail EXIT-CODE MESSAGE
fail() {
    annotate error "$2"
    output exit-code "$1"
    exit "$1"
}

# Removes blanks at both ends of a variable's value.
trim() {
    local text=${!1}
    text=${text#"${text%%[![:space:]]*}"}
    printf -v "$1" '%s' "${text%"${text##*[![:space:]]}"}"
}

# Trims the variables with these names, and refuses the inputs of which one is not a single line.
one_line_inputs() {
    local name input
    for name; do
        trim "$name"
        input=${name,,}
        [[ ${!name} != *[[:cntrl:]]* ]] || fail 2 "the input \`${input//_/-}\` must be one line without control characters"
    done
}

# Refuses a system that the program does not run on.
check_system() {
    [[ ${RUNNER_OS:-$(uname -s)} == Linux ]] || fail 2 "this action needs a runner with Linux; this is ${RUNNER_OS:-$(uname -s)}"
}

# The value of a variable with a leading `~` replaced by the home directory.
expand_home() {
    # shellcheck disable=SC2088 # a literal `~`, of an input
    case ${!1} in '~' | '~/'*) printf -v "$1" '%s' "${HOME:?}${!1:1}" ;; esac
}

# Sets `args` to the arguments in ARGUMENTS: one a line, as they are. Blank lines count for nothing.
read_args() {
    local line
    args=()
    while IFS= read -r line || [[ -n $line ]]; do
        trim line
        [[ -z $line ]] || args+=("$line")
    done <<< "$ARGUMENTS"
}

# Prints the first 16 digits of the SHA-256 of standard input.
digest() {
    local sum
    sum=$(sha256sum)
    printf '%s' "${sum:0:16}"
}

# Prints the system and its release, for names of caches.
machine() {
    local os
    # shellcheck source=/dev/null
    os=$(. /etc/os-release 2> /dev/null && printf '%s-%s' "${ID:-linux}" "${VERSION_ID:-0}") || os=linux-0
    printf '%s-%s' "$os" "$(uname -m)"
}

# Runs cargo or rustc as if there were no workflow. Both take configuration from variables, from the current directory
# and from all directories above it, so the command starts in the action's directory; where that lies in the user's
# checkout, in the root directory.
rust() {
    local kept=() name from=$ACTION_DIR
    for name in HOME PATH TMPDIR CARGO_HOME RUSTUP_HOME SSL_CERT_FILE SSL_CERT_DIR \
        HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
        [[ -z ${!name+set} ]] || kept+=("$name=${!name}")
    done
    [[ $from != "$(pwd -P)"/* ]] || from=/
    (cd -- "$from" && exec env -i "${kept[@]}" "$@")
}
