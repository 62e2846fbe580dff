#!/usr/bin/env bash
# Checks the rules in RULES: format, lint and tests, each whatever the others say; then shows in the summary of the job what the change
# since BASE does to the alerts on CAPTURES, where these are given. A change of alerts is something to look at and no failure.
set -uo pipefail

summary=${GITHUB_STEP_SUMMARY:-/dev/stdout}
output=${GITHUB_OUTPUT:-/dev/null}
failed=0
annotations=

# say adds lines to the summary, fence adds them as what a command wrote.
say() { printf '%s\n' "$@" >>"$summary"; }
fence() { say '' '```text' "$1" '```' ''; }

# annotate takes what a command wrote, and makes an annotation of each finding at its line, of each file that is not formatted, of each
# test that fails and of each rule that tests leave out.
annotate() {
  annotations+=$(sed -nE '
    s/^([^: ][^:]*):([0-9]+):([0-9]+): (error|warning)\[([^]]+)\]: (.*)$/::\4 file=\1,line=\2,col=\3,title=\5::\6/p
    s/^coverage: ([^:]+):([0-9]+): (.*)$/::error file=\1,line=\2,title=coverage::\3/p
    s/^([^: ][^:]*\.hcl)$/::error file=\1,title=format::The file is not formatted: run ruleids fmt \1/p
    /^FAIL  /{ s/^FAIL  (.*\.hcl)  .*$/\1/; h; }
    /^ +line [0-9]+: /{ G; s/^ +line ([0-9]+): (.*)\n(.*)$/::error file=\3,line=\1,title=test::\2/p; }' <<<"${1//%/%25}")$'\n'
}

# check runs a command, and notes in the summary whether it did well and what it said where it did not.
check() {
  local name=$1 text
  shift
  if text=$("$@" 2>&1); then
    say "- :white_check_mark: $name"
  else
    failed=1
    say "- :x: $name"
    fence "$text"
    printf '%s\n' "$text"
    annotate "$text"
  fi
}

say "## Rules in \`$RULES\`" ''
check format ruleids fmt --check "$RULES"
check lint ruleids lint --strict "$RULES"
check tests ruleids test --coverage "$RULES"

if [[ -n ${CAPTURES:-} && -n ${BASE:-} && ! $BASE =~ ^0+$ ]]; then # a new branch has no revision before it
  say '' "## Alerts on \`$CAPTURES\`" ''
  if git cat-file -e "$BASE^{commit}" 2>/dev/null || git fetch --quiet --depth=1 origin "$BASE"; then
    faults=$(mktemp)
    ruleids diff --git "$BASE" "$RULES" -r "$CAPTURES" --format markdown >>"$summary" 2>"$faults"
    case $? in
    0) echo changed=false >>"$output" ;;
    1) echo changed=true >>"$output" ;;
    *) failed=1 ;;
    esac
    if [[ -s $faults ]]; then
      fence "$(<"$faults")"
      cat "$faults"
    fi
    rm -f "$faults"
  else
    say "Nothing is compared: revision $BASE cannot be fetched."
    echo "::warning title=diff::Nothing is compared on $CAPTURES: revision $BASE cannot be fetched."
  fi
fi
awk 'NF && !seen[$0]++' <<<"$annotations" # lint and tests say the same of rules that do not load
exit $failed
