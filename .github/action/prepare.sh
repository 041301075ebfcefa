#!/usr/bin/env bash
# Step 1: checks the machine and the inputs, resolves directories, removes old reports, computes the keys of the caches.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# These hold until the inputs are accepted, and a run has ended.
output exit-code 3
output report-dir "${RUNNER_TEMP:-/tmp}/fbuild-matrix-no-reports"

check_system
one_line_inputs MATRIX FILTER SHARD CHANGED_SINCE JOBS CACHE CACHE_DIR CACHE_KEY CACHE_SIZE WORK_DIR ARTIFACT BASE FAIL_ON ANNOTATIONS

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
[[ $JOBS =~ ^([1-9][0-9]*)?$ ]] || fail 2 "\`jobs\`: \`$JOBS\` is no number of processes; write 1 or more"
[[ $SHARD =~ ^([1-9][0-9]*(/[1-9][0-9]*)?)?$ ]] || fail 2 "\`shard\`: \`$SHARD\` is none; write 2/5 for the second of five"
case $ANNOTATIONS in
    '' | github | gitlab | azure | none) ;;
    *) fail 2 "\`annotations\`: \`$ANNOTATIONS\` is none of github, gitlab, azure and none" ;;
esac

# What a stranger's code has built is not for others.
case $CACHE in
    read-write)
        case ${GITHUB_EVENT_NAME:-} in
            pull_request* | workflow_run)
                if [[ $HEAD_REPOSITORY != "${GITHUB_REPOSITORY:-}" ]]; then
                    CACHE=read-only
                    annotate notice "this is the code of a fork: caches are restored and not saved"
                fi
                ;;
        esac
        ;;
    read-only | off) ;;
    *) fail 2 "\`cache\`: \`$CACHE\` is none of read-write, read-only and off" ;;
esac

# What fails the job, apart from errors: failed cells, or what `compare --fail-on` finds.
case ,$FAIL_ON, in
    *,never,*) [[ $FAIL_ON == never ]] || fail 2 "\`fail-on\`: \`never\` stands alone" ;;
    ,, | *,,*) fail 2 "\`fail-on\` is empty or has an empty part; write failures, never, or a list such as failures,flash+64" ;;
    *[!A-Za-z0-9,+%._-]*) fail 2 "\`fail-on\`: \`$FAIL_ON\` has a character that no threshold has; write a list such as failures,flash+64" ;;
esac

# What an earlier call or job left there is not this run's.
report_dir=$WORK_DIR/reports
for report in junit.xml timing.json trace.json events.jsonl summary.md sizes sizes.json symbols.json report.html \
    gl-code-quality.json comment.md; do
    rm -rf -- "${report_dir:?}/$report"
done
output report-dir "$report_dir"

# What the run is compared with: a directory of reports, from a cache that a later step restores, or a Git revision.
base=$BASE
if [[ $BASE == auto ]]; then
    base=$WORK_DIR/base
    rm -rf -- "$base"
elif [[ -n $BASE ]]; then
    expand_home base
    [[ ! -d $base || $base == /* ]] || base=$PWD/$base
fi

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

# Caches of other matrices are not restored: most of what they hold is of no use here, and would be saved again.
# The revision of `changed-since` differs in each run.
name=${CACHE_KEY//[!A-Za-z0-9._-]/_}
name=${name:0:64}-$(machine)
matrix_id=$(printf '%s\0' "$CACHE_KEY" "$MATRIX" | digest)
run_id=$(printf '%s\0' "$CACHE_KEY" "$MATRIX" "$FILTER" "$SHARD" "${args[@]}" | digest)
if [[ $CACHE != off ]]; then
    output packages-prefix "fbuild-matrix-packages-$name-$matrix_id-"
    output results-prefix "fbuild-matrix-results-$name-$run_id-"
    [[ $BASE != auto ]] || output base-prefix "fbuild-matrix-base-$name-$run_id-"
fi
# Reports of a part of the matrix, and those of a pull request, are no base for others.
case ${GITHUB_EVENT_NAME:-} in
    pull_request* | workflow_run) ;;
    *)
        if [[ $CACHE == read-write && $BASE == auto && -z $CHANGED_SINCE ]]; then
            output base-key "fbuild-matrix-base-$name-$run_id-${GITHUB_SHA:-0}-${GITHUB_RUN_ID:-0}-${GITHUB_RUN_ATTEMPT:-1}"
        fi
        ;;
esac

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

output matrix "$MATRIX"
output filter "$FILTER"
output shard "$SHARD"
output changed-since "$CHANGED_SINCE"
output jobs "$JOBS"
output annotations "$ANNOTATIONS"
output fail-on "$FAIL_ON"
output cache "$CACHE"
output cache-dir "$CACHE_DIR"
output cache-size "$CACHE_SIZE"
output work-dir "$WORK_DIR"
output base "$base"
output artifact "$ARTIFACT"
