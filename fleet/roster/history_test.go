package roster

import (
	"testing"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/state"
)

// The last heartbeats are remembered, the oldest first, and no more of them than keptSamples.
func TestHistory(t *testing.T) {
	m := &member{Agent: state.Agent{ID: "a"}}
	for i := range keptSamples + 5 {
		m.remember(&fleet.Beat{Rate: float64(i), Loss: 0.5})
	}
	r := &Roster{byID: map[string]*member{"a": m}}
	h := r.History("a")
	if len(h) != keptSamples || h[0] != (Sample{5, 0.5}) || h[keptSamples-1].Rate != keptSamples+4 {
		t.Errorf("%d samples, from %v to %v", len(h), h[0], h[len(h)-1])
	}
	if r.History("b") != nil {
		t.Error("an agent that is not there has a history")
	}
}

// What a rule costs is the mean of the agents that told, not of all.
func TestCosts(t *testing.T) {
	r := &Roster{byID: map[string]*member{"a": {beat: &fleet.Beat{Costs: map[string]float64{"port_scan": 10, "beacon": 3}}}, "b": {beat: &fleet.Beat{Costs: map[string]float64{"port_scan": 30}}}, "c": {beat: &fleet.Beat{}}, "d": {}}}
	if c := r.Costs(); len(c) != 2 || c["port_scan"] != (Cost{20, 2}) || c["beacon"] != (Cost{3, 1}) {
		t.Errorf("%v", c)
	}
}
