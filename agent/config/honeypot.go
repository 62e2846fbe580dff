package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/event/honeypot"
)

// A Honeypot is a block `honeypot "name"`.
type Honeypot = Section[*honeypot.Config]

// HoneypotSpecs returns the honeypots as package honeypot takes them.
func (c *Config) HoneypotSpecs() []honeypot.Spec {
	out := make([]honeypot.Spec, len(c.Honeypots))
	for i, h := range c.Honeypots {
		out[i] = honeypot.Spec{Name: h.Name, Config: h.Config}
	}
	return out
}

// honeypot reads a honeypot block.
func (l *loader) honeypot(b *hclsyntax.Block) {
	if !l.labels(b, 1, `honeypot "front" { service = "ssh" listen = ":2222" }, with a name`) {
		return
	}
	h := Honeypot{Name: b.Labels[0], Range: b.DefRange()}
	if i := slices.IndexFunc(l.config.Honeypots, func(x Honeypot) bool { return x.Name == h.Name }); i >= 0 {
		l.twice(b, 0, l.config.Honeypots[i].Range)
		return
	}
	cfg := honeypot.NewConfig()
	h.parts = []any{cfg}
	h.from = l.section(b, "a honeypot", h.parts, func() []fault {
		return faults(cfg.Validate(), func(p honeypot.Problem) (string, string) { return p.Setting, p.Detail })
	}, cfg.Resolve)
	if h.from != nil {
		h.Config = cfg
		l.config.Honeypots = append(l.config.Honeypots, h)
	}
}
