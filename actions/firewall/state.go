package firewall

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/ruleids/ruleids/actions/decision"
)

// A State is what is in the firewall, sorted. Its JSON is that of `ruleids firewall show`.
type State struct {
	Backend   string `json:"backend"`
	Program   string `json:"program,omitempty"` // that chains or members are made with
	Installed bool   `json:"installed"`         // at least some of it is there

	Jumps []Jump `json:"jumps"`
	Rules []Rule `json:"rules"`
	Sets  []Set  `json:"sets"`
}

// A Jump is where packets come from.
type Jump struct {
	Family   string `json:"family"` // "ipv4", "ipv6", or "inet" for both
	Table    string `json:"table"`
	Chain    string `json:"chain"`
	Position int    `json:"position"` // from 1; 0 where it is missing
	To       string `json:"to"`       // the chain with the rules
}

// A Rule keeps out the members of a set.
type Rule struct {
	Family string        `json:"family"`
	Chain  string        `json:"chain"`
	Set    string        `json:"set"`
	Kind   decision.Kind `json:"kind"`
	Count
}

// A Set has members.
type Set struct {
	Name    string        `json:"name"`
	Family  string        `json:"family"`
	Kind    decision.Kind `json:"kind"`
	Members int           `json:"members"`
	Size    int           `json:"size,omitempty"` // how many members it can hold
}

// WriteText writes the state for people.
func (s State) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "backend\t%s\n", s.Backend)
	if s.Program != "" {
		fmt.Fprintf(t, "program\t%s\n", s.Program)
	}
	if !s.Installed {
		fmt.Fprintln(t, "state\tnothing of ruleids is there")
		return t.Flush()
	}
	if len(s.Jumps) > 0 {
		fmt.Fprintln(t, "\njump\tfamily\ttable\tposition")
	}
	for _, j := range s.Jumps {
		position := "missing"
		if j.Position > 0 {
			position = fmt.Sprint(j.Position)
		}
		fmt.Fprintf(t, "%s -> %s\t%s\t%s\t%s\n", j.Chain, j.To, j.Family, j.Table, position)
	}
	if len(s.Rules) > 0 {
		fmt.Fprintln(t, "\nrule\tfamily\tpackets\tbytes")
	}
	for _, r := range s.Rules {
		fmt.Fprintf(t, "%s: from %s\t%s\t%d\t%d\n", r.Chain, r.Set, r.Family, r.Packets, r.Bytes)
	}
	if len(s.Sets) > 0 {
		fmt.Fprintln(t, "\nset\tfamily\tmembers\tsize")
	}
	for _, x := range s.Sets {
		size := "any"
		if x.Size > 0 {
			size = fmt.Sprint(x.Size)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\n", x.Name, x.Family, x.Members, size)
	}
	return t.Flush()
}
