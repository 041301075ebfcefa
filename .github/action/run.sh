#!/usr/bin/env bash
# Runs the matrix, puts the summary on the job's page, and compares with the reports of the base.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

options=(--work-dir "$WORK_DIR" --cache-dir "$CACHE_DIR")
# With `=`, because a value may begin with a dash.
for option in filter shard changed-since jobs annotations; do
    name=${option^^}
    name=${name//-/_}
    [[ -z ${!name} ]] || options+=("--$option=${!name}")
done
read_args

# What a compiler prints is no command for the runner.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
code=0
echo "::stop-commands::$token"
"$PROGRAM" run "${options[@]}" "${args[@]}" -- "$MATRIX" || code=$?
echo "::$token::"
output exit-code "$code"

reports=$WORK_DIR/reports

# Appends a file to the job's page. GitHub takes 1 MiB.
summarize() {
    if (($(wc -c < "$1") < 1000000)); then
        cat -- "$1"
    else
        head -c 1000000 -- "$1" | sed '$d'
        printf '\n\n%s\n' "The rest is in ${1##*/} of the reports."
    fi >> "$GITHUB_STEP_SUMMARY"
}
[[ ! -f $reports/summary.md ]] || summarize "$reports/summary.md"

# Thresholds of `fail-on` that only a comparison can judge.
IFS=, read -ra parts <<< "$FAIL_ON"
thresholds=
for part in "${parts[@]}"; do
    [[ $part == failures || $part == never ]] || thresholds+=${thresholds:+,}$part
done
compared=0
if [[ $code == [01] && -n $BASE_DIR && -f $BASE_DIR/events.jsonl && -f $reports/events.jsonl ]]; then
    "$PROGRAM" compare "$BASE_DIR" "$reports" --format markdown > "$reports/compare.md" || compared=$?
    if [[ $compared == 0 && -n $thresholds ]]; then
        "$PROGRAM" compare "$BASE_DIR" "$reports" --fail-on="$thresholds" || compared=$?
    fi
    # The comment action (comment/action.yml) takes it from the artifact.
    [[ ! -s $reports/compare.md ]] || cp -- "$reports/compare.md" "$reports/comment.md"
    case $compared in
        0) ;;
        1) annotate error "the comparison with the base found what \`fail-on: $FAIL_ON\` names; it is in compare.md of the reports" ;;
        *) annotate error "the comparison with $BASE_DIR failed; its message is above" ;;
    esac
elif [[ -n $thresholds ]]; then
    annotate notice "nothing is compared, because there are no reports of a base"
fi

case $code in
    0) ;;
    1) [[ ,$FAIL_ON, == *,failures,* ]] || code=0 ;;
    # Nothing is selected, because no change can affect a cell.
    4) [[ -z $CHANGED_SINCE ]] || code=0 ;;
esac
[[ $code != 0 || $compared == 0 ]] || code=$compared
exit "$code"
