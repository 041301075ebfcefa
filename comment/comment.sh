#!/usr/bin/env bash
# Posts comment.md of a run's reports to the pull request of the run, or updates the comment that is there.
set -euo pipefail

say() {
    printf '::%s title=fbuild-matrix::%s\n' "$1" "$2"
}

command -v gh > /dev/null || { say error "this action needs gh (https://cli.github.com)" && exit 2; }
[[ $RUN_ID =~ ^[0-9]+$ && $HEAD_SHA =~ ^[0-9a-f]{40,64}$ && -n $HEAD_BRANCH && -n $HEAD_OWNER ]] ||
    { say error "this action needs the event workflow_run" && exit 2; }
[[ $KEY =~ ^[A-Za-z0-9._-]+$ ]] || { say error "\`key\` has a character out of A-Z a-z 0-9 . _ -" && exit 2; }

# The open pull request whose newest commit was built. A newer commit has a run of its own.
pull=$(gh api --method GET "repos/$GITHUB_REPOSITORY/pulls" -f state=open -f head="$HEAD_OWNER:$HEAD_BRANCH" \
    --jq '.[] | select(.head.sha == env.HEAD_SHA) | .number')
pull=${pull%%$'\n'*}
printf 'pull-request=%s\n' "$pull" >> "$GITHUB_OUTPUT"
[[ -n $pull ]] || { say notice "no open pull request has the commit $HEAD_SHA as its newest" && exit 0; }

directory=$(mktemp -d)
trap 'rm -rf -- "$directory"' EXIT
gh run download "$RUN_ID" --repo "$GITHUB_REPOSITORY" --dir "$directory" --pattern "$ARTIFACTS" ||
    { say notice "run $RUN_ID has no artifact named $ARTIFACTS" && exit 0; }

# GitHub takes 65,536 characters. Nobody is notified, no picture is loaded, and no other comment is imitated.
marker="<!-- fbuild-matrix: $KEY -->"
body=$directory/body
{
    printf '%s\n' "$marker"
    find "$directory" -mindepth 2 -type f -name comment.md -print0 | LC_ALL=C sort -z | xargs -0 -r cat -- |
        LC_ALL=C tr -d '\000-\010\013-\037' |
        sed -e $'s/@/@\xe2\x80\x8b/g' -e 's/<!--/\&lt;!--/g' -e 's/!\[/!\\[/g'
} > "$directory/whole"
if (($(wc -c < "$directory/whole") <= 60000)); then
    cp -- "$directory/whole" "$body"
else
    {
        head -c 60000 -- "$directory/whole" | sed '$d'
        printf '\n\n%s\n' "The rest is in comment.md of the run's reports."
    } > "$body"
fi
(($(wc -l < "$body") > 1)) || { say notice "the reports of run $RUN_ID have no comparison" && exit 0; }

export MARKER=$marker
comment=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$pull/comments" \
    --jq '.[] | select(.user.type == "Bot" and (.body | startswith(env.MARKER))) | .id')
comment=${comment%%$'\n'*}
if [[ -n $comment ]]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$comment" -F body=@"$body"
else
    gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$pull/comments" -F body=@"$body"
fi
