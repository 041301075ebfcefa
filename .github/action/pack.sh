#!/usr/bin/env bash
# Last step of its own, after a failed run too: makes the cache smaller and names it by its content. A cache that holds
# what the restored one held gets the same name, and is not saved again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# Nothing was added where the program could not be built, where the matrix is bad, and where it selects nothing.
[[ -x $PROGRAM && -d $CACHE_DIR && $EXIT_CODE != [24] ]] || exit 0

# The base of later comparisons: the reports of a run that came to its end.
if [[ -n $BASE_KEY && $EXIT_CODE == [01] && -f $WORK_DIR/reports/events.jsonl ]]; then
    rm -rf -- "${WORK_DIR:?}/base"
    mkdir -- "$WORK_DIR/base"
    cp -r -- "$WORK_DIR/reports/." "$WORK_DIR/base/"
    # Large, and of no use to a comparison.
    rm -f -- "$WORK_DIR/base/"{trace.json,report.html,comment.md}
    output base-key "$BASE_KEY"
fi

# 168 hours: as long as GitHub keeps what is not asked for.
"$PROGRAM" cache gc --cache-dir "$CACHE_DIR" --cores --max-age 168h --max-size "$CACHE_SIZE" ||
    annotate warning "the cache could not be made smaller; it is saved as it is"

cd -- "$CACHE_DIR"
shopt -s nullglob

# Sets the key NAME to PREFIX and the hash of the lines on standard input; there is none where there are no lines.
key() {
    local lines
    lines=$(LC_ALL=C sort)
    [[ -z $lines ]] || output "$1" "$2$(printf '%s' "$lines" | digest)"
}

# Installed packages are in directories that are named by their content.
packages=()
for path in apt/*/ pypi/*/ arduino/packages/*/*/*/*/ arduino/libraries/*/; do
    case $path in apt/state/ | */tmp/) ;; *) packages+=("$path") ;; esac
done
printf '%s\n' "${packages[@]}" | key packages-key "$PACKAGES_PREFIX"

# Results are in files and directories that are named by a hash of all that entered.
{ find artifacts zccache 2> /dev/null || true; } | { grep -E '/[0-9a-f]{64}$' || true; } | key results-key "$RESULTS_PREFIX"
