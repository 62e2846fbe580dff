#!/usr/bin/env bash
# Checks the rules in RULES: format, lint and tests, each whatever the others say; then shows in the summary of the job what the change
# since BASE does to the alerts on CAPTURES, where these are given. A change of alerts is something to look at and no failure.
set -uo pipefail

summary=${GITHUB_STEP_SUMMARY:-/dev/stdout}
output=${GITHUB_OUTPUT:-/dev/null}
failed=0

# say adds to the summary, as code where it reads from a command.
say() { printf '%s\n' "$@" >>"$summary"; }

# check runs a command, and notes in the summary whether it did well and what it said where it did not. Findings become
# annotations of the lines that they are about.
check() {
  local name=$1 text
  shift
  if text=$("$@" 2>&1); then
    say "- :white_check_mark: $name"
  else
    failed=1
    say "- :x: $name" '' '```text' "$text" '```' ''
    printf '%s\n' "$text"
    printf '%s\n' "$text" | sed -nE 's/^([^: ]+):([0-9]+):([0-9]+): (error|warning)\[([^]]+)\]: (.*)$/::\4 file=\1,line=\2,col=\3,title=\5::\6/p'
  fi
}

say "## Rules in \`$RULES\`" ''
check format ruleids fmt --check "$RULES"
check lint ruleids lint --strict "$RULES"
check tests ruleids test --coverage "$RULES"

if [[ -n ${CAPTURES:-} && -n ${BASE:-} && ! $BASE =~ ^0+$ ]]; then # a new branch has no revision before it
  git cat-file -e "$BASE^{commit}" 2>/dev/null || git fetch --quiet --depth=1 origin "$BASE" || true
  say '' "## Alerts on \`$CAPTURES\`" ''
  text=$(ruleids diff --git "$BASE" "$RULES" -r "$CAPTURES" --format markdown 2>&1)
  case $? in
  0) echo changed=false >>"$output" ;;
  1) echo changed=true >>"$output" ;;
  *) failed=1 ;;
  esac
  say "$text"
fi
exit $failed
