package ruletest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

// explain plays a test once more and says why a rule did not fire: how close its nearest key came,
// or else which parts of its condition stopped the packets.
func (t *Test) explain(rs *rules.RuleSet, rule string, start int64) string {
	x, diags := engine.NewExplainer(rs, []string{rule})
	if diags.HasErrors() {
		return ""
	}
	events, _ := t.readLogs(rs)
	if diags := t.play(events, player{frames: x.Process, event: x.Post}); diags.HasErrors() {
		return ""
	}
	for _, e := range x.Explanations() {
		if e.Rule != rule {
			continue
		}
		if len(e.Closest) > 0 && e.Closest[0].Aggregate != "" {
			return nearText(&e.Closest[0], start)
		}
		return stopsText(e.Stops)
	}
	return ""
}

func nearText(n *engine.Near, start int64) string {
	var b strings.Builder
	b.WriteString("closest: ")
	for _, k := range n.Key {
		fmt.Fprintf(&b, "%s=%s ", k.Name, valueText(k.Value))
	}
	switch n.Memory {
	case "learning":
		fmt.Fprintf(&b, "new for %s %v after it began to watch, of the %v that it learns,", n.Aggregate, seconds(n.Value), seconds(n.Bound))
	case "seen":
		fmt.Fprintf(&b, "not new for %s, which has seen it %v before, in its %v,", n.Aggregate, seconds(n.Value), seconds(n.Bound))
	default:
		fmt.Fprintf(&b, "with %s=%s, the rule asks for %s,", n.Aggregate, numberText(n.Value), numberText(n.Bound))
	}
	fmt.Fprintf(&b, " at %v", time.Duration(n.Time-start))
	if n.Packet != 0 {
		fmt.Fprintf(&b, " (packet %d)", n.Packet)
	}
	return b.String()
}

func stopsText(stops []engine.Stop) string {
	var parts []string
	for _, s := range stops {
		if s.Packets > 0 {
			parts = append(parts, fmt.Sprintf("%s stopped %d", s.Text, s.Packets))
		}
	}
	return strings.Join(parts, ", ")
}

func numberText(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func seconds(v float64) time.Duration { return time.Duration(v * 1e9).Round(time.Millisecond) }
