package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/internal/diag"
)

// A Reputation is a block `reputation "kind"`.
type Reputation = Section[reputation.Config]

// ReputationSpecs returns the sources as package reputation takes them.
func (c *Config) ReputationSpecs() []reputation.Spec {
	out := make([]reputation.Spec, len(c.Reputations))
	for i, r := range c.Reputations {
		out[i] = reputation.Spec{Kind: r.Kind, Config: r.Config}
	}
	return out
}

// CheckLists returns what is wrong with the files of lists, which Load does not look at.
func (c *Config) CheckLists() hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, r := range c.Reputations {
		l, ok := r.Config.(*reputation.ListConfig)
		if !ok {
			continue
		}
		if err := l.Check(); err != nil {
			out = append(out, diag.New(diag.BadValue, r.Range, "The list cannot be used: %v.", err))
		}
	}
	return out
}

// reputation reads a reputation block.
func (l *loader) reputation(b *hclsyntax.Block) {
	if !l.labels(b, 1, `reputation "virustotal" { … }, with a kind; the kinds are `+strings.Join(reputation.Kinds(), ", ")) {
		return
	}
	r := Reputation{Kind: b.Labels[0], Range: b.DefRange()}
	cfg, err := reputation.NewConfig(r.Kind)
	if err != nil {
		l.noKind(b, reputation.Kinds())
		return
	}
	if i := slices.IndexFunc(l.config.Reputations, func(x Reputation) bool { return x.Kind == r.Kind }); i >= 0 {
		l.twice(b, 0, l.config.Reputations[i].Range)
		return
	}
	r.parts = []any{cfg}
	r.from = l.section(b, `a reputation of kind "`+r.Kind+`"`, r.parts, func() []fault {
		return faults(cfg.Validate(), func(p reputation.Problem) (string, string) { return p.Setting, p.Detail })
	}, cfg.Resolve)
	if r.from != nil {
		r.Config = cfg
		l.config.Reputations = append(l.config.Reputations, r)
	}
}
