package main

import (
	"cmp"
	"slices"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// A tally counts alerts by rule, severity and source.
type tally struct {
	alerts  uint64
	rules   map[ruleSeverity]uint64
	sources map[packet.Addr]map[string]uint64 // alerts of each rule
}

// ruleSeverity is a rule and the severity that its alert had, which reputation may have raised.
type ruleSeverity struct {
	rule     string
	severity alert.Severity
}

// tallySources bounds the sources that are counted: a flood of alerts from forged addresses must not take
// memory without end for the ten lines of the summary.
const tallySources = 1 << 14

func newTally() *tally {
	return &tally{rules: map[ruleSeverity]uint64{}, sources: map[packet.Addr]map[string]uint64{}}
}

func (t *tally) add(a *alert.Alert) {
	t.alerts++
	t.rules[ruleSeverity{a.Rule, a.Severity}]++
	if a.Layers&(packet.LayerIP|packet.LayerARPIPv4) == 0 {
		return
	}
	rules := t.sources[a.Src]
	if rules == nil {
		if len(t.sources) >= tallySources {
			t.forget()
		}
		rules = map[string]uint64{}
		t.sources[a.Src] = rules
	}
	rules[a.Rule]++
}

// forget drops the half of the sources that have the fewest alerts. One that has more than the others goes on
// being counted from its first alert; one that comes back is counted from nothing.
func (t *tally) forget() {
	all := t.topSources(len(t.sources))
	for _, c := range all[len(all)/2:] {
		delete(t.sources, c.addr)
	}
}

// A ruleCount is a line of the summary.
type ruleCount struct {
	ruleSeverity
	alerts uint64
}

// byRule returns the counts, worst severity first, then the rule with most alerts, then by name.
func (t *tally) byRule() []ruleCount {
	out := make([]ruleCount, 0, len(t.rules))
	for k, n := range t.rules {
		out = append(out, ruleCount{k, n})
	}
	slices.SortFunc(out, func(a, b ruleCount) int {
		return cmp.Or(
			cmp.Compare(b.severity, a.severity),
			cmp.Compare(b.alerts, a.alerts),
			cmp.Compare(a.rule, b.rule))
	})
	return out
}

// bySeverity returns the number of alerts of each severity.
func (t *tally) bySeverity() map[alert.Severity]uint64 {
	out := map[alert.Severity]uint64{}
	for k, n := range t.rules {
		out[k.severity] += n
	}
	return out
}

// A sourceCount is an address and the alerts that its packets fired.
type sourceCount struct {
	addr   packet.Addr
	alerts uint64
	rules  []string // most alerts first, then by name
}

// topSources returns the n sources with most alerts, ties by address.
func (t *tally) topSources(n int) []sourceCount {
	out := make([]sourceCount, 0, len(t.sources))
	for addr, rules := range t.sources {
		s := sourceCount{addr: addr}
		for r, n := range rules {
			s.alerts += n
			s.rules = append(s.rules, r)
		}
		slices.SortFunc(s.rules, func(a, b string) int {
			return cmp.Or(cmp.Compare(rules[b], rules[a]), cmp.Compare(a, b))
		})
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b sourceCount) int { return cmp.Or(cmp.Compare(b.alerts, a.alerts), a.addr.Compare(b.addr)) })
	return out[:min(n, len(out))]
}
