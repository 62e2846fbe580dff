package main

import (
	"fmt"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/rules"
)

// evidence returns what keeps the packets around the alerts of captures, as the settings say, in the directory of --evidence;
// nil without that flag.
func (r *runCommand) evidence(set *rules.RuleSet) (*evidence.Recorder, error) {
	dir, ok := r.daemon.settings.given()[evidenceDir]
	if !ok {
		return nil, nil
	}
	if dir.Values[0] == "" {
		return nil, misused("--evidence needs the name of a directory")
	}
	c, err := r.app.settingsOf(settingsFile, r.rules.config, map[string]config.Given{evidenceDir: dir})
	if err != nil {
		return nil, err
	}
	rec, err := evidence.New(evidence.Options{Config: c.Evidence, Rules: agent.EvidenceWishes(set, &c.Evidence), Wait: true})
	if err != nil {
		return nil, fmt.Errorf("--evidence: %w", err)
	}
	return rec, nil
}
