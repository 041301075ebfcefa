#!/usr/bin/env bash
# Runs the matrix, and compares it with its base.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

reports=$WORK_DIR/reports
# There may be no base yet.
[[ $BASE != "$WORK_DIR/base" || -f $BASE/events.jsonl ]] || BASE=

options=(--work-dir "$WORK_DIR" --cache-dir "$CACHE_DIR")
# With `=`, because a value may begin with a dash.
for option in filter shard changed-since jobs base annotations; do
    name=${option^^}
    name=${name//-/_}
    [[ -z ${!name} ]] || options+=("--$option=${!name}")
done
read_args

# The program writes annotations, the step summary and its outputs, and keeps commands of compilers from the runner.
code=0
"$PROGRAM" run "${options[@]}" "${args[@]}" -- "$MATRIX" || code=$?
output exit-code "$code"

# Thresholds of `fail-on` that only a comparison can judge.
IFS=, read -ra parts <<< "$FAIL_ON"
thresholds=
for part in "${parts[@]}"; do
    [[ $part == failures || $part == never ]] || thresholds+=${thresholds:+,}$part
done

compared=0
if [[ -z $BASE ]]; then
    [[ -z $thresholds ]] || annotate notice "there is no base yet: \`fail-on: $FAIL_ON\` has nothing to compare"
elif [[ $code == [01] ]]; then
    if [[ -d $BASE ]]; then sides=("$BASE" "$reports"); else sides=(--base="$BASE" "$reports" --cache-dir "$CACHE_DIR"); fi
    # The comment action (comment/action.yml) takes it from the artifact.
    "$PROGRAM" compare "${sides[@]}" --format markdown ${thresholds:+--fail-on="$thresholds"} > "$reports/comment.md" || compared=$?
    case $compared in
        0) ;;
        1) annotate error "the comparison with the base exceeds what \`fail-on: $FAIL_ON\` allows; it is in comment.md of the reports" ;;
        *) annotate error "the comparison with $BASE failed; its message is above" ;;
    esac
fi

case $code in
    0) ;;
    1) [[ ,$FAIL_ON, == *,failures,* ]] || code=0 ;;
    # Nothing is selected, because no change can affect a cell.
    4) [[ -z $CHANGED_SINCE ]] || code=0 ;;
esac
[[ $code != 0 || $compared == 0 ]] || code=$compared
exit "$code"
