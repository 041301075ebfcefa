#!/usr/bin/env bash
# Keeps one issue about the nightly sweep: opened or updated with the summary where the sweep failed, closed where it
# succeeded. RESULT is the sweep's, SUMMARY the path of summary.md, which may be missing.
set -euo pipefail

title="The nightly sweep fails"
run=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID
export TITLE=$title
issue=$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --search "in:title \"$title\"" --json number,title \
    --jq '.[] | select(.title == env.TITLE) | .number')
issue=${issue%%$'\n'*}

if [[ $RESULT == success ]]; then
    [[ -z $issue ]] || gh issue close "$issue" --repo "$GITHUB_REPOSITORY" --comment "Everything was built: $run"
    exit 0
fi

body=$(mktemp)
trap 'rm -f -- "$body"' EXIT
printf 'The newest run: %s\n\n' "$run" > "$body"
# GitHub takes 65,536 characters.
if [[ ! -s $SUMMARY ]]; then
    echo "The sweep left no report; its log says why." >> "$body"
elif (($(wc -c < "$SUMMARY") <= 60000)); then
    cat -- "$SUMMARY" >> "$body"
else
    { head -c 60000 -- "$SUMMARY" | sed '$d' && printf '\n\n%s\n' "The rest is on the run's page."; } >> "$body"
fi
if [[ -n $issue ]]; then
    gh issue edit "$issue" --repo "$GITHUB_REPOSITORY" --body-file "$body"
else
    gh issue create --repo "$GITHUB_REPOSITORY" --title "$title" --body-file "$body"
fi
