package server

import (
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// checkRules loads a rule set beside the shipped rules, as agents do, and returns how many rules it has.
func checkRules(s *bundle.Set) (int, error) {
	opt := rules.Options{Stdlib: stdlib.FS(), Sources: map[string][]byte{}}
	for _, f := range s.Files {
		opt.Sources[f.Name] = []byte(f.Text)
	}
	set, _, diags := engine.Load(opt, engine.Options{})
	if diags.HasErrors() {
		return 0, diags
	}
	n := 0
	for _, r := range set.Rules {
		if !r.Shipped {
			n++
		}
	}
	return n, nil
}

// tellRules tells agents that they may have another rule set: they ask which by a heartbeat.
func (s *Server) tellRules(id string) {
	if s.bus == nil {
		return
	}
	if err := s.bus.Tell(id, reply(fleet.Told{Rules: true})); err != nil {
		s.log.Warn("agents learn of a rule set by their next heartbeat only", "error", err)
	}
}
