package agent

import (
	"slices"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

// standing is what the engine asks about indicators.
type standing struct{ sources *reputation.Sources }

// Tier implements engine.Reputation. The scale of nearness is that of priority.
func (s standing) Tier(source, indicator string, near uint8) engine.Tier {
	return s.sources.TierAt(source, indicator, reputation.Priority(near))
}

// Version implements engine.Reputation.
func (s standing) Version() uint64 { return s.sources.Version() }

// credit adds to an alert how many engines said what of its indicator.
func credit(sources *reputation.Sources, a *alert.Alert) {
	if a.Reputation == nil {
		return
	}
	v, ok := sources.Verdict(a.Reputation.Source, a.Reputation.Indicator)
	if !ok {
		return
	}
	a.Reputation.Malicious, a.Reputation.Suspicious = v.Malicious, v.Suspicious
	a.Reputation.Engines = v.Malicious + v.Suspicious + v.Harmless + v.Undetected + v.Timeout
}

// unsourced returns the sources that rules ask and that there are no blocks of, sorted. The shipped rules ask VirusTotal,
// which to do without is a choice like any other.
func unsourced(set *rules.RuleSet, sources *reputation.Sources) []string {
	var out []string
	for _, r := range set.Rules {
		if e := r.Escalate; r.Enabled && e != nil && e.Source != reputation.KindVirusTotal && !sources.Has(e.Source) && !slices.Contains(out, e.Source) {
			out = append(out, e.Source)
		}
	}
	slices.Sort(out)
	return out
}
