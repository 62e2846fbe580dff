package api

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ruleids/ruleids/fleet"
)

// NearList is how close keys came to the thresholds of rules, over all agents, by rule.
type NearList struct {
	Rules []NearRule `json:"rules"`
}

// A NearRule is a rule with one threshold, which some agents have.
type NearRule struct {
	Agents int `json:"agents"`
	fleet.Near
}

func (c *call) near() (any, error) {
	type of struct {
		rule      string
		threshold float64
		strict    bool
	}
	sums, agents := map[of]map[float64]int64{}, map[of]int{}
	for _, list := range c.api.opt.Roster.Near() {
		for _, n := range list {
			k := of{n.Rule, n.Threshold, n.Strict}
			if sums[k] == nil {
				sums[k] = map[float64]int64{}
			}
			agents[k]++
			for _, v := range n.Values {
				sums[k][v.Value] += v.Keys
			}
		}
	}
	out := NearList{Rules: []NearRule{}}
	for k, values := range sums {
		r := NearRule{agents[k], fleet.Near{Rule: k.rule, Threshold: k.threshold, Strict: k.strict, Values: []fleet.NearValue{}}}
		for _, v := range slices.Sorted(maps.Keys(values)) {
			r.Values = append(r.Values, fleet.NearValue{Value: v, Keys: values[v]})
		}
		out.Rules = append(out.Rules, r)
	}
	slices.SortFunc(out.Rules, func(a, b NearRule) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Threshold, b.Threshold))
	})
	return out, nil
}
