package engine

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
)

const ladderRule = `rule "ladder" {
  severity = "low"
  where = "tcp"
  by = ["ip.src"]
  window "1h" { n = "count()" }
  threshold = 2
  when = "n >= threshold"
  level "critical" { when = "n >= 4 * threshold" }
  level "high" { when = "n >= 2 * threshold" }
  cooldown = "10s"
}
`

// severities runs segs and returns number, severity and what was suppressed of each alert.
func severities(t *testing.T, e *Engine, segs ...seg) string {
	t.Helper()
	var out []string
	e.Process(frames(segs...), func(a *alert.Alert) {
		s := a.Severity.String()
		for range a.Suppressed {
			s += "'"
		}
		out = append(out, s)
	})
	return strings.Join(out, " ")
}

func steps1(from, n int, src string) []seg {
	var out []seg
	for i := range n {
		out = append(out, syn(float64(from+i), src, 22))
	}
	return out
}

// A higher level fires through the cooldown of a lower one, a lower or equal one does not.
func TestLevelsFireThroughLowerCooldowns(t *testing.T) {
	e := New(compile(t, ladderRule, Options{}), Config{})
	// Packets 2, 4 and 8 are steps; those between are suppressed, and told by the next alert. The cooldown of the
	// critical one, at 7 s, ends at 17 s.
	if got, want := severities(t, e, steps1(0, 20, "10.0.0.1")...), "low high' critical''' critical'''''''''"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := severities(t, e, steps1(20, 3, "10.0.0.2")...), "low"; got != want {
		t.Errorf("another key: got %s, want %s", got, want)
	}
}

// A level never fires by itself, the rule's own severity is the lowest step, and reputation raises what a level gives.
func TestLevelsOnlyGrade(t *testing.T) {
	src := strings.NewReplacer(`n >= threshold"`, `n >= threshold and tcp.dstport == 80"`).Replace(ladderRule)
	e := New(compile(t, src, Options{}), Config{})
	if got := severities(t, e, steps1(0, 9, "10.0.0.1")...); got != "" {
		t.Errorf("a level fired without when: %s", got)
	}
	low := strings.Replace(ladderRule, `severity = "low"`, `severity = "critical"`, 1)
	e = New(compile(t, low, Options{}), Config{})
	if got, want := severities(t, e, steps1(0, 9, "10.0.0.1")...), "critical"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	asks := strings.Replace(ladderRule, "threshold = 2", "threshold = 2\n  escalate \"list\" { indicator = \"ip.src\" }", 1)
	e = New(compile(t, asks, Options{Escalate: true}), Config{Reputation: known{"10.0.0.1": scale.TierHigh}})
	if got, want := severities(t, e, steps1(0, 9, "10.0.0.1")...), "medium critical critical'"; got != want {
		t.Errorf("with reputation: got %s, want %s", got, want)
	}
}

// A rule with windows and levels alone fires where one of them holds, and is as severe as that.
func TestLevelsAloneAreConditions(t *testing.T) {
	src := `rule "psad" {
  where = "tcp"
  by = ["ip.src"]
  window "1h" { n = "count()" }
  level "low" { when = "n >= 2" }
  level "medium" { when = "n >= 4" }
}`
	e := New(compile(t, src, Options{}), Config{})
	if got, want := severities(t, e, steps1(0, 6, "10.0.0.1")...), "low medium'"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An override replaces the level of the same severity and adds others; the cooldowns go on over the swap, with the
// level that they began with.
func TestLevelsOfOverridesAndSwaps(t *testing.T) {
	e := New(compile(t, ladderRule, Options{}), Config{})
	if got, want := severities(t, e, steps1(0, 4, "10.0.0.1")...), "low high'"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	r := e.Swap(compile(t, ladderRule+`override "ladder" {
  level "critical" { when = "n >= 6" }
  level "medium" { when = "n >= 3" }
}`, Options{}))
	if len(r.Kept) != 1 {
		t.Errorf("not kept: %+v", r)
	}
	if got, want := severities(t, e, steps1(4, 4, "10.0.0.1")...), "critical'"; got != want {
		t.Errorf("after the override: got %s, want %s", got, want)
	}
}
