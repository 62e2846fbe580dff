package main

import (
	"fmt"
	"os"

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
	file, err := settingsFile(r.rules.config)
	if err != nil {
		return nil, err
	}
	c, diags := config.Load(config.Options{File: file, Environ: os.Environ(), Flags: map[string]config.Given{evidenceDir: dir}})
	if diags.HasErrors() {
		return nil, r.app.refuse(diags, c.Sources)
	}
	rec, err := evidence.New(evidence.Options{Config: c.Evidence, Rules: agent.EvidenceWishes(set, &c.Evidence), Wait: true})
	if err != nil {
		return nil, fmt.Errorf("--evidence: %w", err)
	}
	return rec, nil
}
